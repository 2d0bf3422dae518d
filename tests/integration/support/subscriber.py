"""Subscribers of tests: a raw client that tells confirmations, messages and replies apart."""

from support import resp
from support.resp_client import RespClient

_CONFIRMATIONS = (b"subscribe", b"unsubscribe", b"psubscribe", b"punsubscribe", b"ssubscribe", b"sunsubscribe")
_MESSAGES = (b"message", b"pmessage", b"smessage")


class Subscriber(RespClient):
    """One connection in RESP2 or RESP3."""

    def __init__(self, port, protocol=2, timeout=10.0):
        super().__init__(port, timeout=timeout)
        self.protocol = protocol
        if protocol == 3:
            self.call("HELLO", "3")

    def subscribe(self, *names, command="SUBSCRIBE"):
        """Returns the confirmations, one for each name."""
        self.send_command(command, *names)
        confirmations = [self.read() for _ in names]
        assert all(self._is(frame, _CONFIRMATIONS) for frame in confirmations), confirmations
        return confirmations

    def message(self):
        """The next frame, which has to be a message: (where, payload), or (pattern, where, payload)."""
        frame = self.read()
        assert self._is(frame, _MESSAGES), frame
        return tuple(frame[1:])

    def messages(self, count):
        return [self.message() for _ in range(count)]

    def _is(self, frame, words):
        wanted = resp.Push if self.protocol == 3 else list
        return type(frame) is wanted and frame[0] in words  # pylint: disable=unidiomatic-typecheck
