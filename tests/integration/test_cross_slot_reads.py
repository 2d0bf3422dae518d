"""Reads over keys in several slots: what one Redis answers, Slotway answers too, computed from what the nodes have.

Each case is put to a plain Redis and to Slotway, over the same random data, in both protocols. The elements of
a set come in any order; all else has to be the same to the byte.
"""

import random

import pytest

from support import resp
from support.slots import key_slot

CROSSSLOT = b"-CROSSSLOT Keys in request don't hash to the same slot\r\n"
SET_READS = ("SUNION", "SINTER", "SDIFF")
UNORDERED = {*SET_READS}

# Scores at which sums round, or do not fit what a decimal can say.
SCORES = (b"0", b"-0", b"1", b"2", b"0.1", b"0.2", b"0.30000000000000004", b"1e16", b"-1e16", b"1.5e300", b"-1.5e300",
          b"123456789.123456789", b"1e-300", b"3.0e20", b"inf", b"-inf", b"-7.25", b"100000000", b"17179869184.5")
WEIGHTS = (b"1", b"2", b"0", b"-1", b"0.1", b"1e10", b"inf", b"-3.5", b"0x10")


@pytest.fixture(params=[2, 3], ids=["RESP2", "RESP3"])
def servers(request, proxy, plain_redis):
    """A client of Slotway and one of a plain, empty Redis, both in one protocol."""
    with plain_redis.connect() as model:
        model.call("FLUSHALL")
        client = proxy.connect(timeout=30)
        if request.param == 3:
            for each in (client, model):
                assert not isinstance(each.call("HELLO", "3"), resp.ErrorReply)
        yield client, model


def fill(servers, commands):
    commands = list(commands)
    for server in servers:
        for reply, command in zip(server.pipeline(commands), commands):
            assert not isinstance(reply, resp.ErrorReply), (command, reply)


def compare(servers, *command):
    client, model = servers
    expected, answer = model.call_raw(*command), client.call_raw(*command)
    if command[0] in UNORDERED:
        assert answer[:1] == expected[:1], (command, answer[:200], expected[:200])
        (value, _), (wanted, _) = resp.parse(answer), resp.parse(expected)
        if isinstance(wanted, list):
            assert sorted(value) == sorted(wanted), command
            return wanted
        assert value == wanted, command
        return wanted
    assert answer == expected, (command, answer[:300], expected[:300])
    return resp.parse(expected)[0]


def numkeys(name, keys, *options):
    return (name, len(keys), *keys, *options)


def random_members(rng, count):
    return [rng.choice((b"%d" % rng.randrange(60), b"m:%d" % rng.randrange(60), b"x" * rng.randrange(90),
                        bytes([rng.randrange(256)]) + b"\r\n\x00")) for _ in range(count)]


def test_the_keys_of_these_tests_lie_in_several_slots():
    assert len({key_slot(f"s{number}") for number in range(8)}) == 8


@pytest.mark.timeout_seconds(120)
def test_random_set_reads_are_those_of_one_redis(servers):
    rng = random.Random(1)
    for _ in range(12):
        keys = [f"s{number}" for number in range(8)]  # s6 and s7 stay empty
        fill(servers, [("DEL", *keys)])
        fill(servers, [("SADD", key, *random_members(rng, rng.choice((1, 5, 40, 400)))) for key in keys[:6]])
        for _ in range(25):
            chosen = rng.choices(keys, k=rng.randrange(2, 7))
            chosen += [f"{{{chosen[0]}}}twin"] * rng.randrange(2)  # in the slot of the first, and missing
            for name in SET_READS:
                compare(servers, name, *chosen)
            compare(servers, *numkeys("SINTERCARD", chosen))
            compare(servers, *numkeys("SINTERCARD", chosen, "LIMIT", rng.choice((0, 1, 3, 100000))))


def test_large_integer_sets_are_read_too(servers):
    fill(servers, [("SADD", "s0", *range(0, 30000)), ("SADD", "s1", *range(20000, 50000)), ("SADD", "s2", "25000")])
    assert len(compare(servers, "SUNION", "s0", "s1", "s2")) == 50000
    assert len(compare(servers, "SINTER", "s0", "s1")) == 10000
    assert compare(servers, "SINTER", "s0", "s1", "s2") == [b"25000"]
    assert len(compare(servers, "SDIFF", "s0", "s1", "s2")) == 20000
    assert compare(servers, "SINTERCARD", "2", "s0", "s1") == 10000


