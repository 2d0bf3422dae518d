"""Streams: the whole X family by key, and XREAD and XREADGROUP over streams that lie in several slots."""

import random

import pytest

from support import resp
from support.slots import key_slot

CROSSSLOT = b"-CROSSSLOT Keys in request don't hash to the same slot\r\n"
STREAMS = [f"stream:{number}" for number in range(6)]


@pytest.fixture(params=[2, 3], ids=["RESP2", "RESP3"])
def servers(request, proxy, plain_redis):
    with plain_redis.connect() as model:
        model.call("FLUSHALL")
        client = proxy.connect()
        if request.param == 3:
            for each in (client, model):
                assert not isinstance(each.call("HELLO", "3"), resp.ErrorReply)
        yield client, model


def same(servers, *command):
    client, model = servers
    expected = model.call_raw(*command)
    answer = client.call_raw(*command)
    assert answer == expected, (command, answer, expected)
    return resp.parse(expected)[0]


def test_the_streams_of_these_tests_lie_in_several_slots():
    assert len({key_slot(stream) for stream in STREAMS}) == len(STREAMS)


X_FAMILY = [
    ("XADD", "{x}s", "1-1", "f", "v"), ("XADD", "{x}s", "1-*", "f", "w"), ("XADD", "{x}s", "2-0", "a", "1", "b", "2"),
    ("XADD", "{x}s", "1-1", "f", "v"), ("XADD", "{x}s", "bad", "f", "v"), ("XADD", "{x}s", "3-0", "odd"),
    ("XADD", "{x}s", "NOMKSTREAM", "5-0", "f", "v"), ("XADD", "{x}none", "NOMKSTREAM", "5-0", "f", "v"),
    ("XADD", "{x}s", "MAXLEN", "~", "100", "LIMIT", "10", "6-0", "f", "v"), ("XADD", "{x}s", "MINID", "1", "7-0", "f", "v"),
    ("XLEN", "{x}s"), ("XLEN", "{x}none"), ("XRANGE", "{x}s", "-", "+"), ("XRANGE", "{x}s", "(1-1", "+", "COUNT", "2"),
    ("XREVRANGE", "{x}s", "+", "-"), ("XREVRANGE", "{x}s", "+", "-", "COUNT", "1"), ("XRANGE", "{x}s", "x", "y"),
    ("XGROUP", "CREATE", "{x}s", "g", "0"), ("XGROUP", "CREATE", "{x}s", "g", "0"), ("XGROUP", "CREATE", "{x}none", "g", "0"),
    ("XGROUP", "CREATE", "{x}made", "g", "$", "MKSTREAM"), ("XGROUP", "CREATE", "{x}s", "g2", "2-0", "ENTRIESREAD", "1"),
    ("XINFO", "STREAM", "{x}s", "FULL"), ("XINFO", "STREAM", "{x}s", "FULL", "COUNT", "1"),  # shows consumers' times later on
    ("XGROUP", "CREATECONSUMER", "{x}s", "g", "alice"), ("XGROUP", "CREATECONSUMER", "{x}s", "g", "alice"),
    ("XREADGROUP", "GROUP", "g", "alice", "COUNT", "2", "STREAMS", "{x}s", ">"),
    ("XREADGROUP", "GROUP", "g", "bob", "NOACK", "COUNT", "1", "STREAMS", "{x}s", ">"),
    ("XREADGROUP", "GROUP", "g", "alice", "STREAMS", "{x}s", "0"), ("XREADGROUP", "GROUP", "none", "a", "STREAMS", "{x}s", ">"),
    ("XREADGROUP", "GROUP", "g", "alice", "STREAMS", "{x}s", "{x}made", ">", ">"), ("XREADGROUP", "STREAMS", "{x}s", ">"),
    ("XPENDING", "{x}s", "g"), ("XPENDING", "{x}s", "none"), ("XACK", "{x}s", "g", "1-1"), ("XACK", "{x}s", "g", "9-9", "2-0"),
    ("XAUTOCLAIM", "{x}s", "g", "carol", "0", "0", "JUSTID"), ("XCLAIM", "{x}s", "g", "dave", "0", "1-2", "JUSTID"),
    ("XCLAIM", "{x}s", "g", "dave", "0", "1-2", "IDLE", "0", "FORCE", "RETRYCOUNT", "5", "LASTID", "9-0"),
    ("XPENDING", "{x}s", "g", "-", "+", "10", "nobody"), ("XDEL", "{x}s", "1-1", "99-0"), ("XTRIM", "{x}s", "MAXLEN", "2"),
    ("XTRIM", "{x}s", "MINID", "=", "2"), ("XSETID", "{x}s", "50-0"), ("XSETID", "{x}s", "60-0", "ENTRIESADDED", "70", "MAXDELETEDID", "1-1"),
    ("XSETID", "{x}s", "1-0"), ("XINFO", "STREAM", "{x}s"),
    ("XINFO", "STREAM", "{x}none"), ("XINFO", "GROUPS", "{x}s"), ("XINFO", "CONSUMERS", "{x}s", "none"), ("XINFO", "HELP"),
    ("XINFO", "GROUPS"), ("XINFO", "NOSUCH", "{x}s"), ("XGROUP", "SETID", "{x}s", "g", "0"), ("XGROUP", "HELP"),
    ("XGROUP", "SETID", "{x}s", "g", "$", "ENTRIESREAD", "2"), ("XGROUP", "DELCONSUMER", "{x}s", "g", "alice"),
    ("XGROUP", "DESTROY", "{x}s", "g2"), ("XGROUP", "DESTROY", "{x}s", "g2"), ("XGROUP", "NOSUCH", "{x}s"), ("XGROUP",),
    ("XREAD", "STREAMS", "{x}s", "0"), ("XREAD", "COUNT", "1", "STREAMS", "{x}s", "{x}made", "0", "0"),
    ("XREAD", "STREAMS", "{x}s", "$"), ("XREAD", "STREAMS", "{x}none", "0"), ("XREAD", "STREAMS", "{x}s"),
    ("XREAD", "STREAMS", "{x}s", "{x}made", "0"), ("XREAD", "COUNT", "x", "STREAMS", "{x}s", "0"), ("XREAD", "COUNT", "1"),
    ("XREAD", "STREAMS", "{x}s", "bad"), ("XREAD", "STREAMS", "{x}str", "0"), ("XADD", "{x}str", "*", "f", "v"),
    ("TYPE", "{x}s"), ("OBJECT", "ENCODING", "{x}s"), ("DEL", "{x}s"),
]


