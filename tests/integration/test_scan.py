"""SCAN and KEYS over the whole cluster: every key, whatever moves meanwhile; cursors anybody can go on from."""

import random
import threading

import pytest
import redis

from support import resp
from support.resp_client import RespClient
from support.slots import SLOTS, key_slot
from support.waiting import wait_until


def fill(nodes_or_client, count=3000):
    """Keys of many slots and a few of one; returns their names."""
    names = [b"key:%d" % number for number in range(count)] + [b"{tag}:%d" % number for number in range(50)]
    replies = nodes_or_client.pipeline(("SET", name, "v") for name in names)
    assert replies == [b"OK"] * len(names)
    return set(names)


def scan(client, *options):
    """All pages of a scan: ([key, ...], [cursor, ...])."""
    keys, cursors, cursor = [], [], b"0"
    while True:
        cursor, page = client.call("SCAN", cursor, *options)
        keys += page
        cursors.append(cursor)
        if cursor == b"0":
            return keys, cursors


# A quiet cluster


@pytest.mark.parametrize("count", [1, 10, 500, 100000])
def test_every_key_is_returned_once_whatever_the_count(client, count):
    if count == 1:
        names = fill(client, 200)
    else:
        names = fill(client)
    keys, _ = scan(client, "COUNT", count)
    assert sorted(keys) == sorted(names)


def test_an_empty_cluster_and_a_small_one_take_one_call(client):
    assert client.call_raw("SCAN", "0") == b"*2\r\n$1\r\n0\r\n*0\r\n"
    client.pipeline(("SET", f"k{number}", "v") for number in range(9))
    cursor, page = client.call("SCAN", "0", "COUNT", 100)
    assert cursor == b"0" and len(page) == 9


def test_cursors_are_decimal_numbers_that_signed_readers_can_hold(client):
    fill(client)
    _, cursors = scan(client, "COUNT", 20)
    assert len(cursors) > 100
    assert all(str(int(cursor)).encode() == cursor and int(cursor) < 1 << 63 for cursor in cursors)
    assert len(set(cursors)) == len(cursors)


def test_match_and_type_choose_as_on_a_single_redis(client, plain_redis):
    with plain_redis.connect() as model:
        model.call("FLUSHALL")
        for target in (client, model):
            fill(target)
            target.pipeline(("RPUSH", f"list:{number}", "v") for number in range(100))
            target.call("SADD", "list:set", "m")
        for options in (("MATCH", "key:1*"), ("MATCH", "*9"), ("TYPE", "list"), ("MATCH", "list:*", "TYPE", "set"),
                        ("MATCH", "k?y:[12]0"), ("MATCH", "none*"), ("MATCH", "key:17"), ("TYPE", "stream"),
                        ("MATCH", "\\{tag*"), ("match", "{tag}:1*", "type", "string", "count", "7")):
            expected, _ = scan(model, *options)
            keys, _ = scan(client, *options)
            assert sorted(keys) == sorted(expected), options


def test_a_pattern_with_a_literal_hash_tag_visits_one_shard(client, shared_cluster):
    names = fill(client)
    calls = {}
    for node in shared_cluster.primaries:
        node.command("CONFIG", "RESETSTAT")
    keys, cursors = scan(client, "MATCH", "{tag}:*", "COUNT", 1000)
    for node in shared_cluster.primaries:
        calls[node] = "cmdstat_scan" in node.info("commandstats")
    assert set(keys) == {name for name in names if name.startswith(b"{tag}")}
    assert [node for node, called in calls.items() if called] == [shared_cluster.owner_of_key("{tag}")]
    # A cursor that comes from elsewhere: past the slot there is nothing, before it everything.
    slot = key_slot("{tag}")
    assert client.call("SCAN", str((slot + 1) << 11 | 1), "MATCH", "{tag}:*") == [b"0", []]
    _, page = client.call("SCAN", str((slot - 1) << 11 | 1), "MATCH", "{tag}:*", "COUNT", 100000)
    assert set(page) == set(keys)
    assert key_slot(cursors[0]) is not None


