"""CLIENT and its subcommands: they concern the clients of this Slotway, on whatever worker they are."""

import threading
import time

import pytest

from support import resp
from support.fake_node import After
from support.resp_client import ConnectionClosed, RespClient
from support.waiting import wait_until


@pytest.fixture(params=[2, 3], ids=["RESP2", "RESP3"])
def protocol(request):
    return request.param


@pytest.fixture
def pair(proxy, plain_redis, protocol):
    """A client of one Redis and one of Slotway, both in the protocol."""
    with plain_redis.connect() as theirs:
        ours = proxy.connect()
        for client in (theirs, ours):
            assert client.call("HELLO", protocol)
        yield theirs, ours


def _assert_same(pair, *commands):
    for command in commands:
        theirs, ours = (client.call_raw(*command) for client in pair)
        assert ours == theirs, command


def _facts(line):
    return dict(field.split("=", 1) for field in line.split(" "))


def _listed(client, *conditions):
    """CLIENT LIST as a list of dicts."""
    text = client.call("CLIENT", "LIST", *conditions).decode().removeprefix("txt:")
    return [_facts(line) for line in text.splitlines()]


def _id(client):
    return str(client.call("CLIENT", "ID"))


def _me(client):
    return _facts(client.call("CLIENT", "INFO").decode().removeprefix("txt:").rstrip("\n"))


def _address(client):
    return "%s:%d" % client.socket.getsockname()


def _is_closed(client):
    client.socket.settimeout(5)
    try:
        client.call("PING")
    except (ConnectionClosed, ConnectionError):
        return True
    return False


# Names and the like


def test_names_and_facts_a_client_gives_of_itself(pair):
    _assert_same(
        pair, ("CLIENT", "GETNAME"), ("CLIENT", "SETNAME", "me"), ("CLIENT", "GETNAME"), ("CLIENT", "SETNAME", "a b"),
        ("CLIENT", "SETNAME", "a\nb"), ("CLIENT", "GETNAME"), ("CLIENT", "SETNAME", ""), ("CLIENT", "GETNAME"),
        ("CLIENT", "SETNAME", "caf\u00e9"), ("CLIENT", "NO-EVICT", "ON"), ("CLIENT", "NO-EVICT", "off"), ("CLIENT", "NO-EVICT", "x"),
        ("CLIENT", "NO-EVICT"), ("CLIENT", "GETREDIR"), ("CLIENT", "TRACKINGINFO"), ("CLIENT", "CACHING", "YES"),
        ("CLIENT", "HELP"), ("CLIENT",), ("CLIENT", "NOSUCH"), ("CLIENT", "ID", "x"), ("CLIENT", "GETNAME", "x"))


def test_client_ids_grow_and_are_never_used_twice(proxy):
    ids = []
    for _ in range(5):
        with RespClient(proxy.port) as client:
            ids.append(client.call("CLIENT", "ID"))
    assert ids == sorted(set(ids))


# LIST and INFO


def test_list_and_info_make_the_errors_of_redis(pair):
    _assert_same(
        pair, ("CLIENT", "LIST", "TYPE", "x"), ("CLIENT", "LIST", "TYPE"), ("CLIENT", "LIST", "ID"), ("CLIENT", "LIST", "ID", "a"),
        ("CLIENT", "LIST", "ID", "1", "TYPE", "normal"), ("CLIENT", "LIST", "NOSUCH"), ("CLIENT", "INFO", "x"))


def test_filters_that_nobody_meets_give_an_empty_list(pair):
    _assert_same(
        pair, ("CLIENT", "LIST", "TYPE", "master"), ("CLIENT", "LIST", "TYPE", "Replica"), ("CLIENT", "LIST", "TYPE", "slave"),
        ("CLIENT", "LIST", "ID", "0"), ("CLIENT", "LIST", "ID", "-1", "999999999"))


def test_a_line_has_the_fields_of_redis_in_its_order(pair):
    theirs, ours = (list(_me(client)) for client in pair)
    assert ours == theirs + ["lib-name", "lib-ver"]
    theirs, ours = (client.call_raw("CLIENT", "INFO") for client in pair)
    assert ours[:1] == theirs[:1] and ours.endswith(b"\n\r\n")