def test_the_whole_x_family_answers_as_one_redis_does(servers):
    same(servers, "SET", "{x}str", "v")
    for command in X_FAMILY:
        same(servers, *command)


@pytest.mark.timeout_seconds(90)
def test_xread_over_several_slots_answers_as_one_redis_does(servers):
    rng = random.Random(5)
    names = STREAMS + ["{stream:1}twin", "none", "{none}too"]
    for stream in names[:-2]:
        for number in range(1, rng.randrange(2, 30)):
            same(servers, "XADD", stream, f"{number}-0", "field", b"value\r\n%d" % number)
    for _ in range(150):
        chosen = [rng.choice(names) for _ in range(rng.randrange(1, 6))]
        ids = [rng.choice(("0", "5", "5-0", "12-3", "$", "99", "0-0")) for _ in chosen]
        options = ["COUNT", str(rng.choice((0, 1, 3, 100)))] if rng.random() < 0.5 else []
        same(servers, "XREAD", *options, "STREAMS", *chosen, *ids)


def test_xread_over_several_slots_reports_what_redis_reports(servers):
    same(servers, "SET", "str", "v")
    for stream in STREAMS:
        same(servers, "XADD", stream, "1-0", "f", "v")
    for command in (
            ("XREAD", "STREAMS", STREAMS[0], "str", "0", "0"), ("XREAD", "STREAMS", *STREAMS[:3], "0", "bad", "0"),
            ("XREAD", "COUNT", "x", "STREAMS", *STREAMS[:2], "0", "0"), ("XREAD", "STREAMS", *STREAMS[:2], "0"),
            ("XREAD", "STREAMS", *STREAMS[:2], "9", "9"), ("XREAD", "STREAMS", *STREAMS[:2], ">", ">"),
            ("XREAD", "NOACK", "STREAMS", *STREAMS[:2], "0", "0")):
        same(servers, *command)


