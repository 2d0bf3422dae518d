"""SUBSCRIBE and its kin through Slotway, as with one Redis, in both protocols."""

import threading
import time

import pytest
import redis

from support import resp
from support.resp_client import ConnectionClosed, RespClient
from support.slots import key_in_slots, key_slot
from support.subscriber import Subscriber
from support.waiting import wait_until

both_protocols = pytest.mark.parametrize("protocol", [2, 3])


@pytest.fixture
def subscriber(proxy):
    """subscriber(protocol) gives a new client of the shared proxy."""
    def connect(protocol=2):
        proxy.clients.append(Subscriber(proxy.port, protocol))
        return proxy.clients[-1]

    return connect


def _upstream_subscriptions(cluster, channel):
    """How many connections of all nodes have subscribed to the channel."""
    return sum(node.command("PUBSUB", "NUMSUB", channel)[1] for node in cluster.running)


# As one Redis


def _transcript(port, protocol, pieces):
    """The exact bytes that come back, with a PING after each piece to know where they end."""
    answers = []
    with RespClient(port) as client:
        if protocol == 3:
            client.call("HELLO", "3")
        for number, piece in enumerate(pieces):
            mark = b"mark %d" % number
            client.send(piece + resp.encode("PING", mark))
            answer = b""
            while mark not in answer:
                answer += client.read_raw()
            answers.append(answer)
    return answers


@both_protocols
def test_confirmations_replies_and_errors_are_byte_equal_to_those_of_one_redis(proxy, plain_redis, protocol):
    pieces = [
        b"SUBSCRIBE a b a\r\n", b"PING\r\n", b"PING hi\r\n", b"PING a b\r\n", b"GET x\r\n", b"CLIENT ID x\r\n",
        b"SUBSCRIBE\r\n", b"NOSUCH\r\n", b"MULTI x\r\n", b"UNSUBSCRIBE nothing a\r\n", b"UNSUBSCRIBE b\r\n",
        b"UNSUBSCRIBE\r\n", b"PUNSUBSCRIBE\r\n", b"SUNSUBSCRIBE\r\n", b"GET x\r\n",
        b"PSUBSCRIBE a* b*\r\nSUBSCRIBE x\r\nPUNSUBSCRIBE b*\r\nPUNSUBSCRIBE\r\nUNSUBSCRIBE\r\n",
        b"SSUBSCRIBE one two\r\n", b"SUBSCRIBE x\r\n", b"SUNSUBSCRIBE one\r\n", b"UNSUBSCRIBE\r\n",
        b"SUNSUBSCRIBE two\r\n", b"SUNSUBSCRIBE\r\n", b"GET x\r\n",
        resp.encode("SUBSCRIBE", b"\x00\r\n\xff", ""), resp.encode("UNSUBSCRIBE", "", b"\x00\r\n\xff"),
        b"SUBSCRIBE x\r\nECHO x\r\n", b"RESET\r\n", b"GET x\r\n",
    ]
    assert _transcript(proxy.port, protocol, pieces) == _transcript(plain_redis.port, protocol, pieces)


@both_protocols
def test_confirmations_come_even_if_replies_are_turned_off(proxy, plain_redis, protocol):
    pieces = [b"CLIENT REPLY OFF\r\nSUBSCRIBE a\r\nCLIENT REPLY ON\r\n"] if protocol == 3 else [
        b"CLIENT REPLY SKIP\r\nSUBSCRIBE a\r\n"]
    assert _transcript(proxy.port, protocol, pieces) == _transcript(plain_redis.port, protocol, pieces)


def test_a_resp2_subscriber_may_quit(subscriber):
    client = subscriber()
    client.subscribe("a")
    client.send_command("QUIT")
    assert client.read_until_closed() == b"+OK\r\n"


def test_python_redis_gets_messages_of_channels_and_patterns(proxy):
    connection = redis.Redis(port=proxy.port, socket_timeout=10)
    pubsub = connection.pubsub()
    pubsub.subscribe("news", other=lambda message: handled.append(message["data"]))
    pubsub.psubscribe("news.*")
    handled, found = [], []
    while len(found) < 3:
        found.append(pubsub.get_message(timeout=5)["type"])
    assert found == ["subscribe", "subscribe", "psubscribe"]
    connection.publish("news", "one")
    connection.publish("news.local", "two")
    connection.publish("other", "three")
    found = []
    wait_until(lambda: (message := pubsub.get_message(timeout=1)) and found.append(message) or
               (len(found) == 2 and handled), what="three messages")
    assert sorted((m["type"], m["pattern"], m["channel"], m["data"]) for m in found) == [
        ("message", None, b"news", b"one"), ("pmessage", b"news.*", b"news.local", b"two")]
    assert handled == [b"three"]
    pubsub.unsubscribe()
    pubsub.punsubscribe()
    wait_until(lambda: pubsub.get_message(timeout=1) is None and not pubsub.subscribed, what="the end of it")
    pubsub.close()
    connection.close()


