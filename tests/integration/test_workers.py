"""Several workers behind one endpoint."""

import time

from support.waiting import wait_until


def _clients_by_worker(proxy):
    samples = proxy.metrics().samples("slotway_worker_clients")
    return [value for _, value in sorted(samples.items())]


def test_clients_are_spread_evenly_over_the_workers(shared_cluster, start_proxy):
    proxy = start_proxy(shared_cluster.seeds[:1], workers=2)
    clients = [proxy.connect() for _ in range(40)]
    assert all(client.call("PING") == b"PONG" for client in clients)
    assert _clients_by_worker(proxy) == [20, 20]


def test_new_clients_go_to_the_worker_with_the_fewest(shared_cluster, start_proxy):
    proxy = start_proxy(shared_cluster.seeds[:1], workers=2)
    clients = []
    for _ in range(20):
        clients.append(proxy.connect())
        assert clients[-1].call("PING") == b"PONG"
    # Whoever connects one after the other alternates, so every second one shares a worker.
    for client in clients[::2]:
        client.close()
    wait_until(lambda: sorted(_clients_by_worker(proxy)) == [0, 10], what="one worker to be empty")
    for _ in range(10):
        assert proxy.connect().call("PING") == b"PONG"
    assert _clients_by_worker(proxy) == [10, 10]


def test_clients_of_different_workers_see_each_others_writes(shared_cluster, start_proxy):
    proxy = start_proxy(shared_cluster.seeds[:1], workers=2)
    one, other = proxy.connect(), proxy.connect()
    assert one.call("PING") == other.call("PING") == b"PONG"
    assert _clients_by_worker(proxy) == [1, 1]
    for number in range(200):
        assert one.call("SET", "k", number) == b"OK"
        assert other.call("GET", "k") == b"%d" % number


def test_all_workers_work_and_share_few_connections_to_each_node(shared_cluster, start_proxy):
    proxy = start_proxy(shared_cluster.seeds[:1], workers=2)
    keys = [f"k:{number}" for number in range(100)]
    for _ in range(30):
        client = proxy.connect()
        client.pipeline([("SET", key, "v") for key in keys])
    for node in shared_cluster.primaries:
        assert proxy.metrics().total("slotway_upstream_connections", node=node.address) == 2


def test_an_idle_proxy_with_many_clients_uses_next_to_no_cpu(shared_cluster, start_proxy):
    proxy = start_proxy(shared_cluster.seeds[:1], workers=2)
    for client in [proxy.connect() for _ in range(200)]:
        assert client.call("SET", "k", "v") == b"OK"
    before = proxy.cpu_seconds()
    time.sleep(1.5)
    assert proxy.cpu_seconds() - before < 0.1
