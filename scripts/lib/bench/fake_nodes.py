"""python3 -m bench.fake_nodes COUNT [--churn]: a cluster of that many nodes, in one process.

For measuring what the number of nodes costs Slotway, where real servers would not fit the machine. Each
node listens on a port of its own and answers what Slotway asks and a handful of data commands; a GET
yields 64 bytes. With --churn two neighbours trade their slots whenever a node is asked for the topology,
so that every refresh brings a new map. Prints "HOST:PORT" of one node when all listen; ends with SIGTERM
or when its parent's pipe closes.
"""

import asyncio
import sys

_SLOTS = 16384
_VALUE = b"$64\r\n" + b"v" * 64 + b"\r\n"
_OK = b"+OK\r\n"
_HOST = "127.0.0.1"


def _bulk(data):
    return b"$%d\r\n%s\r\n" % (len(data), data)


def parse_requests(data):
    """([requests as lists of words], bytes used). Raises IndexError or ValueError for nonsense."""
    requests, position = [], 0
    while True:
        end = data.find(b"\r\n", position)
        if end < 0:
            return requests, position
        words, at = [], end + 2
        for _ in range(int(data[position + 1:end])):
            end = data.find(b"\r\n", at)
            if end < 0:
                return requests, position
            size = int(data[at + 1:end])
            if len(data) < end + 4 + size:
                return requests, position
            words.append(data[end + 2:end + 2 + size])
            at = end + 4 + size
        requests.append(words)
        position = at


class Nodes:
    """All nodes' shared knowledge: who owns what."""

    def __init__(self, count, churn):
        self._count, self._churn = count, churn
        self.ports = []
        self._fetches = 0

    def answer(self, words, port):
        name = words[0].upper()
        if name == b"GET":
            return _VALUE
        if name == b"MGET":
            return b"*%d\r\n" % (len(words) - 1) + _VALUE * (len(words) - 1)
        if name == b"PING":
            return b"+PONG\r\n"
        if name == b"CLUSTER":
            return self._cluster(words[1].upper(), port)
        if name == b"INFO":
            return _bulk(b"# Server\r\nredis_version:7.0.15\r\nredis_mode:cluster\r\n")
        if name == b"HELLO":
            return b"*4\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:2\r\n"
        if name == b"COMMAND":
            return b"*0\r\n"
        return _OK

    def _cluster(self, subcommand, port):
        if subcommand == b"SLOTS":
            return self._slots()
        if subcommand == b"MYID":
            return _bulk(b"%040d" % port)
        return _bulk(b"cluster_enabled:1\r\ncluster_state:ok\r\ncluster_slots_assigned:%d\r\n"
                     b"cluster_known_nodes:%d\r\ncluster_size:%d\r\ncluster_current_epoch:1\r\n"
                     % (_SLOTS, self._count, self._count))

    def _slots(self):
        owners = list(self.ports)
        if self._churn:
            # Not the same pair each time: the map differs from the one before in two places at least.
            self._fetches += 1
            one = self._fetches % (self._count - 1)
            owners[one], owners[one + 1] = owners[one + 1], owners[one]
        entries = []
        for index, port in enumerate(owners):
            first, end = (_SLOTS * part // self._count for part in (index, index + 1))
            entries.append(b"*3\r\n:%d\r\n:%d\r\n*4\r\n%s:%d\r\n%s*0\r\n"
                           % (first, end - 1, _bulk(_HOST.encode()), port, _bulk(b"%040d" % port)))
        return b"*%d\r\n" % len(entries) + b"".join(entries)


class _Connection(asyncio.Protocol):
    def __init__(self, nodes):
        self._nodes = nodes
        self._input = b""
        self._transport = None
        self._port = 0

    def connection_made(self, transport):
        self._transport = transport
        self._port = transport.get_extra_info("sockname")[1]

    def data_received(self, data):
        self._input += data
        requests, used = parse_requests(self._input)
        self._input = self._input[used:]
        self._transport.write(b"".join(self._nodes.answer(words, self._port) for words in requests))


async def _serve(count, churn):
    loop = asyncio.get_running_loop()
    nodes = Nodes(count, churn)
    for _ in range(count):
        server = await loop.create_server(lambda: _Connection(nodes), _HOST, 0, backlog=1024)
        nodes.ports.append(server.sockets[0].getsockname()[1])
    print(f"{_HOST}:{nodes.ports[0]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), "--churn" in sys.argv[2:]))
