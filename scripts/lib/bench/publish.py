"""How fast messages reach subscribers: PYTHONPATH=scripts/lib python3 -m bench.publish [--rounds N]

One channel with 1 and with 1,000 subscribers, of Slotway with one worker in front of a cluster of three
primaries and, for comparison, of one Redis. redis-benchmark publishes 64 bytes at a time (10 connections,
16 requests each under way) through the same server; another process reads for all subscribers. A run takes
from the first PUBLISH until the last subscriber has the last byte, and is compared with the run of the
other in the same round. CPU is that of Slotway or of the Redis alone.
"""

import argparse
import contextlib
import multiprocessing
import select
import socket
import statistics
import subprocess
import tempfile
import time

from bench.backends import Cluster, StandaloneServers
from bench.contenders import Slotway
from bench.processes import end_orderly, raise_file_limit
from bench.resp import Client, encode

_CHANNEL = "measured"
_PAYLOAD = "x" * 64
_MESSAGE = encode("message", _CHANNEL, _PAYLOAD)
_CONFIRMATION = b"*3\r\n$9\r\nsubscribe\r\n$8\r\nmeasured\r\n:1\r\n"

# Messages of a run, by the number of subscribers: a second or so of work. A tenth warms up. redis-benchmark
# sends whole pipelines, so these have to be multiples of 16.
_MESSAGES = {1: 160_000, 1000: 3_200}


def _read_for_all(port, subscribers, orders):
    """A process of its own. For each order, a number of messages, it says when all have come."""
    raise_file_limit()
    poll = select.epoll()
    sockets = {}
    for _ in range(subscribers):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.sendall(encode("SUBSCRIBE", _CHANNEL))
        sockets[connection.fileno()] = connection
    for connection in sockets.values():
        _read(connection, len(_CONFIRMATION))
        connection.setblocking(False)
        poll.register(connection.fileno(), select.EPOLLIN)
    orders.send("subscribed")
    while (count := orders.recv()) is not None:
        left = count * subscribers * len(_MESSAGE)
        while left > 0:
            for descriptor, _ in poll.poll():
                left -= len(sockets[descriptor].recv(1 << 18))
        orders.send("all here" if left == 0 else f"{-left} bytes too many")


def _read(connection, size):
    while size > 0:
        data = connection.recv(size)
        if not data:
            raise RuntimeError("a subscriber was closed")
        size -= len(data)


class Audience:
    """The subscribers of one server."""

    def __init__(self, port, subscribers):
        self.subscribers, self._port = subscribers, port
        self._orders, orders = multiprocessing.Pipe()
        self._process = multiprocessing.Process(target=_read_for_all, args=(port, subscribers, orders), daemon=True)
        self._process.start()
        self._expect("subscribed")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.join()

    def _expect(self, word):
        if not self._orders.poll(120):
            raise RuntimeError("the subscribers do not get what they should")
        said = self._orders.recv()
        if said != word:
            raise RuntimeError(f"the subscribers say: {said}")

    def run(self, messages):
        """Seconds until all have all of them."""
        self._orders.send(messages)
        started = time.monotonic()
        done = subprocess.run(["redis-benchmark", "-p", str(self._port), "-c", "10", "-P", "16", "-n", str(messages),
                               "-q", "PUBLISH", _CHANNEL, _PAYLOAD], capture_output=True, text=True, check=False)
        if done.returncode != 0 or "rror" in done.stdout + done.stderr:
            raise RuntimeError(f"redis-benchmark: {done.stdout}{done.stderr}")
        self._expect("all here")
        return time.monotonic() - started


class OneRedis:
    """Has a pid and a CPU clock as a contender has."""

    name = "one Redis"

    def __init__(self, servers):
        self.port, self.process = servers.ports[0], servers.processes[0]


def _measure(server, audience, messages):
    before = server.process.cpu()[0]
    seconds = audience.run(messages)
    cpu = server.process.cpu()[0] - before
    deliveries = messages * audience.subscribers
    return {"publishes": messages / seconds, "deliveries": deliveries / seconds, "cpu": cpu * 1e6 / deliveries}


def _print_row(subscribers, results, other):
    middle = {figure: statistics.median(result[figure] for result in results) for figure in results[0]}
    ratio = statistics.median(mine["publishes"] / theirs["publishes"] for mine, theirs in zip(results, other))
    print(f"{subscribers:,} | {middle['publishes']:,.0f} | {middle['deliveries']:,.0f} | {middle['cpu']:.2f} | "
          f"{ratio:.2f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[2],
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    end_orderly()
    raise_file_limit()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="slotway-publish-"))
        redis = OneRedis(stack.enter_context(StandaloneServers(folder, 1)))
        cluster = stack.enter_context(Cluster(folder))
        slotway = stack.enter_context(Slotway(folder, cluster.seeds)).start()
        print("| server | subscribers | PUBLISH/s | deliveries/s | CPU µs per delivery | PUBLISH/s : one Redis |")
        print("|---|---:|---:|---:|---:|---:|")
        for subscribers, messages in _MESSAGES.items():
            results = {server.name: [] for server in (redis, slotway)}
            with Audience(redis.port, subscribers) as of_redis, Audience(slotway.port, subscribers) as of_slotway:
                pairs = [(redis, of_redis), (slotway, of_slotway)]
                for server, audience in pairs:
                    audience.run(messages // 10)  # connections made, buffers grown
                for _ in range(rounds):
                    pairs.reverse()
                    for server, audience in pairs:
                        results[server.name].append(_measure(server, audience, messages))
            for name, figures in results.items():
                print(f"| {name} | ", end="")
                _print_row(subscribers, figures, results[redis.name])
        with Client(slotway.port) as client:
            assert client.command("PING") == b"PONG"


if __name__ == "__main__":
    main()