def test_python_redis_reads_messages_in_a_thread(proxy):
    connection = redis.Redis(port=proxy.port, socket_timeout=10)
    found = []
    pubsub = connection.pubsub(ignore_subscribe_messages=True)
    pubsub.subscribe(channel=found.append)
    thread = pubsub.run_in_thread(sleep_time=0.01)
    wait_until(lambda: _subscribed(connection, 1), what="the subscription")
    for number in range(100):
        connection.publish("channel", number)
    wait_until(lambda: len(found) == 100, what="a hundred messages")
    assert [message["data"] for message in found] == [b"%d" % number for number in range(100)]
    thread.stop()
    thread.join(5)
    connection.close()


def _subscribed(connection, count):
    return sum("P" in client["flags"] for client in connection.client_list()) == count


def test_client_list_shows_what_a_client_has_subscribed_to(subscriber, client):
    one = subscriber(3)
    one.subscribe("a", "b")
    one.subscribe("p*", command="PSUBSCRIBE")
    one.subscribe("s", command="SSUBSCRIBE")
    line = next(line for line in client.call("CLIENT", "LIST").splitlines() if b"sub=2" in line)
    assert b" flags=P " in line and b" psub=1 ssub=1 " in line and b" resp=3 " in line
    assert client.call("CLIENT", "KILL", "TYPE", "pubsub") == 1
    assert one.read_until_closed() == b""


# Order


@both_protocols
def test_in_a_pipeline_everything_comes_in_its_turn(subscriber, protocol):
    client = subscriber(protocol)
    key = "key"
    commands = [("SET", key, "v"), ("GET", key), ("SUBSCRIBE", "a", "b"), ("PING", "x"), ("UNSUBSCRIBE", "a"),
                ("PSUBSCRIBE", "c*"), ("UNSUBSCRIBE",), ("PUNSUBSCRIBE", "c*"), ("GET", key)]
    client.send(resp.encode_all(commands))
    push = resp.Push if protocol == 3 else list
    expected = [b"OK", b"v", push([b"subscribe", b"a", 1]), push([b"subscribe", b"b", 2]),
                b"x" if protocol == 3 else [b"pong", b"x"], push([b"unsubscribe", b"a", 1]),
                push([b"psubscribe", b"c*", 2]), push([b"unsubscribe", b"b", 1]),
                push([b"punsubscribe", b"c*", 0]), b"v"]
    found = client.read_many(len(expected))
    assert found == expected
    assert [type(frame) is resp.Push for frame in found] == [type(frame) is resp.Push for frame in expected]


def test_a_resp3_client_does_everything_while_messages_come(proxy, subscriber):
    client = subscriber(3)
    client.subscribe("busy")
    stop = threading.Event()

    def publish():
        with RespClient(proxy.port) as publisher:
            while not stop.is_set():
                publisher.pipeline([("PUBLISH", "busy", "m" * 100)] * 20)

    thread = threading.Thread(target=publish)
    thread.start()
    pushes = 0
    try:
        for number in range(300):
            keys = [f"k:{number}:{i}" for i in range(10)]
            client.send(resp.encode_all([("MSET", *[x for key in keys for x in (key, key)]), ("MGET", *keys),
                                         ("INCR", "n"), ("ECHO", number)]))
            for expected in (b"OK", [key.encode() for key in keys], number + 1, b"%d" % number):
                while isinstance(frame := client.read(), resp.Push):
                    assert frame == [b"message", b"busy", b"m" * 100]
                    pushes += 1
                assert frame == expected
    finally:
        stop.set()
        thread.join(10)
    assert pushes > 100


@both_protocols
def test_a_client_that_publishes_after_its_confirmation_hears_itself(subscriber, protocol, client):
    one = subscriber(protocol)
    for number in range(50):
        one.subscribe(f"own:{number}")
        (one if protocol == 3 else client).send_command("PUBLISH", f"own:{number}", "hello")
        while not isinstance(frame := one.read(), list):
            pass
        assert frame[1:] == [b"own:%d" % number, b"hello"]
        if protocol == 2:
            client.read()


