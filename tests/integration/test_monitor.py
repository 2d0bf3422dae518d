"""MONITOR: what passes through this Slotway, as a Redis shows it."""

import re
import socket
import time

import pytest

from support import resp
from support.resp_client import RespClient
from support.waiting import wait_until

both_protocols = pytest.mark.parametrize("protocol", [2, 3])

_LINE = re.compile(rb"\+(\d{10}\.\d{6}) \[0 (127\.0\.0\.1:\d+)\] (.*)\r\n")


class Monitor(RespClient):
    """One connection that monitors."""

    def __init__(self, port, protocol=2, timeout=10.0):
        super().__init__(port, timeout=timeout)
        self.call("HELLO", protocol)
        assert self.call_raw("MONITOR") == b"+OK\r\n"

    def line(self):
        """(seconds, address, what was sent) of the next line."""
        raw = self.read_raw()
        match = _LINE.fullmatch(raw)
        assert match, raw
        seconds, address, request = match.groups()
        return float(seconds), address.decode(), request

    def until(self, mark):
        """What was sent up to a request that holds the mark, which is left out."""
        requests = []
        while mark not in (request := self.line()[2]):
            requests.append(request)
        return requests


@pytest.fixture
def monitor(proxy):
    def connect(protocol=2):
        proxy.clients.append(Monitor(proxy.port, protocol))
        return proxy.clients[-1]

    return connect


def _address(client):
    return "%s:%d" % client.socket.getsockname()


_COMMANDS = [
    ["PING"], ["ping", "hi there"], ["SeT", "key", b"\x00\xff\"\\\r\n\t\a\b\x1b caf\xc3\xa9"], ["GET", ""], ["GET", "key"],
    ["MGET", "a", "b", "c"], ["NOSUCH", "x"], ["GET"], ["GET", "a", "b"], ["INCR", "key"], ["HELLO", "3", "AUTH", "default", "secret"],
    ["AUTH", "default", "secret"], ["AUTH", "secret"], ["HELLO", "2", "SETNAME", "me", "AUTH", "u", "p"],
    ["CONFIG", "GET", "maxmemory"], ["CLIENT", "ID"], ["CLIENT", "LIST"], ["CLIENT", "SETNAME", "n"], ["DBSIZE"],
    ["EVAL", "return 1", "0"], ["EVALSHA", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "0"], ["SUBSCRIBE", "news"],
    ["UNSUBSCRIBE", "news"], ["DEBUG", "SLEEP", "0"], ["SLOWLOG", "LEN"], ["COMMAND", "COUNT"], ["SET", "big", "x" * 500],
    ["SELECT", "0"], ["SELECT", "99"], ["ECHO", "x"], ["WATCH", "k"], ["UNWATCH"], ["BLPOP", "list", "0.01"],
]


def _shown(port, protocol):
    """What a monitor is shown of the commands, and the lines' addresses and times."""
    with Monitor(port, protocol) as monitor, RespClient(port) as client:
        before = time.time()
        for command in _COMMANDS:
            client.call(*command)
        client.send_command("ECHO", "the end")
        lines = []
        while not lines or b"the end" not in lines[-1][2]:
            lines.append(monitor.line())
        assert {address for _, address, _ in lines} == {_address(client)}
        times = [seconds for seconds, _, _ in lines]
        assert times == sorted(times) and before - 1 < times[0] <= times[-1] < time.time() + 1
        return [request for _, _, request in lines]


@both_protocols
def test_lines_are_those_of_one_redis(proxy, plain_redis, protocol):
    ours, theirs = (_shown(port, protocol) for port in (proxy.port, plain_redis.port))
    assert ours == theirs


def test_credentials_are_never_shown(monitor, client):
    watcher = monitor()
    client.call("AUTH", "default", "very secret")
    client.call("hello", "3", "SETNAME", "x", "auth", "default", "very secret")
    client.call("MIGRATE", "h", "1", "k", "0", "1", "AUTH2", "user", "very secret")
    client.call("CONFIG", "SET", "requirepass", "very secret")
    client.call("ACL", "SETUSER", "someone", ">very secret")
    client.call("ECHO", "end")
    requests = watcher.until(b"end")
    assert not any(b"secret" in request for request in requests), requests
    assert b'"AUTH" "(redacted)" "(redacted)"' in requests
    assert b'"hello" "3" "SETNAME" "x" "auth" "(redacted)" "(redacted)"' in requests


def test_clients_of_all_workers_are_shown_to_monitors_on_all_workers(proxy, monitor):
    monitors = [monitor(protocol) for protocol in (2, 3, 2, 3)]
    clients = [proxy.connect() for _ in range(8)]
    for number, client in enumerate(clients):
        for step in range(20):
            client.call("SET", f"key:{number}", step)
    for client in clients:
        client.call("ECHO", "end")
    for watcher in monitors:
        shown, ends = {}, 0
        while ends < len(clients):
            _, address, request = watcher.line()
            if b"ECHO" in request:
                ends += 1
            elif b"SET" in request:
                shown.setdefault(address, []).append(request)
        assert shown == {_address(client): [b'"SET" "key:%d" "%d"' % (number, step) for step in range(20)]
                         for number, client in enumerate(clients)}


