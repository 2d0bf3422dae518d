"""A cluster that breaks under load: nothing lost, doubled, reordered or given to anybody else.

The load writes tokens that name their writer, and support/history.py says what must hold of them afterwards.
The short form here; `scripts/chaos` runs the long one and prints the figures of proxy/RELIABILITY.md.
"""

import random
import time

import pytest

from support import resp
from support.chaos import LONG, Fronts, publish, scale
from support.load import Load
from support.slots import key_in_slots
from support.waiting import wait_until

PATIENT = {"timeouts": {"request": "20s"}, "cluster": {
    "hold_timeout": "20s", "reconnect_backoff_min": "5ms", "reconnect_backoff_max": "100ms"}}


@pytest.fixture
def fronts():
    fronts = Fronts()
    yield fronts
    fronts.stop()


@pytest.mark.timeout_seconds(scale(60, 1200))
def test_many_clients_with_pipelines_of_all_depths_get_their_own_replies(private_cluster, start_proxy):
    cluster = private_cluster(replicas=0)
    proxy = start_proxy(cluster.seeds, workers=2)
    clients, requests = scale((60, 20_000), (1000, 2_000_000))
    started = time.monotonic()
    with Load(proxy.port, clients=clients, processes=2, per_thread=clients // 4, depths="1,2,5,16,64,256",
              timeout=120) as load:
        load.wait_for_progress(requests, timeout=1000)
    report = load.verify()
    publish(f"{clients} clients, pipelines of 1 to 256", f"{report}; {time.monotonic() - started:.0f} s")
    report.assert_nothing_wrong()
    report.assert_no_errors()


@pytest.mark.timeout_seconds(scale(60, 600))
def test_connections_cut_all_the_time_double_no_write_and_lose_none(private_cluster, start_proxy, fronts):
    cluster = private_cluster(replicas=0, announce=fronts.announce)
    proxy = start_proxy(fronts.seeds, settings=PATIENT)
    seconds, rng, cuts = scale(5, 300), random.Random(1), 0
    with Load(proxy.port, depths="1,4,16", kinds="incr,rpush") as load:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.1)
            cuts += 1
            for front in fronts:
                front.cut_after = rng.choice([None, None, rng.randrange(1, 3000)])
                rng.choice([front.reset_all, front.half_close_all])()
        fronts.calm()
        load.wait_for_progress(100)
    report = load.verify()
    publish(f"all connections to nodes cut {cuts} times in {seconds} s, INCR and RPUSH", report)
    report.assert_nothing_wrong()
    assert report.unknown > 0, "the cuts hit nothing: the test is void"
    assert not report.refusals, report.refusals
    assert cluster.key_count() > 0


@pytest.mark.timeout_seconds(scale(60, 400))
def test_planned_failovers_are_not_noticed(private_cluster, start_proxy):
    cluster = private_cluster(node_timeout_ms=1500)
    proxy = start_proxy(cluster.seeds, settings=PATIENT)
    times = scale(2, 30)
    with Load(proxy.port, depths="1,8") as load:
        load.wait_for_progress(200)
        for number in range(times):
            cluster.failover(cluster.primaries[number % 3])
            load.wait_for_progress(200)
            cluster.wait_until_healthy()
    report = load.verify()
    publish(f"CLUSTER FAILOVER {times} times", report)
    report.assert_nothing_wrong()
    report.assert_no_errors()


