"""cluster_facade: Slotway as a cluster of one node, for clients that insist on a cluster."""

import os
import subprocess

import pytest
import redis

from support import resp
from support.resp_client import RespClient
from test_ioredis import node_modules  # pylint: disable=unused-import

both_protocols = pytest.mark.parametrize("protocol", [2, 3])

_SCRIPT = os.path.join(os.path.dirname(__file__), "clients", "ioredis_cluster.js")


@pytest.fixture
def facade(start_proxy, shared_cluster):
    """facade(**settings) gives a Slotway that shows itself as a cluster."""
    yield lambda **settings: start_proxy(shared_cluster.seeds, workers=2, settings={"cluster_facade": True, **settings})
    shared_cluster.flush()


@pytest.fixture
def lone_node(private_cluster):
    """A real cluster of one node: the model."""
    return private_cluster(primaries=1, replicas=0, options={"cluster-announce-ip": "127.0.0.1"}).nodes[0]


def _normal(raw, port, ident):
    """Without what differs from node to node."""
    return raw.replace(b"%d" % port, b"PORT").replace(b"%d" % (port + 10000), b"BUS").replace(ident, b"I" * 40)


@both_protocols
def test_it_answers_as_a_real_cluster_of_one_node(facade, lone_node, protocol):
    proxy = facade()
    transcripts = []
    for port in (proxy.port, lone_node.port):
        with RespClient(port) as client:
            assert client.call("HELLO", protocol)
            ident = client.call("CLUSTER", "MYID")
            assert len(ident) == 40
            answers = {command: client.call_raw(*command.split()) for command in (
                "CLUSTER SLOTS", "CLUSTER SHARDS", "CLUSTER LINKS", "CLUSTER REPLICAS nobody", "CLUSTER SLAVES nobody",
                "CLUSTER COUNT-FAILURE-REPORTS nobody", "CLUSTER KEYSLOT {a}b", "CLUSTER COUNTKEYSINSLOT 15495",
                "CLUSTER GETKEYSINSLOT 15495 10", "CLUSTER COUNTKEYSINSLOT 16384", "READONLY", "READWRITE", "ASKING",
                "CLUSTER SLOTS x", "CLUSTER NOSUCH")}
            answers["REPLICAS"] = client.call_raw("CLUSTER", "REPLICAS", ident)
            answers["REPORTS"] = client.call_raw("CLUSTER", "COUNT-FAILURE-REPORTS", ident)
            transcripts.append({command: _normal(raw, port, ident) for command, raw in answers.items()})
    ours, theirs = transcripts
    for command, reply in theirs.items():
        assert ours[command] == reply, command


@both_protocols
def test_the_texts_have_the_lines_of_a_real_node(facade, lone_node, protocol):
    proxy = facade()
    texts = []
    for port in (proxy.port, lone_node.port):
        with RespClient(port) as client:
            client.call("HELLO", protocol)
            raw = client.call_raw("CLUSTER", "NODES"), client.call_raw("CLUSTER", "INFO")
            texts.append((raw[0][:1], raw[1][:1], client.call("CLUSTER", "NODES").decode().removeprefix("txt:"),
                          client.call("CLUSTER", "INFO").decode().removeprefix("txt:")))
    (*our_types, our_nodes, our_info), (*their_types, their_nodes, their_info) = texts
    assert our_types == their_types
    assert [line.split(":")[0] for line in our_info.splitlines()] == [line.split(":")[0] for line in their_info.splitlines()
                                                                      if "stats_messages_" not in line or
                                                                      line.split(":")[0].endswith(("_sent", "_received"))]
    assert "cluster_state:ok\r\n" in our_info
    ours, theirs = our_nodes.split(" "), their_nodes.split(" ")
    assert len(ours) == len(theirs)
    assert ours[1].split("@")[0] == f"127.0.0.1:{proxy.port}"
    assert ours[2:4] == theirs[2:4] == ["myself,master", "-"] and ours[7:] == theirs[7:] == ["connected", "0-16383\n"]