@pytest.mark.timeout_seconds(60)
@both_protocols
def test_whatever_is_published_at_any_node_after_the_confirmation_arrives(shared_cluster, subscriber, protocol):
    nodes = shared_cluster.running
    client = subscriber(protocol)
    for number in range(150):
        kind, name, channel = [("SUBSCRIBE", f"c:{number}", f"c:{number}"),
                               ("PSUBSCRIBE", f"p:{number}:*", f"p:{number}:x"),
                               ("SSUBSCRIBE", f"s:{number}", f"s:{number}")][number % 3]
        client.subscribe(name, command=kind)
        if kind == "SSUBSCRIBE":
            shared_cluster.owner_of_key(channel).command("SPUBLISH", channel, number)
        else:
            nodes[number % len(nodes)].command("PUBLISH", channel, number)
        assert client.message()[-2:] == (channel.encode(), b"%d" % number)


def test_messages_of_one_publisher_keep_their_order(proxy, subscriber):
    clients = [subscriber(2), subscriber(3)]
    for client in clients:
        client.subscribe("ordered")
    with RespClient(proxy.port) as publisher:
        for start in range(0, 10_000, 500):
            publisher.pipeline(("PUBLISH", "ordered", number) for number in range(start, start + 500))
    for client in clients:
        assert [int(payload) for _, payload in client.messages(10_000)] == list(range(10_000))


def test_nothing_comes_after_an_unsubscription_is_confirmed(proxy, subscriber):
    client, other = subscriber(3), subscriber(2)
    other.subscribe("c")  # keeps the subscription at the node
    client.subscribe("c")
    publisher = proxy.connect()
    publisher.send(resp.encode("PUBLISH", "c", "x") * 1000)
    client.send_command("UNSUBSCRIBE", "c")
    while client.read()[0] != b"unsubscribe":
        pass
    publisher.read_many(1000)
    assert client.call("PING") == b"PONG"
    client.assert_silent()
    assert len(other.messages(1000)) == 1000


# Sharing


@pytest.mark.timeout_seconds(60)
def test_a_thousand_subscribers_share_one_subscription_of_each_worker(shared_cluster, start_proxy):
    proxy = start_proxy(shared_cluster.seeds[:1], workers=2)
    assert proxy.connect().call("PING") == b"PONG"
    before = proxy.metrics().total("slotway_upstream_connections")
    clients = [Subscriber(proxy.port, 2 + number % 2) for number in range(1000)]
    proxy.clients += clients
    for client in clients:
        client.subscribe("popular")
    assert _upstream_subscriptions(shared_cluster, "popular") == 2
    assert proxy.metrics().total("slotway_upstream_connections") == before + 2
    metrics = proxy.metrics()
    assert metrics.total("slotway_pubsub_clients") == 1000 and metrics.total("slotway_pubsub_topics") == 2
    publisher = proxy.connect()
    publisher.pipeline(("PUBLISH", "popular", number) for number in range(20))
    for client in clients:
        assert [int(payload) for _, payload in client.messages(20)] == list(range(20))
    metrics = proxy.metrics()
    assert metrics.total("slotway_pubsub_messages_received_total") == 40
    assert metrics.total("slotway_pubsub_messages_sent_total") == 20_000

    for client in clients:
        client.close()
    wait_until(lambda: _upstream_subscriptions(shared_cluster, "popular") == 0, what="the last to unsubscribe")
    metrics = proxy.metrics()
    assert metrics.total("slotway_pubsub_clients") == metrics.total("slotway_pubsub_topics") == 0


@pytest.mark.timeout_seconds(60)
def test_one_client_subscribes_to_thousands_of_channels_in_one_pipeline(shared_cluster, subscriber, client):
    one = subscriber(2)
    names = [f"many:{number}" for number in range(5000)]
    one.send(resp.encode_all(("SUBSCRIBE", name) for name in names))
    assert [one.read() for _ in names] == [[b"subscribe", name.encode(), i + 1] for i, name in enumerate(names)]
    client.pipeline(("PUBLISH", name, name) for name in names)
    assert one.messages(5000) == [(name.encode(), name.encode()) for name in names]
    one.send_command("UNSUBSCRIBE")
    assert sorted(one.read()[1] for _ in names) == sorted(name.encode() for name in names)
    wait_until(lambda: all(not node.command("PUBSUB", "CHANNELS", "many:*") for node in shared_cluster.running),
               what="the nodes to have no subscription left")


