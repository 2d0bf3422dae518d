"""SLOWLOG and LATENCY: what took long at this Slotway, on whatever worker."""

import re
import time

import pytest
import redis

from support import resp
from support.fake_node import After
from support.waiting import wait_until


@pytest.fixture(params=[2, 3], ids=["RESP2", "RESP3"])
def protocol(request):
    return request.param


@pytest.fixture
def proxy(proxy):
    """The shared one; what tests change of it is as it was after each of them."""
    yield proxy
    client = proxy.connect()
    assert client.call("CONFIG", "SET", "slowlog-log-slower-than", "10000", "slowlog-max-len", "128",
                       "latency-monitor-threshold", "0") == b"OK"
    assert client.call("SLOWLOG", "RESET") == b"OK"
    client.call("LATENCY", "RESET")


@pytest.fixture
def speaker(proxy, protocol):
    """A client in the protocol; everything is logged."""
    client = proxy.connect()
    assert client.call("HELLO", protocol)
    assert client.call("CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "1000") == b"OK"
    assert client.call("SLOWLOG", "RESET") == b"OK"
    return client


@pytest.fixture
def pair(proxy, plain_redis, protocol):
    """A client of one Redis and one of Slotway, both in the protocol."""
    with plain_redis.connect() as theirs:
        ours = proxy.connect()
        for client in (theirs, ours):
            assert client.call("HELLO", protocol)
            assert client.call("CONFIG", "SET", "slowlog-log-slower-than", "-1", "latency-monitor-threshold", "0") == b"OK"
            assert client.call("SLOWLOG", "RESET") == b"OK"
        yield theirs, ours
        theirs.call("CONFIG", "SET", "slowlog-log-slower-than", "10000")
        theirs.call("SLOWLOG", "RESET")


def _assert_same(pair, *commands):
    for command in commands:
        theirs, ours = (client.call_raw(*command) for client in pair)
        assert ours == theirs, command


def _logged(client, *count):
    """The arguments of all entries, oldest first."""
    return [entry[3] for entry in reversed(client.call("SLOWLOG", "GET", *(count or ("-1",))))]


# SLOWLOG


def test_errors_and_empty_replies_are_those_of_one_redis(pair):
    _assert_same(
        pair, ("SLOWLOG", "GET"), ("SLOWLOG", "GET", "-1"), ("SLOWLOG", "GET", "-2"), ("SLOWLOG", "GET", "x"), ("SLOWLOG", "GET", "1", "2"),
        ("SLOWLOG", "LEN"), ("SLOWLOG", "LEN", "x"), ("SLOWLOG", "RESET"), ("SLOWLOG", "RESET", "x"), ("SLOWLOG", "HELP"), ("SLOWLOG",),
        ("SLOWLOG", "NOSUCH"), ("LATENCY", "LATEST"), ("LATENCY", "HISTORY", "none"), ("LATENCY", "HISTORY"), ("LATENCY", "GRAPH", "none"),
        ("LATENCY", "RESET"), ("LATENCY", "RESET", "none", "command"), ("LATENCY", "DOCTOR"), ("LATENCY", "HELP"), ("LATENCY", "NOSUCH"),
        ("LATENCY", "HISTOGRAM", "nosuch"), ("CONFIG", "SET", "slowlog-max-len", "-1"), ("CONFIG", "SET", "slowlog-log-slower-than", "x"),
        ("CONFIG", "SET", "slowlog-log-slower-than", "-2"), ("CONFIG", "SET", "latency-monitor-threshold", "-1"))


def test_entries_have_the_arguments_as_redis_shows_them(pair):
    requests = [
        ("SET", "k", "v"), ("GET", "k"), ("SET", "long", "x" * 128), ("SET", "longer", "y" * 129), ("SET", "longest", "z" * 5000),
        ("RPUSH", "l", *map(str, range(30))), ("RPUSH", "l", *map(str, range(31))), ("RPUSH", "l", *map(str, range(500))),
        ("MGET", "a", "b", "c", "d"), ("DEL", *(f"k{number}" for number in range(100))), ("MSET", "a", "1", "b", "2" * 200),
        ("PING",), ("ECHO", "binary\r\n\0\xff"), ("LPUSH", "k", "wrong type"), ("INCR", "k"), ("CLIENT", "SETNAME", "me"), ("DBSIZE",),
        ("EVAL", "return 1", "0"), ("CONFIG", "GET", "save"), ("SCRIPT", "EXISTS", "x"), ("AUTH", "default", "secret"),
        ("HELLO", "2", "AUTH", "default", "secret"), ("HELLO", "2", "AUTH", "default", "secret", "SETNAME", "me"),
        ("CONFIG", "SET", "hash-max-listpack-entries", "128"), ("FLUSHALL",), ("KEYS", "*"), ("RANDOMKEY",), ("SLOWLOG", "LEN")]
    logs = []
    for client in pair:
        client.call("CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "1000")
        client.call("SLOWLOG", "RESET")
        for request in requests:
            client.call(*request)
        logs.append(_logged(client))
        client.call("CONFIG", "SET", "slowlog-max-len", "128")
    theirs, ours = logs
    assert ours == theirs
    assert any(b"(redacted)" in entry for entry in ours) and not any(b"secret" in entry for entry in ours)


def test_an_entry_has_six_fields(speaker):
    speaker.call("CLIENT", "SETNAME", "worker-7")
    speaker.call("SET", "k", "v")
    entry = speaker.call("SLOWLOG", "GET", "1")[0]
    assert len(entry) == 6
    number, moment, microseconds, arguments, address, name = entry
    assert isinstance(number, int) and abs(moment - time.time()) < 60 and 0 <= microseconds < 1_000_000
    assert arguments == [b"SET", b"k", b"v"] and name == b"worker-7"
    assert address.decode() == "%s:%d" % speaker.socket.getsockname()


def test_passwords_never_get_into_the_log(speaker, shared_cluster):
    speaker.call("CONFIG", "SET", "requirepass", "secret")  # refused
    speaker.call("CONFIG", "SET", "masterauth", "secret")
    speaker.call("ACL", "SETUSER", "bob", "on", ">secret")  # refused
    speaker.call("AUTH", "secret")
    log = _logged(speaker)
    assert log[1] == [b"CONFIG", b"SET", b"requirepass", b"(redacted)"]
    assert log[3] == [b"ACL", b"SETUSER", b"(redacted)", b"(redacted)", b"(redacted)"]
    assert b"secret" not in b" ".join(sum(log, []))


def test_entries_of_all_workers_are_gathered_newest_first(proxy, speaker):
    clients = [proxy.connect() for _ in range(6)]
    workers = {client.call("CLIENT", "ID") for client in clients}
    assert len(workers) == 6
    speaker.call("SLOWLOG", "RESET")
    for number in range(30):
        assert clients[number % 6].call("SET", f"key:{number}", "v") == b"OK"
    entries = speaker.call("SLOWLOG", "GET", "30")
    assert [entry[3][1] for entry in entries] == [b"key:%d" % number for number in reversed(range(30))]
    ids = [entry[0] for entry in entries]
    assert ids == sorted(ids, reverse=True) and len(set(ids)) == 30
    assert len(speaker.call("SLOWLOG", "GET")) == 10 and len(speaker.call("SLOWLOG", "GET", "0")) == 0
    before = speaker.call("SLOWLOG", "LEN")
    assert before >= 30
    assert speaker.call("SLOWLOG", "RESET") == b"OK" and speaker.call("SLOWLOG", "LEN") == 1  # RESET itself


def test_the_length_is_bounded_over_all_workers(proxy, speaker):
    clients = [proxy.connect() for _ in range(4)]
    speaker.call("CONFIG", "SET", "slowlog-max-len", "5")
    for number in range(40):
        clients[number % 4].call("SET", f"key:{number}", "v")
    assert speaker.call("SLOWLOG", "LEN") == 5
    assert len(speaker.call("SLOWLOG", "GET", "-1")) == 5
    speaker.call("CONFIG", "SET", "slowlog-max-len", "0")
    assert speaker.call("SLOWLOG", "LEN") == 0 and speaker.call("SLOWLOG", "GET") == []


def test_quick_requests_are_not_logged_and_minus_one_turns_it_off(proxy):
    client = proxy.connect()
    client.call("CONFIG", "SET", "slowlog-log-slower-than", "1000000")
    client.call("SLOWLOG", "RESET")
    client.call("SET", "k", "v")
    client.call("CONFIG", "SET", "slowlog-log-slower-than", "-1")
    client.call("SET", "k", "v")
    assert client.call("SLOWLOG", "LEN") == 0


def test_a_slow_request_is_logged_with_its_time_and_a_blocking_one_is_not(proxy):
    client = redis.Redis(port=proxy.port)
    client.config_set("slowlog-log-slower-than", 50_000)
    client.slowlog_reset()
    client.eval("local t = redis.call('TIME') local s = t[1] * 1000000 + t[2] "
                "repeat t = redis.call('TIME') until t[1] * 1000000 + t[2] - s > 100000 return 1", 1, "k")
    client.set("quick", "v")
    client.blpop("nothing", 1)
    entries = client.slowlog_get()
    assert client.slowlog_len() == len(entries)
    assert not [entry for entry in entries if entry["command"].startswith(b"BLPOP")]
    [entry] = [entry for entry in entries if entry["command"].startswith(b"EVAL local t")]
    assert 100_000 <= entry["duration"] < 5_000_000 and abs(entry["start_time"] - time.time()) < 60
    client.close()


def test_a_request_that_was_given_up_is_logged(fake_cluster, start_proxy):
    cluster = fake_cluster(nodes=1)
    proxy = start_proxy(cluster.seeds, settings={"timeouts": {"request": "300ms"}, "log": {"slowlog_log_slower_than": 100_000}})
    cluster.nodes[0].on("GET", After(1.0, b"$1\r\nv\r\n"))
    client = proxy.connect()
    assert b"no reply within 300 ms" in client.call("GET", "k")
    entries = client.call("SLOWLOG", "GET")
    assert [entry[3] for entry in entries] == [[b"get", b"... (arguments unknown)"]] and entries[0][2] >= 300_000


def test_settings_say_what_is_logged_from_the_start(start_proxy, shared_cluster):
    proxy = start_proxy(shared_cluster.seeds[:1], settings={"log": {
        "slowlog_log_slower_than": 0, "slowlog_max_len": 3, "latency_monitor_threshold": 7}})
    client = proxy.connect()
    for number in range(5):
        client.call("SET", f"k{number}", "v")
    assert _logged(client) == [[b"SET", b"k%d" % number, b"v"] for number in (2, 3, 4)]
    config = client.call("CONFIG", "GET", "slowlog*", "latency-monitor-threshold")
    assert dict(zip(config[::2], config[1::2])) == {
        b"slowlog-log-slower-than": b"0", b"slowlog-max-len": b"3", b"latency-monitor-threshold": b"7"}


# LATENCY


def _busy(client, milliseconds, key="k"):
    client.call("EVAL", "local t = redis.call('TIME') local s = t[1] * 1000000 + t[2] "
                f"repeat t = redis.call('TIME') until t[1] * 1000000 + t[2] - s > {milliseconds * 1000} return 1", "1", key)


def test_slow_requests_become_events(proxy, protocol):
    clients = [proxy.connect() for _ in range(4)]
    client = clients[0]
    client.call("HELLO", protocol)
    assert client.call("CONFIG", "SET", "latency-monitor-threshold", "40") == b"OK"
    _busy(client, 50)
    for other in clients:
        _busy(other, 120)
    [[name, moment, last, highest]] = client.call("LATENCY", "LATEST")
    assert name == b"command" and abs(moment - time.time()) < 60 and 120 <= highest < 5000 and last <= highest
    history = client.call("LATENCY", "HISTORY", "command")
    assert 1 <= len(history) <= 5 and max(sample[1] for sample in history) == highest
    assert [sample[0] for sample in history] == sorted({sample[0] for sample in history})
    graph = client.call("LATENCY", "GRAPH", "command").decode().removeprefix("txt:")
    assert re.match(r"command - high \d+ ms, low \d+ ms \(all time high %d ms\)\n-{80}\n" % highest, graph)
    doctor = client.call("LATENCY", "DOCTOR").decode()
    assert re.search(r"1\. command: \d+ latency spikes \(average \d+ms, .* Worst all time event %dms\." % highest, doctor)
    assert client.call("LATENCY", "RESET", "fast-command") == 0
    assert client.call("LATENCY", "RESET", "command", "none") == 1 and client.call("LATENCY", "LATEST") == []
    assert b"no latency spike was observed" in client.call("LATENCY", "DOCTOR")


def test_a_get_that_waits_behind_something_slow_is_a_fast_command(proxy):
    client = proxy.connect()
    client.call("CONFIG", "SET", "latency-monitor-threshold", "60")
    slow = resp.encode("EVAL", "local t = redis.call('TIME') local s = t[1] * 1000000 + t[2] "
                       "repeat t = redis.call('TIME') until t[1] * 1000000 + t[2] - s > 100000 return 1", "1", "k")
    client.send(slow + resp.encode("GET", "k"))
    assert client.read_many(2) == [1, None]
    assert [event[0] for event in client.call("LATENCY", "LATEST")] == [b"command", b"fast-command"]


def test_histogram_is_the_sum_of_the_nodes(proxy, protocol, shared_cluster):
    client = proxy.connect()
    client.call("HELLO", protocol)
    client.call("CONFIG", "RESETSTAT")
    for number in range(60):
        client.call("SET", f"key:{number}", "v")
    reply = client.call("LATENCY", "HISTOGRAM", "set", "get")

    def as_dict(value):
        return dict(value) if isinstance(value, resp.Pairs) else dict(zip(value[::2], value[1::2]))

    histogram = as_dict(as_dict(reply)[b"set"])
    buckets = as_dict(histogram[b"histogram_usec"])
    assert set(as_dict(reply)) == {b"set"} and histogram[b"calls"] == 60
    assert list(buckets) == sorted(buckets) and list(buckets.values()) == sorted(buckets.values())
    assert list(buckets.values())[-1] == 60
    assert wait_until(lambda: client.call("LATENCY", "HISTOGRAM"), what="all histograms")
