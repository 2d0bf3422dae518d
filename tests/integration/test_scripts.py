"""Scripts and functions: run where their keys are, and never missing once a client has loaded them through Slotway."""

import hashlib
import re

import pytest

from support import resp
from support.slots import key_in_slots, key_slot
from support.waiting import wait_until

APPEND = "return redis.call('APPEND', KEYS[1], ARGV[1])"
NOSCRIPT = b"-NOSCRIPT No matching script. Please use EVAL.\r\n"
CROSSSLOT = b"-CROSSSLOT Keys in request don't hash to the same slot\r\n"
LIBRARY = """#!lua name=testlib
redis.register_function('put', function(keys, args) return redis.call('SET', keys[1], args[1]) end)
redis.register_function{function_name='look', callback=function(keys, args)
  if #keys == 0 then return args end
  return redis.call('GET', keys[1])
end, flags={'no-writes'}}
"""


def sha(body):
    return hashlib.sha1(body.encode()).hexdigest()


def keys_of_each_primary(cluster, count=1):
    """For each primary, keys it owns, each in a slot of its own."""
    keys = []
    for first, _, _ in cluster.slot_ranges():
        keys += [key_in_slots(first + index, first + index, "script") for index in range(count)]
    return keys


def loads_seen(node):
    """How often a node has been sent SCRIPT LOAD."""
    stats = node.command("INFO", "commandstats").decode()
    found = re.search(r"cmdstat_script\|load:calls=(\d+)", stats)
    return int(found.group(1)) if found else 0


def flush_scripts_at_nodes(cluster):
    for node in cluster.primaries:
        node.command("SCRIPT", "FLUSH")


@pytest.fixture(params=[2, 3], ids=["RESP2", "RESP3"])
def servers(request, proxy, plain_redis):
    with plain_redis.connect() as model:
        model.call("FLUSHALL")
        client = proxy.connect()
        if request.param == 3:
            for each in (client, model):
                assert not isinstance(each.call("HELLO", "3"), resp.ErrorReply)
        yield client, model


SCRIPTS = [
    ("return 1", "0"), ("return 'text'", "0"), ("return {1, 'two', {3, false, 'x'}}", "0"), ("return nil", "0"),
    ("return false", "0"), ("return true", "0"), ("return 3.99", "0"), ("return redis.status_reply('FINE')", "0"),
    ("return redis.error_reply('MINE it is')", "0"), ("return {}", "0"), ("return ARGV", "0", "a", "b\r\n", ""),
    ("return redis.call('SET', KEYS[1], ARGV[1])", "1", "{t}k", "v"), ("return redis.call('GET', KEYS[1])", "1", "{t}k"),
    ("return redis.call('GET', KEYS[1])", "1", "{t}none"), ("return redis.call('HGETALL', KEYS[1])", "1", "{t}hash"),
    ("return {KEYS[1], KEYS[2], ARGV[1]}", "2", "{t}a", "{t}b", "c"), ("return redis.sha1hex('')", "0"),
    ("return #ARGV", "0"), ("return cjson.encode({1,2})", "0"), ("return cmsgpack.pack({1,2})", "0"),
    ("redis.setresp(3); return redis.call('HGETALL', KEYS[1])", "1", "{t}hash"),
    ("redis.setresp(3); return {double=0.5}", "0"), ("return {big_number='12345678901234567890'}", "0"),
    ("#!lua\nreturn 7", "0"), ("#!lua flags=no-writes\nreturn redis.call('GET', KEYS[1])", "1", "{t}k"),
    # errors of a script and of its call
    ("return redis.call('NOSUCH')", "0"), ("return redis.call('INCR', KEYS[1])", "1", "{t}hash"), ("error('x')", "0"),
    ("return redis.call('SET', KEYS[1])", "1", "{t}k"), ("this is no Lua", "0"), ("return redis.call('EVAL', 'return 1', 0)", "0"),
    ("return 1", "x"), ("return 1", "-1"), ("return 1", "2", "{t}a"), ("return 1",), ("#!lua flags=no-such\nreturn 1", "0"),
    ("#!python\nreturn 1", "0"), ("return redis.call('SUBSCRIBE', 'a')", "0"),
]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script[0][:40].replace("\n", " "))
def test_eval_and_evalsha_answer_as_one_redis_does(servers, script):
    client, model = servers
    for server in servers:
        server.call("HSET", "{t}hash", "f", "1")
        server.call("SET", "{t}k", "old")
    for name in ("EVAL", "EVAL_RO"):
        expected = model.call_raw(name, *script)
        if script[0].startswith("this is") or b"user_script" in expected:
            # Where an error stands in the script is told by the script's name, and that is the same.
            assert sha(script[0]).encode() in expected or b"compiling" in expected or b"script:" in expected
        assert client.call_raw(name, *script) == expected, name
    for name in ("EVALSHA", "EVALSHA_RO", "evalsha"):
        assert client.call_raw(name, sha(script[0]), *script[1:]) == model.call_raw(name, sha(script[0]), *script[1:]), name
    assert client.call_raw("EVALSHA", sha(script[0]).upper(), *script[1:]) == model.call_raw(
        "EVALSHA", sha(script[0]).upper(), *script[1:])


