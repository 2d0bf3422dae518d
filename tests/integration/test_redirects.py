"""MOVED, ASK and the other answers that mean "not here, not now": followed, bounded, never shown to a client."""

import threading
import time

import pytest

from support import resp
from support.fake_cluster import value_of
from support.fake_node import After
from support.slots import key_in_slots, key_slot
from support.waiting import wait_until

MAX_HOPS = 5
DEADLINE_SECONDS = 1.0
# Refreshes on a timer would blur what the redirects themselves bring about.
SETTINGS = {"timeouts": {"request": "1s"}, "cluster": {"refresh_interval": "1h", "refresh_min_interval": "50ms"}}


def moved(node, slot=None):
    """An answer that sends a request's first key (or the given slot) to another node."""
    def answer(request):
        return f"-MOVED {key_slot(request.args[1]) if slot is None else slot} {node.address}\r\n".encode()
    return answer


def ask(node):
    return lambda request: f"-ASK {key_slot(request.args[1])} {node.address}\r\n".encode()


@pytest.fixture
def two_nodes(fake_cluster, start_proxy):
    """(cluster, a, b, proxy): a owns every slot, b none, until a test says otherwise."""
    cluster = fake_cluster(nodes=2)
    a, b = cluster.nodes
    cluster.give_all_slots_to(a)
    return cluster, a, b, start_proxy(cluster.seeds, settings=SETTINGS)


def assert_one_clear_error(client, *command):
    """One error that is no redirect, in time; and the connection works on, in step."""
    started = time.monotonic()
    reply = client.call(*command)
    assert isinstance(reply, resp.ErrorReply), reply
    assert not reply.startswith((b"MOVED", b"ASK")), reply
    assert time.monotonic() - started < DEADLINE_SECONDS + 1
    assert client.call("PING", "in step") == b"in step"
    return reply


# MOVED


def test_moved_is_followed(two_nodes):
    _, a, b, proxy = two_nodes
    a.on("SET", moved(b))
    assert proxy.connect().call("SET", "k", "v") == b"OK"
    assert (a.count("SET"), b.count("SET")) == (1, 1)
    assert b.executed("SET")[0].args == (b"SET", b"k", b"v")


def test_after_moved_the_new_topology_is_fetched_and_used(two_nodes):
    cluster, a, b, proxy = two_nodes
    client = proxy.connect()
    assert client.call("GET", "k") == value_of("k")
    a.on("GET", moved(b))
    cluster.give_all_slots_to(b)
    fetches = cluster.topology_fetches()
    assert client.call("GET", "k") == value_of("k")
    wait_until(lambda: cluster.topology_fetches() > fetches, what="a refresh")

    def goes_straight_to_b():
        before = a.count("GET")
        assert client.call("GET", "k") == value_of("k")
        return a.count("GET") == before

    wait_until(goes_straight_to_b, what="requests to go to b at once")


def test_a_storm_of_moved_asks_for_the_topology_only_so_often(fake_cluster, start_proxy):
    cluster = fake_cluster(nodes=2)
    a, b = cluster.nodes
    cluster.give_all_slots_to(a)
    proxy = start_proxy(cluster.seeds, workers=2, settings={
        "timeouts": {"request": "5s"}, "cluster": {"refresh_interval": "1h", "refresh_min_interval": "500ms"}})
    a.on("GET", moved(b))
    clients = [proxy.connect() for _ in range(4)]
    before, started = cluster.topology_fetches(), time.monotonic()
    while time.monotonic() - started < 1.5:
        for client in clients:
            assert client.pipeline([("GET", str(number)) for number in range(50)]) == [
                value_of(str(number)) for number in range(50)]
    elapsed = time.monotonic() - started
    # One refresh may ask with SLOTS and SHARDS, hence two fetches each.
    assert 1 <= cluster.topology_fetches() - before <= 2 * (elapsed / 0.5 + 2)


def test_a_moved_loop_ends_in_one_clear_error(two_nodes):
    _, a, b, proxy = two_nodes
    a.on("GET", moved(b))
    b.on("GET", moved(a))
    assert_one_clear_error(proxy.connect(), "GET", "k")
    assert 2 <= a.count("GET") + b.count("GET") <= 1 + MAX_HOPS


