"""MULTI, EXEC, DISCARD and WATCH: what a client of a single Redis relies on, also while the cluster moves."""

import contextlib
import threading
import time

import pytest
import redis

from support import resp
from support.fake_node import After, Close
from support.slots import key_in_slots, key_slot
from support.waiting import wait_until

CROSSSLOT = b"CROSSSLOT Keys in request don't hash to the same slot"
ABORTED = b"EXECABORT Transaction discarded because of previous errors."
# Failures shall be noticed by what they are, not by a refresh that happens to come.
SETTINGS = {"timeouts": {"request": "2s"}, "cluster": {"refresh_interval": "1h", "refresh_min_interval": "50ms"}}


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


@pytest.fixture
def python_redis(proxy):
    connection = redis.Redis(port=proxy.port, socket_timeout=20)
    yield connection
    connection.close()


def assert_alike(pair, *commands):
    client, model = pair
    for command in commands:
        assert client.call_raw(*command) == model.call_raw(*command), command


# As on a single Redis


@pytest.mark.parametrize("commands", [
    [("MULTI",), ("SET", "{t}a", "1"), ("INCR", "{t}a"), ("GET", "{t}a"), ("LPUSH", "{t}a", "x"), ("EXEC",),
     ("GET", "{t}a")],
    [("MULTI",), ("EXEC",), ("EXEC",), ("DISCARD",)],
    [("MULTI",), ("PING",), ("PING", "x"), ("ECHO", "x"), ("EXEC",)],
    [("MULTI",), ("MULTI",), ("WATCH", "a"), ("SET", "a", "1"), ("EXEC",)],
    [("MULTI",), ("NOSUCH", "x"), ("SET", "a", "1"), ("EXEC",), ("GET", "a"), ("EXEC",)],
    [("MULTI",), ("GET",), ("EXEC",), ("MULTI",), ("CLIENT",), ("EXEC",), ("MULTI",), ("CLIENT", "NOSUCH"), ("EXEC",)],
    [("MULTI",), ("SET", "a", "1"), ("DISCARD",), ("GET", "a"), ("EXEC",), ("DISCARD",)],
    [("MULTI", "x"), ("EXEC", "x"), ("MULTI",), ("SET", "a", "1"), ("EXEC", "x"), ("EXEC",), ("DISCARD", "x")],
    [("MULTI",), ("SET", "a", "1"), ("RESET",), ("EXEC",)],
    [("MULTI",), ("BLPOP", "{t}none", "0"), ("BLMOVE", "{t}none", "{t}x", "LEFT", "LEFT", "0"),
     ("XREAD", "BLOCK", "0", "STREAMS", "{t}s", "$"), ("BZPOPMIN", "{t}z", "0"), ("EXEC",)],
    [("MULTI",), ("RPUSH", "{t}l", "a"), ("BLPOP", "{t}l", "0"), ("EXEC",)],
    [("MULTI",), ("EVAL", "return 7", "0"), ("EVAL", "return redis.call('set', KEYS[1], ARGV[1])", "1", "{t}a", "v"),
     ("PUBLISH", "channel", "message"), ("GET", "{t}a"), ("EXEC",)],
    [("MULTI",), ("MSET", "{t}a", "1", "{t}b", "2"), ("MGET", "{t}a", "{t}b", "{t}c"), ("EXISTS", "{t}a", "{t}b"),
     ("DEL", "{t}a", "{t}b"), ("SINTERSTORE", "{t}d", "{t}e", "{t}f"), ("OBJECT", "ENCODING", "{t}d"), ("EXEC",)],
    [("MULTI",), ("HSET", "{t}h", "f", "v"), ("HGETALL", "{t}h"), ("ZADD", "{t}z", "1.5", "m"), ("ZSCORE", "{t}z", "m"),
     ("EXEC",)],
    [("MULTI",), ("CLIENT", "SETNAME", "me"), ("SET", "{t}a", "1"), ("CLIENT", "GETNAME"), ("SELECT", "0"),
     ("GET", "{t}a"), ("CLIENT", "SETNAME", "two words"), ("EXEC",), ("CLIENT", "GETNAME")],
    [("MULTI",), ("CLIENT", "GETNAME"), ("SELECT", "0"), ("EXEC",)],
    [("MULTI",), ("UNWATCH",), ("WAIT", "0", "0"), ("EXEC",)],
])
def test_a_transaction_is_answered_as_by_a_single_redis(pair, commands):
    assert_alike(pair, *commands)