@pytest.mark.parametrize("name", ["0" * 40, "x" * 40, "short", "", sha("never seen") + "0"])
def test_a_script_nobody_has_loaded_is_missing_as_in_redis(servers, name):
    for server in servers:
        assert server.call_raw("EVALSHA", name, "0") == NOSCRIPT
        assert server.call_raw("EVALSHA_RO", name, "1", "k") == NOSCRIPT
        assert server.pipeline([("EVALSHA", name, "0"), ("SET", "{t}k", "1"), ("EVALSHA", name, "1", "{t}k"),
                                ("GET", "{t}k")]) == [NOSCRIPT[1:-2], b"OK", NOSCRIPT[1:-2], b"1"]


def test_keys_of_several_slots_are_refused(client):
    assert client.call_raw("EVAL", "return 1", "2", "a", "b") == CROSSSLOT
    client.call("SCRIPT", "LOAD", "return 1")
    assert client.call_raw("EVALSHA", sha("return 1"), "2", "a", "b") == CROSSSLOT


def test_a_script_without_keys_always_runs_on_the_same_shard_for_a_client(client):
    body = "redis.call('PING'); return redis.call('INCR', '{runs}' .. ARGV[1])"
    # It touches a key it does not name, which only the node that owns the key allows.
    replies = client.pipeline([("EVAL", body, "0", "x")] * 20)
    assert all(isinstance(reply, resp.ErrorReply) for reply in replies) or replies == list(range(1, 21))


# A script is never missing


def test_a_loaded_script_runs_on_every_shard(proxy, client, shared_cluster):
    body = APPEND + " -- on every shard"
    assert client.call("SCRIPT", "LOAD", body) == sha(body).encode()
    for key in keys_of_each_primary(shared_cluster, 5):
        assert client.call("EVALSHA", sha(body), "1", key, "abc") == 3


def test_a_script_that_was_only_evaluated_on_one_shard_runs_on_all_others(client, shared_cluster):
    keys = keys_of_each_primary(shared_cluster)
    body = APPEND + " -- evaluated once"
    assert client.call("EVAL", body, "1", keys[0], "a") == 1
    for key in keys[1:]:
        assert shared_cluster.owner_of_key(key).command("SCRIPT", "EXISTS", sha(body)) == [0]
        assert client.call("EVALSHA", sha(body), "1", key, "ab") == 2


def test_pipelined_commands_keep_their_order_around_a_script_that_was_missing(client, shared_cluster):
    keys = keys_of_each_primary(shared_cluster, 4)
    for round_number in range(30):
        body = APPEND + f" -- order {round_number}"
        client.call("EVAL", body, "1", "elsewhere", "x")
        commands = []
        for key in keys:
            commands += [("DEL", key), ("APPEND", key, "1"), ("EVALSHA", sha(body), "1", key, "2"), ("APPEND", key, "3"),
                         ("EVALSHA", sha(body), "1", key, "4"), ("GET", key)]
        replies = client.pipeline(commands)
        assert replies[5::6] == [b"1234"] * len(keys), round_number


def test_the_script_goes_ahead_once_for_each_connection(start_proxy, shared_cluster):
    proxy = start_proxy(shared_cluster.seeds[:1])
    client = proxy.connect()
    keys = keys_of_each_primary(shared_cluster)
    body = APPEND + " -- once"
    client.call("EVAL", body, "1", keys[0], "x")
    before = [loads_seen(node) for node in shared_cluster.primaries]
    for key in keys * 50:
        client.call("EVALSHA", sha(body), "1", key, "x")
    assert [loads_seen(node) - count for node, count in zip(shared_cluster.primaries, before)] == [1, 1, 1]
    shared_cluster.flush()


