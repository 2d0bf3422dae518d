"""What clients ask of "the server": ROLE, LASTSAVE, MEMORY, LOLWUT, and the forms of DEBUG that harm nobody."""

import pytest
import redis

from support import resp
from support.slots import key_slot


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


def _pairs(reply):
    return dict(reply) if isinstance(reply, resp.Pairs) else dict(zip(reply[::2], reply[1::2]))


def test_replies_are_those_of_one_redis(pair):
    for command in (("ROLE",), ("ROLE", "x"), ("LASTSAVE", "x"), ("MEMORY", "HELP"), ("MEMORY", "PURGE"), ("MEMORY", "PURGE", "x"),
                    ("MEMORY", "USAGE", "none"), ("MEMORY", "USAGE"), ("MEMORY", "USAGE", "k", "SAMPLES"), ("MEMORY", "STATS", "x"),
                    ("MEMORY", "NOSUCH"), ("LOLWUT",), ("LOLWUT", "VERSION", "5", "1", "1", "1"), ("LOLWUT", "x")):
        theirs, ours = (client.call_raw(*command) for client in pair)
        assert ours == theirs, command


def test_the_oldest_save_of_all_shards_is_the_last(proxy, shared_cluster):
    saves = [node.command("LASTSAVE") for node in shared_cluster.primaries]
    assert proxy.connect().call("LASTSAVE") == min(saves)
    client = redis.Redis(port=proxy.port)
    assert int(client.lastsave().timestamp()) == min(saves)
    client.close()


def test_memory_of_a_key_is_what_its_node_says(pair, shared_cluster):
    _, ours = pair
    ours.call("HSET", "h", *map(str, range(200)))
    owner = next(node for (first, last, node) in shared_cluster.slot_ranges() if first <= key_slot("h") <= last)
    assert ours.call("MEMORY", "USAGE", "h") == owner.command("MEMORY", "USAGE", "h")
    assert ours.call("MEMORY", "USAGE", "h", "SAMPLES", "0") == owner.command("MEMORY", "USAGE", "h", "SAMPLES", "0")


def test_memory_stats_have_the_names_of_one_redis_and_the_sums_of_all_shards(pair, shared_cluster):
    theirs, ours = pair
    theirs.call("SET", "k", "v")
    for number in range(50):
        ours.call("SET", f"key:{number}", "v")
    model, stats = (_pairs(client.call("MEMORY", "STATS")) for client in pair)
    per_database = {b"db.0"}
    assert set(stats) - per_database == set(model) - per_database
    assert stats[b"keys.count"] == 50
    of_nodes = [_pairs(node.command("MEMORY", "STATS"))[b"total.allocated"] for node in shared_cluster.primaries]
    assert sum(of_nodes) * 0.8 < stats[b"total.allocated"] < sum(of_nodes) * 1.2


def test_texts_for_people_are_verbatim_strings(pair, protocol):
    _, ours = pair
    kind = b"=" if protocol == 3 else b"$"
    for command in (("MEMORY", "DOCTOR"), ("MEMORY", "MALLOC-STATS"), ("LATENCY", "DOCTOR"), ("LOLWUT",)):
        assert ours.call_raw(*command).startswith(kind), command


def test_forms_of_debug_that_harm_nobody_work_and_others_are_refused(pair):
    _, ours = pair
    ours.call("SET", "k", "v")
    assert b"encoding:embstr" in ours.call("DEBUG", "OBJECT", "k")
    for form in (("SLEEP", "1"), ("SEGFAULT",), ("RELOAD",), ("FLUSHALL",), ("SET-ACTIVE-EXPIRE", "0"), ("JMAP",)):
        error = ours.call("DEBUG", *form)
        assert isinstance(error, resp.ErrorReply) and error.startswith(b"ERR slotway: DEBUG is refused: "), form
    assert ours.call("GET", "k") == b"v"
