"""The proxies that are measured, each with the settings its users run it with.

haproxy relays TCP to one standalone Redis: it parses nothing and routes nothing, so what it costs is
what it costs to pass bytes on. nutcracker (twemproxy) parses, hashes and splits, over three standalone
servers. Slotway stands in front of a Redis Cluster of three primaries, with its metrics on.
"""

import json
import os
import urllib.error
import urllib.request

from bench.backends import REPOSITORY
from bench.ports import free_port
from bench.processes import Process, wait_until
from bench.resp import Client

# Slotway's settings that differ from its defaults, all of them.
SLOTWAY_SETTINGS = {"log": {"level": "warning"}}


def slotway_binary():
    return os.environ.get("SLOTWAY_BINARY", os.path.join(REPOSITORY, "build", "release", "slotway"))


class Contender:
    """A proxy that can be started afresh for each workload. A context manager around one life."""

    name = ""
    threads = 1

    def __init__(self, folder):
        self.folder = folder
        self.cpus = None  # where --pin puts it
        self.process = None
        self.port = 0
        self.socket = ""  # the path of its unix socket, if it was started with one

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self, unix=False):
        self.port = free_port()
        self.socket = os.path.join(self.folder, f"{self.name}.sock") if unix else ""
        log = os.path.join(self.folder, f"{self.name}.log")
        self.process = Process(self.command(), log, self.cpus)
        try:
            wait_until(lambda: self.process.ended or self.is_ready(), 20, f"{self.name} to be ready")
            if self.process.ended:
                raise RuntimeError(f"{self.name} ended at start: {self.process.last_words()}")
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self):
        if self.process is not None:
            self.process.stop()
            self.process = None
        if self.socket and os.path.exists(self.socket):
            os.unlink(self.socket)

    def target(self):
        """How redis-benchmark reaches it."""
        return ["-s", self.socket] if self.socket else ["-h", "127.0.0.1", "-p", str(self.port)]

    def command(self):
        """The command line; may write a configuration file first."""
        raise NotImplementedError

    def is_ready(self):
        if self.socket:
            return os.path.exists(self.socket)
        try:
            with Client(self.port, timeout=2) as client:
                client.command("GET", "is it ready")
                return True
        except (OSError, RuntimeError):
            return False

    def _write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path


class Slotway(Contender):
    name = "slotway"

    def __init__(self, folder, seeds, workers=1, settings=None, wrapper=()):
        super().__init__(folder)
        self.threads = workers
        self.settings = settings or SLOTWAY_SETTINGS
        self._seeds, self._wrapper = seeds, list(wrapper)
        self.admin_port = 0
        if workers > 1:
            self.name = f"slotway-{workers}w"

    def command(self):
        self.admin_port = free_port()
        # JSON is YAML.
        config = self._write(f"{self.name}.yaml", json.dumps(self.settings))
        command = [*self._wrapper, slotway_binary(), "--config", config, "--workers", self.threads,
                   "--admin", f"127.0.0.1:{self.admin_port}",
                   "--listen", f"unix:{self.socket}" if self.socket else f"127.0.0.1:{self.port}"]
        for seed in self._seeds:
            command += ["--seed", seed]
        return command

    def is_ready(self):
        return self.http("/readyz") is not None

    def http(self, path):
        """The body of a page of the admin port; None if it does not answer with 200."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}{path}", timeout=20) as response:
                return response.read().decode()
        except (OSError, urllib.error.HTTPError):
            return None


class Haproxy(Contender):
    name = "haproxy"

    def __init__(self, folder, server_port, max_clients):
        super().__init__(folder)
        self._server_port, self._max_clients = server_port, max_clients

    def command(self):
        bind = f"unix@{self.socket}" if self.socket else f"127.0.0.1:{self.port}"
        return ["haproxy", "-db", "-f", self._write("haproxy.cfg", f"""
global
  nbthread 1
  maxconn {self._max_clients}
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend redis
  bind {bind}
  default_backend redis
backend redis
  server node 127.0.0.1:{self._server_port}
""")]


class Nutcracker(Contender):
    name = "nutcracker"

    def __init__(self, folder, server_ports):
        super().__init__(folder)
        self._server_ports = server_ports

    def command(self):
        servers = "\n".join(f"   - 127.0.0.1:{port}:1" for port in self._server_ports)
        config = self._write("nutcracker.yml", f"""
redis:
  listen: {self.socket or f"127.0.0.1:{self.port}"}
  hash: fnv1a_64
  distribution: ketama
  redis: true
  preconnect: true
  auto_eject_hosts: false
  server_connections: 1
  servers:
{servers}
""")
        return ["nutcracker", "-c", config, "-a", "127.0.0.1", "-s", free_port(), "-p",
                os.path.join(self.folder, "nutcracker.pid"), "-o", os.path.join(self.folder, "nutcracker.out")]
