"""PUBSUB: what the clients of Slotway have subscribed to, on all its workers, in the words of one Redis."""

import pytest

from support.resp_client import RespClient
from support.subscriber import Subscriber

both_protocols = pytest.mark.parametrize("protocol", [2, 3])

# More clients than workers, so that some share one and others do not.
_SUBSCRIPTIONS = [
    ("SUBSCRIBE", "news", "news.local", "w[e]ather"), ("SUBSCRIBE", "news"), ("SUBSCRIBE", "news", ""),
    ("PSUBSCRIBE", "n*", "w*"), ("PSUBSCRIBE", "n*"), ("PSUBSCRIBE", "n*", "other?"),
    ("SSUBSCRIBE", "shard:1"), ("SSUBSCRIBE", "shard:1"), ("SSUBSCRIBE", "shard:2"),
]

_QUESTIONS = [
    ("CHANNELS",), ("CHANNELS", "*"), ("CHANNELS", "news*"), ("CHANNELS", "n?w?"), ("CHANNELS", "[n-o]ews"),
    ("CHANNELS", "w\\[e\\]*"), ("CHANNELS", ""), ("CHANNELS", "nothing*"), ("CHANNELS", "NEWS"),
    ("NUMSUB",), ("NUMSUB", "news"), ("NUMSUB", "news", "", "none", "news", "shard:1"), ("NUMPAT",),
    ("SHARDCHANNELS",), ("SHARDCHANNELS", "*2"), ("SHARDNUMSUB",), ("SHARDNUMSUB", "shard:1", "shard:2", "news"),
    ("HELP",), ("CHANNELS", "a", "b"), ("SHARDCHANNELS", "a", "b"), ("NUMPAT", "x"), ("NOSUCH",), (),
]


def _subscribe_all(port, protocol):
    clients = []
    for command, *names in _SUBSCRIPTIONS:
        clients.append(Subscriber(port, protocol))
        clients[-1].subscribe(*names, command=command)
    return clients


def _answers(port, protocol):
    """Types and values; the order of channels means nothing."""
    with RespClient(port) as client:
        if protocol == 3:
            client.call("HELLO", "3")
        answers = []
        for question in _QUESTIONS:
            client.send_command("PUBSUB", *question)
            value, raw = client.read_with_raw()
            is_list_of_names = question and question[0].endswith("CHANNELS") and isinstance(value, list)
            answers.append((question, raw[:1], sorted(value) if is_list_of_names else value))
        return answers


@both_protocols
def test_it_is_told_what_all_clients_have_subscribed_to_as_by_one_redis(proxy, plain_redis, protocol):
    proxy.clients += _subscribe_all(proxy.port, protocol)
    model = _subscribe_all(plain_redis.port, protocol)
    assert _answers(proxy.port, protocol) == _answers(plain_redis.port, protocol)
    for client in model:
        client.close()


def test_who_has_unsubscribed_or_left_is_not_counted(proxy, client):
    one, two = Subscriber(proxy.port), Subscriber(proxy.port, 3)
    proxy.clients += [one, two]
    for subscriber in (one, two):
        subscriber.subscribe("a", "b")
        subscriber.subscribe("p*", command="PSUBSCRIBE")
    assert client.call("PUBSUB", "NUMSUB", "a", "b") == [b"a", 2, b"b", 2]
    one.call("UNSUBSCRIBE", "a")
    assert client.call("PUBSUB", "NUMSUB", "a", "b") == [b"a", 1, b"b", 2]
    assert two.call("RESET") == b"RESET"
    assert client.call("PUBSUB", "NUMSUB", "a", "b") == [b"a", 0, b"b", 1]
    assert client.call("PUBSUB", "CHANNELS") == [b"b"]
    one.call("PUNSUBSCRIBE", "p*")
    assert client.call("PUBSUB", "NUMPAT") == 0


def test_a_client_counts_its_own_subscription_right_after_its_confirmation(proxy):
    client = Subscriber(proxy.port, 3)
    proxy.clients.append(client)
    for number in range(20):
        client.subscribe(f"own:{number}")
        assert client.call("PUBSUB", "NUMSUB", f"own:{number}") == [b"own:%d" % number, 1]
    assert len(client.call("PUBSUB", "CHANNELS", "own:*")) == 20


def test_who_subscribes_at_a_node_itself_is_not_counted(shared_cluster, client):
    with Subscriber(shared_cluster.running[0].port) as direct:
        direct.subscribe("direct")
        assert client.call("PUBSUB", "NUMSUB", "direct") == [b"direct", 0]
        assert client.call("PUBSUB", "CHANNELS", "direct") == []