@pytest.mark.timeout_seconds(60)
def test_xreadgroup_over_several_slots_answers_as_one_redis_does(servers):
    rng = random.Random(6)
    for stream in STREAMS:
        same(servers, "XGROUP", "CREATE", stream, "g", "0", "MKSTREAM")
    number = 0
    for _ in range(60):
        for stream in rng.sample(STREAMS, 3):
            number += 1
            same(servers, "XADD", stream, f"{number}-0", "n", number)
        chosen = rng.sample(STREAMS, rng.randrange(2, 6))
        options = ["COUNT", str(rng.choice((1, 2, 50)))] if rng.random() < 0.7 else []
        options += ["NOACK"] if rng.random() < 0.2 else []
        same(servers, "XREADGROUP", "GROUP", "g", rng.choice("ab"), *options, "STREAMS", *chosen,
             *(rng.choice((">", ">", "0")) for _ in chosen))
    for stream in STREAMS:
        same(servers, "XPENDING", stream, "g")


def test_a_group_that_is_missing_everywhere_is_reported_as_redis_does(servers):
    for stream in STREAMS[:2]:
        same(servers, "XADD", stream, "1-0", "f", "v")
    client, model = servers
    command = ("XREADGROUP", "GROUP", "nope", "c", "STREAMS", STREAMS[0], STREAMS[0], "0", "0")
    assert client.call_raw(*command) == model.call_raw(*command)


def test_a_group_that_is_missing_in_one_slot_is_named_in_one_error(client):
    for stream in STREAMS[:3]:
        client.call("XADD", stream, "1-0", "f", "v")
    for stream in STREAMS[:2]:
        client.call("XGROUP", "CREATE", stream, "g", "0")
    reply = client.call("XREADGROUP", "GROUP", "g", "c", "STREAMS", *STREAMS[:3], ">", ">", ">")
    assert isinstance(reply, resp.ErrorReply)
    assert reply.startswith(b"NOGROUP slotway: 1 of 3 parts of xreadgroup failed, what the others delivered stays "
                            b"pending; first: NOGROUP No such key '%s'" % STREAMS[2].encode()), reply
    # What was delivered is where the client can fetch it.
    assert len(client.call("XREADGROUP", "GROUP", "g", "c", "STREAMS", *STREAMS[:2], "0", "0")) == 2


def test_blocking_over_several_slots_is_refused_and_within_one_slot_it_is_not(client):
    assert client.call_raw("XREAD", "BLOCK", "10", "STREAMS", *STREAMS[:2], "$", "$") == CROSSSLOT
    assert client.call_raw("XREADGROUP", "GROUP", "g", "c", "BLOCK", "10", "STREAMS", *STREAMS[:2], ">", ">") == CROSSSLOT
    assert client.call_raw("XREAD", "BLOCK", "10", "STREAMS", "{b}1", "{b}2", "$", "$") == b"*-1\r\n"


def test_reads_of_streams_take_their_place_in_a_pipeline(client):
    commands = []
    for number in range(1, 41):
        commands += [("XADD", STREAMS[number % 6], f"{number}-0", "n", number),
                     ("XREAD", "COUNT", "1", "STREAMS", *STREAMS, *([f"{number - 1}-0"] * 6)), ("PING",)]
    replies = client.pipeline(commands)
    for number in range(1, 41):
        added, read, pong = replies[3 * number - 3 : 3 * number]
        assert (added, pong) == (b"%d-0" % number, b"PONG")
        assert read == [[STREAMS[number % 6].encode(), [[added, [b"n", b"%d" % number]]]]]