@pytest.mark.timeout_seconds(180)
def test_random_sorted_set_reads_are_those_of_one_redis_to_the_last_digit(servers):
    rng = random.Random(2)
    keys = [f"z{number}" for number in range(8)]  # z5 is a set, z6 and z7 are empty
    for _ in range(10):
        fill(servers, [("DEL", *keys)])
        for key in keys[:5]:
            members = set(random_members(rng, rng.choice((1, 4, 40, 300))))
            fill(servers, [("ZADD", key, *(part for member in members for part in (rng.choice(SCORES), member)))])
        fill(servers, [("SADD", keys[5], *random_members(rng, 30))])
        for _ in range(25):
            chosen = rng.choices(keys, k=rng.randrange(2, 7))
            for name in ("ZUNION", "ZINTER"):
                options = ["WITHSCORES"] if rng.random() < 0.8 else []
                if rng.random() < 0.5:
                    options += ["WEIGHTS", *rng.choices(WEIGHTS, k=len(chosen))]
                if rng.random() < 0.5:
                    options += ["AGGREGATE", rng.choice(("SUM", "MIN", "MAX", "min"))]
                compare(servers, *numkeys(name, chosen, *options))
            compare(servers, *numkeys("ZDIFF", chosen))
            compare(servers, *numkeys("ZDIFF", chosen, "WITHSCORES"))
            compare(servers, *numkeys("ZINTERCARD", chosen))
            compare(servers, *numkeys("ZINTERCARD", chosen, "LIMIT", rng.choice((0, 1, 2, 7))))


@pytest.mark.timeout_seconds(180)
def test_pfcount_over_several_slots_counts_as_one_redis_does(servers):
    rng = random.Random(3)
    keys = [f"h{number}" for number in range(9)]  # h8 is missing
    sizes = [0, 1, 7, 90, 700, 5000, 40000, 3]
    fill(servers, [("PFADD", key) for key in keys[:1]])
    for key, size in zip(keys, sizes):
        for first in range(0, size, 1000):
            fill(servers, [("PFADD", key, *(rng.randrange(60000) for _ in range(min(size - first, 1000))))])
    for _ in range(60):
        compare(servers, "PFCOUNT", *rng.choices(keys, k=rng.randrange(2, 8)))
    assert compare(servers, "PFCOUNT", *keys) > 20000


def test_hyperloglogs_of_every_size_are_counted_exactly(servers):
    rng = random.Random(4)
    for _ in range(200):
        fill(servers, [("PFADD", key, *(rng.randrange(1 << 40) for _ in range(rng.choice((1, 3, 30)))))
                       for key in ("h1", "h2", "h3")])
        compare(servers, "PFCOUNT", "h1", "h2", "h3")


WRONG = [
    # keys of a wrong type
    ("SUNION", "s1", "str"), ("SINTER", "none", "str"), ("SDIFF", "str", "s1"), ("SINTERCARD", "2", "s1", "list"),
    ("ZUNION", "2", "z1", "str"), ("ZINTER", "2", "none", "list"), ("ZDIFF", "2", "z1", "str"),
    ("ZINTERCARD", "2", "str", "z1"), ("PFCOUNT", "h1", "str"), ("PFCOUNT", "h1", "list"),
    ("PFCOUNT", "str", "list"), ("PFCOUNT", "list", "str"), ("PFCOUNT", "h1", "damaged"), ("PFCOUNT", "h1", "empty"),
    # arguments that a server refuses
    ("SUNION",), ("ZUNION", "2", "a"), ("ZUNION", "0", "a"), ("ZUNION", "x", "a", "b"), ("ZUNION", "-1", "a", "b"),
    ("ZUNION", "2", "a", "b", "WEIGHTS", "1"), ("ZUNION", "2", "a", "b", "WEIGHTS", "1", "x"),
    ("ZUNION", "2", "a", "b", "WEIGHTS", "1", "nan"), ("ZUNION", "2", "a", "b", "AGGREGATE", "AVG"),
    ("ZUNION", "2", "a", "b", "AGGREGATE"), ("ZUNION", "2", "a", "b", "LIMIT", "1"), ("ZUNION", "2", "a", "b", "c"),
    ("ZINTER", "2", "a", "b", "WITHSCORES", "STORE"), ("ZDIFF", "2", "a", "b", "WEIGHTS", "1", "2"),
    ("SINTERCARD", "2", "a", "b", "LIMIT", "-1"), ("SINTERCARD", "2", "a", "b", "LIMIT", "x"),
    ("SINTERCARD", "2", "a", "b", "LIMIT"), ("SINTERCARD", "3", "a", "b"), ("SINTERCARD", "0", "a", "b"),
    ("SINTERCARD", "x", "a", "b"), ("ZINTERCARD", "2", "a", "b", "LIMIT", "-2"), ("ZINTERCARD", "2", "a", "b", "WITHSCORES"),
    # and what it takes, odd as it looks
    ("SINTERCARD", "2", "s1", "s2", "LIMIT", "1", "LIMIT", "0"), ("ZUNION", "2", "z1", "z2", "withscores", "WITHSCORES"),
    ("ZUNION", "2", "z1", "z2", "AGGREGATE", "MIN", "AGGREGATE", "MAX", "WEIGHTS", "2", "3", "WITHSCORES"),
    ("SUNION", "s1", "none"), ("SINTER", "s1", "none"), ("SDIFF", "none", "s1"), ("ZUNION", "2", "none", "none2"),
    ("ZDIFF", "2", "none", "z1", "WITHSCORES"), ("PFCOUNT", "none", "none2"), ("ZUNION", "3", "z1", "z1", "z2", "WITHSCORES"),
]


