"""Nodes that die, stall or lie, and clients that leave: one answer each, in time, and never anybody else's."""

import contextlib
import random
import threading
import time

import pytest

from support import resp
from support.fake_cluster import value_of
from support.fake_node import After, Close, Never, Pieces
from support.slots import key_in_slots
from support.waiting import wait_until

SETTINGS = {"timeouts": {"request": "500ms"}, "cluster": {
    "refresh_interval": "1h", "refresh_min_interval": "50ms",
    "reconnect_backoff_min": "10ms", "reconnect_backoff_max": "100ms"}}


@pytest.fixture
def one_node(fake_cluster, start_proxy):
    """(node, proxy): one fake node that owns every slot, a request deadline of half a second."""
    cluster = fake_cluster()
    return cluster.nodes[0], start_proxy(cluster.seeds, settings=SETTINGS)


def lost(node):
    return f"ERR slotway: connection to {node.address} lost, outcome unknown".encode()


def timed(function):
    started = time.monotonic()
    return function(), time.monotonic() - started


def protocol_errors(proxy):
    return proxy.metrics().total("slotway_upstream_protocol_errors_total")


def data_connection(node):
    """The connection that carried the last data command."""
    return [request for request in node.requests if request.name in ("GET", "SET")][-1].connection


# Deadlines


def test_a_request_nobody_answers_gets_one_error_at_its_deadline(one_node):
    node, proxy = one_node
    client = proxy.connect()
    node.on("GET", Never())
    reply, seconds = timed(lambda: client.call("GET", "k"))
    assert isinstance(reply, resp.ErrorReply) and 0.4 < seconds < 1.5, (reply, seconds)
    client.assert_silent(0.3)
    assert proxy.metrics().total("slotway_request_timeouts_total") == 1
    node.close_connections()


def test_a_hundred_clients_time_out_at_once_and_late_replies_reach_nobody(one_node):
    node, proxy = one_node
    released = threading.Event()
    clients = [proxy.connect() for _ in range(100)]
    node.on("GET", After(released, lambda request: resp.bulk(value_of(request.args[1]))),
            lambda request: resp.bulk(value_of(request.args[1])))
    for number, client in enumerate(clients):
        client.send_command("GET", f"early:{number}")
    for client in clients:
        assert isinstance(client.read(), resp.ErrorReply)
    # The node is slow, not broken: its late answers come on the same connection as the next ones.
    for number, client in enumerate(clients):
        client.send_command("GET", f"next:{number}")
    released.set()
    for number, client in enumerate(clients):
        assert client.read() == value_of(f"next:{number}")
    for client in clients:
        client.assert_silent(0.001)


def test_in_a_pipeline_only_the_unanswered_commands_fail(one_node):
    node, proxy = one_node
    client = proxy.connect()
    node.on("SET", Never())
    replies = client.pipeline([("GET", "a"), ("PING",)])
    assert replies == [value_of("a"), b"PONG"]
    first, second = client.pipeline([("GET", "a"), ("SET", "b", "v")])
    assert first == value_of("a") and isinstance(second, resp.ErrorReply)
    node.close_connections()


def test_a_late_reply_of_an_impossible_type_closes_the_connection_too(one_node):
    # The client has its error already; the pairing of what follows is doubtful all the same.
    node, proxy = one_node
    client = proxy.connect()
    before = protocol_errors(proxy)
    node.on("SET", After(0.8, b"*1\r\n+OK\r\n"))
    assert isinstance(client.call("SET", "k", "v"), resp.ErrorReply)
    assert data_connection(node).wait_closed(2), "the connection is still open"
    assert protocol_errors(proxy) == before + 1


def test_a_split_request_with_one_silent_node_gets_one_error(fake_cluster, start_proxy):
    cluster = fake_cluster(nodes=3)
    proxy = start_proxy(cluster.seeds, settings=SETTINGS)
    client = proxy.connect()
    keys = [f"k:{number}" for number in range(30)]
    cluster.nodes[1].on("MGET", Never())
    reply, seconds = timed(lambda: client.call("MGET", *keys))
    assert isinstance(reply, resp.ErrorReply) and 0.4 < seconds < 1.5, (reply, seconds)
    cluster.nodes[1].close_connections()
    cluster.nodes[1].on("MGET", lambda request: resp.reply([value_of(key) for key in request.args[1:]]))
    assert client.call("MGET", *keys) == [value_of(key) for key in keys]


