"""A running Slotway: started on free ports, asked over its admin port, stopped with all promises checked."""

import http.client
import json
import os
import re
import signal
import subprocess
import tempfile
import threading

from support.metrics import Metrics
from support.processes import kill, spawn
from support.resp_client import RespClient
from support.waiting import wait_until

REPOSITORY = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
BINARY = os.environ.get("SLOTWAY_BINARY", os.path.join(REPOSITORY, "build", "release", "slotway"))

# What Slotway prints for each listener, whatever log prefix stands before it.
_LISTENING = re.compile(r"listening on (unix:[^\s\"]+|\S+:\d+)")
_ADMIN = re.compile(r"admin on (\S+:\d+)")
_SANITIZER_REPORT = re.compile(r"(ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:).*")

# Gauges that must be back at nothing when no client is waiting for anything.
IN_FLIGHT = ("slotway_requests_in_flight", "slotway_upstream_in_flight")


def run_slotway(*arguments, env=None, timeout=20):
    """Runs the binary to its end, for options that print something or refuse to start."""
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=timeout,
                          env=_environment(env), check=False)


def _environment(extra):
    """Ours without what would be taken for settings (SLOTWAY_BINARY is one of ours), and the extra ones."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SLOTWAY_")}
    return {**inherited, **(extra or {})}


class Proxy:
    """`settings` is the content of the configuration file as nested dicts (JSON is YAML)."""

    def __init__(self, seeds=(), workers=1, listen=("127.0.0.1:0",), settings=None, arguments=(), env=None):
        self._folder = tempfile.TemporaryDirectory(prefix="slotway-proxy-")
        self._command = [BINARY, "--admin", "127.0.0.1:0", "--workers", str(workers)]
        for address in listen:
            self._command += ["--listen", address]
        for seed in seeds:
            self._command += ["--seed", seed]
        if settings:
            self._command += ["--config", self._write_settings(settings)]
        self._command += arguments
        self._env = _environment(env)
        self._lines = []
        self.process = None
        self.clients = []

    def __enter__(self):
        self.start()
        try:
            self.wait_until_ready()
        except BaseException:
            self.abandon()
            raise
        return self

    def __exit__(self, failure, *_):
        if failure:
            self.abandon()
        else:
            self.stop()

    def _write_settings(self, settings):
        path = os.path.join(self._folder.name, "slotway.yaml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(settings, file, indent=2)
        return path

    # Life

    def start(self):
        """Starts the process and waits for its ports, not for the cluster behind it."""
        self.process = spawn(self._command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=self._env)
        self._reader = threading.Thread(target=self._collect_output, daemon=True)
        self._reader.start()
        wanted = self._command.count("--listen")
        try:
            wait_until(lambda: self._ended() or (len(self.listeners) >= wanted and self._find(_ADMIN)),
                       what="slotway to print its ports")
            assert not self._ended(), "slotway ended at start"
        except AssertionError as error:
            self.abandon()
            raise AssertionError(f"{error}:\n{self.log}") from None

    def wait_until_ready(self, timeout=15):
        try:
            wait_until(lambda: self._ended() or self.http("/readyz")[0] == 200, timeout, "/readyz to say 200")
            assert not self._ended(), "slotway ended"
        except AssertionError as error:
            raise AssertionError(f"{error}; it says {self.http('/readyz')}, log:\n{self.log}") from None

    def stop(self, timeout=20):
        """SIGTERM, and everything a clean end promises."""
        self.close_clients()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.abandon()
            raise AssertionError(f"slotway still runs {timeout} s after SIGTERM:\n{self.log}") from None
        self._finish_output()
        assert code == 0, f"slotway ended with {code}:\n{self.log}"
        self.assert_no_sanitizer_report()

    def abandon(self):
        """Ends it without asking for anything; for tests that have failed already."""
        self.close_clients()
        kill(self.process)
        self._finish_output()

    def _ended(self):
        return self.process.poll() is not None

    # Clients

    @property
    def listeners(self):
        """Every address printed at start, in order."""
        return [found for line in list(self._lines) for found in _LISTENING.findall(line)]

    @property
    def port(self):
        """The port of the first TCP listener."""
        return _port(next(address for address in self.listeners if not address.startswith("unix:")))

    def connect(self, timeout=10.0):
        """A new client, closed when the proxy stops (or at the end of the test)."""
        client = RespClient(self.port, timeout=timeout)
        self.clients.append(client)
        return client

    def close_clients(self):
        for client in self.clients:
            client.close()
        self.clients.clear()

    # Admin port

    @property
    def admin_port(self):
        return _port(self._find(_ADMIN))

    def http(self, path):
        """(status, body) of a GET on the admin port; (0, reason) if it does not answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=5)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except OSError as error:
            return 0, str(error)
        finally:
            connection.close()

    def metrics(self):
        status, body = self.http("/metrics")
        assert status == 200, (status, body)
        return Metrics.parse(body)

    def assert_nothing_in_flight(self):
        """Waits until the in-flight gauges are 0; they count tombstones of departed clients too."""
        def busy():
            metrics = self.metrics()
            assert IN_FLIGHT[0] in metrics.names, f"/metrics lacks {IN_FLIGHT[0]}"
            return {name: total for name in IN_FLIGHT if (total := metrics.total(name))}
        wait_until(lambda: not busy(), 10, "the in-flight gauges to return to 0")

    # Output

    @property
    def log(self):
        return "\n".join(self._lines)

    def assert_no_sanitizer_report(self):
        report = _SANITIZER_REPORT.search(self.log)
        assert not report, f"{report.group()}\n{self.log}"

    def cpu_seconds(self):
        """User and system time so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _find(self, pattern):
        for line in list(self._lines):
            match = pattern.search(line)
            if match:
                return match.group(1)
        return None

    def _collect_output(self):
        for line in self.process.stdout:
            self._lines.append(line.decode(errors="replace").rstrip("\n"))

    def _finish_output(self):
        self._reader.join(5)
        self.process.stdout.close()


def _port(address):
    return int(address.rpartition(":")[2])