def test_hello_info_and_config_say_cluster(facade):
    client = facade().connect()
    assert client.call("CONFIG", "GET", "cluster-enabled") == [b"cluster-enabled", b"yes"]
    info = client.call("INFO")
    assert b"redis_mode:cluster\r\n" in info and b"cluster_enabled:1\r\n" in info
    assert (b"mode", b"cluster") in client.call("HELLO", "3")


def test_a_node_elsewhere_can_be_announced(facade):
    proxy = facade(cluster_announce_ip="slotway.example.com", cluster_announce_port=7777)
    client = proxy.connect()
    assert client.call("CLUSTER", "SLOTS")[0][2][:2] == [b"slotway.example.com", 7777]
    assert b" slotway.example.com:7777@17777 " in client.call("CLUSTER", "NODES")
    assert b"slotway.example.com" in client.call_raw("CLUSTER", "SHARDS")


def test_a_client_of_a_unix_socket_is_told_the_port(start_proxy, shared_cluster, tmp_path):
    path = str(tmp_path / "slotway.sock")
    proxy = start_proxy(shared_cluster.seeds[:1], listen=("127.0.0.1:0", f"unix:{path}"),
                        settings={"cluster_facade": True})
    with RespClient(path=path) as client:
        assert client.call("CLUSTER", "SLOTS")[0][2][:2] == [b"127.0.0.1", proxy.port]


def test_without_the_setting_there_is_no_cluster(client):
    for command in (["CLUSTER", "SLOTS"], ["CLUSTER", "INFO"], ["READONLY"], ["ASKING"], ["CLUSTER", "MYID"]):
        assert client.call(*command) == resp.ErrorReply(b"ERR This instance has cluster support disabled")


# Clients


def test_redis_py_rediscluster_works(facade, shared_cluster):
    proxy = facade()
    cluster = redis.RedisCluster(host="127.0.0.1", port=proxy.port)
    assert len(cluster.get_nodes()) == 1 and cluster.get_primaries()[0].port == proxy.port
    for number in range(300):
        assert cluster.set(f"key:{number}", number)
    assert [int(cluster.get(f"key:{number}")) for number in range(300)] == list(range(300))
    assert shared_cluster.key_count() == 300
    assert min(node.command("DBSIZE") for node in shared_cluster.primaries) > 50
    assert cluster.mset_nonatomic({"a": 1, "b": 2}) and cluster.mget_nonatomic("a", "b") == [b"1", b"2"]
    with cluster.pipeline() as pipeline:
        for number in range(100):
            pipeline.get(f"key:{number}")
        assert pipeline.execute() == [b"%d" % number for number in range(100)]
    assert cluster.delete("key:1", "key:2", "key:3") == 3
    assert cluster.cluster_info(target_nodes=cluster.get_random_node())["cluster_state"] == "ok"
    assert cluster.cluster_keyslot("key:1") == cluster.keyslot("key:1")
    assert cluster.eval("return redis.call('incr', KEYS[1])", 1, "counter") == 1
    cluster.close()


@pytest.mark.timeout_seconds(90)
def test_ioredis_cluster_works(facade, node_modules):  # pylint: disable=redefined-outer-name
    done = subprocess.run(["node", _SCRIPT, str(facade().port)], capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, "NODE_PATH": str(node_modules)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip().endswith("all is well"), done.stdout + done.stderr


def test_redis_cli_in_cluster_mode_works(facade):
    proxy = facade()
    script = "".join(f"SET key:{number} {number}\n" for number in range(20)) + "GET key:7\nMGET key:1 key:2\n"
    done = subprocess.run(["redis-cli", "-c", "-p", str(proxy.port)], input=script, capture_output=True, text=True,
                          timeout=20, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["OK"] * 20 + ["7", "1", "2"]
    check = subprocess.run(["redis-cli", "--cluster", "check", f"127.0.0.1:{proxy.port}"], capture_output=True, text=True,
                           timeout=20, check=False)
    assert "[OK] All 16384 slots covered" in check.stdout, check.stdout + check.stderr
