"""A client that knows nothing but bytes: it sends exactly what a test says and shows exactly what came."""

import contextlib
import socket
import time

from support import resp


class ConnectionClosed(Exception):
    """The peer closed the connection before a whole reply had come."""


class RespClient(contextlib.AbstractContextManager):
    """One connection. Replies are read in order: raw with read_raw(), decoded with read()."""

    def __init__(self, port=None, host="127.0.0.1", path=None, timeout=10.0):
        if path is not None:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(path)
        else:
            self.socket = socket.create_connection((host, port), timeout)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray()

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Closes with a TCP reset, as a killed client's kernel may."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    # Sending

    def send(self, data):
        self.socket.sendall(data)

    def send_in_pieces(self, data, size=1, pause=0.0):
        """Each piece in a segment of its own (as far as the kernel allows)."""
        for start in range(0, len(data), size):
            self.socket.sendall(data[start : start + size])
            if pause:
                time.sleep(pause)

    def send_command(self, *args):
        self.send(resp.encode(*args))

    # Receiving

    def read_raw(self):
        """The exact bytes of the next reply."""
        return self._next_frame()[1]

    def read(self):
        """The next reply, decoded; an error is returned as resp.ErrorReply, not raised."""
        return self._next_frame()[0]

    def read_with_raw(self):
        """The next reply, decoded and as it came."""
        return self._next_frame()

    def read_many(self, count):
        return [self.read() for _ in range(count)]

    def read_until_closed(self):
        """Everything up to the peer's close, already buffered bytes included."""
        while self._receive():
            pass
        everything = bytes(self._buffer)
        self._buffer.clear()
        return everything

    def assert_silent(self, seconds=0.2):
        """Fails if anything (a reply nobody asked for, or a close) comes within the time."""
        assert not self._buffer, f"unread bytes: {bytes(self._buffer)!r}"
        timeout = self.socket.gettimeout()
        self.socket.settimeout(seconds)
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            return
        finally:
            self.socket.settimeout(timeout)
        raise AssertionError(f"expected silence, got {data!r}" if data else "the peer closed")

    # Both

    def call(self, *args):
        """Sends one command and decodes its reply."""
        self.send_command(*args)
        return self.read()

    def call_raw(self, *args):
        """Sends one command and returns the exact bytes of its reply."""
        self.send_command(*args)
        return self.read_raw()

    def pipeline(self, commands):
        """Sends all commands in one write, then reads a reply for each."""
        commands = list(commands)
        self.send(resp.encode_all(commands))
        return self.read_many(len(commands))

    def exchange(self, data):
        """Sends bytes and returns the exact bytes of one reply."""
        self.send(data)
        return self.read_raw()

    def _next_frame(self):
        while True:
            try:
                value, end = resp.parse(self._buffer)
                raw = bytes(self._buffer[:end])
                del self._buffer[:end]
                return value, raw
            except resp.Incomplete:
                if not self._receive():
                    raise ConnectionClosed(f"closed after {bytes(self._buffer)!r}") from None

    def _receive(self):
        try:
            data = self.socket.recv(1 << 18)
        except ConnectionResetError:
            return False
        self._buffer += data
        return bool(data)
