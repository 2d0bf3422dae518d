"""A client with CLIENT TRACKING that tells replies and invalidations apart, and may keep a cache by them."""

import select
import time

from support import resp
from support.resp_client import RespClient

EVERYTHING = None  # what an invalidation of all keys names


class CachingClient(RespClient):
    """One RESP3 connection. What it is told to forget gathers in `told`, in order."""

    def __init__(self, port, timeout=10.0):
        super().__init__(port, timeout=timeout)
        self.told = []
        self.cache = {}
        assert self.call("HELLO", "3")

    def track(self, *options):
        reply = self.ask("CLIENT", "TRACKING", "ON", *options)
        assert reply == b"OK", reply

    def ask(self, *args):
        """Sends a command; its reply. Pushes on the way are taken note of."""
        self.send_command(*args)
        return self.reply()

    def reply(self):
        while True:
            frame = self.read()
            if not isinstance(frame, resp.Push):
                return frame
            self._note(frame)

    def wait_told(self, *keys, seconds=5):
        """Waits until all these keys (or EVERYTHING) have been named; then forgets what was named."""
        wanted = {key.encode() if isinstance(key, str) else key for key in keys}
        until = time.monotonic() + seconds
        while not wanted <= set(self.told):
            assert time.monotonic() < until, f"told {self.told} only, not {wanted}"
            self.take_pushes(0.05)
        told, self.told = self.told, []
        return told

    def assert_not_told(self, seconds=0.3):
        self.take_pushes(seconds)
        assert not self.told, self.told

    def take_pushes(self, seconds=0.0):
        """Takes note of the pushes that come within the time, or have come."""
        until = time.monotonic() + seconds
        while self._buffer or select.select([self.socket], [], [], max(0, until - time.monotonic()))[0]:
            frame = self.read()
            assert isinstance(frame, resp.Push), frame
            self._note(frame)

    # With a cache

    def get(self, key):
        """From the cache, or from the server and then into the cache."""
        if key not in self.cache:
            # What is told before the reply comes says nothing about it, what comes behind it does.
            self.cache[key] = self.ask("GET", key)
        return self.cache[key]

    def wait_forgotten(self, *keys, seconds=5):
        """Waits until the cache has none of the keys any more."""
        until = time.monotonic() + seconds
        while left := self.cache.keys() & set(keys):
            assert time.monotonic() < until, f"not told to forget {left}"
            self.take_pushes(0.05)
        self.told.clear()

    def _note(self, frame):
        word, *rest = frame
        if word != b"invalidate":
            self.told.append(tuple(frame))
            return
        keys = rest[0]
        if keys is None:
            self.told.append(EVERYTHING)
            self.cache.clear()
            return
        for key in keys:
            self.told.append(key)
            self.cache.pop(key.decode(), None)
