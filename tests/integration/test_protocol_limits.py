"""Malformed requests get what Redis gives: its own words, byte for byte, and a closed connection."""

import socket
import time

import pytest

from support import resp
from support.resp_client import RespClient
from support.waiting import wait_until

PING = resp.encode("PING", "still here")

# Bytes that Redis refuses, or takes in a way worth copying.
SAME_AS_REDIS = [
    # array headers
    b"*x\r\n", b"*\r\n", b"* 1\r\n", b"*+1\r\n", b"*01\r\n", b"*1x\r\n", b"*1.0\r\n", b"*0x1\r\n",
    b"*--1\r\n", b"*-\r\n",
    b"*2147483648\r\n", b"*4294967297\r\n", b"*9223372036854775807\r\n", b"*9223372036854775808\r\n",
    b"*18446744073709551617\r\n", b"*-9223372036854775808\r\n",
    # arrays of nothing are no commands
    b"*0\r\n", b"*-1\r\n", b"*-10\r\n", b"*0\r\n*-1\r\n*0\r\n",
    # not a bulk string
    b"*1\r\nx", b"*3\r\n$3\r\nSET\r\nx", b"*1\r\n:1\r\n", b"*1\r\n*1\r\n$4\r\nPING\r\n",
    b"*2\r\n$4\r\nPING\r\n\r\n",
    # bulk headers
    b"*1\r\n$x\r\n", b"*1\r\n$\r\n", b"*1\r\n$-1\r\n", b"*1\r\n$ 4\r\n", b"*1\r\n$+4\r\n",
    b"*1\r\n$04\r\n", b"*1\r\n$4x\r\n",
    b"*1\r\n$536870913\r\n", b"*1\r\n$2147483648\r\n", b"*1\r\n$4294967300\r\n", b"*1\r\n$9223372036854775807\r\n",
    b"*1\r\n$18446744073709551620\r\n", b"*2\r\n$4\r\nECHO\r\n$-2\r\n",
    # inline requests
    b"\r\n", b"\n", b"   \r\n", b"\t\r\n\r\n\n", b"PING  a\r\n", b"  ECHO   b  \r\n",
    b"ECHO \"a b\"\r\n", b"ECHO 'it\\'s'\r\n",
    b"ECHO \"\\x41\\n\\t\\\"\\q\"\r\n", b"ECHO \"\"\r\n", b"ECHO a\"b\r\n",
    b"ECHO \"a\r\n", b"ECHO 'a\r\n", b"ECHO \"a\"b\r\n", b"ECHO 'a'b\r\n", b"\"\r\n", b"x\x04\r\n",
    b"$4\r\n", b"+OK\r\n", b"-1\r\n",
]


def _name(data):
    return repr(data[:30])[2:-1].replace("\\r\\n", "|")


def _conversation(port, data, size=None, ending=PING):
    """All the bytes a server says to the data and a PING behind it, until it closes."""
    data += ending
    with RespClient(port, timeout=5) as client:
        try:
            if size is None:
                client.send(data)
            else:
                client.send_in_pieces(data, size)
            client.socket.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError, OSError):
            pass  # it has closed already: what it said is still there to be read
        return client.read_until_closed()


@pytest.mark.parametrize("data", SAME_AS_REDIS, ids=_name)
def test_the_answer_is_that_of_redis(proxy, plain_redis, data):
    expected = _conversation(plain_redis.port, data)
    assert _conversation(proxy.port, data) == expected


@pytest.mark.parametrize("data", SAME_AS_REDIS, ids=_name)
def test_the_answer_is_the_same_when_the_bytes_drip_in(proxy, plain_redis, data):
    expected = _conversation(plain_redis.port, data)
    assert _conversation(proxy.port, data, size=1) == expected
    assert _conversation(proxy.port, data, size=3) == expected


@pytest.mark.parametrize("data", [b"A" * 70000, b"*" + b"1" * 70000, b"*1\r\n$" + b"1" * 70000,
                                  b"SET k " + b"v" * 70000], ids=_name)
