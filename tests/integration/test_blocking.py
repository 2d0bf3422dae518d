"""Commands that block: woken, timed out, cancelled, carried over failovers and moved slots, freed by others."""

import contextlib
import signal
import socket
import threading
import time

import pytest
import redis

from support import resp
from support.fake_node import Never
from support.slots import key_in_slots, key_slot
from support.waiting import wait_until

CROSSSLOT = b"CROSSSLOT Keys in request don't hash to the same slot"
# A short deadline for requests, which must not concern those who block.
SETTINGS = {"timeouts": {"request": "1s"}, "cluster": {"refresh_interval": "1h", "refresh_min_interval": "50ms",
                                                       "reconnect_backoff_min": "10ms", "reconnect_backoff_max": "100ms"}}


def in_protocol(client, protocol):
    if protocol == 3:
        client.call("HELLO", "3")
    return client


@pytest.fixture(params=[2, 3])
def pair(request, proxy, plain_redis):
    """(client of Slotway, client of a plain Redis) in one protocol, over empty data."""
    model = plain_redis.connect()
    model.call("FLUSHALL")
    yield in_protocol(proxy.connect(), request.param), in_protocol(model, request.param)
    model.close()


def blocked(proxy):
    return proxy.metrics().total("slotway_blocked_clients")


def private_connections(proxy):
    return proxy.metrics().total("slotway_upstream_private_connections")


def begin(proxy, *command, clients=1):
    """Clients that block with this command, once the node has it."""
    before = blocked(proxy)
    started = [proxy.connect(timeout=30) for _ in range(clients)]
    for client in started:
        client.send_command(*command)
    wait_until(lambda: blocked(proxy) == before + clients, what="the clients to block")
    return started if clients > 1 else started[0]


def wait_until_blocked_at(node, clients=1):
    wait_until(lambda: int(node.info("clients")["blocked_clients"]) == clients, what=f"{node} to have blocked clients")


def timed(function):
    started = time.monotonic()
    return function(), time.monotonic() - started


# As on a single Redis

# Each is given what it waits for by the second command, which another client runs.
WAITING = [
    (("BLPOP", "{b}l", "{b}m", "5"), ("RPUSH", "{b}m", "a", "b")),
    (("BRPOP", "{b}l", "5"), ("RPUSH", "{b}l", "a", "b")),
    (("BLMOVE", "{b}l", "{b}m", "LEFT", "RIGHT", "5"), ("RPUSH", "{b}l", "a")),
    (("BRPOPLPUSH", "{b}l", "{b}m", "5"), ("RPUSH", "{b}l", "a")),
    (("BLMPOP", "5", "2", "{b}l", "{b}m", "LEFT", "COUNT", "3"), ("RPUSH", "{b}m", "a", "b")),
    (("BZPOPMIN", "{b}z", "5"), ("ZADD", "{b}z", "1.5", "a", "2", "b")),
    (("BZPOPMAX", "{b}y", "{b}z", "5"), ("ZADD", "{b}z", "1.5", "a", "2", "b")),
    (("BZMPOP", "5", "1", "{b}z", "MAX", "COUNT", "2"), ("ZADD", "{b}z", "1", "a", "2", "b")),
    (("XREAD", "COUNT", "2", "BLOCK", "5000", "STREAMS", "{b}s", "{b}t", "$", "0-0"), ("XADD", "{b}s", "1-1", "f", "v")),
    (("XREADGROUP", "GROUP", "g", "c", "BLOCK", "5000", "STREAMS", "{b}g", ">"), ("XADD", "{b}g", "1-1", "f", "v")),
]
IDS = [waiting[0] for waiting, _ in WAITING]


def with_time(command, seconds, milliseconds):
    """The command with another time to block."""
    return tuple({"5": seconds, "5000": milliseconds}.get(argument, argument) for argument in command)


@pytest.mark.parametrize("waiting, giving", WAITING, ids=IDS)
def test_a_blocked_client_gets_what_another_brings(pair, proxy, plain_redis, waiting, giving):
    for client in pair:
        client.call("XGROUP", "CREATE", "{b}g", "g", "$", "MKSTREAM")
    client, model = pair
    for waiter, giver in ((client, proxy.connect()), (model, plain_redis.connect())):
        waiter.send_command(*waiting)
        time.sleep(0.1)
        giver.call(*giving)
    assert client.read_raw() == model.read_raw()
    assert client.call_raw(*with_time(waiting, "0.01", "10")) == model.call_raw(*with_time(waiting, "0.01", "10"))


