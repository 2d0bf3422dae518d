"""/metrics, /healthz and /readyz: what they offer, and that the numbers are true."""

import re
import socket
import threading

import pytest

from support import resp
from support.fake_cluster import value_of
from support.fake_node import After
from support.waiting import wait_until

FAMILIES = {
    "slotway_clients": "gauge", "slotway_clients_accepted_total": "counter", "slotway_clients_refused_total": "counter",
    "slotway_requests_in_flight": "gauge", "slotway_commands_total": "counter",
    "slotway_request_duration_seconds": "histogram", "slotway_request_timeouts_total": "counter",
    "slotway_client_received_bytes_total": "counter", "slotway_client_sent_bytes_total": "counter",
    "slotway_client_protocol_errors_total": "counter", "slotway_upstream_requests_total": "counter",
    "slotway_upstream_replies_total": "counter", "slotway_upstream_connections": "gauge",
    "slotway_upstream_connects_total": "counter", "slotway_upstream_in_flight": "gauge",
    "slotway_upstream_protocol_errors_total": "counter", "slotway_redirects_total": "counter",
    "slotway_topology_refreshes_total": "counter", "slotway_topology_age_seconds": "gauge",
    "slotway_slots_covered": "gauge", "slotway_ready": "gauge", "slotway_build_info": "gauge",
}


@pytest.fixture
def fresh(fake_cluster, start_proxy):
    """(proxy, node): a proxy whose counters nobody else moves, before one fake node."""
    cluster = fake_cluster()
    return start_proxy(cluster.seeds, settings={"cluster": {"refresh_interval": "1h"}}), cluster.nodes[0]


def test_every_family_is_there_with_help_and_type(proxy, client):
    client.call("GET", "k")
    body = proxy.http("/metrics")[1]
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", body, re.M))
    for name, kind in FAMILIES.items():
        assert types.get(name) == kind, name
        assert re.search(rf"^# HELP {name} .{{10,}}$", body, re.M), name
    assert len(re.findall(r"^# TYPE ", body, re.M)) == len(types), "a family stands there twice"


def test_commands_are_counted_by_name_and_outcome(fresh):
    proxy, node = fresh
    client = proxy.connect()
    node.on("SET", b"+OK\r\n", b"-OOM out of memory\r\n")
    client.pipeline([("GET", "a")] * 10 + [("gEt", "a")] + [("SET", "a", "1")] * 3 + [("RENAME", "a", "b")] * 2
                    + [("PING",)] * 4 + [("MGET", "a", "b", "c")] + [("GET",)])
    metrics = proxy.metrics()

    def counts(command):
        return [metrics.total("slotway_commands_total", command=command, outcome=outcome)
                for outcome in ("ok", "server_error", "proxy_error")]

    assert counts("get") == [11, 0, 1]
    assert counts("set") == [1, 2, 0]
    assert counts("rename") == [0, 0, 2]
    assert counts("ping") == [4, 0, 0]
    assert counts("mget") == [1, 0, 0]


def test_the_latency_histogram_counts_every_request_in_growing_buckets(fresh):
    proxy, _ = fresh
    client = proxy.connect()
    client.pipeline([("GET", "a")] * 50 + [("PING",)] * 50)
    metrics = proxy.metrics()
    buckets = sorted((float(dict(labels)["le"]), count)
                     for labels, count in metrics.samples("slotway_request_duration_seconds_bucket").items())
    counts = [count for _, count in buckets]
    assert counts == sorted(counts) and buckets[-1] == (float("inf"), 100)
    assert metrics.total("slotway_request_duration_seconds_count") == 100
    assert 0 < metrics.total("slotway_request_duration_seconds_sum") < 100


def test_bytes_are_counted_exactly_on_the_client_side(fresh):
    proxy, _ = fresh
    client = proxy.connect()
    commands = [("GET", f"key:{number}") for number in range(100)] + [("PING",)]
    client.pipeline(commands)
    sent = len(resp.encode_all(commands))
    received = sum(len(resp.bulk(value_of(f"key:{number}"))) for number in range(100)) + len(b"+PONG\r\n")
    metrics = proxy.metrics()
    assert metrics.total("slotway_client_received_bytes_total") == sent
    assert metrics.total("slotway_client_sent_bytes_total") == received


