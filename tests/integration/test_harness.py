"""The harness itself, tried on real servers: what it says about a cluster must be true."""

import threading
import time

import pytest

from support import resp
from support.checking_client import CheckingClient
from support.faults import FaultProxy
from support.fake_cluster import FakeCluster, value_of
from support.fake_node import After, Close, Never, Pieces
from support.metrics import Metrics
from support.resp_client import ConnectionClosed, RespClient
from support.slots import key_in_slots, key_slot
from support.waiting import wait_until


def test_slots_are_those_a_real_server_computes(shared_cluster):
    node = shared_cluster.nodes[0]
    for key in ("a", "foo{bar}baz", "{}x", "x{}", "{a}{b}", "a{b", "}{x}", "", "{{x}}"):
        assert key_slot(key) == node.command("CLUSTER", "KEYSLOT", key), key


def test_a_cluster_serves_every_slot_and_has_its_replicas_in_step(shared_cluster):
    assert [(first, last) for first, last, _ in shared_cluster.slot_ranges()] == [
        (0, 5460), (5461, 10921), (10922, 16383)]
    assert len(shared_cluster.primaries) == len(shared_cluster.replicas) == 3
    assert all(len(shared_cluster.replicas_of(primary)) == 1 for primary in shared_cluster.primaries)


@pytest.mark.timeout_seconds(60)
def test_a_cluster_moves_slots_fails_over_and_loses_nodes_as_told(private_cluster):
    cluster = private_cluster(node_timeout_ms=1000)
    first, second, third = cluster.primaries
    cluster.reshard(first, second, 50)
    assert cluster.owner(0) is second

    key = key_in_slots(6000, 6000)
    second.command("SET", key, "moved")
    source = cluster.begin_move(6000, third)
    with source.connect() as client:
        assert client.call("GET", key) == b"moved"
        cluster.move_keys(6000, source, third)
        assert client.call("GET", key).startswith(b"ASK 6000 ")
        cluster.finish_move(6000, third)
        assert client.call("GET", key).startswith(b"MOVED 6000 ")
    assert cluster.get(key) == b"moved"

    cluster.wait_until_healthy()
    replica = cluster.failover(third)
    assert cluster.role(replica) == "master" and cluster.role(third) == "slave"

    cluster.wait_until_healthy()
    heir = cluster.replicas_of(replica)[0]
    replica.kill()
    wait_until(lambda: cluster.owner(16383) is heir, 15, "the replica to take over")
    replica.restart()
    wait_until(lambda: cluster.role(replica) == "slave", 15, "the lost primary to come back as a replica")


def test_frames_are_parsed_at_every_split():
    frames = [resp.reply([1, "a", None, [resp.Status(b"OK"), resp.ErrorReply(b"ERR x")]]),
              b"%1\r\n+a\r\n,1.5\r\n", b"~2\r\n#t\r\n_\r\n", b">1\r\n:1\r\n", b"$-1\r\n", b"*-1\r\n", b"$0\r\n\r\n",
              b"=5\r\ntxt:x\r\n", b"(123456789012345678901\r\n"]
    for frame in frames:
        assert resp.parse(frame)[1] == len(frame)
        for cut in range(len(frame)):
            with pytest.raises(resp.Incomplete):
                resp.parse(frame[:cut])
    assert resp.parse(frames[0])[0] == [1, b"a", None, [b"OK", b"ERR x"]]


def test_a_fake_node_follows_its_script_and_counts():
    with FakeCluster(nodes=2) as cluster:
        node = cluster.nodes[0]
        with RespClient(node.port) as client:
            assert client.call("GET", "k") == value_of("k")
            assert client.call("MGET", "a", "b") == [value_of("a"), value_of("b")]
            assert len(client.call("CLUSTER", "SLOTS")) == 2
            node.on("GET", b"-TRYAGAIN later\r\n", Pieces((b"$2\r", b"\nok\r\n")))
            assert client.call("GET", "k") == b"TRYAGAIN later"
            assert client.call("GET", "k") == b"ok"
            node.on("GET", Never())
            client.send_command("GET", "k")
            client.assert_silent(0.1)
            node.on("SET", Close(b"+O"))
            client.send_command("SET", "k", "v")
            assert client.read_until_closed() == b"+O"
        assert (node.count("GET"), node.count("SET")) == (4, 1)


def test_a_fake_node_can_be_held_cut_and_killed():
    with FakeCluster() as cluster:
        node, released = cluster.nodes[0], threading.Event()
        node.on("GET", After(released, resp.bulk("late")))
        with RespClient(node.port) as client:
            client.send_command("GET", "k")
            client.assert_silent(0.1)
            released.set()
            assert client.read() == b"late"
            node.cut("SET", after_bytes=20)
            client.send_command("SET", "k", "v" * 100)
            with pytest.raises(ConnectionClosed):
                client.read()
        assert node.count("SET") == 0
        node.die()
        with pytest.raises(ConnectionRefusedError):
            RespClient(node.port)
        node.listen()
        with RespClient(node.port) as client:
            assert client.call("PING") == b"PONG"


def test_the_fault_proxy_delays_stalls_drips_and_resets(plain_redis):
    with FaultProxy(plain_redis.port) as faults, RespClient(faults.port) as client:
        assert client.call("PING") == b"PONG"
        faults.delay_seconds = 0.05
        started = time.monotonic()
        assert client.call("PING") == b"PONG"
        assert time.monotonic() - started >= 0.1
        faults.delay_seconds, faults.chunk_bytes = 0, 1
        assert client.call("ECHO", "drip") == b"drip"
        faults.stall()
        client.send_command("PING")
        client.assert_silent(0.1)
        faults.resume()
        assert client.read() == b"PONG"
        faults.reset_all()
        assert client.read_until_closed() == b""
        assert faults.accepted == 1


def test_metrics_are_found_by_name_and_labels():
    metrics = Metrics.parse('# HELP a b\na{x="1",y="q\\"}"} 2\na{x="2"} 3\nb 1e3\n')
    assert metrics.total("a") == 5 and metrics.total("a", x="1") == 2 and metrics.total("b") == 1000
    assert metrics.total("a", x="3") == 0 and metrics.names == {"a", "b"}


def test_a_checking_client_is_content_with_redis_and_not_with_a_liar(plain_redis):
    with FakeCluster() as cluster:
        liar = cluster.nodes[0]
        liar.on("GET", resp.bulk("somebody:1=1"))
        for port, honest in ((plain_redis.port, True), (liar.port, False)):
            client = CheckingClient(port, "checker")
            client.start()
            wait_until(lambda: client.operations > 500, what="the client to work")  # pylint: disable=cell-var-from-loop
            client.stop()
            assert (not client.problems) == honest, client.problems[:3]
    plain_redis.command("FLUSHALL")