def test_a_node_that_moves_a_slot_to_itself_gives_one_clear_error(two_nodes):
    _, a, _, proxy = two_nodes
    a.on("SET", moved(a))
    assert_one_clear_error(proxy.connect(), "SET", "k", "v")
    assert a.count("SET") <= 1 + MAX_HOPS


def test_moved_with_an_empty_host_means_the_node_that_said_so(two_nodes):
    _, a, b, proxy = two_nodes
    a.on("GET", lambda request: f"-MOVED {key_slot('k')} :{b.port}\r\n".encode())
    assert proxy.connect().call("GET", "k") == value_of("k")
    assert b.count("GET") == 1


def test_moved_to_a_host_name_that_the_cluster_has_told_is_followed(two_nodes):
    cluster, a, b, proxy = two_nodes
    cluster.hostname = "localhost"
    a.on("GET", lambda request: f"-MOVED {key_slot('k')} localhost:{b.port}\r\n".encode())
    assert proxy.connect().call("GET", "k") == value_of("k")
    assert b.count("GET") == 1


@pytest.mark.parametrize("kind", ["MOVED", "ASK"])
def test_nobody_but_nodes_of_the_cluster_is_connected_to(two_nodes, fake_cluster, kind):
    _, a, _, proxy = two_nodes
    stranger = fake_cluster().nodes[0]
    accepted = stranger.accepted
    a.on("SET", lambda request: f"-{kind} {key_slot('k')} {stranger.address}\r\n".encode())
    reply = assert_one_clear_error(proxy.connect(), "SET", "k", "v")
    assert reply == (f"CLUSTERDOWN slotway: hash slot {key_slot('k')} was redirected to {stranger.address}, "
                     "which is no known node of the cluster").encode()
    assert 2 <= a.count("SET") < 40, "it is tried again, in case the map is behind, but not in a frenzy"
    assert stranger.accepted == accepted


def test_a_redirect_to_a_node_that_joins_is_followed_once_the_cluster_knows_it(two_nodes, fake_cluster):
    cluster, a, _, proxy = two_nodes
    newcomer = fake_cluster().nodes[0]
    newcomer.on("SET", b"+OK\r\n")
    a.on("SET", ask(newcomer))
    client = proxy.connect()
    client.send_command("SET", "k", "v")
    client.assert_silent(0.2)
    assert newcomer.count("SET") == 0
    cluster.nodes.append(newcomer)  # it has no slots yet: only CLUSTER NODES tells of it
    try:
        assert client.read() == b"OK"
    finally:
        cluster.nodes.remove(newcomer)
    assert newcomer.count("SET") == newcomer.count("ASKING") == 1


def test_moved_to_a_dead_port_ends_in_one_clear_error(two_nodes):
    _, a, b, proxy = two_nodes
    b.die()
    a.on("SET", moved(b))
    assert_one_clear_error(proxy.connect(), "SET", "k", "v")


def test_moved_to_a_node_that_comes_up_within_the_deadline_succeeds(two_nodes):
    _, a, b, proxy = two_nodes
    client = proxy.connect()
    b.die()
    a.on("SET", moved(b))
    threading.Timer(0.3, b.listen).start()
    assert client.call("SET", "k", "v") == b"OK"
    assert b.count("SET") == 1


@pytest.mark.parametrize("error", [
    b"-MOVED\r\n", b"-MOVED 1\r\n", b"-MOVED x 127.0.0.1:1\r\n", b"-MOVED 16384 127.0.0.1:1\r\n",
    b"-MOVED 1 127.0.0.1\r\n",
    b"-MOVED 1 127.0.0.1:99999\r\n", b"-MOVED 1 127.0.0.1:0\r\n", b"-MOVED -1 127.0.0.1:1\r\n", b"-MOVED 1 :\r\n",
    b"-MOVED 1 \x00:\xff\r\n", b"-MOVED 1 [::1:6379\r\n", b"-ASK\r\n",
    b"-ASK 1 nowhere.invalid:7000\r\n", b"-ASK 1 x\r\n"],
    ids=lambda error: repr(error)[3:-5])
def test_a_malformed_or_pointless_redirect_gives_one_clear_error(two_nodes, error):
    _, a, _, proxy = two_nodes
    a.on("SET", error)
    assert_one_clear_error(proxy.connect(), "SET", "k", "v")
    a.on("SET", b"+OK\r\n")
    assert proxy.connect().call("SET", "k", "v") == b"OK"