# Slow subscribers


def _publish_until(publisher, channel, payload, condition, limit=2000):
    for _ in range(limit):
        publisher.call("PUBLISH", channel, payload)
        if condition():
            return
    raise AssertionError("in vain")


@both_protocols
@pytest.mark.timeout_seconds(60)
def test_a_subscriber_that_does_not_read_is_cut_and_others_get_everything(shared_cluster, start_proxy, protocol):
    proxy = start_proxy(shared_cluster.seeds[:1], workers=1,
                        settings={"limits": {"client_output_pubsub_hard": "2mb", "client_output_soft": "64kb"}})
    slow, good = Subscriber(proxy.port, protocol), Subscriber(proxy.port, protocol)
    proxy.clients += [slow, good]
    for client in (slow, good):
        client.subscribe("flood")
    publisher, payload, count = proxy.connect(), b"x" * 50_000, 0

    def was_cut():
        nonlocal count
        count += 1
        assert good.message() == (b"flood", payload)
        return count % 20 == 0 and proxy.metrics().total("slotway_pubsub_clients_cut_total") == 1

    _publish_until(publisher, "flood", payload, was_cut)
    with pytest.raises(ConnectionClosed):
        slow.messages(count + 1)
    publisher.call("PUBLISH", "flood", "still there")
    assert good.message() == (b"flood", b"still there")
    assert proxy.metrics().total("slotway_pubsub_clients_cut_total") == 1


@pytest.mark.timeout_seconds(60)
def test_a_subscriber_above_the_soft_limit_for_too_long_is_cut(shared_cluster, start_proxy):
    proxy = start_proxy(shared_cluster.seeds[:1], workers=1, settings={"limits": {
        "client_output_pubsub_soft": "100kb", "client_output_pubsub_soft_time": "2s"}})
    slow, late = Subscriber(proxy.port), Subscriber(proxy.port)
    proxy.clients += [slow, late]
    for client in (slow, late):
        client.subscribe("flood")
    publisher = proxy.connect()
    count = 400  # 20 MB: more than the kernel's buffers, less than the hard limit
    for _ in range(count):
        publisher.call("PUBLISH", "flood", b"x" * 50_000)
    late.messages(count)  # one that catches up in time stays
    wait_until(lambda: proxy.metrics().total("slotway_pubsub_clients_cut_total") == 1, 10, "the slow one to be cut")
    publisher.call("PUBLISH", "flood", "x")
    assert late.message() == (b"flood", b"x")
    time.sleep(2.2)
    assert proxy.metrics().total("slotway_pubsub_clients_cut_total") == 1


def _resident_bytes(proxy):
    return proxy.metrics().total("process_resident_memory_bytes")


@pytest.mark.timeout_seconds(60)
def test_a_large_message_exists_once_however_many_clients_wait_for_it(shared_cluster, start_proxy):
    proxy = start_proxy(shared_cluster.seeds[:1], workers=1)
    clients = [Subscriber(proxy.port, 2 + number % 2) for number in range(300)]
    proxy.clients += clients
    for client in clients:
        client.subscribe("large")
    before = _resident_bytes(proxy)
    payload = b"y" * 10_000_000
    assert proxy.connect().call("PUBLISH", "large", payload) in (0, 1)
    wait_until(lambda: proxy.metrics().total("slotway_pubsub_messages_sent_total") == 300, what="all to be served")
    assert _resident_bytes(proxy) - before < 100e6  # 300 copies would be 3 GB
    for client in clients[::30]:
        assert client.message() == (b"large", payload)


# Shard channels


@both_protocols
def test_shard_channels_of_many_slots_in_one_command(subscriber, client, protocol):
    one = subscriber(protocol)
    names = [f"shard:{number}" for number in range(50)]
    assert [frame[2] for frame in one.subscribe(*names, command="SSUBSCRIBE")] == list(range(1, 51))
    assert client.pipeline(("SPUBLISH", name, name) for name in names) == [1] * 50
    assert sorted(one.messages(50)) == sorted((name.encode(), name.encode()) for name in names)