@pytest.mark.timeout_seconds(scale(90, 900))
def test_killed_primaries_cost_no_more_than_they_cost_a_client_of_the_cluster(private_cluster, start_proxy):
    cluster = private_cluster(node_timeout_ms=1000)
    proxy = start_proxy(cluster.seeds, settings=PATIENT)
    times, recoveries = scale(1, 20), []
    with Load(proxy.port, depths="1,4", kinds="incr,rpush,append,get", may_lose=True, pause=0.001) as load, \
            Load(proxy.port, name="control", direct=",".join(cluster.seeds), depths="1,4",
                 kinds="incr,rpush,append,get", may_lose=True, pause=0.001) as control:
        for number in range(times):
            load.wait_for_progress(200)
            victim = cluster.primaries[number % 3]
            slot = next(first for first, _, node in cluster.slot_ranges() if node is victim)
            heir = cluster.replicas_of(victim)[0]
            probe = proxy.connect(timeout=30)
            victim.kill()
            killed = time.monotonic()
            while isinstance(probe.call("SET", key_in_slots(slot, slot), "v"), resp.ErrorReply):
                assert time.monotonic() - killed < 30, "the shard does not come back"
            recoveries.append(time.monotonic() - killed)
            wait_until(lambda s=slot, h=heir: cluster.owner(s) is h, 20, "the replica to take over")
            load.wait_for_progress(200)
            victim.restart()
            wait_until(lambda v=victim: cluster.role(v) == "slave", 20, "the old primary to follow")
            cluster.wait_until_healthy()
    report, control_report = load.verify(), control.verify()
    publish(f"kill -9 of a primary {times} times, through Slotway", f"{report}; "
            f"first write served after {max(recoveries):.2f} s at most")
    publish("the same, a client of the cluster itself", control_report)
    report.assert_nothing_wrong(may_lose=True)
    assert not report.refusals, report.refusals
    assert report.findings["lost"] <= max(control_report.findings["lost"], 1) * 2 + 5


@pytest.mark.timeout_seconds(scale(90, 600))
def test_slots_that_move_reorder_nothing(private_cluster, start_proxy):
    cluster = private_cluster(replicas=0)
    proxy = start_proxy(cluster.seeds, settings=PATIENT)
    slots = scale(300, 2000)
    with Load(proxy.port, depths="1,8,32", kinds="append,rpush,append,get,mset,mget", keys=40) as load:
        load.wait_for_progress(200)
        first, second, _ = cluster.primaries
        started = time.monotonic()
        cluster.reshard(first, second, slots)
        cluster.reshard(second, first, slots)
        elapsed = time.monotonic() - started
        load.wait_for_progress(200)
    report = load.verify()
    publish(f"{slots} slots moved there and back in {elapsed:.0f} s, APPEND in pipelines", report)
    report.assert_nothing_wrong()
    report.assert_no_errors()
    assert proxy.metrics().total("slotway_redirects_total") > 0


@pytest.mark.timeout_seconds(90)
def test_a_cluster_that_comes_back_on_new_addresses_is_found_again(private_cluster, start_proxy):
    cluster = private_cluster(primaries=3, replicas=0)
    # What an orchestrator does: the name of a seed leads to whatever address the node has now.
    fronts = Fronts()
    seed = fronts.announce(cluster.nodes[0].port)
    proxy = start_proxy([f"127.0.0.1:{seed}"], settings={"cluster": {"refresh_interval": "1s"}})
    client = proxy.connect()
    keys = [key_in_slots(first, last) for first, last, _ in cluster.slot_ranges()]
    assert client.pipeline([("SET", key, "v") for key in keys]) == [b"OK"] * 3
    cluster.move_to_new_ports()
    next(iter(fronts)).lead_to(cluster.nodes[0].port)
    cluster.wait_until_healthy()
    healthy = time.monotonic()
    for key in keys:
        wait_until(lambda k=key: client.call("SET", k, "new") == b"OK", 20, f"{key} to be served again")
    publish("all nodes restarted on new addresses, one seed's name stays",
            f"served again {time.monotonic() - healthy:.2f} s after the cluster was whole")
    fronts.stop()


