"""WAIT: how many replicas have what this client has written, wherever that lies."""

import time

import pytest

from support import resp
from support.slots import key_in_slots
from support.waiting import wait_until


@pytest.fixture
def cluster_and_proxy(private_cluster, start_proxy):
    """A cluster whose replicas may be frozen: a long node timeout keeps it calm meanwhile."""
    cluster = private_cluster(primaries=2, replicas=1, node_timeout_ms=30000)
    return cluster, start_proxy(cluster.seeds, workers=2, settings={"timeouts": {"request": "1s"}})


def key_of(cluster, primary, prefix="k"):
    first, last = next((first, last) for first, last, node in cluster.slot_ranges() if node is primary)
    # Away from the ends, since neighbouring slots are remembered together.
    return key_in_slots(first + 256, last - 256, prefix)


def timed(function):
    started = time.monotonic()
    return function(), time.monotonic() - started


def test_wait_tells_how_many_replicas_have_a_write(proxy, shared_cluster):
    client = proxy.connect()
    for number in range(30):
        client.call("SET", f"k{number}", "v")
        assert client.call("WAIT", "1", "5000") == 1
    (reply, seconds) = timed(lambda: client.pipeline([("SET", "k", "v"), ("WAIT", "2", "300"), ("GET", "k")]))
    assert reply == [b"OK", 1, b"v"]
    assert 0.25 < seconds < 1.5


def test_wait_without_a_write_tells_how_many_replicas_there_are(client):
    assert client.call("WAIT", "0", "0") == 1
    assert client.call("WAIT", "1", "0") == 1


def test_wait_says_what_is_wrong_as_redis_does(client, plain_redis):
    with plain_redis.connect() as model:
        for command in (("WAIT", "x", "0"), ("WAIT", "1", "x"), ("WAIT", "1", "-1"), ("WAIT", "1"), ("WAIT", "1", "2", "3")):
            assert client.call_raw(*command) == model.call_raw(*command), command
    assert client.call("WAIT", "-1", "0") == 1


def test_wait_within_a_transaction_does_not_wait(client):
    assert client.pipeline([("MULTI",), ("SET", "k", "v"), ("WAIT", "5", "0"), ("EXEC",)])[3][0] == b"OK"


@pytest.mark.timeout_seconds(60)
def test_a_write_that_no_replica_has_is_not_called_safe(cluster_and_proxy):
    cluster, proxy = cluster_and_proxy
    primary, other = cluster.primaries
    replica = cluster.replicas_of(primary)[0]
    client, elsewhere = proxy.connect(), proxy.connect()
    key = key_of(cluster, primary)
    replica.freeze()
    try:
        assert client.call("SET", key, "v") == b"OK"
        reply, seconds = timed(lambda: client.call("WAIT", "1", "1500"))  # longer than a request may take
        assert reply == 0 and 1.4 < seconds < 3
        assert client.call("WAIT", "1", "50") == 0  # asked again, it still counts
        # A client that has written to the other shard only is not concerned.
        assert elsewhere.call("SET", key_of(cluster, other), "v") == b"OK"
        assert elsewhere.call("WAIT", "1", "1000") == 1
        # One that has written to both is.
        assert elsewhere.call("MSET", key_of(cluster, other), "w", key_of(cluster, primary, "m"), "w") == b"OK"
        assert elsewhere.call("WAIT", "1", "100") == 0
        # For ever means until the replica is back.
        client.send_command("WAIT", "1", "0")
        client.assert_silent(1.5)
    finally:
        replica.thaw()
    assert client.read() == 1
    assert replica.command("GET", key) if cluster.role(replica) == "master" else True


@pytest.mark.timeout_seconds(60)
def test_transactions_scripts_and_blocking_pops_count_as_writes(cluster_and_proxy):
    cluster, proxy = cluster_and_proxy
    primary = cluster.primaries[0]
    replica = cluster.replicas_of(primary)[0]
    key = key_of(cluster, primary)
    primary.command("RPUSH", key, "a", "b", "c")
    writes = [
        [("MULTI",), ("LPUSH", key, "x"), ("EXEC",)], [("WATCH", key), ("MULTI",), ("LPUSH", key, "x"), ("EXEC",)],
        [("BLPOP", key, "1")], [("EVAL", "return redis.call('lpush', KEYS[1], 'x')", "1", key)],
    ]
    replica.freeze()
    try:
        for write in writes:
            client = proxy.connect()
            assert not any(isinstance(reply, resp.ErrorReply) for reply in client.pipeline(write))
            assert client.call("WAIT", "1", "100") == 0, write
    finally:
        replica.thaw()


def test_a_client_that_waits_may_be_unblocked_and_may_leave(cluster_and_proxy):
    cluster, proxy = cluster_and_proxy
    replica = cluster.replicas_of(cluster.primaries[0])[0]
    client, other = proxy.connect(), proxy.connect()
    identity = client.call("CLIENT", "ID")
    replica.freeze()
    try:
        client.call("SET", key_of(cluster, cluster.primaries[0]), "v")
        for reason, reply in ((("TIMEOUT",), b":0\r\n"), (("ERROR",), b"-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n")):
            client.send_command("WAIT", "1", "0")
            wait_until(lambda: proxy.metrics().total("slotway_blocked_clients") == 1, what="WAIT to begin")
            assert other.call("CLIENT", "UNBLOCK", identity, *reason) == 1
            assert client.read_raw() == reply
        client.send_command("WAIT", "1", "0")
        wait_until(lambda: proxy.metrics().total("slotway_blocked_clients") == 1, what="WAIT to begin")
        client.close()
        wait_until(lambda: proxy.metrics().total("slotway_blocked_clients") == 0, what="WAIT to end")
    finally:
        replica.thaw()


def test_waitaof_is_refused_with_a_reason(client):
    reply = client.call("WAITAOF", "0", "1", "100")
    assert reply.startswith(b"ERR slotway: WAITAOF is refused: "), reply
