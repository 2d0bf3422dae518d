"""Fake nodes that together tell the story of a cluster: topology, COMMAND, set-up commands.

To data commands without a script they answer so that any reply can be told from any other: GET of a key
gives "value of KEY", MGET a list of them.
"""

import contextlib

from support import resp
from support.fake_node import FakeNode
from support.slots import SLOTS

_OK = b"+OK\r\n"


class FakeCluster(contextlib.AbstractContextManager):
    """`ranges` is [(first slot, last slot, node)]; at first each node has an equal share."""

    def __init__(self, nodes=1, command_reply=None, password=None):
        self.nodes = [FakeNode(self._answer) for _ in range(nodes)]
        self.ranges = [(SLOTS * index // nodes, SLOTS * (index + 1) // nodes - 1, node)
                       for index, node in enumerate(self.nodes)]
        self.password = password
        self.hostname = ""  # what CLUSTER NODES tells of every node
        self.slots_reply = None  # bytes that replace the true topology
        self._command_reply = command_reply

    def __exit__(self, *_):
        for node in self.nodes:
            node.stop()

    @property
    def seeds(self):
        return [node.address for node in self.nodes]

    def give_all_slots_to(self, node):
        self.ranges = [(0, SLOTS - 1, node)]

    def topology_fetches(self):
        """How often any node was asked who owns which slot."""
        topology = ("SLOTS", "SHARDS")
        return sum(request.args[1].decode().upper() in topology
                   for node in self.nodes for request in node.executed("CLUSTER"))

    # Answers

    def _answer(self, request):
        answer = _ANSWERS.get(request.name, FakeCluster._unknown)
        if self.password and not request.connection.authenticated and request.name not in ("AUTH", "HELLO"):
            return b"-NOAUTH Authentication required.\r\n"
        return answer(self, request)

    def _unknown(self, request):
        return b"-ERR unknown command '%s', with args beginning with: \r\n" % request.args[0]

    def _cluster(self, request):
        subcommand = request.args[1].upper()
        if subcommand == b"SLOTS":
            return self.slots_reply or self._slots()
        if subcommand == b"SHARDS":
            return self.slots_reply or self._shards()
        if subcommand == b"NODES":
            return resp.bulk(self._nodes(request.connection.node))
        if subcommand == b"INFO":
            return resp.bulk(f"cluster_enabled:1\r\ncluster_state:ok\r\ncluster_slots_assigned:{SLOTS}\r\n"
                             f"cluster_known_nodes:{len(self.nodes)}\r\ncluster_current_epoch:1\r\n")
        if subcommand == b"MYID":
            return resp.bulk(request.connection.node.id)
        return b"-ERR unknown subcommand\r\n"

    def _slots(self):
        return resp.reply([[first, last, [node.host, node.port, node.id, []]]
                           for first, last, node in self.ranges])

    def _shards(self):
        return resp.reply([["slots", self._slots_of(node), "nodes", [
            ["id", node.id, "port", node.port, "ip", node.host, "endpoint", node.host,
             "role", "master", "replication-offset", 0, "health", "online"]]] for node in self.nodes])

    def _slots_of(self, node):
        return [slot for first, last, owner in self.ranges if owner is node for slot in (first, last)]

    def _nodes(self, asked):
        lines = []
        for node in self.nodes:
            ranges = " ".join(f"{first}-{last}" for first, last, owner in self.ranges if owner is node)
            myself = "myself," if node is asked else ""
            lines.append(f"{node.id} {node.host}:{node.port}@{node.port + 10000},{self.hostname},"
                         f" {myself}master - 0 0 1 connected {ranges}\n")
        return "".join(lines)

    def _command(self, request):
        if len(request.args) == 1 and self._command_reply:
            return self._command_reply
        return b"-ERR the fake knows no COMMAND reply\r\n"

    def _auth(self, request):
        if self.password is None:
            return b"-ERR AUTH <password> called without any password configured\r\n"
        if request.args[-1].decode() != self.password:
            return b"-WRONGPASS invalid username-password pair or user is disabled.\r\n"
        request.connection.authenticated = True
        return _OK

    def _hello(self, request):
        connection = request.connection
        if len(request.args) > 1:
            connection.protocol = int(request.args[1])
        if request.args[2:3] and request.args[2].upper() == b"AUTH":
            refusal = self._auth(request)
            if refusal != _OK:
                return refusal
        fields = ["server", "redis", "version", "7.0.15", "proto", connection.protocol, "id", 1,
                  "mode", "cluster", "role", "master", "modules", []]
        if connection.protocol == 2:
            return resp.reply(fields)
        return b"%%%d\r\n" % (len(fields) // 2) + b"".join(map(resp.reply, fields))

    def _ok(self, request):
        return _OK

    def _ping(self, request):
        return resp.bulk(request.args[1]) if len(request.args) > 1 else b"+PONG\r\n"

    def _info(self, request):
        return resp.bulk("# Server\r\nredis_version:7.0.15\r\nredis_mode:cluster\r\n"
                         "# Persistence\r\nloading:0\r\n# Replication\r\nrole:master\r\n")

    def _get(self, request):
        return resp.bulk(value_of(request.args[1]))

    def _mget(self, request):
        return resp.reply([value_of(key) for key in request.args[1:]])

    def _count_keys(self, request):
        return resp.reply(len(request.args) - 1)

    def _incr(self, request):
        key = request.args[1]
        return resp.reply(sum(other.args[1] == key for other in request.connection.node.executed("INCR")))


def value_of(key):
    """What every unscripted fake node says a key holds."""
    return b"value of " + (key if isinstance(key, bytes) else key.encode())


_ANSWERS = {
    "ASKING": FakeCluster._ok, "AUTH": FakeCluster._auth, "CLIENT": FakeCluster._ok,
    "CLUSTER": FakeCluster._cluster, "COMMAND": FakeCluster._command, "DEL": FakeCluster._count_keys,
    "EXISTS": FakeCluster._count_keys, "GET": FakeCluster._get, "HELLO": FakeCluster._hello,
    "INCR": FakeCluster._incr, "INFO": FakeCluster._info, "MGET": FakeCluster._mget,
    "MSET": FakeCluster._ok, "PING": FakeCluster._ping, "READONLY": FakeCluster._ok,
    "READWRITE": FakeCluster._ok, "SELECT": FakeCluster._ok, "SET": FakeCluster._ok,
}
