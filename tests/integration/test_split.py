"""Commands over keys that lie apart: split by slot and merged so that nobody can tell."""

import random

import pytest

from support import resp
from support.slots import key_in_slots, key_slot

CROSSSLOT = b"-CROSSSLOT Keys in request don't hash to the same slot\r\n"


def test_mget_of_a_thousand_keys_keeps_order_duplicates_and_gaps(client, shared_cluster):
    keys = [f"mget:{number}" for number in range(1000)]
    assert len({shared_cluster.owner_of_key(key) for key in keys[:50]}) == 3
    for key in keys[::2]:
        shared_cluster.owner_of_key(key)
    client.pipeline([("SET", key, f"value of {key}") for key in keys[::2]])
    asked = keys + keys[:100] + [keys[0]] * 50
    random.Random(7).shuffle(asked)
    stored = set(keys[::2])
    assert client.call("MGET", *asked) == [b"value of " + key.encode() if key in stored else None for key in asked]


def test_mget_of_one_key_stays_an_array(client):
    client.call("SET", "k", "v")
    assert client.call_raw("MGET", "k") == b"*1\r\n$1\r\nv\r\n"
    assert client.call_raw("MGET", "none") == b"*1\r\n$-1\r\n"


def test_mget_gives_nil_for_keys_of_another_type(client):
    client.pipeline([("SET", "text", "v"), ("RPUSH", "list", "x"), ("SADD", "set", "x")])
    assert client.call("MGET", "list", "text", "set", "list") == [None, b"v", None, None]
    assert client.call("MGET", "list") == [None]


def test_mget_handles_values_of_mixed_and_large_sizes(client):
    values = {f"large:{number}": bytes([97 + number % 26]) * (number * 5000) for number in range(60)}
    client.pipeline([("SET", key, value) for key, value in values.items()])
    assert client.call("MGET", *values) == list(values.values())


def test_mset_stores_every_pair_and_the_last_of_duplicates_wins(client, shared_cluster):
    pairs = [part for number in range(1000) for part in (f"mset:{number}", f"value {number}")]
    assert client.call_raw("MSET", *pairs, "mset:5", "second", "mset:5", "third") == b"+OK\r\n"
    assert shared_cluster.key_count() == 1000
    assert shared_cluster.get("mset:999") == b"value 999"
    assert client.call("GET", "mset:5") == b"third"


@pytest.mark.parametrize("name", ["DEL", "UNLINK"])
def test_removing_many_keys_counts_each_once(client, plain_redis, name):
    keys = [f"{name}:{number}" for number in range(1000)]
    asked = keys + keys[:10] + ["none:1", "none:2"]
    with plain_redis.connect() as model:
        for server in (model, client):
            server.pipeline([("SET", key, "v") for key in keys])
        assert client.call_raw(name, *asked) == model.call_raw(name, *asked) == b":1000\r\n"
    assert client.call("EXISTS", *keys) == 0


@pytest.mark.parametrize("name", ["EXISTS", "TOUCH"])
def test_looking_for_many_keys_counts_duplicates_as_redis_does(client, plain_redis, name):
    keys = [f"{name}:{number}" for number in range(500)]
    asked = keys + keys[:100] + ["none"] * 7
    with plain_redis.connect() as model:
        for server in (model, client):
            server.pipeline([("SET", key, "v") for key in keys])
        assert client.call_raw(name, *asked) == model.call_raw(name, *asked) == b":600\r\n"


def test_split_commands_take_their_place_in_a_pipeline(client):
    keys = [f"place:{number}" for number in range(30)]
    commands = []
    for round_number in range(100):
        commands += [("MSET", *(part for key in keys for part in (key, round_number))), ("GET", keys[3]),
                     ("MGET", *keys), ("PING",), ("DEL", *keys), ("EXISTS", *keys)]
    replies = client.pipeline(commands)
    for round_number in range(100):
        value = b"%d" % round_number
        assert replies[6 * round_number : 6 * round_number + 6] == [
            b"OK", value, [value] * 30, b"PONG", 30, 0], round_number


def test_msetnx_over_several_slots_is_refused_and_sets_nothing(client, shared_cluster):
    assert client.call_raw("MSETNX", "a", "1", "b", "2") == CROSSSLOT
    assert shared_cluster.key_count() == 0


