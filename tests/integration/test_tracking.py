"""CLIENT TRACKING through Slotway: clients that cache what they read are told when it has changed."""

import random
import threading
import time

import pytest

from support import resp
from support.caching_client import EVERYTHING, CachingClient
from support.resp_client import RespClient
from support.slots import key_in_slots, key_slot
from support.waiting import wait_until

# One key for each of the three shards.
KEYS = [key_in_slots(16384 * part // 3, 16384 * (part + 1) // 3 - 1) for part in range(3)]

both_protocols = pytest.mark.parametrize("protocol", [2, 3])


@pytest.fixture
def caching(proxy):
    """caching("BCAST", ...) gives a new client of the shared proxy, which tracks keys with these options."""
    def connect(*options):
        proxy.clients.append(CachingClient(proxy.port))
        proxy.clients[-1].track(*options)
        return proxy.clients[-1]

    return connect


# As one Redis


def _transcript(port, protocol, commands):
    with RespClient(port) as client:
        client.call("HELLO", protocol)
        return [client.call_raw(*command.split()) for command in commands]


@both_protocols
def test_replies_and_errors_are_byte_equal_to_those_of_one_redis(proxy, plain_redis, protocol):
    commands = [
        "CLIENT TRACKING", "CLIENT TRACKING x", "CLIENT TRACKING ON x", "CLIENT TRACKING ON PREFIX a",
        "CLIENT TRACKING ON REDIRECT 99999999", "CLIENT TRACKING ON REDIRECT 99999999 x", "CLIENT TRACKING ON REDIRECT x",
        "CLIENT TRACKING ON REDIRECT", "CLIENT TRACKING ON REDIRECT 0", "CLIENT TRACKING ON REDIRECT -1",
        "CLIENT TRACKING ON BCAST OPTIN", "CLIENT TRACKING ON OPTIN OPTOUT", "CLIENT TRACKING ON BCAST PREFIX a PREFIX ab",
        "CLIENT TRACKING ON BCAST PREFIX a PREFIX a", "CLIENT GETREDIR", "CLIENT CACHING YES",
        "CLIENT TRACKING ON BCAST PREFIX b PREFIX a", "CLIENT TRACKING ON BCAST PREFIX abc", "CLIENT TRACKING ON",
        "CLIENT TRACKINGINFO", "CLIENT GETREDIR", "CLIENT CACHING YES", "CLIENT CACHING NO",
        "CLIENT TRACKING ON BCAST PREFIX c", "CLIENT TRACKINGINFO", "CLIENT TRACKING OFF x", "CLIENT TRACKING OFF PREFIX x",
        "CLIENT TRACKINGINFO", "CLIENT TRACKING off", "CLIENT TRACKING on optin", "CLIENT TRACKING ON OPTOUT",
        "CLIENT CACHING NO", "CLIENT CACHING x", "CLIENT CACHING yes", "CLIENT TRACKINGINFO", "PING", "CLIENT TRACKINGINFO",
        "CLIENT TRACKING ON", "CLIENT TRACKINGINFO", "CLIENT TRACKING ON OPTOUT", "CLIENT CACHING NO", "CLIENT TRACKINGINFO",
        "CLIENT TRACKING OFF", "CLIENT TRACKING ON NOLOOP BCAST", "CLIENT TRACKINGINFO", "RESET", "CLIENT TRACKINGINFO",
        "CLIENT TRACKING OFF",
    ]
    ours, theirs = (_transcript(port, protocol, commands) for port in (proxy.port, plain_redis.port))
    for command, one, other in zip(commands, ours, theirs):
        assert one == other, command


def _invalidations(port, protocol):
    """The exact bytes that a client is told for another one: a key, then everything."""
    with RespClient(port) as told, RespClient(port) as reader, RespClient(port) as writer:
        for client in (told, reader):
            client.call("HELLO", protocol)
        number = told.call("CLIENT", "ID")
        told.call("SUBSCRIBE", "__redis__:invalidate")
        assert reader.call("CLIENT", "TRACKING", "ON", "REDIRECT", number) == b"OK"
        reader.call("GET", "tracked")
        writer.call("SET", "tracked", 1)
        frames = [told.read_raw()]
        writer.call("FLUSHALL")
        frames.append(told.read_raw())
        return frames


@both_protocols
def test_what_is_told_is_byte_equal_to_what_one_redis_tells(proxy, plain_redis, protocol):
    assert _invalidations(proxy.port, protocol) == _invalidations(plain_redis.port, protocol)


# Keys that were read


def test_a_client_is_told_once_of_each_key_it_has_read_on_whatever_shard(caching, client):
    readers = [caching() for _ in range(4)]  # on both workers
    stranger = caching()
    for key in KEYS:
        for reader in readers:
            reader.ask("GET", key)
        client.call("SET", key, "new")
        for reader in readers:
            assert reader.wait_told(key) == [key.encode()]
        client.call("SET", key, "newer")
    for other in (*readers, stranger):
        other.assert_not_told()


def test_writers_at_the_nodes_themselves_are_seen_too(caching, shared_cluster):
    reader = caching()
    assert reader.ask("MGET", *KEYS) == [None] * 3
    for key in KEYS:
        shared_cluster.owner_of_key(key).command("SET", key, "x")
    reader.wait_told(*map(str.encode, KEYS))


@pytest.mark.parametrize("read", [
    ["STRLEN", "k"], ["MGET", "other{k}", "k"], ["EXISTS", "k"], ["EVAL", "return redis.call('get', KEYS[1])", "1", "k"],
    ["EVAL_RO", "return redis.call('get', KEYS[1])", "1", "k"], ["SORT_RO", "k"], ["OBJECT", "ENCODING", "k"],
    ["SUNION", "k", "x"], ["TYPE", "k"]], ids=lambda read: read[0])
def test_reads_of_all_kinds_are_remembered(caching, client, read):
    reader = caching()
    reader.ask(*read)
    client.call("SADD", "k", "x")
    reader.wait_told("k")


@pytest.mark.parametrize("write", [["SET", "k", "2"], ["DEL", "k"], ["EXPIRE", "k", "100"], ["UNLINK", "k"], ["APPEND", "k", "x"],
                                   ["RENAME", "k", "{k}2"], ["PEXPIRE", "k", "1"],
                                   ["EVAL", "return redis.call('set', KEYS[1], 3)", "1", "k"]], ids=lambda write: write[0])
def test_changes_of_all_kinds_are_told(caching, client, write):
    client.call("SET", "k", "1")
    reader = caching()
    reader.ask("GET", "k")
    client.call(*write)
    reader.wait_told("k")


def test_keys_that_expire_are_told(caching, client):
    reader, broadcast = caching(), caching("BCAST", "PREFIX", "brief")
    client.call("SET", "brief", "x", "PX", "300")
    broadcast.wait_told("brief")
    assert reader.ask("GET", "brief") == b"x"
    reader.assert_not_told(0.05)
    reader.wait_told("brief")
    broadcast.wait_told("brief")


def test_keys_that_are_evicted_are_told(private_cluster, start_proxy):
    cluster = private_cluster(primaries=3, replicas=0)
    proxy = start_proxy(cluster.seeds)
    reader, writer = CachingClient(proxy.port), proxy.connect()
    proxy.clients.append(reader)
    reader.track()
    node = cluster.owner_of_key(KEYS[0])
    for setting, value in (("maxmemory-policy", "allkeys-random"), ("maxmemory", "8mb")):
        node.command("CONFIG", "SET", setting, value)
    keys = [f"{{{KEYS[0]}}}{number}" for number in range(200)]
    for key in keys:
        assert writer.call("SET", key, "x" * 100_000) == b"OK"
        reader.get(key)
    evicted = [key for key in keys if not writer.call("EXISTS", key)]
    assert evicted
    reader.wait_forgotten(*evicted)
    assert len(reader.cache) == len(keys) - len(evicted)


def test_own_writes_are_told_too_even_with_noloop(caching):
    for options in ([], ["NOLOOP"], ["BCAST", "NOLOOP"]):
        reader = caching(*options)
        reader.ask("GET", "k")
        reader.ask("SET", "k", "own")
        reader.wait_told("k")


def test_flushing_a_shard_tells_to_forget_everything(caching, shared_cluster):
    readers = [caching(), caching("BCAST"), caching("BCAST", "PREFIX", "nothing")]
    readers[0].ask("GET", KEYS[0])
    shared_cluster.owner_of_key(KEYS[0]).command("FLUSHALL")
    for reader in readers:
        assert reader.wait_told(EVERYTHING) == [EVERYTHING]


def test_a_client_that_has_turned_it_off_or_reset_is_told_nothing(caching, client):
    readers = [caching(), caching(), caching("BCAST")]
    for reader in readers:
        reader.ask("GET", "k")
    readers[0].ask("CLIENT", "TRACKING", "OFF")
    readers[1].ask("RESET")
    readers[2].ask("CLIENT", "TRACKING", "OFF")
    client.call("SET", "k", "x")
    for reader in readers:
        reader.assert_not_told()


# Modes


def test_with_bcast_a_client_is_told_of_all_keys_with_its_prefixes(caching, client):
    everything, some = caching("BCAST"), caching("BCAST", "PREFIX", "user:", "PREFIX", "item:")
    for key in ("user:1", "item:2", "use", "user", "other", "user:\xff"):
        client.call("SET", key, "x")
    assert everything.wait_told("user:1", "item:2", "use", "user", "other", "user:\xff")
    assert sorted(some.wait_told("user:1", "item:2", "user:\xff")) == sorted(
        key.encode() for key in ("user:1", "item:2", "user:\xff"))
    some.track("BCAST", "PREFIX", "other")
    client.call("SET", "other", "y")
    some.wait_told("other")


def test_with_optin_only_what_follows_caching_yes_is_remembered(caching, client):
    reader = caching("OPTIN")
    reader.ask("GET", "a")
    assert reader.ask("CLIENT", "CACHING", "YES") == b"OK"
    reader.ask("GET", "b")
    reader.ask("GET", "c")
    for key in "abc":
        client.call("SET", key, "x")
    assert reader.wait_told("b") == [b"b"]
    reader.assert_not_told()


def test_with_optout_what_follows_caching_no_is_not_remembered(caching, client):
    reader = caching("OPTOUT")
    reader.ask("GET", "a")
    assert reader.ask("CLIENT", "CACHING", "NO") == b"OK"
    reader.ask("GET", "b")
    reader.ask("GET", "c")
    for key in "abc":
        client.call("SET", key, "x")
    assert sorted(reader.wait_told("a", "c")) == [b"a", b"c"]
    reader.assert_not_told()


def test_caching_yes_holds_for_a_whole_transaction(caching, client):
    reader = caching("OPTIN")
    reader.send(resp.encode_all([("CLIENT", "CACHING", "YES"), ("MULTI",), ("PTTL", "{t}a"), ("GET", "{t}b"), ("EXEC",),
                                 ("GET", "{t}c")]))
    replies = [reader.reply() for _ in range(6)]
    assert replies[4] == [-2, None], replies
    for key in ("{t}a", "{t}b", "{t}c"):
        client.call("SET", key, "x")
    assert sorted(reader.wait_told("{t}a", "{t}b")) == [b"{t}a", b"{t}b"]
    reader.assert_not_told()


def test_what_a_transaction_reads_is_remembered_when_it_runs(caching, client):
    reader = caching()
    reader.ask("MULTI")
    reader.ask("GET", "k")
    client.call("SET", "k", "before")
    assert reader.ask("EXEC") == [b"before"]
    reader.assert_not_told()
    client.call("SET", "k", "after")
    reader.wait_told("k")
    reader.ask("WATCH", "k")
    reader.ask("MULTI")
    reader.ask("GET", "k")
    assert reader.ask("EXEC") == [b"after"]
    client.call("SET", "k", "again")
    reader.wait_told("k")


def test_a_transaction_may_ask_what_is_tracked(caching):
    reader = caching("OPTIN")
    for command in (["MULTI"], ["CLIENT", "GETREDIR"], ["CLIENT", "TRACKINGINFO"]):
        reader.ask(*command)
    redirect, info = reader.ask("EXEC")
    assert redirect == 0 and dict(info)[b"flags"] == [b"on", b"optin"]


# Redirection


@both_protocols
def test_invalidations_may_be_redirected_to_a_client_on_any_worker(proxy, client, protocol):
    targets = [proxy.connect() for _ in range(2)]
    for target in targets:
        target.call("HELLO", protocol)
    ids = [target.call("CLIENT", "ID") for target in targets]
    for target in targets:
        target.call("SUBSCRIBE", "__redis__:invalidate")
    for target, number in zip(targets, ids):
        reader = proxy.connect()
        assert reader.call("CLIENT", "TRACKING", "ON", "REDIRECT", number) == b"OK"
        assert reader.call("CLIENT", "GETREDIR") == number
        for key in KEYS:
            reader.call("GET", key)
            client.call("SET", key, "x")
            wanted = [b"invalidate", [key.encode()]] if protocol == 3 else [
                b"message", b"__redis__:invalidate", [key.encode()]]
            assert target.read() == wanted
    for target in targets:
        target.assert_silent()


def test_a_resp2_client_that_does_not_subscribe_is_told_nothing(proxy, client):
    target, reader = proxy.connect(), proxy.connect()
    assert reader.call("CLIENT", "TRACKING", "ON", "REDIRECT", target.call("CLIENT", "ID")) == b"OK"
    reader.call("GET", "k")
    client.call("SET", "k", "x")
    target.assert_silent()
    reader.assert_silent(0.05)


@pytest.mark.parametrize("number", [0, 1])  # on either worker
def test_a_client_learns_that_its_redirection_is_broken(proxy, caching, client, number):
    targets = [proxy.connect() for _ in range(2)]
    target = targets[number]
    ident = target.call("CLIENT", "ID")
    reader = caching("REDIRECT", ident)
    target.close()
    wait_until(lambda: client.call("CLIENT", "LIST", "ID", ident) in (b"", None), what="the target to be gone")
    for _ in range(2):
        reader.ask("GET", "k")
        client.call("SET", "k", "x")
        reader.wait_told((b"tracking-redir-broken", ident))
    flags = dict(reader.ask("CLIENT", "TRACKINGINFO"))[b"flags"]
    assert b"broken_redirect" in flags
    assert "flags=tR " in reader.ask("CLIENT", "INFO").decode()
    reader.ask("CLIENT", "TRACKING", "OFF")
    reader.track()
    reader.ask("GET", "k")
    client.call("SET", "k", "y")
    reader.wait_told("k")


def test_what_follows_a_redirection_waits_until_it_is_in_effect(proxy, client):
    targets = [proxy.connect() for _ in range(2)]
    for target in targets:
        target.call("HELLO", "3")
        ident = target.call("CLIENT", "ID")
        reader = proxy.connect()
        assert reader.pipeline([("CLIENT", "TRACKING", "ON", "REDIRECT", ident), ("GET", "k")])[0] == b"OK"
        client.call("SET", "k", "x")
        assert target.read() == [b"invalidate", [b"k"]]


# Order


def test_a_client_is_told_behind_the_replies_it_waits_for(caching, shared_cluster):
    """Otherwise it could cache an older value after it was told to forget it."""
    slow, quick = KEYS[0], KEYS[1]
    slow_node, quick_node = map(shared_cluster.owner_of_key, (slow, quick))
    for options in ([], ["BCAST"]):
        reader = caching(*options)
        reader.ask("GET", quick)
        sleeper = threading.Thread(target=slow_node.command, args=("EVAL", _BUSY, 1, slow, 500))
        sleeper.start()
        time.sleep(0.1)
        reader.send_command("GET", slow)
        time.sleep(0.05)
        quick_node.command("SET", quick, "new")
        assert not isinstance(reader.read(), resp.Push), "the reply comes first"
        reader.wait_told(quick)
        sleeper.join()


# Keeps a node busy for so many milliseconds.
_BUSY = """local function now() local t = redis.call('TIME'); return t[1] * 1000 + t[2] / 1000 end
local start = now(); while now() - start < tonumber(ARGV[1]) do end"""


def test_a_client_that_blocks_is_told_at_once(caching, client):
    reader = caching()
    reader.ask("GET", "k")
    reader.send_command("BLPOP", "list", "0")
    time.sleep(0.1)
    client.call("SET", "k", "x")
    reader.wait_told("k")
    client.call("RPUSH", "list", "x")
    assert reader.reply() == [b"list", b"x"]


def test_a_subscriber_in_resp3_may_track_keys_too(caching, client):
    reader = caching()
    reader.send_command("SUBSCRIBE", "news")
    assert reader.read() == [b"subscribe", b"news", 1]
    reader.ask("GET", "k")
    client.call("SET", "k", "x")
    reader.wait_told("k")
    client.call("PUBLISH", "news", "hi")
    reader.wait_told((b"message", b"news", b"hi"))


# Limits and figures


def test_beyond_the_limit_clients_are_told_to_forget_what_was_not_read_for_longest(start_proxy, shared_cluster):
    proxy = start_proxy(shared_cluster.seeds[:1], settings={"limits": {"tracking_table_max_keys": 10}})
    reader = CachingClient(proxy.port)
    reader.track()
    for number in range(10):
        reader.ask("GET", f"key:{number}")
    reader.ask("GET", "key:0")
    reader.assert_not_told(0.1)
    reader.ask("GET", "one more")
    assert reader.wait_told("key:1") == [b"key:1"]
    reader.ask("MGET", *(f"other:{number}" for number in range(15)))
    assert len(reader.wait_told("one more", "other:0", "other:4")) == 15
    wait_until(lambda: proxy.metrics().total("slotway_tracking_keys") == 10, what="the gauge to say 10")
    reader.close()


def test_metrics_and_client_list_tell_who_tracks(proxy, caching, client):
    plain, broadcast = caching(), caching("BCAST")
    assert proxy.metrics().total("slotway_tracking_clients") == 2
    before = proxy.metrics().total("slotway_tracking_invalidations_total")
    plain.ask("GET", "k")
    client.call("SET", "k", "x")
    plain.wait_told("k")
    broadcast.wait_told("k")
    assert proxy.metrics().total("slotway_tracking_invalidations_total") - before == 2
    assert " flags=t " in plain.ask("CLIENT", "INFO").decode() and " redir=0 " in plain.ask("CLIENT", "INFO").decode()
    assert " flags=tB " in broadcast.ask("CLIENT", "INFO").decode()
    plain.close()
    broadcast.ask("CLIENT", "TRACKING", "OFF")
    assert " flags=N " in broadcast.ask("CLIENT", "INFO").decode()
    wait_until(lambda: proxy.metrics().total("slotway_tracking_clients") == 0, what="the gauge to say 0")


def test_a_node_that_refuses_is_named(private_cluster, start_proxy):
    cluster = private_cluster(primaries=3, replicas=0)
    for node in cluster.nodes:
        node.command("ACL", "SETUSER", "default", "-client|tracking")
    proxy = start_proxy(cluster.seeds, workers=1)
    client = proxy.connect()
    error = client.call("CLIENT", "TRACKING", "ON")
    assert error.startswith(b"ERR slotway: 127.0.0.1:") and b"refused CLIENT TRACKING: NOPERM" in error
    for node in cluster.nodes:
        node.command("ACL", "SETUSER", "default", "+client|tracking")
    wait_until(lambda: client.call("CLIENT", "TRACKING", "ON") == b"OK", what="the nodes to be asked again")


# A cluster that changes


@pytest.mark.timeout_seconds(60)
def test_whoever_may_have_missed_a_change_is_told_to_forget_everything(private_cluster, start_proxy):
    cluster = private_cluster()
    proxy = start_proxy(cluster.seeds, workers=2)
    writer = proxy.connect()
    readers = [CachingClient(proxy.port) for _ in range(4)]
    for reader in readers:
        reader.track()
        proxy.clients.append(reader)

    def check_invalidations():
        for reader in readers:
            for key in KEYS:
                reader.get(key)
        for key in KEYS:
            assert writer.call("SET", key, time.time()) == b"OK"
        for reader in readers:
            reader.wait_forgotten(*KEYS)

    check_invalidations()
    # A failover that loses no connection, seen by nobody but the map.
    cluster.failover(cluster.owner_of_key(KEYS[0]))
    for reader in readers:
        reader.wait_told(EVERYTHING, seconds=15)
    check_invalidations()
    # A node that dies.
    victim = cluster.owner_of_key(KEYS[1])
    victim.kill()
    for reader in readers:
        reader.wait_told(EVERYTHING, seconds=15)
    wait_until(lambda: writer.call("SET", KEYS[1], "x") == b"OK", 20, "the replica to take over")
    check_invalidations()
    # A slot that moves: the key that leaves, reads and writes behind ASK, and the new owner.
    slot = key_slot(KEYS[2])
    target = next(node for node in cluster.primaries if node is not cluster.owner(slot))
    for reader in readers:
        reader.get(KEYS[2])
    source = cluster.begin_move(slot, target)
    cluster.move_keys(slot, source, target)
    for reader in readers:
        reader.wait_forgotten(KEYS[2])
    check_invalidations()
    cluster.finish_move(slot, target)
    check_invalidations()


class _Stress:
    """Readers with caches and writers, until told to stop."""

    KEYS = [f"stress:{number}" for number in range(60)]

    def __init__(self, port, modes):
        self._port, self._ends, self.failures, self.reads, self.hits = port, False, [], 0, 0
        self.readers = [CachingClient(port) for _ in modes]
        for reader, mode in zip(self.readers, modes):
            reader.track(*mode)
        self._threads = [threading.Thread(target=self._guarded, args=(self._read, reader)) for reader in self.readers]
        self._threads += [threading.Thread(target=self._guarded, args=(self._write, None)) for _ in range(2)]

    def run(self, seconds, disturb=None):
        for thread in self._threads:
            thread.start()
        if disturb:
            disturb()
        time.sleep(seconds)
        self._ends = True
        for thread in self._threads:
            thread.join()
        assert not self.failures, self.failures

    def _guarded(self, work, argument):
        try:
            work(argument)
        except Exception as error:  # pylint: disable=broad-except
            self.failures.append(repr(error))

    def _read(self, reader):
        while not self._ends:
            reader.take_pushes()
            for key in random.sample(self.KEYS, 5):
                self.reads += 1
                self.hits += key in reader.cache
                value = reader.get(key)
                if isinstance(value, resp.ErrorReply):
                    reader.cache.pop(key, None)

    def _write(self, _):
        with RespClient(self._port) as writer:
            while not self._ends:
                key = random.choice(self.KEYS)
                writer.call(*random.choice([("SET", key, random.random()), ("DEL", key), ("SET", key, "brief", "PX", "30"),
                                            ("INCRBYFLOAT", "stress:counter", "1")]))
                time.sleep(0.001)

    def stale(self):
        """What the caches have that the cluster does not, once no more is written."""
        time.sleep(0.5)  # for what expires
        stale = []
        with RespClient(self._port) as truth:
            values = {key: truth.call("GET", key) for key in self.KEYS}
        for number, reader in enumerate(self.readers):
            reader.take_pushes(0.3)
            stale += [(number, key, value, values[key]) for key, value in reader.cache.items() if value != values[key]]
        return stale


_MODES = [(), (), ("BCAST",), ("BCAST", "PREFIX", "stress:"), (), ("NOLOOP",)]


@pytest.mark.timeout_seconds(60)
def test_no_cache_is_stale_once_nothing_is_written(proxy):
    stress = _Stress(proxy.port, _MODES)
    proxy.clients.extend(stress.readers)
    stress.run(4)
    assert not stress.stale()
    assert stress.hits > 100, (stress.hits, stress.reads)


@pytest.mark.timeout_seconds(120)
def test_no_cache_is_stale_after_slots_have_moved_and_a_primary_has_died(private_cluster, start_proxy):
    cluster = private_cluster()
    proxy = start_proxy(cluster.seeds, workers=2)
    stress = _Stress(proxy.port, _MODES)
    proxy.clients.extend(stress.readers)

    def disturb():
        source, target, _ = cluster.primaries
        cluster.reshard(source, target, 1000)
        victim = cluster.primaries[2]
        victim.kill()
        wait_until(lambda: victim not in cluster.primaries, 20, "a replica to take over")

    stress.run(2, disturb)
    assert not stress.stale()
