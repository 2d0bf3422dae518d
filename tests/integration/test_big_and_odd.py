"""Requests and replies far from the ordinary: huge values, very many arguments, long pipelines, odd keys.

All of it has to be right, and the memory it takes has to come back.
"""

import time

import pytest

from support import resp
from support.waiting import wait_until

MEGABYTE = 1 << 20


def memory_mb(proxy, field="VmRSS"):
    with open(f"/proc/{proxy.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field)) / 1024


def wait_for_memory_below(proxy, limit_mb):
    wait_until(lambda: memory_mb(proxy) < limit_mb, 15, f"the memory to fall below {limit_mb:.0f} MB")


def set_in_pieces(client, key, megabytes):
    piece = bytes(range(256)) * (MEGABYTE // 256)
    client.send(b"*3\r\n$3\r\nSET\r\n" + resp.bulk(key) + b"$%d\r\n" % (megabytes * MEGABYTE))
    for _ in range(megabytes):
        client.send(piece)
    client.send(b"\r\n")
    return client.read()


def read_large_bulk(client, megabytes):
    """Reads a bulk string made by set_in_pieces() without keeping it; true if every byte is right."""
    expected_head = b"$%d\r\n" % (megabytes * MEGABYTE)
    head = b""
    while len(head) < len(expected_head):
        head += client.socket.recv(len(expected_head) - len(head))
    assert head == expected_head
    piece = bytes(range(256)) * (MEGABYTE // 256)
    for _ in range(megabytes):
        received = bytearray()
        while len(received) < MEGABYTE:
            received += client.socket.recv(MEGABYTE - len(received))
        if received != piece:
            return False
    return client.socket.recv(1) + client.socket.recv(1) == b"\r\n"


# What main.cpp tells glibc about large buffers; without it about 120 MB stay.
@pytest.mark.timeout_seconds(90)
def test_values_of_five_megabytes_for_many_clients_leave_no_memory_behind(start_proxy, shared_cluster):
    proxy = start_proxy(shared_cluster.seeds[:1], workers=2)
    clients = [proxy.connect(timeout=30) for _ in range(20)]
    clients[0].call("SET", "warm", "up")
    base = memory_mb(proxy)
    for number, client in enumerate(clients):
        assert set_in_pieces(client, b"five:%d" % number, 5) == b"OK"
    for number, client in enumerate(clients):
        client.send_command("GET", f"five:{number}")
    for client in clients:
        assert read_large_bulk(client, 5)
    proxy.close_clients()
    wait_for_memory_below(proxy, base + 64)
    shared_cluster.flush()


@pytest.mark.timeout_seconds(180)
def test_a_value_of_512_megabytes_goes_through_and_its_memory_comes_back(start_proxy, private_cluster):
    # No replicas and a long node timeout: the node is busy with it for seconds, and must not be replaced.
    cluster = private_cluster(primaries=3, replicas=0, node_timeout_ms=60000)
    proxy = start_proxy(cluster.seeds[:1], settings={"timeouts": {"request": "60s"}})
    client = proxy.connect(timeout=90)
    client.call("SET", "warm", "up")
    base = memory_mb(proxy)
    assert set_in_pieces(client, b"huge", 512) == b"OK"
    wait_for_memory_below(proxy, base + 64)
    client.send_command("GET", "huge")
    assert read_large_bulk(client, 512)
    assert client.call("STRLEN", "huge") == 512 * MEGABYTE
    wait_for_memory_below(proxy, base + 64)
    # Once as it comes in and once as it goes out.
    assert memory_mb(proxy, "VmHWM") < base + 2 * 512 + 128


@pytest.mark.timeout_seconds(120)
def test_a_hundred_thousand_arguments_are_one_request_like_any_other(client):
    keys = [f"many:{number}" for number in range(100_000)]
    assert client.call("MSET", *(part for key in keys for part in (key, key))) == b"OK"
    assert client.call("MGET", *keys) == [key.encode() for key in keys]
    assert client.call("EXISTS", *keys) == 100_000
    assert client.call("DEL", *keys, "none") == 100_000
    assert client.call("SADD", "members", *keys) == 100_000
    assert client.call("RPUSH", "list", *keys) == 100_000
    assert client.call("SMISMEMBER", "members", *keys, "none") == [1] * 100_000 + [0]
    assert client.call("LRANGE", "list", "0", "-1") == [key.encode() for key in keys]


@pytest.mark.timeout_seconds(120)
def test_reads_over_many_keys_in_many_slots_are_answered_or_refused_in_one_error(client):
    keys = [f"many:{number}" for number in range(20_000)]
    assert client.pipeline([("SADD", key, key) for key in keys[:2000]]) == [1] * 2000
    assert sorted(client.call("SUNION", *keys)) == sorted(key.encode() for key in keys[:2000])
    assert client.call("PFCOUNT", *(f"none:{number}" for number in range(20_000))) == 0
    for command in (("PFCOUNT", *range(70_000)), ("ZUNION", "70000", *range(70_000))):
        reply = client.call(*command)
        assert reply == b"ERR slotway: %s over several slots takes at most 65534 keys" % command[0].encode()
    assert client.call("PING") == b"PONG"


def test_keys_may_be_empty_binary_and_long_and_find_their_node(client, plain_redis):
    keys = [b"", b"\x00", b"\r\n", b"{}", b"{", b"}", b"{}x", bytes(range(256)), b"k" * 100_000, b"$-1\r\n", b"*1\r\n"]
    with plain_redis.connect() as model:
        model.call("FLUSHALL")
        for key in keys:
            for command in (("SET", key, key), ("GET", key), ("APPEND", key, key), ("STRLEN", key), ("TYPE", key)):
                assert client.call_raw(*command) == model.call_raw(*command), (key[:20], command[0])
        assert client.call_raw("MGET", *keys) == model.call_raw("MGET", *keys)
        assert client.call_raw("DEL", *keys) == model.call_raw("DEL", *keys)


def test_inline_and_array_requests_may_be_mixed_in_one_pipeline(client):
    data = b""
    for number in range(500):
        data += b"SET inline:%d \"v \\x41 %d\"\r\n" % (number, number) + resp.encode("GET", f"inline:{number}") + b"\r\n"
    client.send(data)
    replies = client.read_many(1000)
    for number in range(500):
        assert replies[2 * number : 2 * number + 2] == [b"OK", b"v A %d" % number]


@pytest.mark.timeout_seconds(60)
def test_pipelines_of_ten_thousand_commands_are_answered_in_order(start_proxy, shared_cluster):
    proxy = start_proxy(shared_cluster.seeds[:1])
    client = proxy.connect(timeout=30)
    client.call("SET", "warm", "up")
    base = memory_mb(proxy)
    for _ in range(5):
        commands = []
        for number in range(2_500):
            commands += [("SET", f"pipe:{number}", number), ("GET", f"pipe:{number}"), ("INCR", "{pipe}count"),
                         ("MGET", f"pipe:{number}", f"pipe:{number + 1}")]
        client.call("DEL", "{pipe}count", *(f"pipe:{number}" for number in range(2_501)))
        replies = client.pipeline(commands)
        for number in range(2_500):
            wrote, read, count, several = replies[4 * number : 4 * number + 4]
            assert (wrote, read, count, several) == (b"OK", b"%d" % number, number + 1, [b"%d" % number, None])
    wait_for_memory_below(proxy, base + 64)
    shared_cluster.flush()


@pytest.mark.timeout_seconds(60)
def test_a_pipeline_that_is_written_whole_before_anything_is_read_completes(client):
    value = b"v" * 10_000
    client.call("SET", "k", value)
    client.socket.settimeout(30)
    client.send(resp.encode_all([("GET", "k")] * 2_000))
    time.sleep(0.5)  # meanwhile the replies, 20 MB, are more than the client may leave unread
    assert client.read_many(2_000) == [value] * 2_000