def test_a_node_that_accepts_and_never_answers_holds_up_no_other_node(fake_cluster, start_proxy):
    cluster = fake_cluster(nodes=2)
    proxy = start_proxy(cluster.seeds, settings=SETTINGS)
    silent, _ = cluster.nodes
    silent.on("GET", Never())
    stuck, busy = proxy.connect(), proxy.connect()
    stuck.send(resp.encode_all([("GET", key_in_slots(0, 8000))] * 50))
    other_key = key_in_slots(9000, 16000)
    _, seconds = timed(lambda: [busy.call("GET", other_key) for _ in range(200)])
    assert seconds < 2
    assert all(isinstance(reply, resp.ErrorReply) for reply in stuck.read_many(50))
    silent.close_connections()


# Nodes that die


def test_a_write_whose_connection_breaks_gets_outcome_unknown_and_is_not_repeated(one_node):
    node, proxy = one_node
    client = proxy.connect()
    node.on("SET", Close())
    assert client.call("SET", "k", "v") == lost(node)
    assert node.count("SET") == 1
    node.on("SET", b"+OK\r\n")
    assert client.call("SET", "k", "v") == b"OK"


@pytest.mark.parametrize("fault", [Close(), Close(reset=True), Close(b"$"), Close(b"$5\r\nhel"),
                                   Close(b"$5\r\nhello\r")],
                         ids=["close", "reset", "one byte", "half a reply", "all but a byte"])
def test_a_read_whose_connection_breaks_is_sent_again(one_node, fault):
    node, proxy = one_node
    client = proxy.connect()
    node.on("GET", fault, resp.bulk("answer"))
    assert client.call("GET", "k") == b"answer"
    assert node.count("GET") == 2
    client.assert_silent(0.05)


def test_a_reply_cut_at_any_byte_completes_only_the_replies_before_the_cut(one_node):
    node, proxy = one_node
    client = proxy.connect()
    whole = b"+OK\r\n"
    for cut in range(len(whole)):
        node.on("SET", whole, Close(whole[:cut]), whole)
        replies = client.pipeline([("SET", "k", "1"), ("SET", "k", "2")])
        assert replies == [b"OK", lost(node)], cut
    assert node.count("SET") == 2 * len(whole)


def test_when_a_connection_breaks_reads_are_answered_and_writes_told(one_node):
    node, proxy = one_node
    client = proxy.connect()
    node.on("SET", Close(), b"+OK\r\n")
    replies = client.pipeline([("GET", "a"), ("SET", "b", "1"), ("GET", "c"), ("GET", "d")])
    assert replies == [value_of("a"), lost(node), value_of("c"), value_of("d")]
    assert node.count("SET") == 1


def test_a_write_counts_once_however_often_connections_break(one_node):
    node, proxy = one_node
    rng = random.Random(3)

    def sometimes_close(request):
        return rng.choice([b"+OK\r\n"] * 3 + [Close(), Close(reset=True), Close(b"+O")])

    node.on("SET", sometimes_close)
    clients = [proxy.connect() for _ in range(5)]
    outcomes = {}
    for round_number in range(40):
        tokens = [f"{number}:{round_number}" for number in range(len(clients))]
        for client, token in zip(clients, tokens):
            client.send_command("SET", "k", token)
        for client, token in zip(clients, tokens):
            outcomes[token] = client.read()
    seen = [request.args[2].decode() for request in node.executed("SET")]
    assert len(seen) == len(set(seen)), "a write reached the node twice"
    for token, reply in outcomes.items():
        assert reply in (b"OK", lost(node)), reply
        assert reply != b"OK" or token in seen
    assert lost(node) in outcomes.values()


def test_a_write_that_never_reached_the_node_is_sent_when_it_is_back(one_node):
    node, proxy = one_node
    client = proxy.connect()
    assert client.call("SET", "k", "1") == b"OK"
    node.die()
    threading.Timer(0.2, node.listen).start()
    time.sleep(0.05)  # the proxy has seen the connection go
    assert client.call("SET", "k", "2") == b"OK"
    assert [request.args[2] for request in node.executed("SET")] == [b"1", b"2"]


