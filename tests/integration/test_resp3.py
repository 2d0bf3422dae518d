"""HELLO and what follows from it: every reply in the client's protocol, byte for byte as one Redis gives it."""

import re
import socket
import time

import pytest

from support import resp
from support.fake_node import After
from support.resp_client import RespClient
from support.waiting import wait_until

_ID = re.compile(rb"(id\r\n:)\d+")


@pytest.fixture(params=[2, 3], ids=["RESP2", "RESP3"])
def protocol(request):
    return request.param


@pytest.fixture
def pair(proxy, plain_redis, protocol):
    """A client of one Redis and one of Slotway, both in the protocol."""
    plain_redis.command("FLUSHALL")
    with plain_redis.connect() as theirs:
        ours = proxy.connect()
        for client in (theirs, ours):
            assert client.call("HELLO", protocol)
        yield theirs, ours


def _assert_same(pair, *commands):
    for command in commands:
        theirs, ours = (_ID.sub(rb"\1?", client.call_raw(*command)) for client in pair)
        assert ours == theirs, command


def _assert_same_in_one_write(pair, commands):
    for client in pair:
        client.send(resp.encode_all(commands))
    for command in commands:
        theirs, ours = (_ID.sub(rb"\1?", client.read_raw()) for client in pair)
        assert ours == theirs, command


# Replies

_DATA = [
    ("SET", "s", "text"), ("HSET", "h", "f", "v", "g", "w"), ("SADD", "set", "one"), ("ZADD", "z", "1.5", "m", "2", "n"),
    ("RPUSH", "l", "a", "b"), ("SET", "counter", "10.5"), ("SETBIT", "bits", "7", "1"), ("PFADD", "hll", "a"),
    ("XADD", "x", "1-1", "f", "v"), ("GEOADD", "geo", "13.361389", "38.115556", "Palermo"),
]
_READS = [
    ("GET", "s"), ("GET", "none"), ("MGET", "s", "none", "counter", "s"), ("MGET", "none"), ("HGETALL", "h"), ("HGETALL", "none"),
    ("HGET", "h", "none"), ("HMGET", "h", "f", "none"), ("HRANDFIELD", "none"), ("SMEMBERS", "set"), ("SMEMBERS", "none"),
    ("SPOP", "none"), ("SPOP", "none", "2"), ("SISMEMBER", "set", "one"), ("SMISMEMBER", "set", "one", "two"),
    ("ZSCORE", "z", "m"), ("ZSCORE", "z", "none"), ("ZMSCORE", "z", "m", "none"), ("ZRANGE", "z", "0", "-1"),
    ("ZRANGE", "z", "0", "-1", "WITHSCORES"), ("ZINCRBY", "z", "0.25", "m"), ("ZADD", "z", "INCR", "1", "m"),
    ("ZRANK", "z", "none"), ("ZPOPMAX", "none"), ("ZCARD", "z"),
    ("LRANGE", "l", "0", "-1"), ("LPOP", "none"), ("LPOP", "none", "2"), ("LPOS", "l", "none"), ("LMPOP", "1", "none", "LEFT"),
    ("INCRBYFLOAT", "counter", "0.25"), ("GETBIT", "bits", "7"), ("PFCOUNT", "hll"), ("XRANGE", "x", "-", "+"),
    ("XINFO", "STREAM", "x"), ("XINFO", "GROUPS", "x"), ("XLEN", "x"), ("GEOPOS", "geo", "Palermo", "none"),
    ("GEODIST", "geo", "Palermo", "none"), ("GEOSEARCH", "geo", "FROMLONLAT", "13", "38", "BYRADIUS", "100", "km", "WITHCOORD"),
    ("OBJECT", "ENCODING", "set"), ("OBJECT", "FREQ", "s"), ("TYPE", "none"), ("TTL", "s"), ("DUMP", "none"),
    ("SET", "s", "new", "GET"), ("SET", "s", "x", "NX"), ("GETDEL", "none"), ("GETEX", "none"), ("COPY", "{s}", "{s}2"),
    ("EXISTS", "s", "h", "none", "s"), ("TOUCH", "s", "none"), ("UNLINK", "none", "none2"), ("DEL", "s", "none"),
    ("MSET", "a", "1", "b", "2", "c", "3"), ("MGET", "a", "b", "c", "d"), ("KEYS", "nobody*"), ("FLUSHALL",), ("DBSIZE",),
    ("EVAL", "return {1, 'two', false, {3.7}}", "0"), ("EVAL", "return redis.error_reply('MINE it is')", "0"),
    ("EVAL", "redis.setresp(3) return {map={a={double=1.5}, b=true}}", "0"),
    ("EVAL", "redis.setresp(3) return {set={one=true}}", "0"), ("EVAL", "redis.setresp(3) return {double=-0.5}", "0"),
    ("EVAL", "redis.setresp(3) return {big_number='123456789012345678901234567890'}", "0"),
    ("EVAL", "redis.setresp(3) return {verbatim_string={format='txt', string='hi'}}", "0"),
    ("EVAL", "redis.setresp(3) return {true, false, false}", "0"),
    ("SCRIPT", "EXISTS", "0" * 40, "1" * 40), ("CONFIG", "GET", "no-such-parameter"), ("COMMAND", "DOCS", "get"),
    ("COMMAND", "INFO", "get", "nosuch"), ("COMMAND", "GETKEYSANDFLAGS", "SET", "k", "v", "GET"),
]
_ERRORS = [
    ("NOSUCH", "x"), ("GET",), ("INCR", "h"), ("LPUSH", "h", "x"), ("HELLO", "3", "WHAT"), ("CLIENT", "NOSUCH"), ("ZADD", "z", "x", "m"),
]
_LOCAL = [("PING",), ("PING", "hi"), ("ECHO", "hi"), ("CLIENT", "GETNAME"), ("SELECT", "0"), ("CLIENT", "TRACKINGINFO"),
          ("CLIENT", "SETNAME", "me"), ("CLIENT", "GETNAME"), ("ACL", "WHOAMI"), ("CLIENT", "GETREDIR"), ("HELLO",)]