@pytest.mark.parametrize("command", WRONG, ids=" ".join)
def test_odd_and_wrong_requests_get_what_redis_says(servers, command):
    fill(servers, [("SET", "str", "v"), ("RPUSH", "list", "a"), ("SADD", "s1", "a", "b"), ("SADD", "s2", "b"),
                   ("ZADD", "z1", "1", "a", "2", "b"), ("ZADD", "z2", "5", "b", "-1", "c"), ("PFADD", "h1", "a"),
                   ("SET", "damaged", b"HYLL\x01" + bytes(11) + b"\x7f\xfe"), ("SET", "empty", "")])
    compare(servers, *command)


def test_commands_of_a_pipeline_see_what_came_before_them(client):
    keys = [f"s{number}" for number in range(6)]
    commands = []
    for number in range(60):
        commands += [("SADD", keys[number % 6], number), ("SUNION", *keys), ("PFADD", "h1", number),
                     ("PFCOUNT", "h1", "h2"), ("ZADD", "z1", number, number), ("ZUNION", 2, "z1", "z2"), ("PING",)]
    replies = client.pipeline(commands)
    for number in range(60):
        added, union, _, count, _, scored, pong = replies[7 * number : 7 * number + 7]
        assert (added, pong) == (1, b"PONG")
        assert {int(member) for member in union} == set(range(number + 1))
        assert abs(count - number - 1) <= 1
        assert [int(member) for member in scored] == list(range(number + 1))


@pytest.mark.parametrize("command", [
    ("SUNION", "a", "b"), ("SINTERCARD", "2", "a", "b"), ("ZUNION", "2", "a", "b"), ("ZDIFF", "2", "a", "b"),
    ("PFCOUNT", "a", "b"), ("ZINTERCARD", "2", "a", "b")], ids=" ".join)
def test_with_cross_slot_reads_off_they_are_refused_as_in_a_cluster(start_proxy, shared_cluster, command):
    proxy = start_proxy(shared_cluster.seeds[:1], settings={"cross_slot_reads": False})
    client = proxy.connect()
    assert client.call_raw(*command) == CROSSSLOT
    assert client.call_raw(*[f"{{t}}{word}" if word in "ab" else word for word in command])[:1] in b"*:"


def test_more_than_the_limit_is_refused_and_leaves_nothing_behind(start_proxy, shared_cluster):
    proxy = start_proxy(shared_cluster.seeds[:1], settings={"limits": {"cross_slot_reply_limit": "64kb"}})
    client = proxy.connect()
    for key in ("s1", "s2", "s3"):
        client.call("SADD", key, *(f"{key}:{number:030}" for number in range(1000)))
        client.call("ZADD", "z" + key, *(part for number in range(1000) for part in (number, f"{key}:{number:030}")))
    client.call("SET", "huge", b"v" * 200000)
    for command in (("SUNION", "s1", "s2", "s3"), ("ZUNION", "3", "zs1", "zs2", "zs3"), ("PFCOUNT", "huge", "h1")):
        reply = client.call(*command)
        assert isinstance(reply, resp.ErrorReply)
        assert reply.startswith(b"ERR slotway: %s over several slots would have to fetch more than 65536 bytes "
                                b"(limits.cross_slot_reply_limit)" % command[0].encode()), reply
    assert len(client.call("SUNION", "s1", "none")) == 1000
    shared_cluster.flush()


def test_a_slot_that_is_being_moved_is_read_where_its_keys_are(private_cluster, start_proxy):
    cluster = private_cluster(primaries=3, replicas=0)
    proxy = start_proxy(cluster.seeds)
    client = proxy.connect()
    keys = [f"s{number}" for number in range(6)]
    for number, key in enumerate(keys):
        client.call("SADD", key, number)
    slot = key_slot("s3")
    source = cluster.owner(slot)
    target = next(node for node in cluster.primaries if node is not source)
    for step in ("begin", "move", "finish"):
        if step == "begin":
            cluster.begin_move(slot, target)
        elif step == "move":
            cluster.move_keys(slot, source, target)
        else:
            cluster.finish_move(slot, target)
        assert sorted(client.call("SUNION", *keys)) == [b"%d" % number for number in range(6)], step
        assert client.call("SINTER", "s3", "s1") == []