def test_a_large_write_cut_off_in_the_middle_happens_at_most_once(one_node):
    node, proxy = one_node
    client = proxy.connect()
    value = b"v" * (8 << 20)
    node.cut("SET", after_bytes=100_000)
    reply = client.call("SET", "k", value)
    assert (reply, node.count("SET")) in ((b"OK", 1), (lost(node), 0))
    assert client.call("SET", "k", value) == b"OK"


def test_while_a_node_is_down_its_requests_fail_in_time_and_later_ones_succeed(one_node):
    node, proxy = one_node
    client = proxy.connect()
    assert client.call("GET", "k") == value_of("k")
    node.die()
    for command in (("GET", "k"), ("SET", "k", "v"), ("MGET", "a", "b")):
        reply, seconds = timed(lambda: client.call(*command))  # pylint: disable=cell-var-from-loop
        assert isinstance(reply, resp.ErrorReply) and seconds < 1.5, (reply, seconds)
    assert client.call("PING") == b"PONG"
    node.listen()
    wait_until(lambda: client.call("GET", "k") == value_of("k"), what="the node to be used again")


# Nodes that lie


def test_a_reply_in_any_two_pieces_is_one_reply(one_node):
    node, proxy = one_node
    client = proxy.connect()
    whole = b"$12\r\nhello\r\nworld\r\n"
    for cut in range(1, len(whole)):
        node.on("GET", Pieces((whole[:cut], whole[cut:]), pause=0.002))
        assert client.call("GET", "k") == b"hello\r\nworld", cut


@pytest.mark.parametrize("surplus", [
    b"+SURPLUS\r\n", b"$5\r\nstray\r\n", b"*1\r\n:1\r\n", b">2\r\n+a\r\n+b\r\n", b"garbage\r\n", b"\r\n", b"\x00",
    b"-ERR stray\r\n"], ids=lambda data: repr(data)[2:-5])
def test_bytes_nobody_asked_for_close_the_connection_and_reach_nobody(one_node, surplus):
    node, proxy = one_node
    client = proxy.connect()
    assert client.call("GET", "k") == value_of("k")
    before = protocol_errors(proxy)
    stained = data_connection(node)
    stained.send(surplus)
    assert stained.wait_closed(2), "the connection is still open"
    client.assert_silent(0.05)
    assert client.call("GET", "other") == value_of("other")
    assert data_connection(node) is not stained
    assert protocol_errors(proxy) == before + 1


def test_a_surplus_reply_behind_an_answer_reaches_no_other_client(one_node):
    node, proxy = one_node
    victim, other = proxy.connect(), proxy.connect()
    before = protocol_errors(proxy)
    node.on("GET", resp.bulk("mine") + resp.bulk("SURPLUS"), lambda request: resp.bulk(value_of(request.args[1])))
    assert victim.call("GET", "k") == b"mine"
    for number in range(20):
        assert other.call("GET", str(number)) == value_of(str(number))
    victim.assert_silent(0.01)
    assert protocol_errors(proxy) == before + 1


@pytest.mark.parametrize("command, impossible", [
    (("GET", "k"), b":1\r\n"), (("GET", "k"), b"*1\r\n$1\r\nx\r\n"), (("GET", "k"), b"+OK\r\n"),
    (("SET", "k", "v"), b":1\r\n"), (("SET", "k", "v"), b"*1\r\n+OK\r\n"), (("INCR", "k"), b"+OK\r\n"),
    (("INCR", "k"), b"$1\r\n1\r\n"),
    (("MGET", "k"), b"$1\r\nx\r\n"), (("DEL", "k"), b"+OK\r\n"), (("HGETALL", "k"), b":1\r\n"),
    (("MSET", "k", "v"), b":1\r\n"),
    (("EXISTS", "k"), b"*0\r\n")], ids=lambda value: repr(value)[2:-1] if isinstance(value, bytes) else value[0])
def test_a_reply_of_a_type_the_command_cannot_have_closes_the_connection(one_node, command, impossible):
    node, proxy = one_node
    client, other = proxy.connect(), proxy.connect()
    before = protocol_errors(proxy)
    node.on(command[0], impossible, b"-ERR the second answer\r\n")
    # A read may be sent again on a fresh connection; what must not happen is the impossible reply.
    assert isinstance(client.call(*command), resp.ErrorReply)
    node.on("GET", lambda request: resp.bulk(value_of(request.args[1])))
    for number in range(10):
        assert other.call("GET", str(number)) == value_of(str(number))
    assert protocol_errors(proxy) == before + 1


