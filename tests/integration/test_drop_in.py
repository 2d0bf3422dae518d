"""Ordinary clients and tools that know nothing of clusters, as their users run them."""

import random
import re
import subprocess

import pytest
import redis


@pytest.fixture
def python_redis(proxy):
    connection = redis.Redis(port=proxy.port, socket_timeout=20)
    yield connection
    connection.close()


def _in_batches(items, size):
    for start in range(0, len(items), size):
        yield items[start : start + size]


@pytest.mark.timeout_seconds(90)
def test_python_redis_sets_reads_and_deletes_a_hundred_thousand_keys(python_redis, shared_cluster):
    rng = random.Random(20240610)
    data = {f"key:{rng.getrandbits(64):x}": f"value:{rng.getrandbits(64):x}".encode() for _ in range(100_000)}
    keys = list(data)
    for batch in _in_batches(keys, 2000):
        pipeline = python_redis.pipeline(transaction=False)
        for key in batch:
            pipeline.set(key, data[key])
        assert all(pipeline.execute())
    assert shared_cluster.key_count() == 100_000
    assert min(node.command("DBSIZE") for node in shared_cluster.primaries) > 30_000

    for batch in _in_batches(keys, 2000):
        pipeline = python_redis.pipeline(transaction=False)
        for key in batch:
            pipeline.get(key)
        assert pipeline.execute() == [data[key] for key in batch]
    for batch in _in_batches(keys[:20_000], 1000):
        assert python_redis.mget(batch) == [data[key] for key in batch]
    assert sum(python_redis.delete(*batch) for batch in _in_batches(keys, 5000)) == 100_000
    assert shared_cluster.key_count() == 0


def test_python_redis_uses_its_everyday_commands(python_redis):
    assert python_redis.ping()
    assert python_redis.mset({f"m:{number}": number for number in range(100)})
    assert python_redis.mget([f"m:{number}" for number in range(100)]) == [b"%d" % n for n in range(100)]
    assert python_redis.exists("m:1", "m:2", "none", "m:1") == 3
    assert python_redis.incr("n", 5) == 5
    assert python_redis.hset("h", mapping={"a": 1, "b": 2}) == 2
    assert python_redis.hgetall("h") == {b"a": b"1", b"b": b"2"}
    assert python_redis.rpush("l", "x", "y") == 2 and python_redis.lrange("l", 0, -1) == [b"x", b"y"]
    assert python_redis.zadd("z", {"m": 1.5}) == 1 and python_redis.zscore("z", "m") == 1.5
    assert python_redis.set("e", "v", ex=100) and 0 < python_redis.ttl("e") <= 100
    assert python_redis.client_setname("app") and python_redis.client_getname() == "app"
    assert isinstance(python_redis.time()[0], int) and python_redis.echo("hi") == b"hi"
    assert "get" in python_redis.command() and python_redis.command_count() > 200
    with pytest.raises(redis.ResponseError, match="wrong number of arguments for 'get' command"):
        python_redis.execute_command("GET")
    with pytest.raises(redis.ResponseError, match="not an integer"):
        python_redis.incr("l:text") if python_redis.set("l:text", "x") else None


def test_a_pool_of_python_redis_connections_shares_the_proxy(proxy):
    pool = redis.ConnectionPool(port=proxy.port, max_connections=50)
    connections = [redis.Redis(connection_pool=pool) for _ in range(50)]
    for number, connection in enumerate(connections):
        connection.set(f"pool:{number}", number)
    assert [int(connection.get(f"pool:{number}")) for number, connection in enumerate(connections)] == list(range(50))
    pool.disconnect()


@pytest.mark.timeout_seconds(120)
def test_redis_benchmark_runs_set_get_and_mset_without_an_error(proxy):
    for options in ([], ["-P", "16"]):
        command = ["redis-benchmark", "-p", str(proxy.port), "-t", "set,get,mset", "-r", "100000", "-n", "20000", "-q"]
        done = subprocess.run(command + options, capture_output=True, text=True, timeout=100, check=False)
        output = done.stdout + done.stderr
        assert done.returncode == 0, output
        assert "rror" not in output and "WARNING" not in output, output
        lines = output.replace("\r", "\n")
        finished = re.findall(r"^(SET|GET|MSET \(10 keys\)): [\d.]+ requests per second", lines, re.M)
        assert set(finished) == {"SET", "GET", "MSET (10 keys)"}, output


def _redis_cli(proxy, *arguments, script=None):
    done = subprocess.run(["redis-cli", "-p", str(proxy.port), *arguments], input=script,
                          capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_redis_cli_runs_commands_from_its_command_line_and_from_a_script(proxy):
    assert _redis_cli(proxy, "SET", "k", "v") == "OK\n"
    assert _redis_cli(proxy, "GET", "k") == "v\n"
    assert _redis_cli(proxy, "MGET", "k", "none") == "v\n\n"
    assert _redis_cli(proxy, "-n", "0", "GET", "k") == "v\n"
    script = "MSET a 1 b 2 c 3\nMGET a b c\nSELECT 0\nDEL a b c\nINCR n\n"
    assert _redis_cli(proxy, script=script) == "OK\n1\n2\n3\nOK\n3\n1\n"


def test_redis_cli_loads_data_with_its_pipe_mode(proxy, shared_cluster):
    script = "".join(f"SET pipe:{number} {number}\r\n" for number in range(5000))
    output = _redis_cli(proxy, "--pipe", script=script)
    assert "errors: 0, replies: 5000" in output, output
    assert shared_cluster.key_count() == 5000