@pytest.mark.parametrize("waiting, giving", WAITING, ids=IDS)
def test_what_is_there_already_is_given_at_once(pair, waiting, giving):
    for client in pair:
        client.call("XGROUP", "CREATE", "{b}g", "g", "$", "MKSTREAM")
        client.call(*giving)
    waiting = tuple("0-0" if argument == "$" else argument for argument in waiting)
    (ours, seconds), theirs = timed(lambda: pair[0].call_raw(*waiting)), pair[1].call_raw(*waiting)
    assert ours == theirs and seconds < 3


@pytest.mark.parametrize("waiting", [waiting for waiting, _ in WAITING], ids=IDS)
def test_time_is_up_when_the_client_said(pair, waiting):
    for client in pair:
        client.call("XGROUP", "CREATE", "{b}g", "g", "$", "MKSTREAM")
    command = with_time(waiting, "0.3", "300")
    (ours, seconds), theirs = timed(lambda: pair[0].call_raw(*command)), pair[1].call_raw(*command)
    assert ours == theirs
    assert 0.25 < seconds < 1.5


@pytest.mark.parametrize("command", [
    ("BLPOP", "x", "nonsense"), ("BLPOP", "x", "-1"), ("BLPOP", "x"), ("BLMPOP", "1", "0", "x", "LEFT"), ("BLMPOP", "1", "x", "x", "LEFT"),
    ("BLMOVE", "{x}", "{x}", "UP", "LEFT", "1"), ("BZMPOP", "x", "1", "z", "MIN"), ("XREAD", "BLOCK", "x", "STREAMS", "s", "$"),
    ("XREAD", "BLOCK", "-1", "STREAMS", "s", "$"), ("XREADGROUP", "GROUP", "none", "c", "BLOCK", "10", "STREAMS", "s", ">"),
    ("XREAD", "BLOCK", "10", "STREAMS", "s", "t", "$")])
def test_faults_in_a_blocking_command_get_the_words_of_redis(pair, command):
    assert pair[0].call_raw(*command) == pair[1].call_raw(*command)


def test_a_blocking_command_on_a_wrong_type_says_so(pair):
    for client in pair:
        client.call("SET", "k", "v")
    assert pair[0].call_raw("BLPOP", "k", "1") == pair[1].call_raw("BLPOP", "k", "1")


def test_keys_of_several_slots_are_refused(client):
    assert client.call("BLPOP", "a", "b", "1") == CROSSSLOT
    assert client.call("BLMOVE", "a", "b", "LEFT", "LEFT", "1") == CROSSSLOT
    assert client.call("XREAD", "BLOCK", "10", "STREAMS", "a", "b", "$", "$") == CROSSSLOT


def test_whoever_blocked_first_is_served_first(proxy):
    waiting = [begin(proxy, "BLPOP", "queue", "0") for _ in range(5)]
    giver = proxy.connect()
    for number, client in enumerate(waiting):
        giver.call("RPUSH", "queue", str(number))
        assert client.read() == [b"queue", b"%d" % number]


def test_what_stands_behind_a_blocking_command_waits_for_it(proxy):
    client, giver = proxy.connect(), proxy.connect()
    client.send(resp.encode_all([("RPUSH", "{p}done", "first"), ("BLPOP", "{p}q", "0"), ("RPUSH", "{p}done", "second"),
                                 ("PING",), ("BLPOP", "{p}done", "1")]))
    assert client.read() == 1
    client.assert_silent(0.2)
    assert giver.call("LRANGE", "{p}done", 0, -1) == [b"first"]
    giver.call("RPUSH", "{p}q", "go")
    assert client.read_many(4) == [[b"{p}q", b"go"], 2, b"PONG", [b"{p}done", b"first"]]


def test_what_stands_before_a_blocking_command_has_run(client):
    for number in range(50):
        assert client.pipeline([("RPUSH", "q", str(number)), ("BLPOP", "q", "1")]) == [1, [b"q", b"%d" % number]]


def test_a_blocked_client_may_send_much_meanwhile(proxy):
    client = begin(proxy, "BLPOP", "q", "0")
    client.send(resp.encode("SET", "big", "x" * 3_000_000) + resp.encode("GET", "big"))
    proxy.connect().call("RPUSH", "q", "go")
    assert client.read_many(3) == [[b"q", b"go"], b"OK", b"x" * 3_000_000]