def test_a_client_of_a_unix_socket_is_named_by_its_path(start_proxy, shared_cluster, tmp_path):
    path = str(tmp_path / "slotway.sock")
    proxy = start_proxy(shared_cluster.seeds[:1], listen=("127.0.0.1:0", f"unix:{path}"))
    with Monitor(proxy.port) as watcher, RespClient(path=path) as client:
        client.call("PING")
        assert watcher.read_raw().endswith(b" [0 unix:%s] \"PING\"\r\n" % path.encode())


def test_pipelines_and_transactions_are_shown_in_the_order_in_which_they_were_sent(monitor, client):
    watcher = monitor()
    client.pipeline([["MULTI"], ["SET", "{t}a", 1], ["INCR", "{t}a"], ["EXEC"], ["GET", "{t}a"]])
    client.call("ECHO", "end")
    assert watcher.until(b"end") == [b'"MULTI"', b'"SET" "{t}a" "1"', b'"INCR" "{t}a"', b'"EXEC"', b'"GET" "{t}a"']


def test_what_a_script_calls_is_not_shown(monitor, client):
    """A node runs it; Slotway never sees it. A Redis marks such lines with lua instead of an address."""
    watcher = monitor()
    client.call("EVAL", "return redis.call('SET', KEYS[1], 1)", "1", "k")
    client.call("ECHO", "end")
    assert watcher.until(b"end") == [b'"EVAL" "return redis.call(\'SET\', KEYS[1], 1)" "1" "k"']


@both_protocols
def test_a_monitor_may_not_touch_keys(proxy, plain_redis, protocol):
    for port in (proxy.port, plain_redis.port):
        with Monitor(port, protocol) as watcher:
            watcher.send_command("GET", "k")
            assert watcher.read_raw() == b"-ERR Replica can't interact with the keyspace\r\n"
            watcher.send_command("SET", "k", "v")  # and what was refused is not shown
            assert watcher.read_raw() == b"-ERR Replica can't interact with the keyspace\r\n"


@both_protocols
def test_a_monitor_sees_itself_and_may_reset_or_quit(proxy, plain_redis, client, protocol):
    transcripts = []
    for port in (proxy.port, plain_redis.port):
        with Monitor(port, protocol) as watcher, RespClient(port) as other:
            watcher.send_command("PING")
            frames = sorted(watcher.read_raw()[:1] + b" ping" for _ in range(2))  # a line and +PONG
            watcher.send_command("RESET")
            while (frame := watcher.read_raw()) != b"+RESET\r\n":
                frames.append(_LINE.fullmatch(frame).group(3))
            other.call("SET", "k", "v")
            frames.append(watcher.call_raw("GET", "k"))
            transcripts.append(frames)
    assert transcripts[0] == transcripts[1]
    watcher = Monitor(proxy.port, protocol)
    watcher.send_command("QUIT")
    assert b"+OK\r\n" in watcher.read_until_closed()
    assert client.call("PING") == b"PONG"


def test_once_the_last_monitor_has_left_nothing_is_recorded(proxy, monitor, client):
    first, second = monitor(), monitor()
    assert " flags=O " in _line_of(client, first)
    first.close()
    client.call("ECHO", "one")
    assert second.until(b"one") is not None
    second.send_command("RESET")
    wait_until(lambda: " flags=N " in _line_of(client, second), what="the monitor to be a client again")
    assert client.pipeline([["SET", "k", n] for n in range(100)]) == [b"OK"] * 100
    while second.read_raw() != b"+RESET\r\n":
        pass
    second.assert_silent()
    assert proxy.metrics().total("slotway_requests_in_flight") == 0


def _line_of(asker, client):
    address = " addr=" + _address(client) + " "
    lines = asker.call("CLIENT", "LIST").decode().splitlines()
    return next((line for line in lines if address in line), "")


def test_monitoring_begins_with_its_ok_even_under_load(proxy):
    busy = [proxy.connect() for _ in range(4)]
    for client in busy:
        client.send(resp.encode_all([["SET", "k", "v"]] * 2000))
    monitors = [proxy.connect() for _ in range(4)]
    for watcher in monitors:
        watcher.send_command("MONITOR")
    for watcher in monitors:
        assert watcher.read_raw() == b"+OK\r\n"
    for client in busy:
        assert client.read_many(2000) == [b"OK"] * 2000


def test_a_monitor_that_does_not_read_is_closed_at_the_output_limit_and_nobody_else(start_proxy, shared_cluster):
    proxy = start_proxy(shared_cluster.seeds[:1], workers=2,
                        settings={"limits": {"client_output_soft": "256kb", "client_output_hard": "1mb"}})
    slow, client, quick = proxy.connect(), proxy.connect(), proxy.connect()
    slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    assert slow.call("MONITOR") == b"OK"
    closed = proxy.metrics().total("slotway_clients_closed_total")
    value = b"\0" * 100  # four times as long in a line
    for _ in range(400):
        assert client.pipeline([["SET", "k", value]] * 100) == [b"OK"] * 100
        if proxy.metrics().total("slotway_clients_closed_total") > closed:
            break
    assert proxy.metrics().total("slotway_clients_closed_total") == closed + 1
    assert _line_of(quick, slow) == "" and _line_of(quick, client) != ""
    assert quick.call("GET", "k") == value
