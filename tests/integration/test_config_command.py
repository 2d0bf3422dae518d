"""CONFIG: the nodes' configuration as that of one Redis, whose listeners and clients are Slotway's."""

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
def restored(shared_cluster):
    """Brings parameters of all nodes back to what they were."""
    names = ("maxmemory-policy", "notify-keyspace-events", "hash-max-listpack-entries", "maxmemory")
    before = [(node, [(name, node.command("CONFIG", "GET", name)[1]) for name in names]) for node in shared_cluster.nodes]
    yield
    for node, values in before:
        for name, value in values:
            node.command("CONFIG", "SET", name, value)


def _config(client, *patterns):
    reply = client.call("CONFIG", "GET", *patterns)
    assert not isinstance(reply, resp.ErrorReply), reply
    pairs = reply if isinstance(reply, resp.Pairs) else zip(reply[::2], reply[1::2])
    return {name.decode(): value.decode() for name, value in pairs}


def _of_nodes(nodes, name):
    return [node.command("CONFIG", "GET", name)[1].decode() for node in nodes]


# GET


def test_get_gives_the_parameters_of_one_redis(speaker, plain_redis, protocol):
    with plain_redis.connect() as theirs:
        theirs.call("HELLO", protocol)
        for patterns in (("*",), ("maxmemory*", "save"), ("MAXCLIENTS",), ("nosuch",), ("port", "nosuch", "timeout")):
            assert set(_config(speaker, *patterns)) == set(_config(theirs, *patterns)), patterns
        for command in (("CONFIG", "GET", "nosuch"), ("CONFIG", "GET"), ("CONFIG",), ("CONFIG", "NOSUCH"), ("CONFIG", "HELP"),
                        ("CONFIG", "GET", "maxmemory"), ("CONFIG", "GET", "databases", "databases"[:0]),
                        ("CONFIG", "GET", "cluster-enabled"), ("CONFIG", "GET", "requirepass")):
            ours, model = speaker.call_raw(*command), theirs.call_raw(*command)
            assert ours == (model if b"databases" not in model else model.replace(b"$2\r\n16", b"$1\r\n1")), command


def test_what_concerns_clients_is_slotways(speaker, proxy):
    config = _config(speaker, "*")
    assert config["port"] == str(proxy.port) and config["bind"] == "127.0.0.1" and config["databases"] == "1"
    assert config["maxclients"] == "10000" and config["timeout"] == "0" and config["cluster-enabled"] == "no"
    assert config["proto-max-bulk-len"] == str(512 << 20)
    assert config["client-output-buffer-limit"] == f"normal {64 << 20} 0 0 slave 0 0 0 pubsub {32 << 20} {8 << 20} 60"


def test_no_password_of_the_nodes_is_shown(private_cluster, start_proxy):
    cluster = private_cluster(primaries=1, replicas=0, password="secret")
    proxy = start_proxy(cluster.seeds, settings={"cluster": {"password": "secret"}})
    assert b"secret" not in proxy.connect().call_raw("CONFIG", "GET", "*")


def test_python_redis_gets_and_sets(proxy, shared_cluster, restored):
    client = redis.Redis(port=proxy.port, decode_responses=True)
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert client.config_set("maxmemory-policy", "allkeys-lru") is True
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "allkeys-lru"}
    assert client.config_resetstat() is True
    with pytest.raises(redis.ResponseError, match="without a config file"):
        client.config_rewrite()
    client.close()


# SET


def test_set_reaches_every_node(speaker, shared_cluster, restored):
    assert speaker.call("CONFIG", "SET", "maxmemory-policy", "volatile-ttl", "hash-max-listpack-entries", "77") == b"OK"
    assert len(shared_cluster.nodes) == 6
    assert set(_of_nodes(shared_cluster.nodes, "maxmemory-policy")) == {"volatile-ttl"}
    assert set(_of_nodes(shared_cluster.nodes, "hash-max-listpack-entries")) == {"77"}
    assert _config(speaker, "hash-max-listpack-entries") == {"hash-max-listpack-entries": "77"}


def test_errors_of_set_are_those_of_one_redis(speaker, plain_redis, shared_cluster):
    with plain_redis.connect() as theirs:
        for arguments in (("nosuch", "1"), ("maxmemory", "abc"), ("maxmemory", "100mb", "maxmemory", "200mb"),
                          ("maxmemory", "1", "timeout"), ("maxmemory",), ("maxclients", "0"), ("maxclients", "x"),
                          ("maxclients", "5", "MAXCLIENTS", "6"), ("appendfilename", "x"), ()):
            ours, model = speaker.call_raw("CONFIG", "SET", *arguments), theirs.call_raw("CONFIG", "SET", *arguments)
            assert ours == model, arguments
    assert set(_of_nodes(shared_cluster.nodes, "maxmemory")) == {"0"}