def test_any_slotway_goes_on_where_another_one_stopped(client, proxy, shared_cluster, start_proxy):
    names = fill(client)
    others = [client, start_proxy(shared_cluster.seeds[3:4]).connect(), start_proxy(shared_cluster.seeds).connect()]
    keys, cursor = [], b"0"
    for turn in range(1_000_000):
        cursor, page = others[turn % 3].call("SCAN", cursor, "COUNT", 50)
        keys += page
        if cursor == b"0":
            break
    assert sorted(keys) == sorted(names)


def test_bad_arguments_get_the_words_of_redis(client, plain_redis):
    with plain_redis.connect() as model:
        for command in (("SCAN", "abc"), ("SCAN", "1x"), ("SCAN", "18446744073709551616"), ("SCAN", "0", "COUNT"),
                        ("SCAN", "0", "COUNT", "x"), ("SCAN", "0", "COUNT", "0"), ("SCAN", "0", "COUNT", "-1"),
                        ("SCAN", "0", "MATCH"), ("SCAN", "0", "NOSUCH", "1"), ("SCAN", "0", "MATCH", "a", "TYPE"),
                        ("SCAN", "0", "COUNT", "99999999999999999999"), ("SCAN",), ("KEYS",), ("KEYS", "a", "b")):
            assert client.call_raw(*command) == model.call_raw(*command), command


def test_any_number_is_a_cursor_and_harms_nobody(client):
    fill(client, 100)
    draw = random.Random(7)
    for _ in range(300):
        reply = client.call("SCAN", draw.getrandbits(64))
        assert not isinstance(reply, resp.ErrorReply), reply
        assert reply[0].isdigit()


def test_client_libraries_scan_as_ever(proxy):
    with redis.Redis(port=proxy.port) as client:
        client.mset({f"name:{number}": number for number in range(2500)})
        client.rpush("a list", 1)
        assert len(set(client.scan_iter("name:*", count=100))) == 2500
        assert list(client.scan_iter(_type="list")) == [b"a list"]
        assert sorted(client.keys("name:1?")) == [b"name:%d" % number for number in range(10, 20)]


def test_pipelined_scans_are_answered_in_order(client):
    fill(client, 500)
    replies = client.pipeline([("PING", "a"), ("SCAN", "0", "COUNT", 5000), ("GET", "key:1"), ("KEYS", "{tag}:?"),
                               ("PING", "b")])
    assert replies[0] == b"a" and replies[4] == b"b" and replies[2] == b"v"
    assert len(replies[1][1]) == 550 and len(replies[3]) == 10


# KEYS


def test_keys_are_those_of_all_shards(client, plain_redis):
    with plain_redis.connect() as model:
        model.call("FLUSHALL")
        assert client.call_raw("KEYS", "*") == b"*0\r\n"
        fill(client)
        fill(model)
        for pattern in ("*", "key:2*", "{tag}:*", "{tag}:7", "no*", "\\*", "[^k]*"):
            assert sorted(client.call("KEYS", pattern)) == sorted(model.call("KEYS", pattern)), pattern


def test_a_reply_of_keys_beyond_the_limit_is_one_error(shared_cluster, start_proxy):
    proxy = start_proxy(shared_cluster.seeds, settings={"limits": {"keys_reply_limit": "1mb"}})
    client = proxy.connect()
    long = "x" * 1000
    client.pipeline(("SET", f"{number}:{long}", "") for number in range(2000))
    try:
        assert client.call("KEYS", "*") == (b"ERR slotway: the reply of KEYS would be larger than "
                                            b"limits.keys_reply_limit (1048576 bytes); use SCAN")
        assert len(client.call("KEYS", "1??:*")) == 100
        assert client.call("PING") == b"PONG"
        assert len(scan(client, "COUNT", 1000)[0]) == 2000
    finally:
        shared_cluster.flush()