def test_the_deadline_of_requests_does_not_concern_those_who_block(start_proxy, shared_cluster):
    proxy = start_proxy(shared_cluster.seeds, settings=SETTINGS)
    client = begin(proxy, "BLPOP", "slow", "0")
    client.assert_silent(2)
    proxy.connect().call("RPUSH", "slow", "late")
    assert client.read() == [b"slow", b"late"]
    assert proxy.metrics().total("slotway_request_timeouts_total") == 0


@pytest.mark.timeout_seconds(60)
def test_python_redis_workers_share_a_queue(proxy):
    taken, lock = [], threading.Lock()

    def work():
        connection = redis.Redis(port=proxy.port, socket_timeout=20)
        while (item := connection.blpop("jobs", timeout=5)) and item[1] != b"end":
            with lock:
                taken.append(item[1])
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(10)]
    for worker in workers:
        worker.start()
    giver = redis.Redis(port=proxy.port)
    jobs = [b"%d" % number for number in range(1000)]
    for job in jobs:
        giver.rpush("jobs", job)
    giver.rpush("jobs", *[b"end"] * 10)
    for worker in workers:
        worker.join(20)
    giver.close()
    assert sorted(taken) == sorted(jobs)
    assert private_connections(proxy) <= 20


# Clients that leave


@pytest.mark.parametrize("leave", [
    lambda client: client.close(), lambda client: client.reset(), lambda client: client.socket.shutdown(socket.SHUT_WR)],
    ids=["close", "reset", "half-close"])
def test_nothing_is_popped_for_a_client_that_has_left(proxy, shared_cluster, leave):
    node = shared_cluster.owner_of_key("ghost")
    client = begin(proxy, "BLPOP", "ghost", "0")
    wait_until_blocked_at(node)
    leave(client)
    wait_until_blocked_at(node, 0)
    giver = proxy.connect()
    assert giver.call("RPUSH", "ghost", "element") == 1
    assert giver.call("LRANGE", "ghost", 0, -1) == [b"element"]
    wait_until(lambda: blocked(proxy) == 0, what="the gauge")


def test_a_client_that_has_sent_more_and_left_is_seen_to_have_left(proxy, shared_cluster):
    node = shared_cluster.owner_of_key("ghost")
    client = begin(proxy, "BLPOP", "ghost", "0")
    wait_until_blocked_at(node)
    client.send(resp.encode("SET", "k", "x" * 500_000))
    time.sleep(0.1)
    client.close()
    wait_until_blocked_at(node, 0)


@pytest.mark.timeout_seconds(60)
def test_hundreds_of_clients_block_and_leave(proxy, shared_cluster):
    node = shared_cluster.owner_of_key("crowd")
    clients = begin(proxy, "BLPOP", "crowd", "0", clients=300)
    wait_until_blocked_at(node, 300)
    for client in clients[:200]:
        client.reset()
    wait_until_blocked_at(node, 100)
    giver = proxy.connect()
    assert giver.call("RPUSH", "crowd", *range(100)) == 100
    assert sorted(int(client.read()[1]) for client in clients[200:]) == list(range(100))
    assert giver.call("EXISTS", "crowd") == 0
    wait_until(lambda: blocked(proxy) == 0, what="the gauge")


def test_connections_of_blocked_clients_are_bounded(start_proxy, shared_cluster):
    proxy = start_proxy(shared_cluster.seeds, settings={"limits": {"private_connections": 2}})
    first, _ = begin(proxy, "BLPOP", "q", "0", clients=2)
    third = proxy.connect()
    assert third.call("BLPOP", "q", "0") == (
        b"ERR slotway: all 2 private connections of this worker are in use (limits.private_connections)")
    assert third.call("PING") == b"PONG"
    first.close()
    wait_until(lambda: third.call("BLPOP", "q", "0.01") is None, what="a connection to be free")
    assert private_connections(proxy) <= 2


