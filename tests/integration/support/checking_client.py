"""Clients that write and read in a loop and know what every read must give.

Each value names its key, its writer and its number, so a reply that belongs to anybody else shows at once.
"""

import threading

from support import resp
from support.resp_client import ConnectionClosed, RespClient


class CheckingClient(threading.Thread):
    """One connection in a thread of its own. What went wrong is in `problems`; stop() ends it.

    With `may_fail` an error reply or a closed connection is counted in `errors` but is no problem, and a
    read may give any earlier value of the key: so much a crashed primary may cost. A value of another
    key or from the future is a problem always.
    """

    def __init__(self, port, name, keys=60, may_fail=False):
        super().__init__(daemon=True)
        self.name = name
        self.problems = []
        self.operations = 0
        self.errors = 0
        self._port, self._may_fail = port, may_fail
        self._keys = [f"{name}:{number}" for number in range(keys)]
        self._written = dict.fromkeys(self._keys, -1)  # the number of the last value written, or tried
        self._counters = dict.fromkeys((f"{name}:counter:{number}" for number in range(10)), 0)
        self._stopping = threading.Event()

    def stop(self):
        self._stopping.set()
        self.join(30)
        assert not self.is_alive(), f"{self.name} hangs"

    def run(self):
        try:
            while not self._stopping.is_set():
                try:
                    with RespClient(self._port, timeout=20) as client:
                        self._work(client)
                except (ConnectionClosed, ConnectionError) as error:
                    self._failed(error)
        except Exception as error:  # pylint: disable=broad-except
            self.problems.append(repr(error))

    def _work(self, client):
        number = 0
        while not self._stopping.is_set():
            number += 1
            for key in self._keys:
                self._set_and_get(client, key, number)
            self._mset_and_mget(client, number + 0.5)
            self._count(client)

    def _set_and_get(self, client, key, number):
        self._written[key] = number
        stored, found = client.pipeline([("SET", key, _value(key, number)), ("GET", key)])
        self._expect_ok(stored, key)
        self._expect_value(found, key)

    def _mset_and_mget(self, client, number):
        pairs = []
        for key in self._keys:
            self._written[key] = number
            pairs += [key, _value(key, number)]
        self._expect_ok(client.call("MSET", *pairs), "MSET")
        values = client.call("MGET", *self._keys)
        self.operations += 1
        if isinstance(values, resp.ErrorReply):
            return self._failed(values)
        for key, value in zip(self._keys, values):
            self._expect_value(value, key)
        return None

    def _count(self, client):
        for key, expected in self._counters.items():
            reply = client.call("INCR", key)
            self.operations += 1
            if isinstance(reply, resp.ErrorReply):
                self._failed(reply)
            elif reply != expected + 1 and not self._may_fail:
                self.problems.append(f"INCR {key} gave {reply} after {expected}")
            if isinstance(reply, int):
                self._counters[key] = reply

    def _expect_ok(self, reply, what):
        self.operations += 1
        if isinstance(reply, resp.ErrorReply):
            self._failed(f"{what}: {reply}")
        elif reply != b"OK":
            self.problems.append(f"{what}: {reply!r} instead of OK")

    def _expect_value(self, reply, key):
        self.operations += 1
        if isinstance(reply, resp.ErrorReply):
            return self._failed(f"{key}: {reply}")
        if reply == _value(key, self._written[key]):
            return None
        if self._may_fail and (reply is None or _is_earlier(reply, key, self._written[key])):
            return None
        return self.problems.append(f"{key}: {reply!r} instead of {_value(key, self._written[key])!r}")

    def _failed(self, what):
        self.errors += 1
        if not self._may_fail:
            self.problems.append(str(what))


def _value(key, number):
    return f"{key}={number}".encode()


def _is_earlier(value, key, number):
    name, _, found = value.decode(errors="replace").partition("=")
    return name == key and float(found) <= number
