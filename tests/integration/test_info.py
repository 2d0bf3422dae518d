"""INFO: the whole cluster as one Redis whose clients are Slotway's."""

import os
import re

import pytest
import redis

from support import resp
from support.waiting import wait_until


@pytest.fixture(params=[2, 3], ids=["RESP2", "RESP3"])
def protocol(request):
    return request.param


@pytest.fixture
def speaker(proxy, protocol):
    """A client in the protocol."""
    client = proxy.connect()
    assert client.call("HELLO", protocol)
    return client


@pytest.fixture
def python_redis(proxy):
    connection = redis.Redis(port=proxy.port, socket_timeout=20)
    yield connection
    connection.close()


def _text(client, *sections):
    reply = client.call("INFO", *sections)
    assert not isinstance(reply, resp.ErrorReply), reply
    return reply.decode().removeprefix("txt:")


def _titles(text):
    return re.findall(r"^# (\w+)\r$", text, re.M)


def _info(client, *sections):
    lines = _text(client, *sections).split("\r\n")
    return dict(line.split(":", 1) for line in lines if ":" in line)


def _parts(value):
    return {name: float(number) for name, number in (part.split("=") for part in value.split(","))}


# Shape


def test_sections_fields_and_layout_are_those_of_one_redis(speaker, plain_redis, protocol):
    with plain_redis.connect() as theirs:
        theirs.call("HELLO", protocol)
        for sections in ((), ("server",), ("everything",), ("all",), ("default",), ("Memory", "KEYSPACE"),
                         ("commandstats", "nosuch"), ("cpu", "cpu"), ("modules",)):
            ours, model = _text(speaker, *sections), _text(theirs, *sections)
            assert _titles(ours) == _titles(model), sections
            assert ours.endswith("\r\n") and "\n" not in ours.replace("\r\n", ""), sections
    assert speaker.call_raw("INFO", "nosuch") == (b"$0\r\n\r\n" if protocol == 2 else b"=4\r\ntxt:\r\n")


def test_every_field_of_one_redis_is_there(speaker, plain_redis):
    with plain_redis.connect() as theirs:
        model = _info(theirs)
    ours = _info(speaker)
    # The nodes measure the buffers of Slotway's connections, not those of its clients.
    not_shown = {"client_recent_max_input_buffer", "client_recent_max_output_buffer"}
    assert {name for name in model if not name.startswith(("db", "errorstat_"))} - set(ours) == not_shown


_SHAPES = (r"-?\d+", r"-?\d+\.\d\d", r"\d+\.\d{6}", r"\d+\.\d\d%", r"\d+(\.\d\d[KMGTP]|B)",
           r"keys=\d+,expires=\d+,avg_ttl=\d+", r"count=\d+", r"p50=[\d.]+,p99=[\d.]+,p99\.9=[\d.]+",
           r"calls=\d+,usec=\d+,usec_per_call=\d+\.\d\d,rejected_calls=\d+,failed_calls=\d+")


def test_values_are_written_as_one_redis_writes_them(speaker, plain_redis):
    """What redis_exporter and RedisInsight parse: numbers stay numbers, sizes for people sizes."""
    def shape(value):
        return next((shape for shape in _SHAPES if re.fullmatch(shape, value)), "text")

    with plain_redis.connect() as theirs:
        for client in (theirs, speaker):
            client.call("SET", "k", "v")
            client.call("GET", "k")
            client.call("INCR", "k")
        model, ours = _info(theirs, "everything"), _info(speaker, "everything")
    differing = {name: (value, ours[name]) for name, value in model.items()
                 if name in ours and shape(value) != shape(ours[name])}
    assert not differing


def test_a_resp3_client_gets_a_verbatim_string(proxy):
    client = proxy.connect()
    assert client.call_raw("INFO", "server").startswith(b"$")
    client.call("HELLO", "3")
    assert re.match(rb"=\d+\r\ntxt:# Server\r\n", client.call_raw("INFO", "server"))


def test_python_redis_reads_it(python_redis, proxy, shared_cluster):
    info = python_redis.info()
    assert info["redis_mode"] == "standalone" and info["role"] == "master" and info["cluster_enabled"] == 0
    assert info["redis_version"] == shared_cluster.primaries[0].info("server")["redis_version"]
    assert info["loading"] == 0 and info["maxmemory_policy"] == "noeviction"
    everything = python_redis.info("everything")
    assert everything["cmdstat_info"]["calls"] >= 1 and set(info) <= set(everything)