def test_replies_are_those_of_one_redis(pair):
    _assert_same(pair, *_DATA, *_READS, *_ERRORS, *_LOCAL)


def test_replies_are_those_of_one_redis_in_a_pipeline(pair):
    _assert_same_in_one_write(pair, _DATA + _READS + _ERRORS + _LOCAL)


def test_split_reads_put_the_nulls_of_the_protocol_in_their_places(client, protocol):
    client.call("HELLO", protocol)
    client.call("MSET", *(text for number in range(0, 100, 2) for text in (f"k{number}", number)))
    null = b"_\r\n" if protocol == 3 else b"$-1\r\n"
    expected = b"".join(resp.bulk(str(number)) if number % 2 == 0 else null for number in range(100))
    assert client.call_raw("MGET", *(f"k{number}" for number in range(100))) == b"*100\r\n" + expected


# HELLO


def test_hello_takes_the_options_of_redis_and_makes_its_errors(pair):
    _assert_same(
        pair, ("HELLO", "abc"), ("HELLO", "4"), ("HELLO", "1"), ("HELLO", "-3"), ("HELLO", "9" * 30), ("HELLO", ""),
        ("HELLO", "2", "AUTH", "a"), ("HELLO", "3", "SETNAME"), ("HELLO", "3", "SETNAME", "a b"), ("CLIENT", "GETNAME"),
        ("HELLO", "3", "FOO"), ("HELLO", "3", "AUTH", "default", "any", "SETNAME", "me"), ("CLIENT", "GETNAME"),
        ("HELLO", "2", "AUTH", "nobody", "x", "SETNAME", "you"), ("CLIENT", "GETNAME"), ("HELLO",),
        ("HELLO", "SETNAME", "x"), ("hello", "2", "setname", "A", "auth", "default", "", "SetName", "B"),
        ("CLIENT", "GETNAME"), ("HELLO", "3", "SETNAME", ""), ("CLIENT", "GETNAME"), ("GET", "none"))


def test_auth_answers_like_a_redis_without_passwords(pair):
    _assert_same(pair, ("AUTH", "x"), ("AUTH", "default", "x"), ("AUTH", "nobody", "x"), ("AUTH", "a", "b", "c"), ("AUTH",),
                 ("ACL", "WHOAMI"))


def test_requests_before_a_hello_are_answered_in_the_old_protocol_and_those_after_it_in_the_new(pair):
    switches = [("HELLO", "3"), ("HELLO", "2"), ("HELLO", "3"), ("RESET",), ("HELLO", "3")]
    commands = []
    for switch in switches:
        commands += [("SADD", "s", "m"), ("SMEMBERS", "s"), ("MGET", "none", "none2", "none3"), ("GET", "none"), switch,
                     ("GET", "none"), ("SMEMBERS", "s"), ("CLIENT", "GETNAME")]
    _assert_same_in_one_write(pair, commands * 50)


def test_a_clients_commands_keep_their_order_across_a_switch(client):
    commands, expected = [], []
    for number in range(300):
        commands += [("SET", "k", number), ("HELLO", "3" if number % 2 else "2"), ("GET", "k")]
        expected.append(b"%d" % number)
    assert client.pipeline(commands)[2::3] == expected