def test_only_the_redirected_part_of_a_split_request_goes_elsewhere(fake_cluster, start_proxy):
    cluster = fake_cluster(nodes=3)
    a, b, c = cluster.nodes
    proxy = start_proxy(cluster.seeds, settings=SETTINGS)
    keys = [f"split:{number}" for number in range(60)]
    b.on("MGET", moved(c))
    assert proxy.connect().call("MGET", *keys) == [value_of(key) for key in keys]
    assert c.count("MGET") == b.count("MGET") + sum(key_slot(key) >= cluster.ranges[2][0] for key in keys)
    assert a.count("MGET") == sum(key_slot(key) <= cluster.ranges[0][1] for key in keys)


def test_pipelined_writes_on_one_key_arrive_in_order_although_all_are_moved(two_nodes):
    _, a, b, proxy = two_nodes
    a.on("SET", moved(b))
    client = proxy.connect()
    assert client.pipeline([("SET", "k", str(number)) for number in range(200)]) == [b"OK"] * 200
    assert [int(request.args[2]) for request in b.executed("SET")] == list(range(200))


def test_a_new_topology_lets_no_command_overtake_an_earlier_one_on_its_key(fake_cluster, start_proxy):
    cluster = fake_cluster(nodes=2)
    a, b = cluster.nodes
    cluster.give_all_slots_to(a)
    proxy = start_proxy(cluster.seeds, settings={
        "timeouts": {"request": "5s"}, "cluster": {"refresh_interval": "100ms", "refresh_min_interval": "50ms"}})
    client, other = proxy.connect(), proxy.connect()
    a.on("SET", After(0.6, moved(b)))
    client.send_command("SET", "k", "first")
    wait_until(lambda: a.count("SET") == 1, what="the first SET to arrive")
    cluster.give_all_slots_to(b)
    # Another client's requests show when the new map is in use.
    wait_until(lambda: other.call("GET", "k") and b.count("GET") > 0, what="the new map to be in use")
    client.send_command("SET", "k", "second")
    assert client.read_many(2) == [b"OK", b"OK"]
    assert [request.args[2] for request in b.executed("SET")] == [b"first", b"second"]


# ASK


def test_ask_is_followed_with_asking_right_before_the_command(fake_cluster, start_proxy):
    cluster = fake_cluster(nodes=2)
    a, b = cluster.nodes
    proxy = start_proxy(cluster.seeds, settings=SETTINGS)
    moving, theirs = key_in_slots(0, 100), [key_in_slots(slot, slot + 50) for slot in range(9000, 12000, 100)]
    a.on("GET", ask(b))
    clients = [proxy.connect() for _ in range(4)]
    commands = [("GET", key) for their in theirs for key in (moving, their)]
    for client in clients:  # all at once, so that everything meets on b's one connection
        client.send(resp.encode_all(commands))
    for client in clients:
        assert client.read_many(len(commands)) == [value_of(command[1]) for command in commands]

    asked = 0
    for connection in {request.connection for request in b.requests}:
        requests = b.requests_of(connection)
        for before, request in zip([None, *requests], requests):
            if request.args == (b"GET", moving.encode()):
                assert before.name == "ASKING"
                asked += 1
            elif request.name == "GET":
                assert before is None or before.name != "ASKING", "ASKING before a command that needs none"
    assert asked == b.count("ASKING") == 4 * len(theirs)


def test_ask_changes_nothing_for_the_next_command(two_nodes):
    _, a, b, proxy = two_nodes
    client = proxy.connect()
    a.on("GET", ask(b), resp.bulk("from a"))
    assert client.call("GET", "k") == value_of("k")
    assert client.call("GET", "k") == b"from a"
    assert (a.count("GET"), b.count("GET"), b.count("ASKING")) == (2, 1, 1)


def test_an_ask_loop_ends_in_one_clear_error(two_nodes):
    _, a, b, proxy = two_nodes
    a.on("GET", ask(b))
    b.on("GET", ask(a))
    assert_one_clear_error(proxy.connect(), "GET", "k")
    assert a.count("GET") + b.count("GET") <= 1 + MAX_HOPS