def test_a_frame_injected_through_an_error_message_reaches_no_other_client(one_node):
    # CVE-2025-67733: a script's error with CR LF in it forges a reply.
    node, proxy = one_node
    attacker, victims = proxy.connect(), [proxy.connect() for _ in range(10)]

    def forge(request):
        if request.args[1] == b"attack":
            return b"-ERR x\r\n+INJECTED\r\n"
        return resp.bulk(value_of(request.args[1]))

    node.on("GET", forge)
    attacker.send_command("GET", "attack")
    for number, victim in enumerate(victims):
        victim.send_command("GET", str(number))
    for number, victim in enumerate(victims):
        reply = victim.read()
        assert reply == value_of(str(number)) or isinstance(reply, resp.ErrorReply), reply
    assert isinstance(attacker.read(), resp.ErrorReply)
    for number, client in enumerate([attacker, *victims]):
        assert client.call("GET", f"after:{number}") == value_of(f"after:{number}")


@pytest.mark.parametrize("garbage", [
    b"garbage\r\n", b"$x\r\n", b"$-2\r\n", b"*-2\r\n", b"$3\r\nabcde\r\n", b":\r\n", b"$99999999999\r\n",
    b"*99999999999999999999\r\n"], ids=lambda data: repr(data)[2:-5])
def test_a_reply_that_is_no_resp_gives_the_waiting_write_one_error(one_node, garbage):
    node, proxy = one_node
    client = proxy.connect()
    before = protocol_errors(proxy)
    node.on("SET", garbage, b"+OK\r\n")
    reply = client.call("SET", "k", "v")
    assert isinstance(reply, resp.ErrorReply) and b"slotway" in reply, reply
    assert node.count("SET") == 1
    assert client.call("SET", "k", "v") == b"OK"
    assert protocol_errors(proxy) == before + 1


def test_a_reply_nested_without_end_is_survived(fake_cluster, start_proxy):
    cluster = fake_cluster()
    node = cluster.nodes[0]
    proxy = start_proxy(cluster.seeds, settings={
        "timeouts": {"request": "300ms"}, "cluster": {"idle_check_interval": "200ms"}})
    client = proxy.connect()
    node.on("SET", b"*1\r\n" * 200_000, lambda request: Never() if request.connection is lost_in_depth else b"+OK\r\n")
    assert isinstance(client.call("SET", "k", "v"), resp.ErrorReply)
    lost_in_depth = data_connection(node)
    wait_until(lambda: client.call("SET", "k", "v") == b"OK", 5, "the connection to be given up and made anew")


# Set-up of connections


@pytest.mark.parametrize("answer", [
    Never(), b"-WRONGPASS invalid username-password pair or user is disabled.\r\n", Close()],
                         ids=["silent", "refused", "closed"])
def test_no_command_travels_before_auth_succeeded(fake_cluster, start_proxy, answer):
    cluster = fake_cluster(password="s3cret-of-the-cluster")
    node = cluster.nodes[0]
    settings = {**SETTINGS, "cluster": {**SETTINGS["cluster"], "password": "s3cret-of-the-cluster"}}
    proxy = start_proxy(cluster.seeds, settings=settings)
    assert proxy.connect().call("GET", "k") == value_of("k")
    node.on("AUTH", answer)
    node.on("HELLO", answer)
    node.close_connections()
    seen = node.count("GET")
    client = proxy.connect()
    reply, seconds = timed(lambda: client.call("GET", "k"))
    assert isinstance(reply, resp.ErrorReply) and seconds < 1.5, (reply, seconds)
    assert node.count("GET") == seen
    assert "s3cret" not in proxy.log and b"s3cret" not in reply
    node.close_connections()