# CLIENT UNBLOCK


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("reason", [(), ("TIMEOUT",), ("ERROR",)])
def test_a_client_is_unblocked_by_another_of_any_worker(proxy, plain_redis, protocol, reason):
    with plain_redis.connect() as model, plain_redis.connect() as other:
        number = in_protocol(model, protocol).call("CLIENT", "ID")
        model.send_command("BLPOP", "q", "0")
        wait_until(lambda: other.call("CLIENT", "UNBLOCK", number, *reason) == 1, what="the model to be unblocked")
        expected = model.read_raw()
    for _ in range(6):  # clients alternate between the two workers
        client, other = in_protocol(proxy.connect(), protocol), proxy.connect()
        number = client.call("CLIENT", "ID")
        assert other.call("CLIENT", "UNBLOCK", number, *reason) == 0  # not yet
        client.send_command("BLPOP", "q", "0")
        wait_until(lambda: blocked(proxy) == 1, what="the client to block")
        assert other.call("CLIENT", "UNBLOCK", number, *reason) == 1
        assert client.read_raw() == expected
        assert other.call("CLIENT", "UNBLOCK", number, *reason) == 0
        assert client.call("PING") == b"PONG"
        proxy.connect()  # so that the next pair is on other workers


def test_unblocking_says_what_is_wrong_as_redis_does(pair):
    for command in (("CLIENT", "UNBLOCK", "999999"), ("CLIENT", "UNBLOCK", "x"), ("CLIENT", "UNBLOCK", "1", "x"),
                    ("CLIENT", "UNBLOCK")):
        assert pair[0].call_raw(*command) == pair[1].call_raw(*command), command


def test_unblocking_and_giving_at_once_loses_nothing(proxy):
    """An element is either delivered, or still there: whoever wins the race."""
    giver, unblocker = proxy.connect(), proxy.connect()
    for number in range(60):
        client = proxy.connect()
        identity = client.call("CLIENT", "ID")
        client.send_command("BLPOP", "race", "0")
        wait_until(lambda: blocked(proxy) == 1, what="the client to block", interval=0.001)
        giver.send_command("RPUSH", "race", str(number))
        unblocker.send_command("CLIENT", "UNBLOCK", identity)
        got, unblocked = client.read(), unblocker.read()
        giver.read()
        left = giver.call("LRANGE", "race", 0, -1)
        assert (got, left, unblocked) in (([b"race", b"%d" % number], [], 0), (None, [b"%d" % number], 1))
        giver.call("DEL", "race")
        client.close()


def test_a_shutdown_lets_blocked_clients_go_with_what_time_out_gives(start_proxy, shared_cluster):
    proxy = start_proxy(shared_cluster.seeds)
    client = begin(proxy, "BLPOP", "never", "0")
    (_, seconds) = timed(lambda: (proxy.process.send_signal(signal.SIGTERM), proxy.process.wait(10)))
    assert client.read_until_closed() == b"*-1\r\n"
    assert seconds < 3


# While the cluster changes


@pytest.fixture
def moving(private_cluster, start_proxy):
    """(cluster, proxy, source, target) with a short request deadline."""
    cluster = private_cluster(primaries=3, replicas=1)  # two are left to elect a successor
    proxy = start_proxy(cluster.seeds, workers=2, settings=SETTINGS)
    source = cluster.owner_of_key("{b}")
    return cluster, proxy, source, next(node for node in cluster.primaries if node is not source)


@pytest.mark.timeout_seconds(90)
def test_blocked_clients_do_not_notice_a_planned_failover(moving):
    cluster, proxy, source, _ = moving
    waiting = [begin(proxy, "BLPOP", "{b}list", "0"), begin(proxy, "BZPOPMIN", "{b}zset", "0"),
               begin(proxy, "BLMOVE", "{b}from", "{b}to", "LEFT", "LEFT", "0"),
               begin(proxy, "XREAD", "BLOCK", "0", "STREAMS", "{b}stream", "$")]
    timed_out = begin(proxy, "BLPOP", "{b}none", "3")
    started = time.monotonic()
    wait_until_blocked_at(source, 5)
    wait_until_blocked_at(cluster.failover(source), 5)
    assert timed_out.read() is None
    assert 2 < time.monotonic() - started < 5
    giver = proxy.connect()
    for command in (("RPUSH", "{b}list", "a"), ("ZADD", "{b}zset", "1", "m"), ("RPUSH", "{b}from", "x"),
                    ("XADD", "{b}stream", "1-1", "f", "v")):
        giver.call(*command)
    assert [client.read() for client in waiting] == [
        [b"{b}list", b"a"], [b"{b}zset", b"m", b"1"], b"x", [[b"{b}stream", [[b"1-1", [b"f", b"v"]]]]]]


