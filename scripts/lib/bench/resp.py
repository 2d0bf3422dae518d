"""Just enough of a Redis client to load keys, to ask servers, and to sit idle."""

import socket


def encode(*arguments):
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        data = argument if isinstance(argument, bytes) else str(argument).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


class Client:
    """Reads status, error, integer and bulk replies; arrays it does not need."""

    def __init__(self, port, host="127.0.0.1", timeout=30):
        self._socket = socket.create_connection((host, port), timeout)
        self._input = self._socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._input.close()
        self._socket.close()

    def send(self, *arguments):
        self._socket.sendall(encode(*arguments))

    def read(self):
        line = self._input.readline()
        if not line.endswith(b"\r\n"):
            raise RuntimeError("the connection was closed")
        kind, text = line[:1], line[1:-2]
        if kind == b"-":
            raise RuntimeError(text.decode(errors="replace"))
        if kind == b"$":
            size = int(text)
            return None if size < 0 else self._input.read(size + 2)[:-2]
        if kind == b":":
            return int(text)
        if kind == b"+":
            return text
        raise RuntimeError(f"unexpected reply {line!r}")

    def command(self, *arguments):
        self.send(*arguments)
        return self.read()

    def pipeline(self, commands, at_a_time=64):
        """Sends all, some at a time, and returns the replies."""
        commands, replies = list(commands), []
        for first in range(0, len(commands), at_a_time):
            batch = commands[first:first + at_a_time]
            self._socket.sendall(b"".join(encode(*command) for command in batch))
            replies += [self.read() for _ in batch]
        return replies
