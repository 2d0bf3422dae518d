"""A crowd of clients that stays connected while it is measured, so that nothing counts but requests.

redis-benchmark connects anew for every run. Its rounds here are in step: every client sends all its
requests of a round, then every client reads all replies.
"""

import random
import socket

from bench.resp import Client, encode
from bench.workloads import KEYS

_VALUE_REPLY = len(b"$64\r\n" + b"v" * 64 + b"\r\n")


def load_keys(port):
    """The keys that a Crowd asks for."""
    with Client(port) as client:
        client.pipeline([("SET", f"key:{number:012}", b"v" * 64) for number in range(KEYS)])


class Crowd:
    """Clients of a proxy whose keys key:000000000000 ... hold 64 bytes each."""

    def __init__(self, port, clients):
        self._random = random.Random(1)  # the same keys in every run
        self._clients = []
        for _ in range(clients):
            self._clients.append(socket.create_connection(("127.0.0.1", port), 60))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self._clients:
            client.close()

    def get(self, requests, pipeline):
        """At least so many GETs, each client with `pipeline` of them at a time; returns how many."""
        rounds = -(-requests // (len(self._clients) * pipeline))
        for _ in range(rounds):
            self._round(lambda: b"".join(encode("GET", self._key()) for _ in range(pipeline)),
                        pipeline * _VALUE_REPLY)
        return rounds * len(self._clients) * pipeline

    def mget(self, keys, count):
        """MGETs of so many keys together, `count` in each; returns how many keys."""
        rounds = -(-keys // (len(self._clients) * count))
        for _ in range(rounds):
            self._round(lambda: encode("MGET", *[self._key() for _ in range(count)]),
                        len(b"*%d\r\n" % count) + count * _VALUE_REPLY)
        return rounds * len(self._clients) * count

    def _key(self):
        return f"key:{self._random.randrange(KEYS):012}"

    def _round(self, make_request, reply_bytes):
        for client in self._clients:
            client.sendall(make_request())
        for client in self._clients:
            missing = reply_bytes
            while missing > 0:
                data = client.recv(missing)
                if not data or data.startswith(b"-"):
                    raise RuntimeError(f"instead of values came {data[:200]!r}")
                missing -= len(data)
