"""A client of the cluster itself, without a proxy: the control that shows what Redis alone loses."""

import contextlib

from support import resp
from support.resp_client import ConnectionClosed, RespClient
from support.slots import SLOTS, key_slot


class DirectClient(contextlib.AbstractContextManager):
    """Sends each command to the owner of its key and follows MOVED by asking for the map again. One at a time."""

    def __init__(self, addresses):
        self._addresses = addresses
        self._connections = {}
        self._owners = [None] * SLOTS
        self._replies = []
        self._learn()

    def __exit__(self, *_):
        self.close()

    def close(self):
        for connection in self._connections.values():
            connection.close()

    def send(self, data):
        position = 0
        while position < len(data):
            command, position = resp.parse(data, position)
            self._replies.append(self._call(command))

    def read(self):
        return self._replies.pop(0)

    def _call(self, command):
        address = self._owners[key_slot(command[1])]
        if address is None:
            self._learn()
            return resp.ErrorReply(b"no owner known")
        try:
            reply = self._connection(address).call(*command)
        except ConnectionRefusedError:
            self._learn()
            return resp.ErrorReply(b"not sent")
        except (OSError, ConnectionClosed):
            self._forget(address)
            self._learn()
            return resp.ErrorReply(b"outcome unknown")
        if isinstance(reply, resp.ErrorReply):
            self._learn()
        return reply

    def _connection(self, address):
        if address not in self._connections:
            host, _, port = address.rpartition(":")
            self._connections[address] = RespClient(int(port), host, timeout=5)
        return self._connections[address]

    def _forget(self, address):
        connection = self._connections.pop(address, None)
        if connection is not None:
            connection.close()

    def _learn(self):
        for address in self._addresses:
            try:
                entries = self._connection(address).call("CLUSTER", "SLOTS")
            except (OSError, ConnectionClosed):
                self._forget(address)
                continue
            for first, last, (host, port, *_), *_ in entries:
                self._owners[first : last + 1] = [f"{host.decode()}:{port}"] * (last - first + 1)
            return