@pytest.mark.timeout_seconds(60)
def test_a_hundred_requests_that_time_out_at_a_stopped_node_shift_no_reply(private_cluster, start_proxy):
    cluster = private_cluster(replicas=0, node_timeout_ms=15000)
    proxy = start_proxy(cluster.seeds, settings={"timeouts": {"request": "500ms"}})
    first, last, node = cluster.slot_ranges()[0]
    keys = [key_in_slots(first, last, f"late{number}") for number in range(100)]
    clients = [proxy.connect() for _ in keys]
    for client, key in zip(clients, keys):
        assert client.call("SET", key, key) == b"OK"
    for _ in range(scale(1, 10)):
        node.freeze()
        for client, key in zip(clients, keys):
            client.send_command("GET", key)
        replies = [client.read() for client in clients]
        assert all(isinstance(reply, resp.ErrorReply) for reply in replies), replies[:3]
        for client, key in zip(reversed(clients), keys):
            client.send_command("GET", key)
        node.thaw()
        assert [client.read() for client in reversed(clients)] == [key.encode() for key in keys]
        for client in clients:
            client.assert_silent(0.002)
    publish(f"100 requests time out at a stopped node that answers late, {scale(1, 10)} times",
            "no reply to another client, none twice")


@pytest.mark.timeout_seconds(scale(90, 2400))
def test_random_chaos(private_cluster, start_proxy, fronts):
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    cluster = private_cluster(node_timeout_ms=1500, announce=fronts.announce)
    proxy = start_proxy(fronts.seeds, workers=2, settings=PATIENT)
    counts, seconds = {}, scale(12, 1800)

    def stall():
        front = rng.choice(list(fronts))
        front.stall()
        time.sleep(rng.uniform(0.05, 0.5))
        front.resume()

    def delay():
        front = rng.choice(list(fronts))
        front.delay_seconds, front.chunk_bytes = rng.choice([(0.005, 65536), (0.001, 7)])
        time.sleep(rng.uniform(0.1, 0.5))
        front.delay_seconds, front.chunk_bytes = 0.0, 65536

    def cut():
        front = rng.choice(list(fronts))
        front.cut_after = rng.randrange(1, 5000)
        front.reset_all()
        time.sleep(0.2)
        front.cut_after = None

    def freeze():
        node = rng.choice(cluster.nodes)
        node.freeze()
        time.sleep(rng.uniform(0.05, 0.6))
        node.thaw()

    def failover():
        cluster.wait_until_healthy(30)
        cluster.failover(rng.choice(cluster.primaries))
        cluster.wait_until_healthy(30)

    def reshard():
        cluster.wait_until_healthy(30)
        source, target = rng.sample(cluster.primaries, 2)
        cluster.reshard(source, target, rng.randrange(1, 30))

    def kill():
        cluster.wait_until_healthy(30)
        victim = rng.choice(cluster.primaries)
        slot, heir = next(first for first, _, node in cluster.slot_ranges() if node is victim), \
            cluster.replicas_of(victim)[0]
        victim.kill()
        wait_until(lambda: cluster.owner(slot) is heir, 30, "the replica to take over")
        victim.restart()

    events = [kill, stall, delay, cut, lambda: rng.choice(list(fronts)).reset_all(),
              lambda: rng.choice(list(fronts)).half_close_all(), freeze, failover, reshard]
    names = ["kill", "stall", "delay", "cut", "reset", "half-close", "freeze", "failover", "reshard"]
    # A failover without the old primary's consent may lose what it had acknowledged.
    with Load(proxy.port, clients=12, processes=2, depths="1,4,16,64", seed=seed, may_lose=True) as load:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            which = rng.randrange(len(events))
            counts[names[which]] = counts.get(names[which], 0) + 1
            events[which]()
            time.sleep(rng.uniform(0, 0.3))
        fronts.calm()
        cluster.wait_until_healthy(30)
        load.wait_for_progress(200)
    report = load.verify()
    happened = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    publish(f"random chaos for {seconds} s, seed {seed} ({happened})", report)
    report.assert_nothing_wrong(may_lose=True)
    assert LONG or report.acknowledged > 100