@pytest.mark.parametrize("commands", [
    [("WATCH", "{t}w"), ("GET", "{t}w"), ("MULTI",), ("SET", "{t}w", "2"), ("EXEC",), ("GET", "{t}w")],
    [("WATCH", "{t}w", "{t}v"), ("WATCH", "{t}u"), ("SET", "{t}v", "3"), ("MULTI",), ("SET", "{t}w", "2"), ("EXEC",),
     ("GET", "{t}w"), ("MULTI",), ("SET", "{t}w", "5"), ("EXEC",)],
    [("WATCH", "{t}w"), ("WATCH", "{t}u"), ("SET", "{t}u", "3"), ("MULTI",), ("SET", "{t}w", "2"), ("EXEC",)],
    [("WATCH", "{t}w"), ("SET", "{t}w", "3"), ("UNWATCH",), ("MULTI",), ("SET", "{t}w", "2"), ("EXEC",)],
    [("WATCH", "{t}w"), ("SET", "{t}w", "3"), ("MULTI",), ("DISCARD",), ("MULTI",), ("SET", "{t}w", "2"), ("EXEC",)],
    [("WATCH", "{t}w"), ("SET", "{t}w", "3"), ("MULTI",), ("NOSUCH",), ("EXEC",), ("MULTI",), ("INCR", "{t}w"),
     ("EXEC",)],
    [("WATCH", "{t}w"), ("SET", "{t}w", "3"), ("MULTI",), ("EXEC",), ("MULTI",), ("EXEC",)],
    [("WATCH", "{t}w"), ("SET", "{t}w", "3"), ("RESET",), ("MULTI",), ("SET", "{t}w", "2"), ("EXEC",)],
    [("WATCH", "{t}w"), ("MULTI",), ("CLIENT", "GETNAME"), ("EXEC",), ("UNWATCH",), ("UNWATCH",)],
    [("WATCH", "{t}w"), ("MULTI",), ("EXEC",), ("WATCH",), ("UNWATCH", "x")],
    [("SET", "{t}w", "x"), ("WATCH", "{t}w"), ("MULTI",), ("INCR", "{t}w"), ("GET", "{t}w"), ("EXEC",)],
])
def test_watching_is_answered_as_by_a_single_redis(pair, commands):
    assert_alike(pair, *commands)


def test_a_transaction_in_a_pipeline_keeps_its_place(client):
    replies = client.pipeline([("SET", "{q}a", "0"), ("GET", "other")] +
                              [("MULTI",), ("INCR", "{q}a"), ("GET", "{q}a"), ("EXEC",), ("GET", "{q}a")] * 200)
    for number in range(200):
        value = b"%d" % (number + 1)
        assert replies[2 + 5 * number : 7 + 5 * number] == [b"OK", b"QUEUED", b"QUEUED", [number + 1, value], value]


def test_python_redis_pipelines_are_transactions_by_default(python_redis):
    with python_redis.pipeline() as pipe:
        results = pipe.set("{p}a", 1).incr("{p}a").lpush("{p}l", "x", "y").lrange("{p}l", 0, -1).execute()
    assert results == [True, 2, 2, [b"y", b"x"]]
    with pytest.raises(redis.exceptions.ResponseError, match="CROSSSLOT"):
        python_redis.pipeline().set("{p}a", 1).set("{other}a", 1).execute()
    assert python_redis.get("{p}a") == b"2"