# Slots that move


def epoch_of(node):
    return next(line for line in node.command("CLUSTER", "INFO").splitlines()
                if line.startswith(b"cluster_current_epoch"))


class Moves:
    """Moves slots between the pages of a scan, step by step, and ends what it has begun."""

    def __init__(self, cluster, seed):
        self.cluster, self.random = cluster, random.Random(seed)
        self.primaries = cluster.primaries
        self.open = {}  # slot -> (source, target)
        self.log = []

    def slot(self):
        # Few slots, so that they are seen again; the ends of the runs among them.
        return self.random.choice([0, 1, 2, 100, 5459, 5460, 5461, 5462, 8000, 10921, 10922, 10923, 10924, 16383])

    def step(self):
        choice = self.random.random()
        if self.open and choice < 0.7:
            slot = self.random.choice(list(self.open))
            source, target = self.open[slot]
            if choice < 0.35:
                some = source.command("CLUSTER", "GETKEYSINSLOT", slot, 2)
                self.log.append(("some", slot))
                if some:
                    self.cluster.move_keys(slot, source, target, some)
            else:
                self.finish(slot)
        else:
            slot = self.slot()
            if slot not in self.open:
                source = self.cluster.owner(slot)
                target = self.random.choice([node for node in self.primaries if node is not source])
                self.cluster.begin_move(slot, target)
                self.open[slot] = (source, target)
                self.log.append(("begin", slot, source.port, target.port))

    def finish(self, slot):
        source, target = self.open.pop(slot)
        self.cluster.move_keys(slot, source, target)
        self.cluster.finish_move(slot, target)
        # Should the next move begin before all nodes have heard of this one, two of them may end up with the
        # same epoch and each take the other for the owner.
        wait_until(self.agreed, what="the nodes to agree")
        self.log.append(("finish", slot, target.port))

    def agreed(self):
        views = [(sorted((first, last, primary[1]) for first, last, primary, *_ in node.command("CLUSTER", "SLOTS")),
                  epoch_of(node)) for node in self.primaries]
        return all(view == views[0] for view in views)

    def finish_all(self):
        for slot in list(self.open):
            self.finish(slot)


@pytest.mark.timeout_seconds(240)
def test_no_key_is_missed_when_slots_move_between_pages(private_cluster, start_proxy):
    cluster = private_cluster(replicas=0)
    proxies = [start_proxy(cluster.seeds, settings={"cluster": {"refresh_interval": interval, "refresh_min_interval": "10ms"}})
               for interval in ("60s", "100ms")]
    clients = [proxy.connect() for proxy in proxies]
    wanted = {0, 1, 2, 100, 5459, 5460, 5461, 5462, 8000, 10921, 10922, 10923, 10924, 16383}
    names, per_slot, number = set(), dict.fromkeys(wanted, 0), 0
    while min(per_slot.values()) < 4:
        name = b"n:%d" % number
        number += 1
        if per_slot.get(key_slot(name), 9) < 4:
            per_slot[key_slot(name)] += 1
            names.add(name)
    names |= {b"other:%d" % number for number in range(400)}
    assert clients[0].pipeline(("SET", name, "v") for name in names) == [b"OK"] * len(names)
    seed = random.SystemRandom().randrange(1 << 32)
    print("seed", seed)
    moves = Moves(cluster, seed)
    for round_number in range(12):
        keys, cursor, pages = set(), b"0", 0
        moves.log.clear()
        while True:
            reply = clients[(round_number + pages) % 2 if round_number % 3 == 2 else round_number % 2].call(
                "SCAN", cursor, "COUNT", moves.random.choice([5, 20, 60]))
            assert not isinstance(reply, resp.ErrorReply), (seed, reply)
            cursor, page = reply
            keys.update(page)
            pages += 1
            if cursor == b"0":
                break
            for _ in range(moves.random.choice([0, 1, 1, 4])):
                moves.step()
        missed = sorted((key_slot(name), name) for name in names - keys)
        assert not missed, (seed, round_number, missed, moves.log)
    moves.finish_all()
    assert set(clients[0].call("KEYS", "*")) == names