def test_a_line_without_an_end_is_refused_at_64_kilobytes_with_the_words_of_redis(proxy, plain_redis, data):
    expected = _conversation(plain_redis.port, data, ending=b"")
    assert expected.startswith(b"-ERR Protocol error: too big ")
    assert _conversation(proxy.port, data, ending=b"") == expected


def test_a_nul_where_a_bulk_string_should_begin_is_refused(proxy):
    # Redis waits for more here, because its strchr() stops at the NUL.
    assert _conversation(proxy.port, b"*1\r\n\x00").startswith(b"-ERR Protocol error: expected '$', got ")


def test_commands_before_a_malformed_one_are_answered_first(proxy, plain_redis):
    data = resp.encode("SET", "{t}k", "v") + resp.encode("GET", "{t}k") + b"*1\r\nx"
    with plain_redis.connect() as model:
        model.call("DEL", "{t}k")
    answer = _conversation(proxy.port, data)
    assert answer == _conversation(plain_redis.port, data)
    assert answer == b"+OK\r\n$1\r\nv\r\n-ERR Protocol error: expected '$', got 'x'\r\n"


def test_a_bulk_string_without_its_line_end_closes_the_connection(proxy):
    # Redis skips two bytes unseen here; to a proxy they might be the start of somebody's next command.
    answer = _conversation(proxy.port, b"*1\r\n$4\r\nPINGxx")
    assert answer.startswith(b"-ERR Protocol error: ") and answer.count(b"\r\n") == 1


@pytest.mark.parametrize("data", [
    b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost:6380\r\n\r\n"],
    ids=["POST", "Host"])
def test_http_from_a_browser_closes_the_connection_before_anything_is_run(proxy, data):
    attack = data + resp.encode("SET", "attacked", "1")
    _conversation(proxy.port, attack)
    assert proxy.connect().call("GET", "attacked") is None


def test_more_arguments_than_allowed_are_refused_before_they_arrive(proxy):
    client = proxy.connect()
    assert client.exchange(b"*1048577\r\n") == b"-ERR Protocol error: invalid multibulk length\r\n"
    assert client.read_until_closed() == b""


def test_limits_are_those_of_the_configuration(start_proxy, shared_cluster):
    proxy = start_proxy(shared_cluster.seeds[:1], settings={"limits": {
        "proto_max_bulk_len": "1mb", "proto_max_multibulk_len": 16, "proto_inline_max_size": "1kb"}})
    value = b"v" * (1 << 20)
    assert proxy.connect().call("SET", "k", value) == b"OK"
    for data, error in (
            (b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1048577\r\n", b"invalid bulk length"),
            (b"*17\r\n", b"invalid multibulk length"),
            (b"ECHO " + b"a" * 1100, b"too big inline request")):
        assert _conversation(proxy.port, data) == b"-ERR Protocol error: " + error + b"\r\n"
    assert proxy.connect().call("MGET", *["k"] * 15) == [value] * 15


def test_a_malformed_request_harms_no_other_client(proxy):
    steady = proxy.connect()
    steady.call("SET", "k", "v")
    for data in SAME_AS_REDIS[:20]:
        _conversation(proxy.port, data)
        assert steady.call("GET", "k") == b"v"


def test_announced_lengths_cost_no_memory(proxy):
    def resident_bytes():
        with open(f"/proc/{proxy.process.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * 4096

    before = resident_bytes()
    clients = [proxy.connect() for _ in range(200)]
    for number, client in enumerate(clients):
        client.send(b"*1048576\r\n" if number % 2 else b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nabc")
    assert proxy.connect().call("PING") == b"PONG"
    time.sleep(0.2)
    # 100 arrays of a million arguments and 100 values of half a gigabyte are announced.
    assert resident_bytes() - before < 32 << 20


def test_malformed_requests_are_counted(proxy):
    before = proxy.metrics().total("slotway_client_protocol_errors_total")
    for _ in range(5):
        _conversation(proxy.port, b"*x\r\n")
    wait_until(lambda: proxy.metrics().total("slotway_client_protocol_errors_total") == before + 5,
               what="five protocol errors in /metrics")