def test_list_shows_the_clients_of_all_workers_once_and_in_order(proxy, protocol):
    clients = [proxy.connect() for _ in range(10)]
    for number, client in enumerate(clients):
        client.call("HELLO", protocol, "SETNAME", f"client-{number}")
    ids = [_id(client) for client in clients]
    assert ids == sorted(ids, key=int)
    for client in clients[:4]:
        listed = [facts for facts in _listed(client) if facts["id"] in ids]
        assert [facts["id"] for facts in listed] == ids
        assert [facts["name"] for facts in listed] == [f"client-{number}" for number in range(10)]
        assert [facts["addr"] for facts in listed] == list(map(_address, clients))
        assert {facts["laddr"] for facts in listed} == {f"127.0.0.1:{proxy.port}"}
        assert {facts["resp"] for facts in listed} == {str(protocol)}


def test_list_can_be_filtered(proxy):
    clients = [proxy.connect() for _ in range(6)]
    ids = [_id(client) for client in clients]
    asker = clients[0]
    assert [facts["id"] for facts in _listed(asker, "ID", ids[4], ids[1], ids[1])] == [ids[1], ids[4]]
    assert set(ids) <= {facts["id"] for facts in _listed(asker, "TYPE", "NORMAL")}
    assert _listed(asker, "TYPE", "pubsub") == []
    assert [facts["id"] for facts in _listed(asker, "ADDR", _address(clients[3]))] == [ids[3]]
    assert set(ids) <= {facts["id"] for facts in _listed(asker, "LADDR", f"127.0.0.1:{proxy.port}")}
    assert set(ids[1:]) <= {facts["id"] for facts in _listed(asker, "USER", "default", "SKIPME", "yes")}
    assert ids[0] not in {facts["id"] for facts in _listed(asker, "SKIPME", "yes")}
    assert _listed(asker, "MAXAGE", "100000") == []


def test_facts_are_true(proxy):
    client, asker = proxy.connect(), proxy.connect()
    me = _id(client)

    def facts():
        return _listed(asker, "ID", me)[0]

    assert facts()["cmd"] == "client|id"
    client.call("GET", "k")
    assert (facts()["cmd"], facts()["flags"], facts()["multi"], facts()["events"]) == ("get", "N", "-1", "r")
    assert (facts()["db"], facts()["user"], facts()["redir"], facts()["sub"]) == ("0", "default", "-1", "0")
    assert int(facts()["fd"]) > 0 and int(facts()["tot-mem"]) > 400
    client.call("CLIENT", "SETINFO", "lib-name", "lib"), client.call("CLIENT", "SETINFO", "lib-ver", "1.2")
    assert (facts()["lib-name"], facts()["lib-ver"]) == ("lib", "1.2")
    client.call("CLIENT", "NO-EVICT", "ON")
    client.call("CLIENT", "NO-TOUCH", "ON")
    assert facts()["flags"] == "eT"
    client.call("RESET")
    assert (facts()["flags"], facts()["cmd"]) == ("N", "reset")
    client.call("MULTI")
    client.call("GET", "a"), client.call("GET", "a")
    assert (facts()["flags"], facts()["multi"]) == ("x", "2")
    client.call("DISCARD")
    client.send(b"*2\r\n$3\r\nGET\r\n$1000\r\n" + b"x" * 500)
    wait_until(lambda: int(facts()["qbuf"]) == 520, what="half a request to be shown")
    assert int(facts()["tot-mem"]) > 1000


@pytest.mark.parametrize("command", [("BLPOP", "list", "0"), ("XREAD", "BLOCK", "0", "STREAMS", "s", "$"), ("WAIT", "9", "0")],
                         ids=lambda command: command[0])
def test_a_blocked_client_is_marked_as_such_by_slotway_and_redis(proxy, plain_redis, command):
    for server in (proxy, plain_redis):
        client, asker = server.connect(), server.connect()
        me = _id(client)
        client.send_command(*command)
        wait_until(lambda: _listed(asker, "ID", me)[0]["flags"] == "b", what="the flag b")  # pylint: disable=cell-var-from-loop
        assert asker.call("CLIENT", "UNBLOCK", me) == 1 or command[0] == "WAIT"
        if command[0] != "WAIT":
            client.read()
            assert _listed(asker, "ID", me)[0]["flags"] == "N"
        client.close(), asker.close()