@pytest.mark.timeout_seconds(120)
def test_no_key_is_missed_during_a_live_reshard(private_cluster, start_proxy):
    cluster = private_cluster(replicas=0)
    proxy = start_proxy(cluster.seeds, workers=2, settings={"cluster": {"refresh_min_interval": "50ms"}})
    names = fill(proxy.connect(), 20000)
    done = threading.Event()
    problems, scans = [], [0, 0]

    def keep_scanning(index):
        with RespClient(proxy.port, timeout=20) as client:
            while not done.is_set() or scans[index] == 0:
                keys = set(client.call("KEYS", "*")) if index else set(scan(client, "COUNT", 200)[0])
                scans[index] += 1
                if names - keys:
                    problems.append((index, len(names - keys), sorted(key_slot(key) for key in names - keys)[:9]))

    threads = [threading.Thread(target=keep_scanning, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    try:
        first, second, third = cluster.primaries
        cluster.reshard(first, second, 1000)
        cluster.reshard(third, first, 500)
        cluster.reshard(second, third, 500)
    finally:
        done.set()
        for thread in threads:
            thread.join(60)
    assert not problems, problems
    assert min(scans) >= 2, scans


@pytest.mark.timeout_seconds(90)
def test_a_scan_survives_failovers_and_restarts(private_cluster, start_proxy):
    cluster = private_cluster(options={"appendonly": "yes"})
    client = start_proxy(cluster.seeds).connect()
    names = fill(client)
    keys, cursor, turns = set(), b"0", 0
    events = {2: lambda: cluster.failover(cluster.primaries[0]),
              8: lambda: restart(cluster.primaries[0]),
              30: lambda: cluster.failover(cluster.primaries[1])}

    def restart(node):
        node.kill()
        node.restart()
        cluster.wait_until_healthy()

    while True:
        cursor, page = client.call("SCAN", cursor, "COUNT", 60)
        keys.update(page)
        turns += 1
        if turns in events:
            events.pop(turns)()
        if cursor == b"0":
            break
    assert not names - keys and not events, (len(names - keys), turns)


def test_a_fragmented_cluster_is_scanned_without_duplicates(private_cluster, start_proxy):
    cluster = private_cluster(primaries=3, replicas=0)
    for slot in range(0, SLOTS, SLOTS // 30):
        source = cluster.owner(slot)
        target = next(node for node in cluster.primaries if node is not source)
        cluster.move_slot(slot, target)
    cluster.wait_until_healthy()
    client = start_proxy(cluster.seeds).connect()
    names = fill(client)
    keys, _ = scan(client, "COUNT", 100)
    assert sorted(keys) == sorted(names)


@pytest.mark.timeout_seconds(60)
def test_a_shard_that_cannot_be_reached_makes_one_error_that_names_it(private_cluster, start_proxy):
    cluster = private_cluster(replicas=0, options={"cluster-require-full-coverage": "no"})
    proxy = start_proxy(cluster.seeds, settings={"timeouts": {"request": "1s"}, "cluster": {"hold_timeout": "1s"}})
    client = proxy.connect()
    fill(client, 300)
    gone = cluster.primaries[1]
    gone.kill()
    for command in (("KEYS", "*"), ("SCAN", "0", "COUNT", "10000")):
        reply = client.call(*command)
        assert isinstance(reply, resp.ErrorReply), reply
        assert reply.startswith(b"CLUSTERDOWN slotway: ") and gone.address.encode() in reply, reply
    assert client.call("PING") == b"PONG"