def test_a_script_loaded_by_one_worker_is_known_to_the_others(start_proxy, shared_cluster):
    proxy = start_proxy(shared_cluster.seeds[:1], workers=4)
    clients = [proxy.connect() for _ in range(8)]
    keys = keys_of_each_primary(shared_cluster)
    for number in range(40):
        body = APPEND + f" -- workers {number}"
        loader = clients[number % 8]
        if number % 2:
            loader.call("EVAL", body, "1", keys[0], "x")
        else:
            loader.call("SCRIPT", "LOAD", body)
            flush_scripts_at_nodes(shared_cluster)
        for client in clients:
            replies = client.pipeline([("EVALSHA", sha(body), "1", key, "x") for key in keys])
            assert all(isinstance(reply, int) for reply in replies), (number, replies)
    shared_cluster.flush()


def test_scripts_that_were_flushed_past_slotway_are_loaded_again(client, shared_cluster):
    keys = keys_of_each_primary(shared_cluster, 3)
    body = APPEND + " -- flushed"
    client.call("SCRIPT", "LOAD", body)
    for _ in range(20):
        flush_scripts_at_nodes(shared_cluster)
        replies = client.pipeline([("EVALSHA", sha(body), "1", key, "x") for key in keys] + [("PING",)])
        assert all(isinstance(reply, int) for reply in replies[:-1]), replies
        assert replies[-1] == b"PONG"


def test_script_flush_makes_slotway_forget(proxy, client, shared_cluster):
    body = APPEND + " -- forgotten"
    for arguments in ((), ("SYNC",), ("ASYNC",)):
        client.call("SCRIPT", "LOAD", body)
        assert client.call("EVALSHA", sha(body), "1", "k", "x") > 0
        assert client.call("SCRIPT", "FLUSH", *arguments) == b"OK"
        for other in (client, proxy.connect(), proxy.connect()):
            for key in keys_of_each_primary(shared_cluster):
                assert other.call_raw("EVALSHA", sha(body), "1", key, "x") == NOSCRIPT
    client.call("SCRIPT", "LOAD", body)
    assert isinstance(client.call("SCRIPT", "FLUSH", "NONSENSE"), resp.ErrorReply)
    assert client.call("EVALSHA", sha(body), "1", "k", "x") > 0


def test_a_script_loaded_at_the_nodes_by_others_runs_too(client, shared_cluster):
    body = APPEND + " -- by others"
    for node in shared_cluster.primaries:
        node.command("SCRIPT", "LOAD", body)
    key = keys_of_each_primary(shared_cluster)[1]
    client.call("DEL", key)
    replies = client.pipeline([("EVALSHA", sha(body), "1", key, "x"), ("APPEND", key, "y")] * 50 + [("GET", key)])
    assert replies[-1] == b"xy" * 50


def test_a_text_that_is_no_script_does_not_spoil_anything(client):
    assert isinstance(client.call("SCRIPT", "LOAD", "no lua"), resp.ErrorReply)
    assert isinstance(client.call("EVAL", "no lua either", "0"), resp.ErrorReply)
    for _ in range(3):
        assert client.call_raw("EVALSHA", sha("no lua"), "0") == NOSCRIPT
        assert client.call_raw("EVALSHA", sha("no lua either"), "1", "k") == NOSCRIPT
    assert client.call("EVAL", "return 1", "0") == 1


def test_a_script_that_itself_says_noscript_runs_once(client):
    body = "redis.call('INCR', KEYS[1]); return redis.error_reply('NOSCRIPT of my own')"
    client.call("SCRIPT", "LOAD", body)
    assert client.call_raw("EVALSHA", sha(body), "1", "once") == b"-NOSCRIPT of my own\r\n"
    assert client.call("GET", "once") == b"1"


def test_memory_for_scripts_is_bounded_and_loaded_ones_outlive_those_only_run(start_proxy, shared_cluster):
    proxy = start_proxy(shared_cluster.seeds[:1], settings={"limits": {"script_cache_bytes": "256kb"}})
    client = proxy.connect()
    keys = keys_of_each_primary(shared_cluster)
    body = APPEND + " -- stays"
    client.call("SCRIPT", "LOAD", body)
    for first in range(0, 3000, 500):
        client.pipeline([("EVAL", f"return {number} --" + "-" * 1000, "0") for number in range(first, first + 500)])
    flush_scripts_at_nodes(shared_cluster)
    for key in keys:
        assert isinstance(client.call("EVALSHA", sha(body), "1", key, "x"), int)
    huge = APPEND + "--" + "-" * 300000
    assert client.call("EVAL", huge, "1", keys[0], "x") > 0  # larger than the memory for all of them
    shared_cluster.flush()