def test_nothing_is_set_anywhere_if_a_part_is_slotways_own_and_fixed(speaker, shared_cluster):
    for fixed in (("port", "7"), ("requirepass", "x"), ("cluster-announce-ip", "10.0.0.1"), ("bind", "0.0.0.0")):
        error = speaker.call("CONFIG", "SET", "maxmemory", "100mb", *fixed)
        assert error.startswith(b"ERR CONFIG SET failed (possibly related to argument '%s') - slotway: " % fixed[0].encode())
    assert set(_of_nodes(shared_cluster.nodes, "maxmemory")) == {"0"}
    assert set(_of_nodes(shared_cluster.nodes, "requirepass")) == {""}


def test_settings_of_slotway_and_of_the_nodes_can_be_set_together(start_proxy, shared_cluster, restored):
    proxy = start_proxy(shared_cluster.seeds[:1], workers=2)
    clients = [proxy.connect() for _ in range(4)]
    assert clients[0].call("CONFIG", "SET", "slowlog-log-slower-than", "0", "hash-max-listpack-entries", "99") == b"OK"
    assert set(_of_nodes(shared_cluster.nodes, "hash-max-listpack-entries")) == {"99"}
    assert _config(clients[0], "slowlog-log-slower-than") == {"slowlog-log-slower-than": "0"}
    clients[0].call("SLOWLOG", "RESET")
    for client in clients:
        client.call("PING")
    assert sum(entry[3] == [b"PING"] for entry in clients[0].call("SLOWLOG", "GET", "-1")) == 4  # on all workers
    # What the nodes refuse is not set at Slotway either.
    error = clients[0].call("CONFIG", "SET", "slowlog-log-slower-than", "5", "hash-max-listpack-entries", "x")
    assert isinstance(error, resp.ErrorReply) and b"hash-max-listpack-entries" in error
    assert _config(clients[0], "slowlog-log-slower-than") == {"slowlog-log-slower-than": "0"}
    assert set(_of_nodes(shared_cluster.nodes, "slowlog-log-slower-than")) == {"10000"}


def test_maxclients_is_changed_at_once_and_at_slotway_only(start_proxy, shared_cluster):
    proxy = start_proxy(shared_cluster.seeds[:1], workers=2)
    client = proxy.connect()
    assert client.call("CONFIG", "SET", "maxclients", "2") == b"OK"
    assert _config(client, "maxclients") == {"maxclients": "2"}
    assert proxy.connect().call("PING") == b"PONG"
    assert b"max number of clients" in proxy.connect().read_until_closed()
    assert client.call("CONFIG", "SET", "maxclients", "10") == b"OK"
    assert proxy.connect().call("PING") == b"PONG"
    assert set(_of_nodes(shared_cluster.nodes, "maxclients")) != {"10"}


@pytest.mark.timeout_seconds(60)
def test_set_names_the_shard_that_failed(private_cluster, start_proxy):
    cluster = private_cluster(primaries=3, replicas=1)
    proxy = start_proxy(cluster.seeds, settings={"timeouts": {"request": "1s"}})
    client = proxy.connect()
    strict = cluster.primaries[1]
    strict.command("ACL", "SETUSER", "default", "-config|set")
    error = client.call("CONFIG", "SET", "maxmemory-policy", "volatile-ttl")
    assert isinstance(error, resp.ErrorReply) and error.startswith(b"NOPERM"), error
    assert strict.address.encode() in error, error
    strict.command("ACL", "SETUSER", "default", "+@all")
    # A replica that is down is no reason to fail.
    cluster.replicas[0].kill()
    wait_until(lambda: client.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu") == b"OK", 10, "CONFIG SET to work")
    assert set(_of_nodes(cluster.primaries, "maxmemory-policy")) == {"allkeys-lfu"}
    strict.freeze()
    error = client.call("CONFIG", "SET", "maxmemory-policy", "volatile-ttl")
    assert error == b"ERR slotway: no reply from %s within 1000 ms, outcome unknown" % strict.address.encode()
    strict.thaw()


# RESETSTAT and REWRITE


def test_resetstat_resets_the_nodes_and_slotway(speaker, shared_cluster):
    speaker.call("SET", "k", "v")
    speaker.call("GET", "k")
    speaker.call("NOSUCH")
    assert speaker.call("CONFIG", "RESETSTAT") == b"OK"
    text = speaker.call("INFO", "stats", "commandstats", "errorstats").decode()
    info = dict(line.split(":", 1) for line in text.split("\r\n") if ":" in line)
    assert info["keyspace_hits"] == "0" and info["total_commands_processed"] == "1"
    assert info["total_error_replies"] == "0" and not any(name.startswith("errorstat_") for name in info)
    assert [name for name in info if name.startswith("cmdstat_")] == ["cmdstat_config|resetstat"]
    assert int(info["total_net_output_bytes"]) < 100 and info["total_connections_received"] == "0"
    for node in shared_cluster.nodes:
        assert "cmdstat_config|resetstat" in node.info("commandstats") and "cmdstat_set" not in node.info("commandstats")


def test_rewrite_is_done_by_every_node(private_cluster, start_proxy):
    cluster = private_cluster(primaries=2, replicas=0)
    proxy = start_proxy(cluster.seeds)
    client = proxy.connect()
    assert client.call("CONFIG", "REWRITE") == b"ERR The server is running without a config file"
    assert client.call("CONFIG", "RESETSTAT", "x") == b"ERR wrong number of arguments for 'config|resetstat' command"