# What is Slotway's


def test_the_server_is_slotway(speaker, proxy):
    server = _info(speaker, "server")
    assert int(server["process_id"]) == proxy.process.pid
    assert int(server["tcp_port"]) == proxy.port
    assert re.fullmatch("[0-9a-f]{40}", server["run_id"])
    assert server["executable"] == os.path.realpath(f"/proc/{proxy.process.pid}/exe")
    assert 0 <= int(server["uptime_in_seconds"]) < 3600
    assert server["slotway_shards"] == "3" and server["slotway_workers"] == "2"
    assert _info(speaker, "server")["run_id"] == server["run_id"]


def test_with_a_facade_it_is_a_cluster(start_proxy, shared_cluster):
    client = start_proxy(shared_cluster.seeds[:1], settings={"cluster_facade": True}).connect()
    info = _info(client, "server", "cluster")
    assert info["redis_mode"] == "cluster" and info["cluster_enabled"] == "1"
    assert client.call("CONFIG", "GET", "cluster-enabled") == [b"cluster-enabled", b"yes"]


def test_clients_of_all_workers_are_counted(proxy, speaker):
    before = _info(speaker, "clients", "stats")
    others = [proxy.connect() for _ in range(7)]
    for other in others:
        assert other.call("PING") == b"PONG"
    after = _info(speaker, "clients", "stats")
    assert int(after["connected_clients"]) == int(before["connected_clients"]) + 7
    assert int(after["total_connections_received"]) == int(before["total_connections_received"]) + 7
    assert after["maxclients"] == "10000"
    others[0].send_command("BLPOP", "nothing", "0")
    wait_until(lambda: _info(speaker, "clients")["blocked_clients"] == "1", what="a client to be blocked")
    for other in others:
        other.close()
    wait_until(lambda: int(_info(speaker, "clients")["connected_clients"]) == int(before["connected_clients"]),
               what="the clients to be gone")
    assert _info(speaker, "clients")["blocked_clients"] == "0"


def test_clients_that_are_turned_away_are_counted(start_proxy, shared_cluster):
    proxy = start_proxy(shared_cluster.seeds[:1], settings={"limits": {"maxclients": 1}})
    client = proxy.connect()
    assert client.call("PING") == b"PONG"
    for _ in range(3):
        assert b"max number of clients" in proxy.connect().read_until_closed()
    info = _info(client, "stats", "clients")
    assert info["rejected_connections"] == "3" and info["maxclients"] == "1"


def test_commands_are_counted_as_clients_have_sent_them(speaker):
    def counts():
        info = _info(speaker, "commandstats", "stats")
        calls = {name: _parts(value) for name, value in info.items() if name.startswith("cmdstat_")}
        return calls, int(info["total_commands_processed"])

    before, processed_before = counts()
    for number in range(20):
        speaker.call("SET", f"key:{number}", "v")
    assert speaker.call("MGET", *(f"key:{number}" for number in range(20))) == [b"v"] * 20  # of all shards
    speaker.call("PING")  # answered by Slotway
    assert b"WRONGTYPE" in speaker.call("LPUSH", "key:1", "x")
    assert b"wrong number" in speaker.call("LPUSH")
    assert b"CROSSSLOT" in speaker.call("RENAME", "key:1", "key:2")
    after, processed_after = counts()

    def added(name):
        old = before.get(f"cmdstat_{name}", {})
        new = after[f"cmdstat_{name}"]
        return tuple(int(new[part] - old.get(part, 0)) for part in ("calls", "rejected_calls", "failed_calls"))

    assert added("set") == (20, 0, 0) and added("mget") == (1, 0, 0) and added("ping") == (1, 0, 0)
    assert added("lpush") == (1, 1, 1) and added("rename") == (0, 1, 0)
    assert after["cmdstat_set"]["usec"] > 0 and after["cmdstat_set"]["usec_per_call"] > 0
    assert processed_after - processed_before == 20 + 1 + 1 + 1 + 1  # and the INFO before