def test_msetnx_within_one_slot_works(client):
    assert client.call("MSETNX", "{t}a", "1", "{t}b", "2") == 1
    assert client.call("MSETNX", "{t}b", "3", "{t}c", "4") == 0
    assert client.call("MGET", "{t}a", "{t}b", "{t}c") == [b"1", b"2", None]


@pytest.mark.parametrize("command", [
    ("SINTERSTORE", "d", "a", "b"), ("SUNIONSTORE", "d", "a", "b"), ("RENAME", "a", "b"), ("PFMERGE", "a", "b"),
    ("ZUNIONSTORE", "d", "2", "a", "b"), ("LCS", "a", "b"), ("EVAL", "return 1", "2", "a", "b"),
    ("FCALL", "f", "2", "a", "b"), ("LMPOP", "2", "a", "b", "LEFT"), ("BITOP", "AND", "d", "a", "b"),
    ("COPY", "a", "b"), ("SMOVE", "a", "b", "m"), ("ZRANGESTORE", "a", "b", "0", "-1")])
def test_other_commands_over_several_slots_are_refused_with_the_words_of_redis(client, shared_cluster, command):
    with shared_cluster.nodes[0].connect() as node:
        assert client.call_raw(*command) == node.call_raw(*command) == CROSSSLOT


def test_the_refusal_costs_no_round_trip(proxy, client):
    before = proxy.metrics().total("slotway_upstream_requests_total")
    assert all(reply.startswith(b"CROSSSLOT") for reply in client.pipeline([("SINTERSTORE", "a", "b", "c")] * 200))
    # The topology refresh may ask a few things meanwhile, but nothing near a request for each.
    assert proxy.metrics().total("slotway_upstream_requests_total") - before < 20


@pytest.mark.parametrize("command", [
    ("SINTER", "{t}a", "{t}b"), ("ZUNIONSTORE", "{t}d", "2", "{t}a", "{t}b"), ("SINTERCARD", "2", "{t}a", "{t}b"),
    ("EVAL", "return redis.call('GET', KEYS[2])", "2", "{t}a", "{t}b"), ("SORT", "{t}a", "STORE", "{t}d"),
    ("XREAD", "COUNT", "1", "STREAMS", "{t}a", "{t}b", "0", "0"), ("BITOP", "AND", "{t}d", "{t}a", "{t}b"),
    ("GEORADIUS", "{t}a", "1", "1", "5", "km", "STORE", "{t}d")])
def test_multi_key_commands_within_one_slot_work_as_in_redis(client, plain_redis, command):
    with plain_redis.connect() as model:
        model.call("FLUSHALL")
        assert client.call_raw(*command) == model.call_raw(*command)


def test_hash_tags_are_those_of_the_cluster_specification(client, shared_cluster):
    for key in (b"foo{bar}baz", b"foo{}{bar}", b"foo{{bar}}zap", b"foo{bar}{zap}", b"{}", b"a{b", b"a}b{c}", b"{a}\r\n",
                b"\x00{\xff}"):
        assert client.call("SET", key, key) == b"OK"
        assert shared_cluster.owner(key_slot(key)).command("GET", key) == key


def test_a_split_over_one_node_only_is_answered_too(client, shared_cluster):
    keys = [key_in_slots(first, first, "one") for first in range(0, 300, 10)]
    assert len({shared_cluster.owner_of_key(key) for key in keys}) == 1
    assert client.call("MSET", *(part for key in keys for part in (key, key))) == b"OK"
    assert client.call("MGET", *keys) == [key.encode() for key in keys]


def test_a_split_write_that_fails_on_one_node_says_so_in_one_error(client, shared_cluster):
    node = shared_cluster.primaries[0]
    # min-replicas-to-write makes one shard refuse writes while the others take them.
    node.command("CONFIG", "SET", "min-replicas-to-write", "5")
    try:
        reply = client.call("MSET", *(part for number in range(30) for part in (f"fail:{number}", "v")))
        assert isinstance(reply, resp.ErrorReply) and b"NOREPLICAS" in reply
    finally:
        node.command("CONFIG", "SET", "min-replicas-to-write", "0")
    assert client.call("PING") == b"PONG"