def test_auth_is_never_pipelined_with_anything(fake_cluster, start_proxy):
    # Redis 15640: a failing AUTH behind other commands may get no reply at all, which would shift all later ones.
    cluster = fake_cluster(password="s3cret-of-the-cluster")
    node = cluster.nodes[0]

    def accept(request):
        request.connection.authenticated = True
        return b"+OK\r\n"

    node.on("AUTH", After(0.2, accept))
    settings = {**SETTINGS, "cluster": {**SETTINGS["cluster"], "password": "s3cret-of-the-cluster"}}
    proxy = start_proxy(cluster.seeds, settings={**settings, "timeouts": {"request": "3s"}})
    client = proxy.connect()
    assert client.pipeline([("GET", "a"), ("GET", "b")]) == [value_of("a"), value_of("b")]
    for connection in {request.connection for request in node.requests}:
        names = [request.name for request in node.requests_of(connection)]
        assert names[0] in ("AUTH", "HELLO"), names


# Clients that leave


@pytest.mark.timeout_seconds(60)
def test_clients_that_leave_in_the_middle_disturb_nobody(proxy):
    steady = [proxy.connect() for _ in range(6)]
    keys = [f"steady:{number}" for number in range(40)]
    steady[0].pipeline([("SET", key, f"value of {key}") for key in keys])
    secrets = [("SET", f"leaver:{number}", "LEAVER" * 50) for number in range(40)]
    steady[0].pipeline(secrets)
    for client in steady:  # now every worker has its connections
        client.call("MGET", *keys)
    connections = proxy.metrics().total("slotway_upstream_connects_total")
    rng = random.Random(11)
    stop = threading.Event()

    def come_and_go():
        while not stop.is_set():
            leaver = proxy.connect()
            choices = [("GET", f"leaver:{rng.randrange(40)}"), ("MGET", *(f"leaver:{n}" for n in range(20)))]
            commands = [rng.choice(choices) for _ in range(rng.randrange(1, 200))]
            data = resp.encode_all(commands)
            leaver.send(data[: rng.randrange(len(data)) + 1])
            if len(commands) > 100 and rng.random() < 0.5:
                leaver.socket.settimeout(0.02)
                with contextlib.suppress(TimeoutError):
                    leaver.socket.recv(rng.randrange(1, 5000))
            rng.choice([leaver.close, leaver.reset])()
            proxy.clients.remove(leaver)

    leavers = [threading.Thread(target=come_and_go, daemon=True) for _ in range(3)]
    for leaver in leavers:
        leaver.start()
    expected = [b"value of " + key.encode() for key in keys]
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        for client in steady:
            client.send(resp.encode_all(("GET", key) for key in keys) + resp.encode("MGET", *keys))
        for client in steady:
            assert client.read_many(40) == expected
            assert client.read() == expected
    stop.set()
    for leaver in leavers:
        leaver.join(10)
    assert proxy.metrics().total("slotway_upstream_connects_total") == connections, "a leaver cost a shared connection"


@pytest.mark.parametrize("leave", ["close", "reset"])
def test_the_reply_for_a_client_that_left_is_dropped(one_node, leave):
    node, proxy = one_node
    released = threading.Event()
    node.on("GET", After(released, lambda request: resp.bulk(value_of(request.args[1]))),
            lambda request: resp.bulk(value_of(request.args[1])))
    leaver = proxy.connect()
    leaver.send(resp.encode_all(("GET", f"secret:{number}") for number in range(30)))
    wait_until(lambda: node.count("GET") > 0, what="the requests to arrive")
    getattr(leaver, leave)()
    wait_until(lambda: proxy.metrics().total("slotway_clients") == 0, what="the proxy to see it leave")
    successors = [proxy.connect() for _ in range(10)]
    for number, client in enumerate(successors):
        client.send_command("GET", f"mine:{number}")
    released.set()
    for number, client in enumerate(successors):
        assert client.read() == value_of(f"mine:{number}")
        client.assert_silent(0.005)
    assert len({request.connection for request in node.executed("GET")}) == 1


def test_a_client_that_sends_much_before_it_reads_anything_is_served(proxy):
    client = proxy.connect(timeout=20)
    value = "x" * 1000
    client.call("SET", "k", value)
    sender = threading.Thread(target=lambda: client.send(resp.encode("GET", "k") * 60_000), daemon=True)
    sender.start()
    time.sleep(0.5)  # 60 MB of replies now wait for somebody to read them
    for _ in range(60_000):
        assert client.read() == value.encode()
    sender.join(5)
    client.assert_silent(0.05)