@pytest.mark.timeout_seconds(90)
def test_blocked_clients_do_not_notice_that_their_slot_moves(moving):
    cluster, proxy, source, target = moving
    waiting = begin(proxy, "BLPOP", "{b}list", "0", clients=3)
    timed_out = begin(proxy, "BLPOP", "{b}none", "3")
    started = time.monotonic()
    wait_until_blocked_at(source, 4)
    cluster.move_slot(key_slot("{b}"), target)
    wait_until_blocked_at(target, 4)
    giver = proxy.connect()
    for number in range(3):
        giver.call("RPUSH", "{b}list", str(number))
    assert sorted(client.read()[1] for client in waiting) == [b"0", b"1", b"2"]
    assert timed_out.read() is None
    assert 2 < time.monotonic() - started < 5


def test_blocking_works_on_a_slot_that_is_moving(moving):
    cluster, proxy, source, target = moving
    source.command("RPUSH", "{b}here", "a")
    cluster.begin_move(key_slot("{b}"), target)
    client = proxy.connect()
    assert client.call("BLPOP", "{b}here", "1") == [b"{b}here", b"a"]
    waiting = begin(proxy, "BLPOP", "{b}new", "0")  # the key is at neither node: ASK
    wait_until_blocked_at(target)
    assert client.call("RPUSH", "{b}new", "b") == 1
    assert waiting.read() == [b"{b}new", b"b"]
    waiting = begin(proxy, "BLPOP", "{b}new", "0")
    wait_until_blocked_at(target)
    cluster.move_keys(key_slot("{b}"), source, target)
    cluster.finish_move(key_slot("{b}"), target)
    assert client.call("RPUSH", "{b}new", "c") == 1
    assert waiting.read() == [b"{b}new", b"c"]


@pytest.mark.timeout_seconds(90)
def test_when_a_primary_crashes_only_those_who_may_have_lost_something_get_an_error(moving):
    cluster, proxy, source, _ = moving
    popping = begin(proxy, "BLPOP", "{b}list", "0")
    reading = begin(proxy, "XREAD", "BLOCK", "0", "STREAMS", "{b}stream", "$")
    wait_until_blocked_at(source, 2)
    source.kill()
    assert popping.read() == f"ERR slotway: connection to {source.address} lost, outcome unknown".encode()
    popping.send_command("BLPOP", "{b}list", "0")  # there is no primary yet: it waits for one
    wait_until(lambda: cluster.owner_of_key("{b}") is not source, 30, "the replica to take over")
    successor = cluster.owner_of_key("{b}")
    wait_until_blocked_at(successor, 2)
    giver = proxy.connect()
    wait_until(lambda: giver.call("XADD", "{b}stream", "*", "f", "v") is not None, what="the successor to be used")
    assert reading.read()[0][1][0][1] == [b"f", b"v"]
    giver.call("RPUSH", "{b}list", "a")
    assert popping.read() == [b"{b}list", b"a"]


@pytest.mark.timeout_seconds(90)
def test_a_stream_read_from_its_end_misses_nothing_that_comes_during_a_failover(moving):
    cluster, proxy, source, _ = moving
    source.command("XADD", "{b}old", "5-1", "f", "old")
    reading = [begin(proxy, "XREAD", "BLOCK", "0", "STREAMS", "{b}old", "{b}new", "$", "$") for _ in range(2)]
    in_three = begin(proxy, *("XREAD", "BLOCK", "0", "STREAMS", "{b}old", "$"))
    wait_until_blocked_at(source, 3)
    # Both entries come before the readers can be back: straight to the successor, the moment it is one.
    successor = cluster.replicas_of(source)[0]
    successor.command("CLUSTER", "FAILOVER")
    wait_until(lambda: cluster.role(successor) == "master", what="the failover", interval=0.001)
    successor.command("XADD", "{b}old", "5-2", "f", "meanwhile")
    successor.command("XADD", "{b}new", "1-1", "f", "meanwhile")
    for client in reading:
        streams = dict(client.read())
        assert [b"5-2", [b"f", b"meanwhile"]] in streams.get(b"{b}old", []) or (
            [b"1-1", [b"f", b"meanwhile"]] in streams.get(b"{b}new", []))
        assert not any(entry[0] == b"5-1" for entries in streams.values() for entry in entries)
    assert in_three.read() == [[b"{b}old", [[b"5-2", [b"f", b"meanwhile"]]]]]