def test_a_refused_asking_does_not_shift_the_replies_behind_it(two_nodes):
    _, a, b, proxy = two_nodes
    client, other = proxy.connect(), proxy.connect()
    a.on("GET", ask(b))
    b.on("ASKING", b"-ERR This instance has cluster support disabled\r\n")
    b.on("GET", lambda request: f"-MOVED {key_slot(request.args[1])} {a.address}\r\n".encode())
    assert_one_clear_error(client, "GET", "k")
    a.on("GET", lambda request: resp.bulk(value_of(request.args[1])))
    for number in range(20):
        assert other.call("GET", str(number)) == value_of(str(number))


# Not now


@pytest.mark.parametrize("error", [b"-TRYAGAIN Multiple keys request during rehashing of slot\r\n",
                                   b"-CLUSTERDOWN The cluster is down\r\n", b"-CLUSTERDOWN Hash slot not served\r\n",
                                   b"-LOADING Redis is loading the dataset in memory\r\n"],
                         ids=["TRYAGAIN", "CLUSTERDOWN", "CLUSTERDOWN-slot", "LOADING"])
def test_a_request_the_node_refused_for_now_is_sent_again_until_it_succeeds(two_nodes, error):
    _, a, _, proxy = two_nodes
    client = proxy.connect()
    a.on("SET", error, error, error, b"+OK\r\n")
    assert client.call("SET", "k", "v") == b"OK"
    assert a.count("SET") == 4
    kind = error[1:].split()[0].decode().lower()
    assert proxy.metrics().total("slotway_redirects_total", kind=kind) == 3


@pytest.mark.parametrize("error", [b"-TRYAGAIN Multiple keys request during rehashing of slot\r\n",
                                   b"-CLUSTERDOWN The cluster is down\r\n"], ids=["TRYAGAIN", "CLUSTERDOWN"])
def test_a_node_that_refuses_for_ever_is_asked_until_the_deadline_and_not_in_a_frenzy(two_nodes, error):
    _, a, _, proxy = two_nodes
    a.on("SET", error)
    started = time.monotonic()
    reply = assert_one_clear_error(proxy.connect(), "SET", "k", "v")
    assert time.monotonic() - started > DEADLINE_SECONDS * 0.7, "gave up early"
    assert 3 <= a.count("SET") < 200, "retries need pauses between them"
    if b"CLUSTERDOWN" in error:
        assert reply.startswith(b"CLUSTERDOWN"), reply


def test_while_one_request_waits_for_a_retry_the_clients_later_ones_wait_too(two_nodes):
    _, a, _, proxy = two_nodes
    a.on("SET", b"-TRYAGAIN later\r\n", b"-TRYAGAIN later\r\n", b"+OK\r\n")
    client = proxy.connect()
    client.send(resp.encode("SET", "k", "1"))
    wait_until(lambda: a.count("SET") >= 1, what="the first SET to arrive")
    client.send(resp.encode("SET", "k", "2") + resp.encode("SET", "k", "3"))
    assert client.read_many(3) == [b"OK"] * 3
    values = [request.args[2] for request in a.executed("SET")]
    assert values == [b"1", b"1", b"1", b"2", b"3"], values


def test_other_clients_go_on_while_one_waits_for_a_retry(two_nodes):
    _, a, _, proxy = two_nodes
    waiting, busy = proxy.connect(), proxy.connect()
    a.on("SET", b"-TRYAGAIN later\r\n")
    waiting.send_command("SET", "k", "v")
    started = time.monotonic()
    for number in range(100):
        assert busy.call("GET", str(number)) == value_of(str(number))
    assert time.monotonic() - started < DEADLINE_SECONDS
    assert isinstance(waiting.read(), resp.ErrorReply)


def test_an_error_reply_of_another_kind_is_passed_on_and_not_retried(two_nodes):
    _, a, _, proxy = two_nodes
    client = proxy.connect()
    for error in (b"-ERR something else\r\n", b"-OOM command not allowed when used memory > 'maxmemory'.\r\n", b"-\r\n",
                  b"-MOVEDX 1 127.0.0.1:1\r\n", b"-WRONGTYPE Operation against a key\r\n"):
        a.on("SET", error)
        before = a.count("SET")
        assert client.call_raw("SET", "k", "v") == error
        assert a.count("SET") == before + 1
