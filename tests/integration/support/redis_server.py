"""One real redis-server process: started, stopped, killed, frozen and restarted at will."""

import os
import signal
import subprocess

from support import resp
from support.ports import PortLease
from support.processes import kill, spawn
from support.resp_client import ConnectionClosed, RespClient
from support.waiting import wait_until


class RedisServer:
    """Keeps its port and folder over a restart. `options` are redis.conf settings."""

    def __init__(self, folder, host="127.0.0.1", password=None, options=None):
        self.host = host
        self.password = password
        self.lease = PortLease(host)
        self.folder = os.path.join(folder, str(self.port))
        os.makedirs(self.folder)
        self._options = {
            "bind": host,
            "port": self.port,
            "dir": self.folder,
            "save": "",
            "appendonly": "no",
            "repl-diskless-sync-delay": "0",
            "enable-debug-command": "yes",
            **({"requirepass": password, "masterauth": password} if password else {}),
            **(options or {}),
        }
        self.process = None
        self._admin = None

    def __repr__(self):
        return f"<redis {self.address}>"

    @property
    def port(self):
        return self.lease.port

    @property
    def address(self):
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def start(self):
        command = ["redis-server"]
        for name, value in self._options.items():
            command += [f"--{name}", str(value)]
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = spawn(command, stdout=log, stderr=subprocess.STDOUT)

    def wait_until_up(self):
        wait_until(self._answers, what=f"{self} to answer (see {self.folder}/log)")

    def _answers(self):
        assert self.process.poll() is None, f"{self} ended: {self.log()}"
        try:
            return self.command("PING") == b"PONG"
        except (OSError, ConnectionClosed):
            return False

    def stop(self):
        self._forget_admin()
        if self.process:
            kill(self.process)
        self.lease.release()

    # Faults

    def kill(self):
        """SIGKILL: the process is gone, its port refuses connections."""
        self._forget_admin()
        kill(self.process)

    def restart(self):
        self.start()
        self.wait_until_up()

    def change_port(self):
        """The next start() is on another port."""
        self.lease.release()
        self.lease = PortLease(self.host)
        self._options["port"] = self.port

    def freeze(self):
        """SIGSTOP: the kernel still accepts connections and bytes, nobody answers."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    # Commands of the test itself

    def connect(self, timeout=10.0):
        """A raw client straight to this server."""
        client = RespClient(self.port, self.host, timeout=timeout)
        if self.password:
            assert client.call("AUTH", self.password) == b"OK"
        return client

    def command(self, *args):
        """Runs one command over a connection kept for that; raises on an error reply."""
        if self._admin is None:
            self._admin = self.connect()
        try:
            value = self._admin.call(*args)
        except (OSError, ConnectionClosed):
            self._forget_admin()
            raise
        if isinstance(value, resp.ErrorReply):
            raise RuntimeError(f"{self} refused {args[:3]}: {value.decode()}")
        return value

    def info(self, section):
        """One section of INFO as a dict."""
        lines = self.command("INFO", section).decode().splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def log(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as log:
            return log.read()

    def _forget_admin(self):
        if self._admin is not None:
            self._admin.close()
            self._admin = None