def test_without_a_node_a_blocking_command_fails_when_the_time_to_hold_is_over(private_cluster, start_proxy):
    cluster = private_cluster(primaries=2, replicas=0, options={"cluster-require-full-coverage": "no"})
    settings = {**SETTINGS, "cluster": {**SETTINGS["cluster"], "hold_timeout": "2s"}}
    proxy = start_proxy(cluster.seeds, settings=settings)
    node = cluster.owner_of_key("q")
    node.kill()
    reply, seconds = timed(lambda: proxy.connect().call("BLPOP", "q", "1"))
    assert reply.startswith(b"CLUSTERDOWN slotway: "), reply
    assert 1.5 < seconds < 5


@pytest.mark.timeout_seconds(60)
def test_those_blocked_at_a_node_that_has_gone_silent_are_freed_by_the_slot_map(private_cluster, start_proxy):
    cluster = private_cluster(primaries=3, replicas=1)  # two are left to elect a successor
    settings = {**SETTINGS, "cluster": {**SETTINGS["cluster"], "refresh_interval": "500ms"}}
    proxy = start_proxy(cluster.seeds, settings=settings)
    source = cluster.owner_of_key("{b}")
    popping = begin(proxy, "BLPOP", "{b}list", "0")
    reading = begin(proxy, "XREAD", "BLOCK", "0", "STREAMS", "{b}stream", "$")
    wait_until_blocked_at(source, 2)
    source.freeze()  # its connections stay, nobody answers
    try:
        assert popping.read().endswith(b"lost, outcome unknown")
        wait_until(lambda: proxy.connect().call("XADD", "{b}stream", "*", "f", "v"), 10, "the successor to be used")
        assert reading.read()[0][1][0][1] == [b"f", b"v"]
    finally:
        source.thaw()


# Scripted nodes


@pytest.fixture
def one_node(fake_cluster, start_proxy):
    cluster = fake_cluster()
    return cluster.nodes[0], start_proxy(cluster.seeds, settings=SETTINGS)


def test_a_blocking_command_never_travels_on_a_shared_connection(one_node):
    node, proxy = one_node
    node.on("BLPOP", Never())
    client = proxy.connect()
    assert client.call("GET", "k") == b"value of k"
    shared = node.executed("GET")[0].connection
    waiting = begin(proxy, "BLPOP", "q", "0")
    wait_until(lambda: node.count("BLPOP") == 1, what="BLPOP to arrive")
    assert node.executed("BLPOP")[0].connection is not shared
    assert client.call("GET", "k2") == b"value of k2"
    connection = node.executed("BLPOP")[0].connection
    waiting.close()
    assert connection.wait_closed()
    assert shared.is_open


def test_a_connection_is_used_again_only_when_it_is_clean(one_node):
    node, proxy = one_node
    node.on("BLPOP", b"*-1\r\n")
    client = proxy.connect()
    for _ in range(3):
        assert client.call("BLPOP", "q", "1") is None
    assert len({request.connection for request in node.executed("BLPOP")}) == 1
    node.on("BLPOP", Never())
    client.send_command("BLPOP", "q", "1")
    wait_until(lambda: node.count("BLPOP") == 4, what="BLPOP to arrive")
    client.close()
    assert node.executed("BLPOP")[3].connection.wait_closed()


def test_a_reply_on_an_idle_private_connection_ends_it(one_node):
    node, proxy = one_node
    node.on("BLPOP", b"*-1\r\n")
    client = proxy.connect()
    assert client.call("BLPOP", "q", "1") is None
    connection = node.executed("BLPOP")[0].connection
    with contextlib.suppress(OSError):
        connection.send(b"*2\r\n$1\r\nq\r\n$5\r\nstale\r\n")
    assert connection.wait_closed()
    assert client.call("BLPOP", "q", "1") is None
    assert node.executed("BLPOP")[1].connection is not connection


def test_the_time_left_is_what_is_sent_again(one_node):
    node, proxy = one_node
    node.on("BLPOP", lambda request: (time.sleep(0.5), b"-UNBLOCKED force unblock from blocking operation, instance state "
                                      b"changed (master -> replica?)\r\n")[1], b"*-1\r\n")
    assert proxy.connect().call("BLPOP", "q", "2") is None
    first, second = (float(request.args[2]) for request in node.executed("BLPOP"))
    assert first == 2 and 1 < second < 1.6
    key = key_in_slots(0, 16383)
    assert key  # any key will do: one node owns every slot