def test_flags_are_those_of_redis(proxy, plain_redis):
    transcripts = []
    for server in (proxy, plain_redis):
        shown, asker = [], server.connect()
        for commands in ([["SUBSCRIBE", "a"]], [["HELLO", "3"], ["SUBSCRIBE", "a"]], [["MULTI"]], [["MONITOR"]],
                         [["CLIENT", "TRACKING", "ON"]], [["CLIENT", "TRACKING", "ON", "BCAST"]],
                         [["CLIENT", "TRACKING", "ON"], ["MULTI"]], [["WATCH", "k"]], [["PING"]]):
            client = server.connect()
            me = _id(client)
            for command in commands:
                client.call(*command)
            shown.append(_listed(asker, "ID", me)[0]["flags"])
            client.close()
        transcripts.append(shown)
        asker.close()
    assert transcripts[0] == transcripts[1] == ["P", "P", "x", "O", "t", "tB", "xt", "N", "N"]


def test_age_and_idle_count_seconds(proxy):
    client, asker = proxy.connect(), proxy.connect()
    me = _id(client)
    time.sleep(2.1)
    facts = _listed(asker, "ID", me)[0]
    assert int(facts["age"]) in (2, 3) and int(facts["idle"]) in (2, 3)
    client.call("PING")
    facts = _listed(asker, "ID", me)[0]
    assert int(facts["age"]) in (2, 3) and facts["idle"] == "0"
    assert _listed(asker, "MAXAGE", "2", "ID", me) and not _listed(asker, "MAXAGE", "60", "ID", me)


def test_replies_a_client_does_not_read_are_counted(proxy):
    client, asker = proxy.connect(), proxy.connect()
    client.call("SET", "big", "x" * 1_000_000)
    me = _id(client)
    client.send(resp.encode("GET", "big") * 30)

    def facts():
        return _listed(asker, "ID", me)[0]

    wait_until(lambda: int(facts()["omem"]) > 1_000_000, what="the output to be counted")
    now = facts()
    assert int(now["tot-mem"]) > int(now["omem"]) and "w" in now["events"] and int(now["oll"]) > 0
    assert [client.read() for _ in range(30)] == [b"x" * 1_000_000] * 30
    wait_until(lambda: facts()["omem"] == "0", what="the output to be gone")


def test_clients_of_a_unix_socket_are_listed(start_proxy, shared_cluster, tmp_path):
    path = str(tmp_path / "slotway.sock")
    proxy = start_proxy(shared_cluster.seeds, listen=("127.0.0.1:0", f"unix:{path}"))
    with RespClient(path=path) as client:
        me = _me(client)
        assert (me["addr"], me["laddr"], me["flags"]) == (f"{path}:0", f"{path}:0", "U")
        assert _listed(proxy.connect(), "ID", me["id"])[0]["addr"] == f"{path}:0"


