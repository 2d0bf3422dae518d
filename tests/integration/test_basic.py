"""One client and single-key commands: what works against one Redis works against Slotway."""

import time

import pytest

from support import resp
from support.resp_client import ConnectionClosed


def test_ping_is_answered_inline_and_as_an_array(client):
    assert client.exchange(b"PING\r\n") == b"+PONG\r\n"
    assert client.exchange(b"ping\n") == b"+PONG\r\n"
    assert client.call_raw("PING") == b"+PONG\r\n"
    assert client.call_raw("PING", "hello\r\nworld") == b"$12\r\nhello\r\nworld\r\n"


def test_set_get_and_delete_one_key(client):
    assert client.call_raw("SET", "k", "v") == b"+OK\r\n"
    assert client.call_raw("GET", "k") == b"$1\r\nv\r\n"
    assert client.call_raw("DEL", "k") == b":1\r\n"
    assert client.call_raw("GET", "k") == b"$-1\r\n"


def test_command_names_are_known_in_any_case(client):
    assert client.call("sEt", "k", "v") == b"OK"
    assert client.call("gEt", "k") == b"v"


def test_inline_commands_reach_the_cluster_with_their_quotes_understood(client):
    assert client.exchange(b'SET inline "a \\x00\\r\\n b"\r\n') == b"+OK\r\n"
    assert client.call("GET", "inline") == b"a \x00\r\n b"
    assert client.exchange(b"GET 'inline'\r\n") == resp.bulk(b"a \x00\r\n b")


def test_keys_and_values_may_hold_any_bytes(client):
    every_byte = bytes(range(256))
    assert client.call("SET", every_byte, every_byte * 40) == b"OK"
    assert client.call("GET", every_byte) == every_byte * 40


def test_keys_and_values_may_be_empty(client):
    assert client.call("SET", "", "") == b"OK"
    assert client.call_raw("GET", "") == b"$0\r\n\r\n"
    assert client.call("SET", "k", "") == b"OK"
    assert client.call_raw("GET", "k") == b"$0\r\n\r\n"


