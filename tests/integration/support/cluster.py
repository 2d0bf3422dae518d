"""A real Redis Cluster on this machine, up in about three seconds, and what may happen to it.

It is put together with CLUSTER MEET, ADDSLOTSRANGE and REPLICATE, which is quicker than
`redis-cli --cluster create`. Most of the time goes to the two seconds a fresh node waits before it
takes writes (CLUSTER_WRITABLE_DELAY in Redis' cluster.c).
"""

import contextlib
import shutil
import subprocess
import tempfile
import time

from support.ports import PortLease
from support.redis_server import RedisServer
from support.slots import SLOTS, key_slot
from support.waiting import wait_until


class Cluster:
    """`primaries` with `replicas` each. A context manager: started on entry, gone on exit.

    `announce` (a function from a server's port to the port its peers tell clients) lets a test put a
    fault proxy in front of every node.
    """

    def __init__(self, primaries=3, replicas=1, node_timeout_ms=2000, password=None, host="127.0.0.1",
                 announce=None, options=None):
        self._primary_count, self._replica_count = primaries, replicas
        self._node_timeout_ms = node_timeout_ms
        self._host, self._announce = host, announce
        self._extra_options = options or {}
        self.password = password
        self.folder = tempfile.mkdtemp(prefix="slotway-cluster-")
        self._leases = []
        self.nodes = []

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    # Life

    def start(self):
        self.launch()
        self.form()

    def launch(self):
        """Starts the processes only: single nodes that do not know of each other yet."""
        for _ in range(self._primary_count * (1 + self._replica_count)):
            self.nodes.append(self._new_node())
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.wait_until_up()

    def form(self):
        """Makes the processes one cluster and waits until every node says it is complete."""
        primaries = self.nodes[: self._primary_count]
        replicas = self.nodes[self._primary_count :]
        for index, node in enumerate(self.nodes):
            node.command("CLUSTER", "SET-CONFIG-EPOCH", index + 1)
        for index, node in enumerate(primaries):
            first, end = (SLOTS * part // len(primaries) for part in (index, index + 1))
            node.command("CLUSTER", "ADDSLOTSRANGE", first, end - 1)
        for node in self.nodes[1:]:
            self._meet(self.nodes[0], node)
        wait_until(self._all_acquainted, 20, "all nodes to know each other")
        for index, node in enumerate(replicas):
            primary = primaries[index % len(primaries)]
            wait_until(lambda n=node, p=primary: self._try_replicate(n, p), what="CLUSTER REPLICATE")
        self.wait_until_healthy()
        for node in self.nodes:
            node.command("CONFIG", "SET", "cluster-node-timeout", self._node_timeout_ms)

    def stop(self):
        for node in self.nodes:
            node.stop()
        for lease in self._leases:
            lease.release()
        shutil.rmtree(self.folder, ignore_errors=True)

    def wait_until_healthy(self, timeout=20):
        """Every running node sees all slots served, agrees on their owners, and replicas are in step."""
        wait_until(self._is_healthy, timeout, "the cluster to be healthy")

    def add_node(self):
        """One more primary without slots."""
        node = self._new_node()
        node.start()
        node.wait_until_up()
        self._meet(self.nodes[0], node)
        self.nodes.append(node)
        wait_until(self._all_acquainted, what="the new node to be known")
        self.wait_until_healthy()
        return node

    # Who is who

    @property
    def seeds(self):
        return [node.address for node in self.nodes]

    @property
    def running(self):
        return [node for node in self.nodes if node.process and node.process.poll() is None]

    @property
    def primaries(self):
        """The running nodes that own slots, by their first slot."""
        return list(dict.fromkeys(owner for _, _, owner in self.slot_ranges()))

    @property
    def replicas(self):
        return [node for node in self.running if self.role(node) == "slave"]

    def role(self, node):
        return node.command("ROLE")[0].decode()

    def replicas_of(self, primary):
        primary_id = self.id_of(primary)
        return [node for node in self.running
                if node is not primary and self._primary_id_of(node) == primary_id]

    def owner(self, slot):
        """The node that serves the slot, as a running node sees it."""
        for first, last, node in self.slot_ranges():
            if first <= slot <= last:
                return node
        raise AssertionError(f"nobody owns slot {slot}")

    def owner_of_key(self, key):
        return self.owner(key_slot(key))

    def slot_ranges(self, witness=None):
        """[(first, last, node)] in order of slots."""
        by_port = {self._announced(node): node for node in self.nodes}
        reply = (witness or self.running[0]).command("CLUSTER", "SLOTS")
        return sorted(((first, last, by_port[primary[1]]) for first, last, primary, *_ in reply),
                      key=lambda entry: entry[0])

    def id_of(self, node):
        return node.command("CLUSTER", "MYID").decode()

    # Events

    def failover(self, primary, force=False):
        """A replica takes over by CLUSTER FAILOVER; returns it when every node agrees."""
        replica = self.replicas_of(primary)[0]
        slot = next(first for first, _, node in self.slot_ranges() if node is primary)
        asked_at = None

        def has_taken_over():
            nonlocal asked_at
            # It gives up after 5 s, for example if the others voted for a replica of this shard just before.
            if asked_at is None or time.monotonic() - asked_at > 6:
                asked_at = time.monotonic()
                with contextlib.suppress(RuntimeError):  # it is a primary already
                    replica.command("CLUSTER", "FAILOVER", *(["FORCE"] if force else []))
            return all(self._sees(node, slot, replica) for node in self.running)

        wait_until(has_taken_over, 30, f"{replica} to take over from {primary}")
        return replica

    def reshard(self, source, target, count):
        """Moves slots under way as an operator would, with redis-cli --cluster reshard."""
        command = ["redis-cli"] + (["-a", self.password] if self.password else [])
        command += ["--cluster", "reshard", source.address,
                    "--cluster-from", self.id_of(source), "--cluster-to", self.id_of(target),
                    "--cluster-slots", str(count), "--cluster-yes", "--cluster-pipeline", "100"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr

    def move_slot(self, slot, target):
        """Moves one slot with all its keys, step by step (see begin_move)."""
        source = self.begin_move(slot, target)
        self.move_keys(slot, source, target)
        self.finish_move(slot, target)

    def begin_move(self, slot, target):
        """From now on the source answers ASK for keys it lacks, until finish_move(); returns the source."""
        source = self.owner(slot)
        target.command("CLUSTER", "SETSLOT", slot, "IMPORTING", self.id_of(source))
        source.command("CLUSTER", "SETSLOT", slot, "MIGRATING", self.id_of(target))
        return source

    def move_keys(self, slot, source, target, keys=None):
        """Moves the given keys, or all of the slot."""
        while True:
            batch = keys if keys is not None else source.command("CLUSTER", "GETKEYSINSLOT", slot, 100)
            if not batch:
                return
            auth = ["AUTH", self.password] if self.password else []
            source.command("MIGRATE", target.host, target.port, "", 0, 5000, *auth, "KEYS", *batch)
            if keys is not None:
                return

    def finish_move(self, slot, target):
        """Tells the new owner first, then the others, as the cluster specification asks."""
        others = [node for node in self.primaries if node is not target]
        for node in [target, *others]:
            node.command("CLUSTER", "SETSLOT", slot, "NODE", self.id_of(target))

    def move_to_new_ports(self):
        """Every node ends and starts again on another port, keeping its identity and its slots, not its data."""
        for node in self.nodes:
            node.kill()
        for node in self.nodes:
            node.change_port()
            node.start()
        for node in self.nodes:
            node.wait_until_up()
        for node in self.nodes[1:]:  # nobody listens where they look for each other
            self._meet(self.nodes[0], node)

    # Data

    def flush(self):
        for node in self.primaries:
            node.command("FLUSHALL")

    def get(self, key):
        """A value straight from the node that owns the key."""
        return self.owner_of_key(key).command("GET", key)

    def key_count(self):
        return sum(node.command("DBSIZE") for node in self.primaries)

    # Inner workings

    def _new_node(self):
        bus = PortLease(self._host)
        self._leases.append(bus)
        node = RedisServer(self.folder, self._host, self.password, {
            "cluster-enabled": "yes",
            # Gossip runs at the pace of this time-out, so it is short until the cluster stands.
            "cluster-node-timeout": min(1000, self._node_timeout_ms),
            "cluster-port": bus.port,
            "cluster-allow-replica-migration": "no",
            "cluster-replica-validity-factor": "0",
            "repl-ping-replica-period": "1",  # CLUSTER SLOTS hides a replica until it has replicated
            **self._extra_options,
        })
        node.bus_port = bus.port
        if self._announce:
            node._options["cluster-announce-ip"] = self._host
            node._options["cluster-announce-port"] = self._announced(node)
            node._options["cluster-announce-bus-port"] = bus.port
        return node

    def _announced(self, node):
        return self._announce(node.port) if self._announce else node.port

    def _meet(self, known, newcomer):
        newcomer.command("CLUSTER", "MEET", self._host, known.port, known.bus_port)

    def _all_acquainted(self):
        return all(self._acquaintances(node) == len(self.nodes) for node in self.nodes)

    @staticmethod
    def _acquaintances(node):
        lines = node.command("CLUSTER", "NODES").decode().splitlines()
        return sum("handshake" not in line for line in lines)

    @staticmethod
    def _known_replicas(node):
        lines = node.command("CLUSTER", "NODES").decode().splitlines()
        return sum("slave" in line and "fail" not in line for line in lines)

    def _try_replicate(self, node, primary):
        try:
            node.command("CLUSTER", "REPLICATE", self.id_of(primary))
            return True
        except RuntimeError:
            return False  # "I can only replicate a master" until gossip has told that it is one

    def _is_healthy(self):
        running = self.running
        state = b"cluster_state:ok"
        if not all(state in node.command("CLUSTER", "INFO") for node in running):
            return False
        views = [[(first, last, node.port) for first, last, node in self.slot_ranges(node)] for node in running]
        if any(view != views[0] for view in views) or sum(l - f + 1 for f, l, _ in views[0]) != SLOTS:
            return False
        replicas = self.replicas
        knows_replicas = all(self._known_replicas(node) == len(replicas) for node in running)
        return knows_replicas and all(node.command("ROLE")[3] == b"connected" for node in replicas)

    def _sees(self, witness, slot, owner):
        return any(first <= slot <= last and node is owner for first, last, node in self.slot_ranges(witness))

    @staticmethod
    def _primary_id_of(node):
        for line in node.command("CLUSTER", "NODES").decode().splitlines():
            fields = line.split()
            if "myself" in fields[2]:
                return fields[3]
        return None