@pytest.mark.timeout_seconds(90)
@both_protocols
def test_a_shard_channel_follows_its_slot_and_its_node(private_cluster, start_proxy, protocol):
    cluster = private_cluster()
    proxy = start_proxy(cluster.seeds[:1], workers=1)
    client = Subscriber(proxy.port, protocol, timeout=20)
    proxy.clients.append(client)
    source, target = cluster.primaries[:2]
    first, last, _ = next(entry for entry in cluster.slot_ranges() if entry[2] is source)
    moving, staying = key_in_slots(first, first), key_in_slots(last, last)
    client.subscribe(moving, staying, command="SSUBSCRIBE")
    publisher = proxy.connect(timeout=20)

    cluster.move_slot(first, target)
    _expect_to_hear(client, publisher, moving, command="SPUBLISH")
    assert proxy.metrics().total("slotway_pubsub_resubscribes_total") >= 1
    cluster.failover(target)
    _expect_to_hear(client, publisher, moving, command="SPUBLISH")
    victim = cluster.owner_of_key(staying)
    victim.kill()
    wait_until(lambda: cluster.owner_of_key(staying) is not victim, 20, "a replica to take over")
    _expect_to_hear(client, publisher, staying, command="SPUBLISH")
    assert proxy.metrics().total("slotway_pubsub_messages_sent_total") > 0


def _expect_to_hear(client, publisher, *channels, command="PUBLISH", timeout=20):
    """Publishes until a message of each channel comes: those of the gap may be lost. Nothing else may come."""
    missing = {channel.encode() for channel in channels}
    send = publisher.call if isinstance(publisher, RespClient) else publisher.command

    def publish_and_look():
        for channel in channels:
            send(command, channel, time.monotonic())
        return _drain(client, 0.1, missing) and not missing
    wait_until(publish_and_look, timeout, f"messages of {channels}")
    _drain(client, 0.5)
    client.socket.settimeout(timeout)


def _drain(client, seconds, heard=frozenset()):
    """Reads all there is, messages only; takes their channels out of `heard`."""
    client.socket.settimeout(seconds)
    try:
        while True:
            channel = client.message()[-2]
            if heard:
                heard.discard(channel)
    except TimeoutError:
        return True


# Nodes that go


@pytest.mark.timeout_seconds(90)
@both_protocols
def test_when_the_node_that_is_listened_to_dies_another_one_is(private_cluster, start_proxy, protocol):
    cluster = private_cluster()
    proxy = start_proxy(cluster.seeds, workers=1)
    client = Subscriber(proxy.port, protocol, timeout=20)
    proxy.clients.append(client)
    client.subscribe("channel")
    client.subscribe("pat*", command="PSUBSCRIBE")
    for _ in range(2):
        node = next(node for node in cluster.running if node.command("PUBSUB", "NUMSUB", "channel")[1])
        node.kill()
        began = time.monotonic()
        other = cluster.running[0]
        _expect_to_hear(client, other, "channel", "pattern")
        assert time.monotonic() - began < 3
        wait_until(lambda: len(cluster.primaries) == 3 and node not in cluster.primaries, 20, "a replica to take over")
        node.restart()
        cluster.wait_until_healthy()
    _expect_to_hear(client, proxy.connect(timeout=20), "channel", "pattern")
    assert proxy.metrics().total("slotway_pubsub_resubscribes_total") >= 4


@pytest.mark.timeout_seconds(60)
def test_a_subscription_that_no_node_confirms_is_answered_with_an_error_in_time(private_cluster, start_proxy):
    cluster = private_cluster(primaries=1, replicas=0)
    proxy = start_proxy(cluster.seeds, workers=1, settings={"timeouts": {"request": "1s"}})
    client = proxy.connect()
    assert client.call("SUBSCRIBE", "before") == [b"subscribe", b"before", 1]
    cluster.nodes[0].freeze()
    began = time.monotonic()
    client.send_command("SUBSCRIBE", "a", "b")
    error = client.read()
    assert error.startswith(b"CLUSTERDOWN slotway: cannot subscribe: "), error
    assert 0.9 < time.monotonic() - began < 3
    cluster.nodes[0].thaw()
    # What was not confirmed is not subscribed to, and what was still is.
    assert client.call("SUBSCRIBE", "c") == [b"subscribe", b"c", 2]
    publisher = proxy.connect()
    for channel in ("a", "b", "before", "c"):
        publisher.call("PUBLISH", channel, "x")
    assert [client.read()[1] for _ in range(2)] == [b"before", b"c"]


def test_a_channel_the_user_may_not_have_is_refused_with_the_nodes_error(private_cluster, start_proxy):
    cluster = private_cluster(primaries=1, replicas=0)
    cluster.nodes[0].command("ACL", "SETUSER", "app", "on", ">secret", "~*", "+@all", "resetchannels", "&mine*")
    proxy = start_proxy(cluster.seeds, workers=1,
                        settings={"cluster": {"username": "app", "password": "secret"}})
    client = proxy.connect()
    assert client.call("SUBSCRIBE", "mine", "yours").startswith(b"NOPERM ")
    assert client.call("SUBSCRIBE", "mine") == [b"subscribe", b"mine", 1]
    assert cluster.nodes[0].command("PUBSUB", "CHANNELS") == [b"mine"]