def test_scripts_follow_slots_that_move(private_cluster, start_proxy):
    cluster = private_cluster(primaries=2, replicas=0)
    proxy = start_proxy(cluster.seeds)
    client = proxy.connect()
    key = "moving"
    target = next(node for node in cluster.primaries if node is not cluster.owner_of_key(key))
    body = APPEND + " -- moves"
    assert client.call("EVAL", body, "1", key, "0") == 1
    source = cluster.begin_move(key_slot(key), target)
    assert client.call("EVALSHA", sha(body), "1", key, "1") == 2
    cluster.move_keys(key_slot(key), source, target)
    # ASK: the target has not seen the script, and ASKING must stand right before the call.
    replies = client.pipeline([("EVALSHA", sha(body), "1", key, "2"), ("EVALSHA", sha(body), "1", "{moving}new", "2")])
    assert replies == [3, 1]
    cluster.finish_move(key_slot(key), target)
    target.command("SCRIPT", "FLUSH")
    assert client.call("EVALSHA", sha(body), "1", key, "3") == 4
    assert client.call("GET", key) == b"0123"


def test_scripts_survive_a_failover(private_cluster, start_proxy):
    cluster = private_cluster(primaries=2, replicas=1)
    proxy = start_proxy(cluster.seeds)
    client = proxy.connect()
    body = APPEND + " -- fails over"
    key = "failing"
    assert client.call("EVAL", body, "1", key, "0") == 1
    new_primary = cluster.failover(cluster.owner_of_key(key))
    assert new_primary.command("SCRIPT", "EXISTS", sha(body)) == [0]
    replies = client.pipeline([("EVALSHA", sha(body), "1", key, "1"), ("APPEND", key, "2"),
                               ("EVALSHA", sha(body), "1", key, "3"), ("GET", key)])
    assert replies == [2, 3, 4, b"0123"]


def test_scripts_survive_a_restart_of_a_node(private_cluster, start_proxy):
    cluster = private_cluster(primaries=2, replicas=0)
    proxy = start_proxy(cluster.seeds)
    client = proxy.connect()
    body = APPEND + " -- restarts"
    key = "restarting"
    client.call("SCRIPT", "LOAD", body)
    assert client.call("EVALSHA", sha(body), "1", key, "0") == 1
    node = cluster.owner_of_key(key)
    node.stop()
    node.start()
    node.wait_until_up()
    wait_until(lambda: client.call("SET", key, "0") == b"OK", 20, "the node to serve again")
    assert client.pipeline([("EVALSHA", sha(body), "1", key, "1"), ("GET", key)]) == [2, b"01"]


def test_scripts_inside_a_transaction_are_loaded_before_it(client, shared_cluster):
    keys = keys_of_each_primary(shared_cluster)
    body = APPEND + " -- in a transaction"
    client.call("EVAL", body, "1", keys[0], "x")
    for key in keys[1:]:
        replies = client.pipeline([("MULTI",), ("SET", key, "a"), ("EVALSHA", sha(body), "1", key, "b"), ("GET", key),
                                   ("EXEC",)])
        assert replies == [b"OK", b"QUEUED", b"QUEUED", b"QUEUED", [b"OK", 2, b"ab"]]


# Functions


def test_functions_run_where_their_keys_are(client, shared_cluster):
    for node in shared_cluster.primaries:
        node.command("FUNCTION", "LOAD", "REPLACE", LIBRARY)
    try:
        for key in keys_of_each_primary(shared_cluster, 3):
            assert client.call("FCALL", "put", "1", key, "v:" + key) == b"OK"
            assert client.call("FCALL_RO", "look", "1", key) == b"v:" + key.encode()
        assert client.call("FCALL", "look", "0", "a", "b") == [b"a", b"b"]
        assert client.call("FCALL_RO", "look", "0", "c") == [b"c"]
        assert client.call_raw("FCALL", "put", "2", "a", "b") == CROSSSLOT
        assert client.call_raw("FCALL_RO", "put", "1", "a", "b").startswith(b"-ERR Can not execute a script with write flag")
        assert client.call_raw("FCALL", "none", "0") == b"-ERR Function not found\r\n"
    finally:
        for node in shared_cluster.primaries:
            node.command("FUNCTION", "FLUSH")
