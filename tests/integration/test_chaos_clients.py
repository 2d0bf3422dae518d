"""Clients that vanish, never read, never finish a request, or are too many: bounded, and nobody else notices.

The short form; `scripts/chaos` runs the long one and prints the figures of proxy/RELIABILITY.md.
"""

import contextlib
import random
import resource
import socket
import time

import pytest

from support import resp
from support.chaos import publish, resident_bytes, scale
from support.load import Load
from support.resp_client import RespClient
from support.slots import key_in_slots
from support.waiting import wait_until

MEGABYTE = 1 << 20


@pytest.fixture(autouse=True)
def many_descriptors():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 20_000), most))


def p99_of(client, commands):
    """The time by which 99 of 100 commands were answered, one after the other."""
    times = []
    for command in commands:
        started = time.perf_counter()
        reply = client.call(*command)
        times.append(time.perf_counter() - started)
        assert not isinstance(reply, resp.ErrorReply), reply
    return sorted(times)[len(times) * 99 // 100]


@pytest.mark.timeout_seconds(scale(60, 900))
def test_clients_that_vanish_at_each_stage_leave_nothing_behind(private_cluster, start_proxy):
    cluster = private_cluster(replicas=0)
    proxy = start_proxy(cluster.seeds, workers=2)
    rng, times = random.Random(5), scale(400, 10_000)
    proxy.connect().pipeline([("SET", f"left:{number}", "LEFT" * 5000) for number in range(20)])
    request = resp.encode("MGET", *(f"left:{number}" for number in range(20)))
    stages = {
        "connected": b"", "half a request": request[: len(request) // 2], "a request": request,
        "a pipeline": request * 20, "half of the second": request + request[:9], "a write": resp.encode("INCR", "left"),
    }
    with Load(proxy.port, clients=4, depths="1,16") as load:
        for number in range(times):
            name = rng.choice(list(stages))
            leaver = RespClient(proxy.port)
            leaver.send(stages[name])
            if name in ("a request", "a pipeline") and rng.random() < 0.5:
                leaver.socket.recv(rng.randrange(1, 1000))  # half of a reply
            time.sleep(rng.choice([0, 0, 0.0005]))
            rng.choice([leaver.close, leaver.reset])()
        wait_until(lambda: proxy.metrics().total("slotway_clients") <= 5, what="those who left to be gone")
        load.wait_for_progress(100)
    report = load.verify()
    proxy.assert_nothing_in_flight()
    publish(f"clients vanish {times} times at {len(stages)} stages", report)
    report.assert_nothing_wrong()
    report.assert_no_errors()


@pytest.mark.timeout_seconds(scale(60, 300))
def test_clients_that_ask_for_much_and_never_read_cost_bounded_memory(private_cluster, start_proxy):
    cluster = private_cluster(replicas=0)
    greedy, soft, value = scale(40, 200), MEGABYTE, b"v" * 100_000
    proxy = start_proxy(cluster.seeds, settings={"limits": {"client_output_soft": soft}})
    client = proxy.connect()
    keys = [f"big:{number}" for number in range(30)]
    for key in keys:
        assert client.call("SET", key, value) == b"OK"
    commands = [("GET", f"small:{number}") for number in range(scale(500, 3000))]
    usual = p99_of(client, commands)
    base = resident_bytes(proxy.process)
    asked = resp.encode_all([("GET", random.choice(keys)) for _ in range(10_000)])  # for 1 GB each
    hogs = [proxy.connect() for _ in range(greedy)]
    for hog in hogs:
        hog.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            hog.socket.send(asked)
    time.sleep(2)
    beside = p99_of(client, commands)
    grown = resident_bytes(proxy.process) - base
    # Each may have the soft limit and what was on its way when it was reached, and the allocator rounds up.
    bound = greedy * (2 * soft + 2 * len(value)) + 64 * MEGABYTE
    publish(f"{greedy} clients ask for 1 GB each and never read",
            f"{grown / MEGABYTE:.0f} MB more ({bound / MEGABYTE:.0f} MB allowed); p99 of another client "
            f"{beside * 1000:.2f} ms, {usual * 1000:.2f} ms before")
    assert grown < bound
    assert beside < max(5 * usual, 0.05)
    for hog in hogs:
        hog.reset()
    wait_until(lambda: proxy.metrics().total("slotway_clients") == 1, what="those who left to be gone")


@pytest.mark.timeout_seconds(60)
def test_64_megabytes_of_pipeline_before_anything_is_read_complete(private_cluster, start_proxy):
    cluster = private_cluster(replicas=0)
    proxy = start_proxy(cluster.seeds)
    client = proxy.connect(timeout=30)
    value, count = b"x" * 1000, scale(16, 64) * 1000
    base = resident_bytes(proxy.process)
    batch = resp.encode_all([("SET", f"key:{number}", value) for number in range(1000)])
    client.socket.settimeout(30)
    for _ in range(count // 1000):
        client.send(batch)
    most = resident_bytes(proxy.process) - base
    expected, received = b"+OK\r\n" * count, bytearray()
    while len(received) < len(expected):
        received += client.socket.recv(1 << 20)
    assert received == expected
    publish(f"{count // 1000} MB of pipeline written before anything is read",
            f"all {count} answered; {most / MEGABYTE:.0f} MB more in use when all was written")
    client.assert_silent(0.05)


@pytest.mark.timeout_seconds(60)
def test_a_node_that_accepts_and_never_answers_slows_nobody_else(private_cluster, start_proxy):
    cluster = private_cluster(replicas=0, node_timeout_ms=15000)
    proxy = start_proxy(cluster.seeds[:1], settings={"timeouts": {"request": "2s"}})
    ranges = cluster.slot_ranges()
    silent, theirs = ranges[0][2], [key_in_slots(*ranges[0][:2], f"s{number}") for number in range(50)]
    ours = [key_in_slots(*ranges[1 + number % 2][:2], f"o{number}") for number in range(scale(500, 3000))]
    busy = proxy.connect()
    usual = p99_of(busy, [("SET", key, "v") for key in ours])
    stuck = [proxy.connect() for _ in range(50)]
    silent.freeze()
    try:
        for client in stuck:
            client.send(resp.encode_all([("SET", key, "v" * 1000) for key in theirs]))
        beside = p99_of(busy, [("SET", key, "v") for key in ours])
    finally:
        silent.thaw()
    publish("a node accepts and never answers, 2,500 requests wait for it",
            f"p99 at the other shards {beside * 1000:.2f} ms, {usual * 1000:.2f} ms before")
    assert beside < max(3 * usual, 0.02)
    for client in stuck:
        client.read_many(len(theirs))


@pytest.mark.timeout_seconds(scale(60, 180))
def test_clients_that_never_finish_a_request_cost_little(private_cluster, start_proxy):
    cluster = private_cluster(primaries=1, replicas=0)
    slow = scale(500, 5000)
    proxy = start_proxy(cluster.seeds)
    client = proxy.connect()
    commands = [("SET", "k", "v")] * scale(500, 3000)
    usual = p99_of(client, commands)
    base = resident_bytes(proxy.process)
    request = resp.encode("SET", "loris", "x" * 500)
    loris = []
    try:
        for number in range(slow):
            loris.append(socket.create_connection(("127.0.0.1", proxy.port)))
            loris[-1].sendall(request[: number % 500])
        for step in range(3):
            for number in range(0, slow, 7):
                loris[number].send(request[number % 500 + step :][:1])
            time.sleep(0.3)
        beside = p99_of(client, commands)
        per_client = (resident_bytes(proxy.process) - base) / slow
    finally:
        for connection in loris:
            connection.close()
    publish(f"{slow} clients that send a byte now and then", f"{per_client:.0f} bytes of memory each; "
            f"p99 of another client {beside * 1000:.2f} ms, {usual * 1000:.2f} ms before")
    assert per_client < 16 * 1024
    assert beside < max(5 * usual, 0.05)


@pytest.mark.timeout_seconds(60)
def test_without_free_descriptors_accepting_stops_and_resumes_within_a_second(private_cluster, start_proxy):
    cluster = private_cluster(primaries=1, replicas=0)
    proxy = start_proxy(cluster.seeds)
    client = proxy.connect()
    assert client.call("SET", "k", "v") == b"OK"
    resource.prlimit(proxy.process.pid, resource.RLIMIT_NOFILE, (100, 100))
    crowd = [RespClient(proxy.port, timeout=0.3) for _ in range(150)]
    served = sum(answers(each) for each in crowd)
    assert 20 < served < 100, served
    before, started = proxy.cpu_seconds(), time.monotonic()
    time.sleep(1)
    busy = (proxy.cpu_seconds() - before) / (time.monotonic() - started)
    assert client.call("GET", "k") == b"v"
    for each in crowd:
        each.close()
    closed = time.monotonic()
    newcomer = RespClient(proxy.port, timeout=5)
    assert newcomer.call("GET", "k") == b"v"
    resumed = time.monotonic() - closed
    newcomer.close()
    publish("no descriptors left", f"{served} of 150 served, CPU of the process {busy:.0%} meanwhile; a newcomer "
            f"is served {resumed:.2f} s after others have left")
    assert resumed < 1
    assert busy < 0.3


def answers(client):
    try:
        return client.call("PING") == b"PONG"
    except TimeoutError:
        return False