@pytest.mark.timeout_seconds(60)
def test_python_redis_watch_loops_never_lose_an_increment(proxy):
    def increment(pipe):
        value = int(pipe.get("{p}counter") or 0)
        pipe.multi()
        pipe.set("{p}counter", value + 1)

    def work(failures):
        connection = redis.Redis(port=proxy.port, socket_timeout=20)
        try:
            for _ in range(50):
                connection.transaction(increment, "{p}counter")
        except Exception as error:  # pylint: disable=broad-except
            failures.append(repr(error))
        connection.close()

    failures = []
    threads = [threading.Thread(target=work, args=(failures,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert proxy.connect().call("GET", "{p}counter") == b"400"


@pytest.mark.timeout_seconds(60)
def test_nobody_sees_half_a_transaction(proxy):
    """Each writer keeps two counters equal; no reader may ever find them different."""
    stopping, problems = threading.Event(), []

    def write():
        client = proxy.connect()
        while not stopping.is_set():
            reply = client.pipeline([("MULTI",), ("INCR", "{c}a"), ("INCR", "{c}b"), ("EXEC",)])[3]
            if reply[0] != reply[1]:
                problems.append(reply)

    def read():
        client = proxy.connect()
        while not stopping.is_set():
            a, b = client.call("MGET", "{c}a", "{c}b")
            if a != b:
                problems.append((a, b))

    threads = [threading.Thread(target=target) for target in [write] * 4 + [read] * 4]
    for thread in threads:
        thread.start()
    time.sleep(2)
    stopping.set()
    for thread in threads:
        thread.join()
    assert not problems


# What differs


def test_keys_of_several_slots_are_refused_when_they_are_queued(client):
    assert client.pipeline([("MULTI",), ("SET", "a", "1"), ("SET", "b", "1"), ("SET", "a", "2"), ("EXEC",)]) == [
        b"OK", b"QUEUED", CROSSSLOT + b": all keys of a transaction have to", b"QUEUED", ABORTED]
    assert client.pipeline([("MULTI",), ("MSET", "a", "1", "b", "2"), ("EXEC",)]) == [b"OK", CROSSSLOT, ABORTED]
    assert client.pipeline([("MULTI",), ("MGET", "a", "b"), ("EXEC",), ("MGET", "a", "b")]) == [
        b"OK", CROSSSLOT, ABORTED, [None, None]]


@pytest.mark.parametrize("command", [
    ("SUBSCRIBE", "x"), ("PSUBSCRIBE", "x"), ("SSUBSCRIBE", "x"), ("UNSUBSCRIBE",), ("HELLO", "3"), ("DBSIZE",), ("KEYS", "*"),
    ("FLUSHALL",), ("SCAN", "0"), ("MONITOR",), ("SCRIPT", "LOAD", "return 1"), ("SHUTDOWN",), ("CLIENT", "REPLY", "OFF"),
    ("CLIENT", "LIST"), ("CLIENT", "PAUSE", "1")])
def test_what_is_not_for_one_node_is_refused_within_a_transaction(client, command):
    replies = client.pipeline([("MULTI",), command, ("EXEC",), ("PING",)])
    assert isinstance(replies[1], resp.ErrorReply) and replies[1].startswith(b"ERR slotway: "), replies
    assert replies[2:] == [ABORTED, b"PONG"]


def test_watched_keys_and_those_of_the_transaction_share_a_slot(client):
    assert client.call("WATCH", "a", "b") == CROSSSLOT
    assert client.call("WATCH", "a") == b"OK"
    assert client.call("WATCH", "b") == CROSSSLOT
    assert client.pipeline([("MULTI",), ("SET", "b", "1"), ("EXEC",)])[1:] == [
        CROSSSLOT + b": all keys of a transaction have to", ABORTED]
    assert client.pipeline([("WATCH", "b"), ("MULTI",), ("SET", "b", "1"), ("EXEC",)]) == [b"OK", b"OK", b"QUEUED", [b"OK"]]


def test_a_transaction_may_be_as_large_as_a_request(start_proxy, shared_cluster):
    proxy = start_proxy(shared_cluster.seeds, settings={"limits": {"client_query_buffer_limit": "1mb"}})
    client = proxy.connect()
    value = "x" * 100_000
    replies = client.pipeline([("MULTI",)] + [("SET", "k", value)] * 12 + [("EXEC",), ("GET", "k")])
    assert replies[1:11] == [b"QUEUED"] * 10
    assert replies[11].startswith(b"ERR slotway: the transaction is larger")
    assert replies[12:] == [b"QUEUED", ABORTED, None]
    assert client.pipeline([("MULTI",)] + [("SET", "k", value)] * 9 + [("EXEC",)])[-1] == [b"OK"] * 9
    client.call("DEL", "k")


def test_a_script_known_to_slotway_runs_in_a_transaction_on_any_node(client, shared_cluster):
    script = f"return redis.call('incrby', KEYS[1], 3) -- {time.time()}"
    client.call("EVAL", script, "1", "one key")
    sha = client.call("EVAL", "return redis.sha1hex(ARGV[1])", "0", script)
    for node in shared_cluster.primaries:
        node.command("SCRIPT", "FLUSH")
        key = key_in_slots(*next((first, last) for first, last, owner in shared_cluster.slot_ranges() if owner is node))
        assert client.pipeline([("MULTI",), ("EVALSHA", sha, "1", key), ("EXEC",)])[2] == [3]


def test_a_script_that_came_after_it_was_queued_is_brought_to_the_watching_node(client, proxy, shared_cluster):
    script = f"return redis.call('incrby', KEYS[1], 3) -- {time.time()}"
    sha = client.call("EVAL", "return redis.sha1hex(ARGV[1])", "0", script)
    keys = [key_in_slots(*next((first, last) for first, last, owner in shared_cluster.slot_ranges() if owner is node))
            for node in shared_cluster.primaries]
    assert client.pipeline([("WATCH", keys[0]), ("MULTI",), ("EVALSHA", sha, "1", keys[0])]) == [b"OK", b"OK", b"QUEUED"]
    assert proxy.connect().call("EVAL", script, "1", keys[1]) == 3
    time.sleep(0.1)  # until the other worker knows it, too
    assert shared_cluster.owner_of_key(keys[0]).command("SCRIPT", "EXISTS", sha) == [0]
    assert client.call("EXEC") == [3]


def test_scan_within_a_transaction_is_refused_with_the_reason_when_it_is_queued(client):
    replies = client.pipeline([("MULTI",), ("SCAN", "0"), ("SSCAN", "s", "0"), ("EXEC",)])
    assert replies[1] == b"ERR slotway: SCAN cannot be part of a transaction, which runs on one node of the cluster"
    assert replies[2:] == [b"QUEUED", ABORTED]
    assert client.pipeline([("MULTI",), ("SSCAN", "s", "0"), ("EXEC",)])[2] == [[b"0", []]]


# How it travels


@pytest.fixture
def two_nodes(fake_cluster, start_proxy):
    """(cluster, a, b, proxy): a owns every slot, b none. Both run transactions as Redis does."""
    cluster = fake_cluster(nodes=2)
    a, b = cluster.nodes
    cluster.give_all_slots_to(a)
    for node in (a, b):
        run_transactions(node)
    return cluster, a, b, start_proxy(cluster.seeds, settings=SETTINGS)


def run_transactions(node):
    """Teaches a fake node to queue SET and INCR between MULTI and EXEC."""
    queues = {}

    def multi(request):
        queues[request.connection] = []
        return b"+OK\r\n"

    def queue(answer):
        def act(request):
            if request.connection not in queues:
                return answer
            queues[request.connection].append(answer)
            return b"+QUEUED\r\n"
        return act

    def execute(request):
        replies = queues.pop(request.connection)
        return b"*%d\r\n" % len(replies) + b"".join(replies)

    node.on("MULTI", multi)
    node.on("SET", queue(b"+OK\r\n"))
    node.on("INCR", queue(b":1\r\n"))
    node.on("EXEC", execute)


def names_on(node, connection):
    return [request.name for request in node.requests_of(connection)]


TRANSACTION = [("MULTI",), ("SET", "{k}a", "1"), ("INCR", "{k}b"), ("EXEC",)]


def test_nothing_comes_between_the_commands_of_a_transaction(two_nodes):
    _, a, _, proxy = two_nodes
    clients = [proxy.connect() for _ in range(20)]
    for client in clients[:10]:  # all queue at the same time, and others get and set meanwhile
        client.pipeline(TRANSACTION[:2])
    for number, client in enumerate(clients[10:]):
        client.call("GET", f"k{number}")
    for client in clients[:10]:
        assert client.pipeline(TRANSACTION[2:]) == [b"QUEUED", [b"OK", 1]]
    assert a.count("MULTI") == 10
    for connection in {request.connection for request in a.executed("MULTI")}:
        names = names_on(a, connection)
        for start in [place for place, name in enumerate(names) if name == "MULTI"]:
            assert names[start : start + 4] == ["MULTI", "SET", "INCR", "EXEC"]


def test_a_transaction_that_meets_moved_is_sent_whole_to_the_other_node(two_nodes):
    _, a, b, proxy = two_nodes
    moved = lambda request: f"-MOVED {key_slot(request.args[1])} {b.address}\r\n".encode()
    a.on("SET", moved)
    a.on("INCR", moved)
    a.on("EXEC", b"-" + ABORTED + b"\r\n")
    assert proxy.connect().pipeline(TRANSACTION) == [b"OK", b"QUEUED", b"QUEUED", [b"OK", 1]]
    assert [b.count(name) for name in ("MULTI", "SET", "INCR", "EXEC")] == [1, 1, 1, 1]


def test_a_transaction_that_meets_ask_follows_behind_asking(two_nodes):
    _, a, b, proxy = two_nodes
    a.on("INCR", lambda request: f"-ASK {key_slot(request.args[1])} {b.address}\r\n".encode())
    a.on("EXEC", b"-" + ABORTED + b"\r\n")
    assert proxy.connect().pipeline(TRANSACTION)[3] == [b"OK", 1]
    connection = b.executed("MULTI")[0].connection
    assert names_on(b, connection)[-5:] == ["ASKING", "MULTI", "SET", "INCR", "EXEC"]


@pytest.mark.parametrize("error", [
    b"TRYAGAIN Multiple keys request during rehashing of slot",
    b"EXECABORT Transaction discarded because of: LOADING Redis is loading the dataset in memory",
    b"EXECABORT Transaction discarded because of: READONLY You can't write against a read only replica."])
def test_a_transaction_that_was_not_run_for_now_is_sent_again(two_nodes, error):
    _, a, _, proxy = two_nodes
    a.on("EXEC", b"-" + error + b"\r\n", b"-" + error + b"\r\n", b"*2\r\n+OK\r\n:1\r\n")
    assert proxy.connect().pipeline(TRANSACTION)[3] == [b"OK", 1]
    assert a.count("MULTI") == 3


def test_an_error_of_the_node_at_queue_time_comes_out_at_exec(two_nodes):
    _, a, _, proxy = two_nodes
    a.on("SET", b"-OOM command not allowed when used memory > 'maxmemory'.\r\n")
    a.on("EXEC", b"-" + ABORTED + b"\r\n")
    assert proxy.connect().pipeline(TRANSACTION)[3] == (
        b"EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'.")
    assert a.count("MULTI") == 1


def test_a_transaction_whose_connection_is_lost_has_an_unknown_outcome(two_nodes):
    _, a, _, proxy = two_nodes
    a.on("EXEC", Close(), b"*2\r\n+OK\r\n:1\r\n")
    client = proxy.connect()
    assert client.pipeline(TRANSACTION)[3] == f"ERR slotway: connection to {a.address} lost, outcome unknown".encode()
    assert a.count("EXEC") == 1
    run_transactions(a)
    assert client.pipeline(TRANSACTION)[3] == [b"OK", 1]


def test_a_transaction_known_to_be_aborted_is_sent_again_when_its_connection_is_lost(two_nodes):
    _, a, b, proxy = two_nodes
    a.on("SET", b"-CLUSTERDOWN The cluster is down\r\n", b"+QUEUED\r\n")
    a.on("INCR", b"+QUEUED\r\n")
    a.on("EXEC", Close(), b"*2\r\n+OK\r\n:1\r\n")
    assert proxy.connect().pipeline(TRANSACTION)[3] == [b"OK", 1]


def test_a_transaction_that_only_reads_is_sent_again_when_its_connection_is_lost(two_nodes):
    _, a, _, proxy = two_nodes
    a.on("GET", b"+QUEUED\r\n")
    a.on("EXEC", Close(), b"*1\r\n$1\r\nv\r\n")
    assert proxy.connect().pipeline([("MULTI",), ("GET", "k"), ("EXEC",)])[2] == [b"v"]


@pytest.mark.parametrize("reply", [b"*1\r\n+OK\r\n", b"*3\r\n+OK\r\n:1\r\n:2\r\n", b"+OK\r\n", b":2\r\n"])
def test_a_reply_to_exec_that_does_not_fit_ends_the_connection(two_nodes, reply):
    _, a, _, proxy = two_nodes
    a.on("EXEC", reply)
    client = proxy.connect()
    assert client.pipeline(TRANSACTION)[3].endswith(b"lost, outcome unknown")
    assert proxy.metrics().total("slotway_upstream_protocol_errors_total") == 1
    run_transactions(a)
    assert client.pipeline(TRANSACTION)[3] == [b"OK", 1]


def test_a_node_that_refuses_multi_is_told_of(two_nodes):
    _, a, _, proxy = two_nodes
    a.on("MULTI", b"-NOPERM this user has no permissions to run the 'multi' command\r\n")
    a.on("EXEC", b"-ERR EXEC without MULTI\r\n")
    reply = proxy.connect().pipeline(TRANSACTION)[3]
    assert reply.startswith(b"ERR slotway: the node refused MULTI and ran the commands one by one: NOPERM")
    assert a.count("MULTI") == 1


def test_a_client_that_leaves_during_its_transaction_disturbs_nobody(two_nodes):
    _, a, _, proxy = two_nodes
    released = threading.Event()
    a.on("EXEC", After(released, b"*2\r\n+OK\r\n:1\r\n"))
    leaving, staying = proxy.connect(), proxy.connect()
    leaving.send(resp.encode_all(TRANSACTION))
    wait_until(lambda: a.count("EXEC") == 1, what="EXEC to arrive")
    leaving.close()
    staying.send_command("GET", "other")
    released.set()
    assert staying.read() == b"value of other"
    with proxy.connect() as half:  # and one that never comes to EXEC
        half.pipeline(TRANSACTION[:3])
    assert a.count("MULTI") == 1


def test_a_transaction_nobody_answers_gets_one_error_at_its_deadline(two_nodes):
    _, a, _, proxy = two_nodes
    released = threading.Event()
    a.on("EXEC", After(released, b"*2\r\n+OK\r\n:1\r\n"))
    client = proxy.connect()
    assert client.pipeline(TRANSACTION)[3] == b"ERR slotway: no reply within 2000 ms, outcome unknown"
    released.set()
    assert client.call("GET", "k") == b"value of k"  # the late reply reached nobody


# Watching and losing


def watch_and_change_in_secret(proxy, node, key, lose):
    """EXEC's reply after `lose` has happened to the watching connection."""
    client = proxy.connect()
    assert client.call("WATCH", key) == b"OK"
    lose()
    return client.pipeline([("MULTI",), ("SET", key, "from the transaction"), ("EXEC",)])[2]


def test_exec_fails_if_the_watching_connection_has_been_lost(proxy, shared_cluster):
    node = shared_cluster.owner_of_key("w")
    reply = watch_and_change_in_secret(
        proxy, node, "w", lambda: (node.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"), time.sleep(0.3)))
    assert reply is None
    assert node.command("GET", "w") is None


def test_exec_fails_if_the_slot_has_moved(private_cluster, start_proxy):
    cluster = private_cluster(primaries=2, replicas=0)
    proxy = start_proxy(cluster.seeds)
    slot = key_slot("w")
    source = cluster.owner(slot)
    target = next(node for node in cluster.primaries if node is not source)
    assert watch_and_change_in_secret(proxy, source, "w", lambda: cluster.move_slot(slot, target)) is None
    client = proxy.connect()
    assert client.pipeline([("WATCH", "w"), ("MULTI",), ("SET", "w", "1"), ("EXEC",)]) == [
        b"OK", b"OK", b"QUEUED", [b"OK"]]


def test_watching_works_while_its_slot_moves(private_cluster, start_proxy):
    cluster = private_cluster(primaries=2, replicas=0)
    proxy = start_proxy(cluster.seeds)
    slot = key_slot("{w}")
    source = cluster.owner(slot)
    target = next(node for node in cluster.primaries if node is not source)
    source.command("SET", "{w}here", "1")
    cluster.begin_move(slot, target)
    client, other = proxy.connect(), proxy.connect()
    for key in ("{w}here", "{w}new"):  # one at the source, one that may be at the target only
        increment = [("WATCH", key), ("MULTI",), ("INCR", key), ("EXEC",)]
        before = int(client.call("GET", key) or 0)
        assert client.pipeline(increment)[3] == [before + 1]
        assert client.call("WATCH", key) == b"OK"
        assert other.call("INCR", key) == before + 2
        assert client.pipeline([("MULTI",), ("INCR", key), ("EXEC",)])[2] is None
        assert client.call("GET", key) == b"%d" % (before + 2)
    cluster.move_keys(slot, source, target)
    cluster.finish_move(slot, target)
    assert client.pipeline([("WATCH", "{w}here"), ("MULTI",), ("INCR", "{w}here"), ("EXEC",)])[3] == [4]


def test_a_transaction_over_keys_on_both_sides_of_a_move_waits_for_it(private_cluster, start_proxy):
    cluster = private_cluster(primaries=2, replicas=0)
    proxy = start_proxy(cluster.seeds)
    slot = key_slot("{w}")
    source = cluster.owner(slot)
    target = next(node for node in cluster.primaries if node is not source)
    for key in ("{w}a", "{w}b"):
        source.command("SET", key, "1")
    cluster.begin_move(slot, target)
    cluster.move_keys(slot, source, target, ["{w}a"])
    client = proxy.connect()
    client.send(resp.encode_all([("MULTI",), ("INCR", "{w}a"), ("INCR", "{w}b"), ("EXEC",)]))
    time.sleep(0.5)
    cluster.move_keys(slot, source, target)
    assert client.read_many(4)[3] == [2, 2]
    cluster.finish_move(slot, target)


def test_watching_connections_are_bounded_and_come_back(start_proxy, shared_cluster):
    proxy = start_proxy(shared_cluster.seeds, settings={"limits": {"private_connections": 2}})
    clients = [proxy.connect() for _ in range(3)]
    assert [client.call("WATCH", "w") for client in clients[:2]] == [b"OK", b"OK"]
    assert clients[2].call("WATCH", "w") == (
        b"ERR slotway: all 2 private connections of this worker are in use (limits.private_connections)")
    assert clients[2].pipeline([("MULTI",), ("PING",), ("EXEC",)])[2] == [b"PONG"]
    clients[0].close()
    wait_until(lambda: clients[2].call("WATCH", "w") == b"OK", what="a connection to be free")
    clients[1].call("UNWATCH")
    other_node_key = key_in_slots(*next((first, last) for first, last, node in shared_cluster.slot_ranges()
                                        if node is not shared_cluster.owner_of_key("w")))
    assert proxy.connect().call("WATCH", other_node_key) == b"OK"  # in the place of an idle one


# While the cluster moves


class Transactor(threading.Thread):
    """Increments two counters by transactions in a loop, with or without WATCH; every error is a problem."""

    def __init__(self, port, tag, watches):
        super().__init__(daemon=True)
        self.keys = (f"{{{tag}}}a", f"{{{tag}}}b")
        self.problems, self.done, self.aborted = [], 0, 0
        self._port, self._watches = port, watches
        self.stopping = threading.Event()

    def run(self):
        from support.resp_client import RespClient
        a, b = self.keys
        try:
            with RespClient(self._port, timeout=30) as client:
                while not self.stopping.is_set():
                    commands = [("MULTI",), ("INCR", a), ("INCR", b), ("EXEC",)]
                    replies = client.pipeline(([("WATCH", a)] if self._watches else []) + commands)
                    if replies[-1] is None and self._watches:
                        self.aborted += 1
                    elif replies[-1] == [self.done + 1] * 2:
                        self.done += 1
                    else:
                        self.problems.append((self.done, replies))
                        return
        except Exception as error:  # pylint: disable=broad-except
            self.problems.append(repr(error))


@contextlib.contextmanager
def transactors(proxy, count=12):
    """Half of them watch. Checks in the end that nothing was lost, doubled, or answered with an error."""
    threads = [Transactor(proxy.port, f"tag{number}", watches=number % 2 == 1) for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield threads
        time.sleep(0.5)
    finally:
        for thread in threads:
            thread.stopping.set()
        for thread in threads:
            thread.join(40)
    client = proxy.connect()
    for thread in threads:
        assert not thread.problems, thread.problems
        assert thread.done > 20, "it made no way"
        assert client.call("MGET", *thread.keys) == [b"%d" % thread.done] * 2


@pytest.mark.timeout_seconds(120)
def test_transactions_go_on_without_an_error_while_slots_move(private_cluster, start_proxy):
    cluster = private_cluster(primaries=3, replicas=0)
    proxy = start_proxy(cluster.seeds, workers=2)
    one, other, third = cluster.primaries
    with transactors(proxy):
        cluster.reshard(one, other, 600)
        cluster.reshard(other, third, 600)
        cluster.reshard(third, one, 600)


@pytest.mark.timeout_seconds(120)
def test_transactions_go_on_without_an_error_during_planned_failovers(private_cluster, start_proxy):
    cluster = private_cluster(primaries=2, replicas=1)
    proxy = start_proxy(cluster.seeds, workers=2)
    with transactors(proxy):
        for _ in range(2):
            for primary in cluster.primaries:
                cluster.failover(primary)
                time.sleep(0.5)