def test_errors_of_nodes_and_of_slotway_are_counted_by_their_first_word(speaker):
    def counts():
        info = _info(speaker, "errorstats", "stats")
        errors = {name: int(_parts(value)["count"]) for name, value in info.items() if name.startswith("errorstat_")}
        return errors, int(info["total_error_replies"])

    before, total_before = counts()
    speaker.call("SET", "text", "x")
    assert b"WRONGTYPE" in speaker.call("LPUSH", "text", "x")
    assert b"CROSSSLOT" in speaker.call("SUNIONSTORE", "a", "b", "c")
    assert b"ERR unknown command" in speaker.call("NOSUCH")
    assert b"ERR" in speaker.call("SET", "text")
    assert b"ERR" in speaker.call("INCR", "text")
    assert b"NOSCRIPT" in speaker.call("EVALSHA", "0" * 40, "0")
    after, total_after = counts()
    added = {name: count - before.get(name, 0) for name, count in after.items() if count != before.get(name, 0)}
    assert added == {"errorstat_WRONGTYPE": 1, "errorstat_CROSSSLOT": 1, "errorstat_ERR": 3, "errorstat_NOSCRIPT": 1}
    assert total_after - total_before == 6
    assert "errorstat_MOVED" not in after


def test_bytes_of_clients_are_counted(speaker):
    before = _info(speaker, "stats")
    speaker.call("SET", "big", "x" * 100_000)
    speaker.call("GET", "big")
    after = _info(speaker, "stats")
    for name in ("total_net_input_bytes", "total_net_output_bytes"):
        assert 100_000 < int(after[name]) - int(before[name]) < 120_000, name


# What is the cluster's


def test_data_is_that_of_all_primaries(speaker, shared_cluster):
    before = _info(speaker, "stats")
    for number in range(60):
        speaker.call("SET", f"key:{number}", "v" * 1000)
    for number in range(0, 60, 2):
        speaker.call("EXPIRE", f"key:{number}", "1000")
    for number in range(30):
        speaker.call("GET", f"key:{number}")
    speaker.call("GET", "none")
    info = _info(speaker, "everything")
    keyspace = _parts(info["db0"])
    assert (keyspace["keys"], keyspace["expires"]) == (60, 30)
    wait_until(lambda: 900_000 < _parts(_info(speaker, "keyspace")["db0"])["avg_ttl"] <= 1_000_000,
               what="the nodes to look at their keys that expire")
    assert int(info["keyspace_hits"]) - int(before["keyspace_hits"]) == 30
    assert int(info["keyspace_misses"]) - int(before["keyspace_misses"]) == 1
    of_nodes = [int(node.info("memory")["used_memory"]) for node in shared_cluster.primaries]
    assert sum(of_nodes) * 0.8 < int(info["used_memory"]) < sum(of_nodes) * 1.2
    assert min(of_nodes) * 2 < int(info["used_memory"])
    assert re.fullmatch(r"\d+\.\d\d[KMG]", info["used_memory_human"])
    one = shared_cluster.primaries[0].info("memory")["total_system_memory"]
    assert info["total_system_memory"] == one  # all on one host
    assert "slave0" not in info and info["connected_slaves"] == "1"


def test_expired_keys_are_counted_over_all_shards(speaker):
    before = int(_info(speaker, "stats")["expired_keys"])
    for number in range(30):
        speaker.call("SET", f"short:{number}", "v", "PX", "1")
    wait_until(lambda: int(_info(speaker, "stats")["expired_keys"]) - before == 30, what="the keys to expire")


# A shard that does not answer


@pytest.mark.timeout_seconds(60)
def test_while_a_shard_is_down_what_needs_no_data_is_answered_and_no_sum_lacks_a_part(private_cluster, start_proxy):
    cluster = private_cluster(primaries=3, replicas=0, options={"cluster-require-full-coverage": "no"})
    proxy = start_proxy(cluster.seeds)
    client = proxy.connect()
    assert "# Memory" in _text(client)
    down = cluster.primaries[1]
    down.kill()
    text = wait_until(lambda: (text := _text(client)) and "slotway_unreachable_shards" in text and text,
                      what="the shard to be missed")
    assert f"slotway_unreachable_shards:{down.address}\r\n" in text
    assert "redis_version:" in text and "connected_clients:" in text and "role:master" in text
    assert not {"Memory", "Stats", "Keyspace", "CPU", "Persistence"} & set(_titles(text))
    assert _titles(_text(client, "errorstats", "memory", "commandstats")) == ["Commandstats", "Errorstats"]
    error = client.call("INFO", "memory")
    assert isinstance(error, resp.ErrorReply) and down.address.encode() in error, error
    down.restart()
    wait_until(lambda: "# Memory" in _text(client), 20, "the shard to be back")
