"""A RESP server that does what a test tells it: answers, delays, lies, and counts what it is asked.

A test scripts a node command by command:

    node.on("GET", resp.bulk("hello"))                        every GET
    node.on("GET", b"-TRYAGAIN later\r\n", resp.bulk("x"))    the first GET, then all others
    node.on("SET", lambda request: resp.reply(len(request.args)))
    node.on("GET", Never())                                   no answer, the connection stays
    node.on("GET", Close(b"$5\r\nhel"))                       these bytes, then the end

What a node says to commands without a script is up to its `fallback` (see fake_cluster.py).
"""

import contextlib
import dataclasses
import socket
import threading
import time

from support import resp
from support.ports import PortLease


@dataclasses.dataclass(frozen=True)
class Request:
    """One command as it arrived."""

    args: tuple  # of bytes, the name included
    connection: "FakeConnection"

    @property
    def name(self):
        return self.args[0].upper().decode(errors="replace")

    @property
    def text(self):
        return b" ".join(self.args)


# Scripted behaviour other than plain bytes


@dataclasses.dataclass(frozen=True)
class Never:
    """No answer; commands behind it on the same connection are answered, as if the reply was lost."""


@dataclasses.dataclass(frozen=True)
class After:
    """Waits (seconds, or until an Event is set), and the whole connection with it, then answers."""

    what: object
    answer: object


@dataclasses.dataclass(frozen=True)
class Close:
    """Sends these bytes, a part of a reply perhaps, and closes; with reset=True by a TCP reset."""

    data: bytes = b""
    reset: bool = False


@dataclasses.dataclass(frozen=True)
class Pieces:
    """One reply in several segments."""

    pieces: tuple
    pause: float = 0.02


class FakeNode(contextlib.AbstractContextManager):
    """One listening node; a thread for each connection. Safe to script while it is running."""

    def __init__(self, fallback=None, host="127.0.0.1"):
        self._lease = PortLease(host)
        self.host, self.port = host, self._lease.port
        self.id = f"{self.port:040x}"
        self.requests = []  # everything that arrived, set-up and topology commands included
        self.connections = []  # open ones
        self.accepted = 0
        self._fallback = fallback or (lambda request: b"-ERR no script for this\r\n")
        self._scripts = {}
        self._cuts = {}
        self._lock = threading.Lock()
        self._listener = None
        self.listen()

    def __exit__(self, *_):
        self.stop()

    def __repr__(self):
        return f"<fake node {self.address}>"

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    # Script

    def on(self, name, *answers):
        """Answers in order; the last one stays. An answer is bytes, a callable or a class from above."""
        with self._lock:
            self._scripts[name.upper()] = list(answers)

    def cut(self, name, after_bytes):
        """Resets a connection once so many bytes of such a request are there, whole or not; once."""
        with self._lock:
            self._cuts[name.upper().encode()] = after_bytes

    def executed(self, name):
        """The commands of that name that arrived whole, oldest first."""
        with self._lock:
            return [request for request in self.requests if request.name == name.upper()]

    def count(self, name):
        return len(self.executed(name))

    def requests_of(self, connection):
        with self._lock:
            return [request for request in self.requests if request.connection is connection]

    # Sockets

    def listen(self):
        self._listener = socket.create_server((self.host, self.port), backlog=512)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop_listening(self):
        """New connections are refused from now on; open ones stay."""
        # shutdown() wakes the accepting thread, which would keep the port open past close().
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def close_connections(self, reset=False):
        for connection in self.open_connections():
            connection.close(reset)

    def open_connections(self):
        with self._lock:
            return list(self.connections)

    def die(self):
        """What a crash looks like from outside; listen() brings it back."""
        self.stop_listening()
        self.close_connections(reset=True)

    def stop(self):
        self.stop_listening()
        self.close_connections()
        self._lease.release()

    def _accept(self, listener):
        while True:
            try:
                accepted, _ = listener.accept()
            except OSError:
                return
            connection = FakeConnection(self, accepted)
            with self._lock:
                self.accepted += 1
                self.connections.append(connection)
            threading.Thread(target=connection.serve, daemon=True).start()

    # Called by FakeConnection

    def forget(self, connection):
        with self._lock:
            if connection in self.connections:
                self.connections.remove(connection)

    def answer_to(self, request):
        with self._lock:
            self.requests.append(request)
            answers = self._scripts.get(request.name)
            answer = None if not answers else answers[0] if len(answers) == 1 else answers.pop(0)
        if answer is None:
            answer = self._fallback
        return answer

    def take_cut(self, pending):
        """True if these unprocessed bytes are to be the last ones of their connection."""
        with self._lock:
            for name, after_bytes in self._cuts.items():
                start = pending[:64].upper().find(b"\r\n" + name + b"\r\n")
                if start >= 0 and len(pending) >= after_bytes:
                    del self._cuts[name]
                    return True
        return False


class FakeConnection:
    """One connection to a fake node."""

    def __init__(self, node, accepted):
        self.node = node
        self.protocol = 2
        self.authenticated = False
        self._socket = accepted
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._closed = threading.Event()

    @property
    def is_open(self):
        return not self._closed.is_set()

    def wait_closed(self, timeout=5.0):
        """True as soon as the peer (or the script) has ended the connection."""
        return self._closed.wait(timeout)

    def send(self, data):
        """Bytes nobody asked for, or the late answer to a Never."""
        self._socket.sendall(data)

    def close(self, reset=False):
        with contextlib.suppress(OSError):
            if reset:
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                self._socket.shutdown(socket.SHUT_RD)  # wakes recv() without a FIN
            else:
                self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._closed.set()
        self.node.forget(self)

    def serve(self):
        pending = bytearray()
        try:
            while data := self._socket.recv(1 << 18):
                pending += data
                if self.node.take_cut(pending):
                    return self.close(reset=True)
                self._answer_all(pending)
        except OSError:
            pass
        return self.close()

    def _answer_all(self, pending):
        while pending and self.is_open:
            try:
                args, end = resp.parse(pending)
            except resp.Incomplete:
                return
            del pending[:end]
            request = Request(tuple(args), self)
            self._act(self.node.answer_to(request), request)

    def _act(self, answer, request):
        if callable(answer):
            self._act(answer(request), request)
        elif isinstance(answer, bytes):
            self._socket.sendall(answer)
        elif isinstance(answer, After):
            if isinstance(answer.what, threading.Event):
                answer.what.wait(60)
            else:
                time.sleep(answer.what)
            self._act(answer.answer, request)
        elif isinstance(answer, Pieces):
            for piece in answer.pieces:
                self._socket.sendall(piece)
                time.sleep(answer.pause)
        elif isinstance(answer, Close):
            self._socket.sendall(answer.data)
            self.close(answer.reset)
        else:
            assert isinstance(answer, Never), f"not an answer: {answer!r}"