def test_nothing_is_sent_in_the_new_protocol_while_a_node_still_owes_replies_in_the_old(fake_cluster, start_proxy):
    cluster = fake_cluster(nodes=1)
    node = cluster.nodes[0]
    node.on("SET", After(0.4, b"+OK\r\n"))
    client = start_proxy(cluster.seeds).connect()
    client.send(resp.encode_all([("SET", "k", "v"), ("HELLO", "3"), ("GET", "k")]))
    wait_until(lambda: node.executed("SET"))
    time.sleep(0.1)
    assert not node.executed("GET")
    assert client.read() == b"OK"
    assert isinstance(client.read(), resp.Pairs)
    assert client.read() == b"value of k"
    assert node.executed("GET")[0].connection is not node.executed("SET")[0].connection


def test_a_hello_that_changes_nothing_waits_for_nothing(fake_cluster, start_proxy):
    cluster = fake_cluster(nodes=1)
    cluster.nodes[0].on("SET", After(0.4, b"+OK\r\n"))
    client = start_proxy(cluster.seeds).connect()
    client.send(resp.encode_all([("SET", "k", "v"), ("HELLO", "2"), ("GET", "k")]))
    assert client.read() == b"OK"
    assert client.read()[0] == b"server"
    assert client.read() == b"value of k"


# What RESP3 servers may send besides


@pytest.mark.parametrize("reply", [
    b"|1\r\n+ttl\r\n:3600\r\n$5\r\nhello\r\n", b"(123456789012345678901234567890\r\n", b"#t\r\n", b",1.5\r\n", b"_\r\n",
    b"!10\r\nERR broken\r\n", b"=8\r\ntxt:text\r\n", b"%1\r\n+k\r\n~2\r\n:1\r\n:2\r\n", b"*2\r\n|1\r\n+a\r\n+b\r\n:1\r\n:2\r\n",
], ids=lambda reply: reply[:1].decode())
def test_every_type_of_resp3_passes_unchanged(fake_cluster, start_proxy, reply):
    cluster = fake_cluster(nodes=1)
    cluster.nodes[0].on("EVAL", reply)
    client = start_proxy(cluster.seeds).connect()
    client.call("HELLO", "3")
    client.send_command("EVAL", "return 1", "0")
    assert _read_exactly(client, len(reply)) == reply
    assert client.call("PING") == b"PONG"


def test_a_push_of_a_node_is_passed_over(fake_cluster, start_proxy):
    cluster = fake_cluster(nodes=1)
    cluster.nodes[0].on("GET", b">2\r\n+something\r\n+new\r\n$1\r\nx\r\n")
    client = start_proxy(cluster.seeds).connect()
    client.call("HELLO", "3")
    assert [client.call_raw("GET", "k") for _ in range(3)] == [b"$1\r\nx\r\n"] * 3
    assert len({request.connection for request in cluster.nodes[0].executed("GET")}) == 1


def test_attributes_in_front_of_the_parts_of_a_split_request_are_dropped(fake_cluster, start_proxy):
    cluster = fake_cluster(nodes=2)
    for node in cluster.nodes:
        node.on("DEL", b"|1\r\n+a\r\n+b\r\n:2\r\n")
    client = start_proxy(cluster.seeds).connect()
    client.call("HELLO", "3")
    assert client.call_raw("DEL", "foo", "bar", "hello", "a") == b":8\r\n"  # each in a slot of its own


def _read_exactly(client, size):
    client.socket.settimeout(5)
    data = b""
    while len(data) < size:
        data += client.socket.recv(size - len(data))
    return data


# RESET, QUIT


def test_reset_makes_a_client_as_new(pair):
    _assert_same(
        pair, ("CLIENT", "SETNAME", "me"), ("HELLO", "3"), ("GET", "none"), ("RESET",), ("GET", "none"), ("CLIENT", "GETNAME"),
        ("CLIENT", "NO-EVICT", "ON"), ("MULTI",), ("SET", "a", "1"), ("RESET",), ("EXEC",), ("GET", "a"), ("RESET", "x"))


def test_reset_comes_after_what_was_sent_before_it(pair):
    _assert_same_in_one_write(pair, [("SADD", "s", "m"), ("SMEMBERS", "s"), ("GET", "none"), ("RESET",), ("GET", "none")] * 20)


def test_quit_answers_what_came_before_it_and_nothing_after(proxy, plain_redis, protocol):
    for port in (plain_redis.port, proxy.port):
        with RespClient(port) as client:
            client.call("HELLO", protocol)
            client.send(resp.encode_all([("SET", "k", "v"), ("GET", "k"), ("QUIT",), ("GET", "k")]))
            assert client.read_until_closed() == b"+OK\r\n$1\r\nv\r\n+OK\r\n"
            with pytest.raises((ConnectionError, socket.timeout)):
                client.send(resp.encode("PING"))
                client.send(resp.encode("PING"))
