"""What a client costs that has sent one GET and then says nothing: memory, taken and given back."""

import socket
import time

from bench.resp import encode

_REQUEST = encode("GET", "key:000000000001")


def measure_idle(contender, clients):
    """Bytes per client, in the proxy's user space.

    Twice the same: a second crowd shows whether what the first one left behind is used again, or lost.
    """
    with contender.start():
        _disconnect(_connect(contender.port, 200))  # whatever the first clients of all make grow
        before = _settled(contender)
        crowd = _connect(contender.port, clients)
        with_first = _settled(contender)
        _disconnect(crowd)
        after_first = _settled(contender, 2.0)
        crowd = _connect(contender.port, clients)
        with_second = _settled(contender)
        _disconnect(crowd)
        after_second = _settled(contender, 2.0)

    def each(late, early, kind):
        return (late[kind] - early[kind]) / clients

    return {
        "clients": clients,
        "resident": each(with_first, before, "resident"),
        "heap": each(with_first, before, "anonymous"),
        "heap_second_crowd": each(with_second, before, "anonymous"),
        "left_behind": each(after_first, before, "anonymous"),
        "left_behind_second": each(after_second, before, "anonymous"),
    }


def _settled(contender, seconds=0.5):
    time.sleep(seconds)
    return contender.process.memory()


def _connect(port, count):
    """`count` clients, each with its one GET answered."""
    clients = []
    for first in range(0, count, 100):
        batch = [socket.create_connection(("127.0.0.1", port), 20) for _ in range(min(100, count - first))]
        for client in batch:
            client.sendall(_REQUEST)
        for client in batch:
            _read_bulk(client)
        clients += batch
    return clients


def _read_bulk(client):
    data = b""
    while b"\r\n" not in data:
        data += _more(client)
    header, _, body = data.partition(b"\r\n")
    if not header.startswith(b"$") or header == b"$-1":
        raise RuntimeError(f"no value in answer to GET but {header!r}")
    missing = int(header[1:]) + 2 - len(body)
    while missing > 0:
        missing -= len(_more(client))


def _more(client):
    data = client.recv(4096)
    if not data:
        raise RuntimeError("the proxy closed an idle client")
    return data


def _disconnect(clients):
    for client in clients:
        client.close()