def test_clients_that_leave_while_all_workers_are_asked_do_no_harm(proxy):
    stop = threading.Event()

    def come_and_go():
        while not stop.is_set():
            with RespClient(proxy.port) as client:
                client.send(resp.encode_all([("CLIENT", "LIST"), ("CLIENT", "KILL", "ID", "999999999"), ("CLIENT", "LIST")] * 5))
                client.read()  # and not the other fourteen

    threads = [threading.Thread(target=come_and_go, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    client = proxy.connect()
    me = _id(client)
    for _ in range(200):
        assert [facts["id"] for facts in _listed(client, "ID", me)] == [me]
    stop.set()
    for thread in threads:
        thread.join(10)
    wait_until(lambda: len(_listed(client)) == 1, what="all others to be gone from the list")


def test_list_shows_what_had_happened_when_its_turn_came(client):
    replies = client.pipeline([("CLIENT", "SETNAME", "one"), ("CLIENT", "LIST"), ("CLIENT", "SETNAME", "two"), ("CLIENT", "LIST")])
    assert b" name=one " in replies[1] and b" name=two " not in replies[1]
    assert b" name=two " in replies[3]


# KILL


def test_kill_makes_the_errors_of_redis(pair):
    _assert_same(
        pair, ("CLIENT", "KILL", "1.2.3.4:5"), ("CLIENT", "KILL", "ID", "x"), ("CLIENT", "KILL", "ID", "0"),
        ("CLIENT", "KILL", "ID", "-3"), ("CLIENT", "KILL", "ID", "999999999"), ("CLIENT", "KILL", "TYPE", "x"),
        ("CLIENT", "KILL", "TYPE", "pubsub"), ("CLIENT", "KILL", "USER", "nobody"), ("CLIENT", "KILL", "SKIPME", "x"),
        ("CLIENT", "KILL", "ADDR"), ("CLIENT", "KILL", "ID", "4", "FOO"), ("CLIENT", "KILL"),
        ("CLIENT", "KILL", "LADDR", "1:1", "ADDR", "2:2"), ("CLIENT", "KILL", "ID", "4", "ADDR"))


def test_kill_closes_clients_of_all_workers(proxy):
    killer = proxy.connect()
    for _ in range(6):
        victim, bystander = proxy.connect(), proxy.connect()
        _id(victim)  # a worker has taken it up
        assert killer.call("CLIENT", "KILL", _address(victim)) == b"OK"
        assert _is_closed(victim) and not _is_closed(bystander)
        assert killer.call("CLIENT", "KILL", "ID", _id(bystander)) == 1
        assert _is_closed(bystander)
    assert len(_listed(killer)) == 1


def test_kill_takes_all_conditions(proxy):
    killer, victim, bystander = proxy.connect(), proxy.connect(), proxy.connect()
    assert killer.call("CLIENT", "KILL", "ID", _id(victim), "ADDR", _address(bystander)) == 0
    assert killer.call("CLIENT", "KILL", "ADDR", _address(victim), "MAXAGE", "1000") == 0
    assert killer.call("CLIENT", "KILL", "ADDR", _address(victim), "USER", "default", "TYPE", "normal",
                       "LADDR", f"127.0.0.1:{proxy.port}") == 1
    assert _is_closed(victim) and not _is_closed(bystander)
    assert killer.call("CLIENT", "KILL", "LADDR", f"127.0.0.1:{proxy.port}") == 1  # all but the killer
    assert _is_closed(bystander) and not _is_closed(killer)


def test_a_client_that_kills_itself_gets_its_reply(proxy):
    client = proxy.connect()
    client.send(resp.encode_all([("SET", "k", "v"), ("CLIENT", "KILL", "ID", _id(client), "SKIPME", "no"), ("PING",)]))
    assert client.read_until_closed() == b"+OK\r\n:1\r\n"
    client = proxy.connect()
    client.send(resp.encode("CLIENT", "KILL", _address(client)))
    assert client.read_until_closed() == b"+OK\r\n"
    client = proxy.connect()
    assert client.call("CLIENT", "KILL", "ID", _id(client)) == 0  # SKIPME is the default of the new form


def test_a_killed_client_takes_what_it_waits_for_with_it(fake_cluster, start_proxy):
    cluster = fake_cluster(nodes=1)
    release = threading.Event()
    cluster.nodes[0].on("GET", After(release, resp.bulk("late")))
    proxy = start_proxy(cluster.seeds, workers=2)
    victim, killer = proxy.connect(), proxy.connect()
    me = _id(victim)
    victim.send(resp.encode("GET", "k") * 10)
    wait_until(lambda: cluster.nodes[0].executed("GET"))
    assert killer.call("CLIENT", "KILL", "ID", me) == 1
    assert _is_closed(victim)
    release.set()
    proxy.assert_nothing_in_flight()
    assert killer.call("GET", "k") == b"late"


# PAUSE


def test_pause_makes_the_errors_of_redis(pair):
    _assert_same(
        pair, ("CLIENT", "PAUSE", "x"), ("CLIENT", "PAUSE", "-1"), ("CLIENT", "PAUSE", "0"), ("CLIENT", "PAUSE", "1", "FOO"),
        ("CLIENT", "PAUSE", "9" * 20), ("CLIENT", "PAUSE"), ("CLIENT", "PAUSE", "1", "ALL", "x"), ("CLIENT", "UNPAUSE"),
        ("CLIENT", "UNPAUSE", "x"), ("CLIENT", "PAUSE", "1", "write"), ("CLIENT", "UNPAUSE"))


def test_a_pause_of_writes_lets_reads_pass_on_all_workers(proxy, protocol):
    clients = [proxy.connect() for _ in range(4)]
    for client in clients:
        client.call("HELLO", protocol)
    assert clients[0].call("CLIENT", "PAUSE", "60000", "WRITE") == b"OK"
    for number, client in enumerate(clients):
        assert client.call("GET", "none") is None and client.call("PING") == b"PONG"
        client.send(resp.encode_all([("GET", "none"), ("SET", f"k{number}", "v"), ("GET", f"k{number}")]))
        assert client.read() is None
    for client in clients:
        client.assert_silent(0.1)
    assert proxy.connect().call("CLIENT", "UNPAUSE") == b"OK"
    for client in clients:
        assert client.read_many(2) == [b"OK", b"v"]


@pytest.mark.parametrize("command", [
    ("SET", "k", "v"), ("DEL", "a", "b"), ("MSET", "a", "1", "b", "2"), ("PFCOUNT", "k"), ("PUBLISH", "c", "m"), ("SPUBLISH", "c", "m"),
    ("EVAL", "return 1", "0"), ("GETEX", "k"), ("SORT", "k"), ("FLUSHALL",), ("XREADGROUP", "GROUP", "g", "c", "STREAMS", "k", ">"),
], ids=lambda command: command[0])
def test_a_pause_of_writes_holds_back_whatever_may_write(proxy, command):
    client, other = proxy.connect(), proxy.connect()
    other.call("CLIENT", "PAUSE", "60000", "WRITE")
    client.send_command(*command)
    client.assert_silent(0.1)
    other.call("CLIENT", "UNPAUSE")
    client.read()


def test_a_pause_of_all_holds_back_everything_and_ends_by_itself(proxy):
    clients = [proxy.connect() for _ in range(4)]
    started = time.monotonic()
    assert clients[0].call("CLIENT", "PAUSE", "400") == b"OK"
    for client in clients:
        client.send(resp.encode_all([("PING",), ("GET", "none"), ("CLIENT", "ID")]))
    for client in clients:
        client.assert_silent(0.05)
    for client in clients:
        assert client.read_many(2) == [b"PONG", None]
    assert 0.4 <= time.monotonic() - started < 2


def test_pauses_only_get_longer_and_stricter(proxy):
    client, other = proxy.connect(), proxy.connect()
    other.call("CLIENT", "PAUSE", "60000", "WRITE")
    other.call("CLIENT", "PAUSE", "1", "WRITE")
    time.sleep(0.15)
    client.send_command("SET", "k", "v")
    client.assert_silent(0.15)
    other.send_command("CLIENT", "PAUSE", "1", "ALL")
    assert other.read() == b"OK"
    other.send_command("GET", "k")
    other.assert_silent(0.15)
    assert proxy.connect().call("CLIENT", "UNPAUSE") == b"OK"  # is not held back itself
    assert client.read() == b"OK" and other.read() in (None, b"v")


def test_a_request_gets_its_full_time_after_a_pause(start_proxy, shared_cluster):
    proxy = start_proxy(shared_cluster.seeds, workers=2, settings={"timeouts": {"request": "500ms"}})
    client = proxy.connect()
    proxy.connect().call("CLIENT", "PAUSE", "1200")
    client.send(resp.encode_all([("SET", "k", "v"), ("GET", "k")]))
    assert client.read_many(2) == [b"OK", b"v"]


def test_clients_may_leave_during_a_pause(proxy):
    other = proxy.connect()
    other.call("CLIENT", "PAUSE", "60000")
    for _ in range(20):
        with RespClient(proxy.port) as client:
            client.send(resp.encode("SET", "k", "v"))
    other.call("CLIENT", "UNPAUSE")
    wait_until(lambda: len(_listed(other)) == 1, what="the others to be gone")


# REPLY


_REPLY_CONVERSATION = [
    ("CLIENT", "REPLY", "OFF"), ("PING", "1"), ("SET", "k", "v"), ("MGET", "a", "b", "c"), ("CLIENT", "REPLY", "SKIP"), ("GET", "k"),
    ("CLIENT", "REPLY", "ON"), ("PING", "3"), ("CLIENT", "REPLY", "SKIP"), ("GET", "k"), ("GET", "k"),
    ("CLIENT", "REPLY", "SKIP"), ("CLIENT", "REPLY", "SKIP"), ("PING", "6"), ("PING", "7"),
    ("CLIENT", "REPLY", "SKIP"), ("NOSUCH",), ("PING", "8"), ("CLIENT", "REPLY", "SKIP"), ("GET",), ("GET", "k"),
    ("CLIENT", "REPLY", "SKIP"), ("CLIENT", "REPLY", "OFF"), ("PING", "9"), ("INCR", "k"), ("RESET",), ("PING", "10"),
    ("CLIENT", "REPLY", "SKIP"), ("MGET", "a", "b", "k"), ("MGET", "a", "b", "k"), ("CLIENT", "REPLY", "WHAT"),
    ("CLIENT", "REPLY", "SKIP"), ("CLIENT", "REPLY", "ON"), ("PING", "11"), ("CLIENT", "REPLY"), ("PING", "12"),
    ("CLIENT", "REPLY", "OFF"), ("CLIENT", "REPLY", "WHAT"), ("EXISTS", "a", "b", "c"), ("CLIENT", "REPLY", "ON"), ("ECHO", "end"),
]


def test_replies_can_be_turned_off_and_skipped(pair):
    answers = []
    for client in pair:
        client.call("DEL", "k")
        client.send(resp.encode_all(_REPLY_CONVERSATION * 20))
        answer = b""
        while answer.count(b"$3\r\nend\r\n") < 20:
            answer += client.socket.recv(65536)
        answers.append(answer)
    assert answers[1] == answers[0]


def test_replies_are_turned_off_one_request_at_a_time(pair):
    for theirs_or_ours in pair:
        theirs_or_ours.call("DEL", "k")
        for command in _REPLY_CONVERSATION:
            theirs_or_ours.send_command(*command)
            time.sleep(0.01)
    theirs, ours = (client.socket.recv(65536) for client in pair)
    assert ours == theirs


def test_no_node_ever_hears_of_client_reply(fake_cluster, start_proxy):
    cluster = fake_cluster(nodes=1)
    client = start_proxy(cluster.seeds).connect()
    client.send(resp.encode_all([("CLIENT", "REPLY", "OFF"), ("GET", "a"), ("CLIENT", "REPLY", "SKIP"), ("CLIENT", "REPLY", "ON"),
                                 ("GET", "b")]))
    assert client.read_many(2) == [b"OK", b"value of b"]
    assert not cluster.nodes[0].executed("CLIENT")


def test_a_client_that_wants_no_replies_can_quit(proxy):
    client = proxy.connect()
    client.send(resp.encode_all([("CLIENT", "REPLY", "OFF"), ("SET", "quiet", "v"), ("QUIT",)]))
    assert client.read_until_closed() == b""
    assert proxy.connect().call("GET", "quiet") == b"v"


# COMMAND


def test_command_and_its_subcommands_answer_as_a_node_does(pair):
    theirs, ours = pair
    _assert_same(
        pair, ("COMMAND", "COUNT"), ("COMMAND", "INFO", "get", "nosuch", "config|get"), ("COMMAND", "DOCS", "get", "client|list"),
        ("COMMAND", "LIST", "FILTERBY", "PATTERN", "xreadg*"), ("COMMAND", "GETKEYS", "MSET", "a", "1", "b", "2"),
        ("COMMAND", "GETKEYS", "PING"), ("COMMAND", "GETKEYS", "NOSUCH"), ("COMMAND", "GETKEYSANDFLAGS", "SET", "k", "v"),
        ("COMMAND", "HELP"), ("COMMAND", "NOSUCH"), ("COMMAND", "LIST", "FILTERBY", "NOSUCH", "x"))
    for command in (("COMMAND",), ("COMMAND", "INFO"), ("COMMAND", "LIST")):
        assert len(ours.call(*command)) == len(theirs.call(*command)), command
