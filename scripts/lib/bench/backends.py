"""The Redis servers behind the contenders: a cluster of three primaries, and three standalone nodes."""

import os
import subprocess

from bench.ports import free_port
from bench.processes import Process, wait_until
from bench.resp import Client

REPOSITORY = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
PRIMARIES = 3


class Cluster:
    """What scripts/cluster starts: primaries only, nothing on disk."""

    def __init__(self, folder, primaries=PRIMARIES):
        self._folder = os.path.join(folder, "cluster")
        self._script = os.path.join(REPOSITORY, "scripts", "cluster")
        self._primaries = primaries
        self.seeds = []

    def __enter__(self):
        # 10,000 clients of a relay are 10,000 clients of its node; a cluster has few.
        started = subprocess.run([self._script, "start", self._folder, "--primaries", str(self._primaries),
                                  "--replicas", "0"], stdout=subprocess.PIPE, text=True, check=False)
        if started.returncode != 0:
            raise RuntimeError("scripts/cluster could not start a cluster")
        self.seeds = started.stdout.split()
        return self

    def __exit__(self, *_):
        subprocess.run([self._script, "stop", self._folder], check=False)

    @property
    def pids(self):
        with open(os.path.join(self._folder, "pids"), encoding="ascii") as pids:
            return [int(pid) for pid in pids.read().split()]


class StandaloneServers:
    """Single Redis servers, as a relay and a proxy that hashes keys itself want them."""

    def __init__(self, folder, count=PRIMARIES):
        self._folder = folder
        self._count = count
        self.processes = []
        self.ports = []

    def __enter__(self):
        for index in range(self._count):
            port = free_port()
            log = os.path.join(self._folder, f"standalone-{index}.log")
            self.ports.append(port)
            self.processes.append(Process(
                ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                 "--maxclients", 15000, "--dir", self._folder], log))
        for port, process in zip(self.ports, self.processes):
            wait_until(lambda p=port: _answers(p), 15, f"redis-server: {process.last_words()}")
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.stop()

    @property
    def pids(self):
        return [process.pid for process in self.processes]


def _answers(port):
    try:
        with Client(port, timeout=1) as client:
            return client.command("PING") == b"PONG"
    except (OSError, RuntimeError):
        return False