def test_clients_are_counted_while_they_are_there(fresh):
    proxy, _ = fresh
    clients = [proxy.connect() for _ in range(7)]
    wait_until(lambda: proxy.metrics().total("slotway_clients") == 7, what="seven clients")
    clients.pop().close()
    clients.pop().reset()
    wait_until(lambda: proxy.metrics().total("slotway_clients") == 5, what="five clients")
    assert proxy.metrics().total("slotway_clients_accepted_total") == 7


def test_upstream_requests_and_connections_are_counted_by_node(fake_cluster, start_proxy):
    cluster = fake_cluster(nodes=3)
    proxy = start_proxy(cluster.seeds, settings={"cluster": {"refresh_interval": "1h"}})
    before = proxy.metrics()
    keys = [f"key:{number}" for number in range(300)]
    proxy.connect().pipeline([("GET", key) for key in keys])
    after = proxy.metrics()
    for node in cluster.nodes:
        difference = [after.total(name, node=node.address) - before.total(name, node=node.address)
                      for name in ("slotway_upstream_requests_total", "slotway_upstream_replies_total")]
        assert difference == [node.count("GET")] * 2
        assert after.total("slotway_upstream_connections", node=node.address) == 1
        assert after.total("slotway_upstream_in_flight", node=node.address) == 0


def test_requests_in_flight_are_seen_and_gone_again(fresh):
    proxy, node = fresh
    released = threading.Event()
    node.on("GET", After(released, resp.bulk("x")))
    client = proxy.connect()
    client.send(resp.encode("GET", "k") * 5)
    wait_until(lambda: proxy.metrics().total("slotway_requests_in_flight") == 5, what="five requests in flight")
    released.set()
    client.read_many(5)
    proxy.assert_nothing_in_flight()


def test_commands_nobody_knows_make_no_series_of_their_own(fresh):
    proxy, _ = fresh
    client = proxy.connect()
    client.pipeline([(f"nosuch{number}", "x") for number in range(200)])
    names = {dict(labels)["command"] for labels in proxy.metrics().samples("slotway_commands_total")}
    assert len(names) <= 1, names
    assert proxy.metrics().total("slotway_commands_total", outcome="proxy_error") == 200


def test_the_topology_is_described(proxy, client):
    metrics = proxy.metrics()
    assert metrics.total("slotway_slots_covered") == 16384
    assert metrics.total("slotway_topology_nodes", role="primary") == 3
    assert metrics.total("slotway_topology_nodes", role="replica") == 3
    assert metrics.total("slotway_ready") == 1
    assert 0 <= metrics.total("slotway_topology_age_seconds") < 30
    assert metrics.total("slotway_topology_refreshes_total") >= 1


def test_health_and_readiness_answer_and_other_paths_do_not(proxy):
    assert proxy.http("/healthz")[0] == 200
    assert proxy.http("/readyz")[0] == 200
    assert proxy.http("/no/such/page")[0] == 404


@pytest.mark.parametrize("request_bytes", [
    b"\r\n\r\n", b"GET\r\n\r\n", b"\x00" * 100, b"GET /metrics HTTP/9.9\r\n\r\n", b"A" * 200_000,
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n", b"PING\r\n",
    b"POST /metrics HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n"],
                         ids=lambda data: repr(data[:24])[2:-1])
def test_malformed_http_is_harmless(proxy, client, request_bytes):
    with socket.create_connection(("127.0.0.1", proxy.admin_port), 5) as connection:
        try:
            connection.sendall(request_bytes)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
        except OSError:
            pass  # cut off is an answer too
    assert proxy.http("/healthz")[0] == 200
    assert client.call("PING") == b"PONG"


def test_slow_readers_of_the_admin_port_block_nobody(proxy, client):
    idle = []
    try:
        for _ in range(20):
            connection = socket.create_connection(("127.0.0.1", proxy.admin_port), 5)
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHos")
            idle.append(connection)
        assert proxy.http("/healthz")[0] == 200
        assert client.call("SET", "k", "v") == b"OK"
    finally:
        for connection in idle:
            connection.close()