def test_values_of_many_sizes_come_back_whole(client):
    for size in (1, 15, 16, 63, 64, 65, 1023, 4096, 16383, 16384, 65535, 65536, 65537, 1 << 20, 9 << 20):
        value = (b"%d:" % size + b"0123456789abcdef" * (size // 16 + 1))[:size]
        assert client.call("SET", f"size:{size}", value) == b"OK", size
        assert client.call("GET", f"size:{size}") == value, size


def test_replies_of_every_type_are_passed_on_unchanged(client, plain_redis, shared_cluster):
    commands = [
        ("RPUSH", "{t}l", "a", "b"), ("LRANGE", "{t}l", 0, -1), ("LRANGE", "{t}none", 0, -1),
        ("HSET", "{t}h", "f", "v"), ("HGETALL", "{t}h"), ("HMGET", "{t}h", "f", "none"),
        ("SADD", "{t}s", "m"), ("SMEMBERS", "{t}s"), ("ZADD", "{t}z", "1.5", "m"), ("ZSCORE", "{t}z", "m"),
        ("ZRANGE", "{t}z", 0, -1, "WITHSCORES"), ("INCR", "{t}n"), ("INCRBYFLOAT", "{t}n", "0.5"), ("TYPE", "{t}z"),
        ("GET", "{t}l"), ("INCR", "{t}l"), ("LPOP", "{t}l", 5), ("LPOP", "{t}l"), ("LPOP", "{t}l", 5),
        ("EXPIRE", "{t}n", "x"),
        ("GEOADD", "{t}g", "13.36", "38.11", "P"), ("GEOPOS", "{t}g", "P", "none"),
        ("XADD", "{t}x", "1-1", "f", "v"), ("XRANGE", "{t}x", "-", "+"), ("OBJECT", "ENCODING", "{t}n"),
    ]
    with plain_redis.connect() as model:
        model.call("FLUSHALL")
        for command in commands:
            assert client.call_raw(*command) == model.call_raw(*command), command


def test_a_pipeline_is_answered_in_order_whatever_nodes_it_touches(client):
    commands = []
    for number in range(2000):
        commands += [("SET", f"p:{number}", f"value {number}"), ("GET", f"p:{number}"), ("PING", str(number))]
    replies = client.pipeline(commands)
    for number in range(2000):
        assert replies[3 * number : 3 * number + 3] == [b"OK", b"value %d" % number, b"%d" % number]


def test_commands_on_one_key_run_in_the_order_sent(client):
    assert client.pipeline([("INCR", "counter")] * 1000) == list(range(1, 1001))


def test_a_request_dripping_in_byte_by_byte_is_understood(client):
    requests = resp.encode("SET", "drip", "a\r\nb") + b"GET drip\r\n" + resp.encode("MGET", "drip", "none")
    client.send_in_pieces(requests, size=1, pause=0.0005)
    assert client.read_many(3) == [b"OK", b"a\r\nb", [b"a\r\nb", None]]


def test_a_request_split_at_any_byte_is_understood(client):
    request = resp.encode("SET", "split", "x" * 20) + resp.encode("GET", "split")
    for cut in range(1, len(request)):
        client.send(request[:cut])
        time.sleep(0.001)
        client.send(request[cut:])
        assert client.read_many(2) == [b"OK", b"x" * 20], cut


def test_echo_answers_its_argument(client, plain_redis):
    assert client.call_raw("ECHO", "a\x00b") == b"$3\r\na\x00b\r\n"
    with plain_redis.connect() as model:
        assert client.call_raw("ECHO") == model.call_raw("ECHO")
        assert client.call_raw("ECHO", "a", "b") == model.call_raw("ECHO", "a", "b")


def test_select_knows_database_zero_only(client):
    assert client.call_raw("SELECT", "0") == b"+OK\r\n"
    assert client.call_raw("SELECT", "1").startswith(b"-ERR ")
    assert client.call_raw("SELECT", "nonsense").startswith(b"-ERR ")
    assert client.call("PING") == b"PONG"


def test_client_ids_are_positive_and_differ(proxy):
    ids = [proxy.connect().call("CLIENT", "ID") for _ in range(20)]
    assert all(isinstance(number, int) and number > 0 for number in ids)
    assert len(set(ids)) == 20
    client = proxy.connect()
    assert client.call("CLIENT", "ID") == client.call("CLIENT", "ID")


def test_a_client_name_belongs_to_its_connection(proxy, plain_redis):
    one, other = proxy.connect(), proxy.connect()
    with plain_redis.connect() as model:
        for client in (model, one):
            client.call("CLIENT", "SETNAME", "")
        for command in (("CLIENT", "GETNAME"), ("CLIENT", "SETNAME", "me"), ("CLIENT", "GETNAME"),
                        ("CLIENT", "SETNAME", "two words"), ("CLIENT", "GETNAME"), ("CLIENT", "SETNAME", ""),
                        ("CLIENT", "GETNAME"), ("CLIENT", "SETNAME")):
            assert one.call_raw(*command) == model.call_raw(*command), command
    one.call("CLIENT", "SETNAME", "me")
    assert other.call_raw("CLIENT", "GETNAME") == b"$-1\r\n"


def test_clients_may_name_their_library(client):
    assert client.call_raw("CLIENT", "SETINFO", "LIB-NAME", "redis-py") == b"+OK\r\n"
    assert client.call_raw("CLIENT", "SETINFO", "LIB-VER", "5.0.0") == b"+OK\r\n"


def test_time_is_the_time_in_seconds_and_microseconds(client):
    seconds, microseconds = map(int, client.call("TIME"))
    assert abs(seconds + microseconds / 1e6 - time.time()) < 5


def test_command_is_answered_by_a_server_that_knows(client, shared_cluster):
    node = shared_cluster.nodes[0]
    assert client.call("COMMAND", "COUNT") == node.command("COMMAND", "COUNT")
    assert client.call("COMMAND", "DOCS", "get") == node.command("COMMAND", "DOCS", "get")
    assert client.call("COMMAND", "INFO", "mget") == node.command("COMMAND", "INFO", "mget")
    assert len(client.call("COMMAND")) == node.command("COMMAND", "COUNT")
    assert client.call("COMMAND", "GETKEYS", "MSET", "a", "1", "b", "2") == [b"a", b"b"]


@pytest.mark.parametrize("command", [
    ("NOSUCH",), ("nosuch", "a"), ("NoSuch", "a", "b\r\nc", "d" * 200), ("x" * 200, "y"), ("",), ("NO\r\n+SUCH", "a"),
    ("nosuch", *("argument%d" % number for number in range(30)))])
def test_an_unknown_command_gets_the_words_of_redis(client, plain_redis, command):
    with plain_redis.connect() as model:
        assert client.call_raw(*command) == model.call_raw(*command)
    assert client.call("PING") == b"PONG"


@pytest.mark.parametrize("command", [
    ("GET",), ("GET", "a", "b"), ("SET", "a"), ("MGET",), ("MSET", "a"), ("MSET", "a", "1", "b"), ("DEL",), ("EXISTS",),
    ("PING", "a", "b"), ("HSET", "h", "f"), ("CLIENT", "SETNAME"), ("CLIENT",), ("SELECT",), ("TIME", "x"), ("EVAL",)])
def test_a_wrong_number_of_arguments_gets_the_words_of_redis(client, plain_redis, command):
    with plain_redis.connect() as model:
        assert client.call_raw(*command) == model.call_raw(*command)
    assert client.call("PING") == b"PONG"


def test_an_error_in_a_pipeline_spoils_only_its_own_command(client):
    replies = client.pipeline([("SET", "k", "v"), ("NOSUCH",), ("INCR", "k"), ("GET",), ("GET", "k")])
    assert [isinstance(reply, resp.ErrorReply) for reply in replies] == [False, True, True, True, False]
    assert replies[4] == b"v"


def test_quit_says_ok_and_closes(client):
    client.send(resp.encode("SET", "k", "v") + resp.encode("QUIT") + resp.encode("SET", "k", "after quit"))
    assert client.read_until_closed() == b"+OK\r\n+OK\r\n"


def test_nothing_sent_after_quit_is_run(proxy):
    with proxy.connect() as leaving:
        leaving.send(resp.encode("SET", "k", "v") + resp.encode("QUIT") + resp.encode("SET", "k", "after quit"))
        leaving.read_until_closed()
    assert proxy.connect().call("GET", "k") == b"v"


def test_auth_without_a_password_set_gets_the_words_of_redis(client, plain_redis):
    with plain_redis.connect() as model:
        assert client.call_raw("AUTH", "secret") == model.call_raw("AUTH", "secret")


def test_hello_introduces_a_redis_of_the_clusters_version(client, shared_cluster):
    with shared_cluster.nodes[0].connect() as node:
        theirs, ours = node.call("HELLO", "2"), client.call("HELLO", "2")
    theirs, ours = (dict(zip(reply[::2], reply[1::2])) for reply in (theirs, ours))
    assert ours.keys() == theirs.keys()
    for field in (b"server", b"version", b"proto", b"role"):
        assert ours[field] == theirs[field], field
    assert ours[b"mode"] == b"standalone"  # a client told "cluster" would ask for the nodes and go there itself
    assert ours[b"id"] == client.call("CLIENT", "ID")
    assert client.call_raw("HELLO", "9").startswith(b"-NOPROTO ")
    assert client.call_raw("HELLO", "x").startswith(b"-ERR Protocol version is not an integer")


def test_a_client_that_half_closes_still_gets_its_replies(client):
    client.send(resp.encode("SET", "k", "v") + resp.encode("GET", "k"))
    client.socket.shutdown(1)  # no more from us
    assert client.read_until_closed() == b"+OK\r\n$1\r\nv\r\n"


def test_a_client_that_connects_and_leaves_harms_nobody(proxy):
    for _ in range(50):
        proxy.connect().close()
        proxy.connect().reset()
    client = proxy.connect()
    assert client.call("PING") == b"PONG"
    with pytest.raises((ConnectionClosed, TimeoutError)):
        client.socket.settimeout(0.1)
        client.read()