def test_clients_that_leave_in_the_middle_of_subscribing_leave_nothing_behind(shared_cluster, start_proxy):
    proxy = start_proxy(shared_cluster.seeds[:1], workers=2)
    for number in range(200):
        client = RespClient(proxy.port)
        client.send(resp.encode_all(("SUBSCRIBE", f"gone:{number}:{i}", "gone:shared") for i in range(number % 7 + 1)))
        if number % 3 == 0:
            client.reset()
        client.close()
    wait_until(lambda: proxy.metrics().total("slotway_clients") == 0, what="all to be gone")
    assert proxy.metrics().total("slotway_pubsub_topics") == 0
    wait_until(lambda: not any(node.command("PUBSUB", "CHANNELS", "gone:*") for node in shared_cluster.running),
               what="the nodes to have no subscription left")


# Keyspace notifications


@pytest.fixture
def notifying_cluster(shared_cluster):
    for node in shared_cluster.running:
        node.command("CONFIG", "SET", "notify-keyspace-events", "KEA")
    yield shared_cluster
    for node in shared_cluster.running:
        node.command("CONFIG", "SET", "notify-keyspace-events", "")


@both_protocols
def test_keyspace_notifications_of_all_nodes_come_once_for_each_event(notifying_cluster, subscriber, client, protocol):
    by_pattern, by_event, by_key, by_all = (subscriber(protocol) for _ in range(4))
    keys = [f"key:{number}" for number in range(60)]
    by_pattern.subscribe("__key*__:*", command="PSUBSCRIBE")
    by_event.subscribe("__keyevent@0__:set", "__keyevent@0__:del")
    by_key.subscribe(*[f"__keyspace@0__:{key}" for key in keys])
    by_all.subscribe("*", command="PSUBSCRIBE")
    assert len({notifying_cluster.owner_of_key(key) for key in keys}) == 3
    client.pipeline(("SET", key, "v") for key in keys)
    client.pipeline(("DEL", key) for key in keys)
    for _ in range(5):
        client.call("PUBLISH", "ordinary", "x")

    events = sorted((b"__keyevent@0__:" + event, key.encode()) for event in (b"set", b"del") for key in keys)
    spaces = sorted((b"__keyspace@0__:" + key.encode(), event) for event in (b"set", b"del") for key in keys)
    ordinary = [(b"ordinary", b"x")] * 5
    assert sorted(by_event.messages(120)) == events
    assert sorted(by_key.messages(120)) == spaces
    assert sorted(message[1:] for message in by_pattern.messages(240)) == sorted(events + spaces)
    assert sorted(message[1:] for message in by_all.messages(245)) == sorted(events + spaces + ordinary)
    for one in (by_pattern, by_event, by_key, by_all):
        one.assert_silent()


@pytest.mark.timeout_seconds(60)
def test_keyspace_notifications_follow_slots_and_primaries(private_cluster, start_proxy):
    cluster = private_cluster(options={"notify-keyspace-events": "KEA"})
    proxy = start_proxy(cluster.seeds[:2], workers=1)
    client = Subscriber(proxy.port, timeout=20)
    proxy.clients.append(client)
    client.subscribe("__keyevent@0__:incrby")
    writer = proxy.connect(timeout=20)
    key = key_in_slots(0, 0)

    def expect_exactly_one(what):
        version = proxy.metrics().total("slotway_topology_version")
        wait_until(lambda: all(node.command("PUBSUB", "NUMSUB", "__keyevent@0__:incrby")[1] == 1
                               for node in cluster.primaries), 20, what)
        writer.call("INCR", key)
        assert client.message() == (b"__keyevent@0__:incrby", key.encode()), version
        client.assert_silent()

    expect_exactly_one("all primaries to be subscribed at")
    cluster.move_slot(0, cluster.primaries[1])
    expect_exactly_one("the move")
    cluster.failover(cluster.owner(0))
    expect_exactly_one("the new primary to be subscribed at")
    newcomer = cluster.add_node()
    cluster.move_slot(0, newcomer)
    expect_exactly_one("the new node to be subscribed at")
    assert key_slot(key) == 0
