"""A TCP relay that makes a network misbehave: delay, silence, resets, half-closes, drips, cuts."""

import contextlib
import socket
import threading
import time

from support.ports import PortLease


class FaultProxy(contextlib.AbstractContextManager):
    """Relays every connection to one port. All faults are off at first and may be changed at any time."""

    def __init__(self, target_port, host="127.0.0.1"):
        self._target = (host, target_port)
        self._lease = PortLease(host)
        self.port = self._lease.port
        self.delay_seconds = 0.0  # before each chunk, in both directions
        self.chunk_bytes = 65536  # small values make a slow drip together with delay_seconds
        self.cut_after = None  # a new connection is reset once it has passed on so many bytes, either way
        self.accepted = 0
        self._flowing = threading.Event()
        self._flowing.set()
        self._relays = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server((host, self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        # shutdown() wakes the accepting thread; close() alone would leave it, and the port, hanging.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.reset_all()
        self.resume()
        self._lease.release()

    def lead_to(self, port):
        """New connections go to another port, as a name may come to mean another address."""
        self._target = (self._target[0], port)

    def stall(self):
        """Connections stay open and nothing passes, as behind a firewall that drops."""
        self._flowing.clear()

    def resume(self):
        self._flowing.set()

    def reset_all(self):
        """Breaks every connection with a TCP reset; bytes under way are lost."""
        with self._lock:
            relays, self._relays = self._relays, set()
        for relay in relays:
            relay.reset()

    def half_close_all(self):
        """Ends the way to the server of every connection; the answers to what has gone before still pass."""
        with self._lock:
            relays, self._relays = self._relays, set()
        for relay in relays:
            relay.half_close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            try:
                server = socket.create_connection(self._target, 5)
            except OSError:
                client.close()
                continue
            relay = _Relay(self, client, server)
            with self._lock:
                self._relays.add(relay)
            relay.start()

    def _pass(self, data, sink, relay):
        data, is_last = relay.take(data)
        chunk_bytes = self.chunk_bytes  # it may change meanwhile
        for start in range(0, len(data), chunk_bytes):
            if self.delay_seconds:
                time.sleep(self.delay_seconds)
            self._flowing.wait()
            sink.sendall(data[start : start + chunk_bytes])
        if is_last:
            relay.reset()


class _Relay:
    """One connection through the proxy: two sockets, a thread for each direction."""

    def __init__(self, owner, client, server):
        self._owner, self._sockets, self._broken = owner, (client, server), False
        self._bytes_left, self._lock = owner.cut_after, threading.Lock()
        for end in self._sockets:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            end.settimeout(None)

    def start(self):
        client, server = self._sockets
        for source, sink in ((client, server), (server, client)):
            threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def reset(self):
        self._broken = True
        for end in self._sockets:
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                # Wakes a thread blocked in recv(), which would keep the connection open past close().
                end.shutdown(socket.SHUT_RD)
            end.close()

    def take(self, data):
        """What may still pass of it before the connection is cut, and whether nothing may afterwards."""
        with self._lock:
            if self._bytes_left is None:
                return data, False
            data = data[: self._bytes_left]
            self._bytes_left -= len(data)
            return data, self._bytes_left == 0

    def half_close(self):
        client, server = self._sockets
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RD)  # wakes the thread that reads, which passes the end on
            server.shutdown(socket.SHUT_WR)

    def _pump(self, source, sink):
        try:
            while data := source.recv(65536):
                self._owner._pass(data, sink, self)
            if not self._broken:
                sink.shutdown(socket.SHUT_WR)  # half-close, as the peer did
        except OSError:
            self.reset()
