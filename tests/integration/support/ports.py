"""Free TCP ports that stay free: several test runs may share one machine.

A port is leased by holding a lock on a file named after it, so two runs never pick the same one, and a
killed node can come back on its port. Ports lie below the kernel's range for outgoing connections.
"""

import fcntl
import os
import random
import socket
import tempfile

_LOWEST, _HIGHEST = 12000, 32000
_LOCK_FOLDER = os.path.join(tempfile.gettempdir(), "slotway-test-ports")


class PortLease:
    """One port, ours until release(); the kernel releases it for us if the test run dies."""

    def __init__(self, host="127.0.0.1"):
        os.makedirs(_LOCK_FOLDER, exist_ok=True)
        for _ in range(1000):
            self.port = random.SystemRandom().randrange(_LOWEST, _HIGHEST)
            self._file = open(os.path.join(_LOCK_FOLDER, str(self.port)), "w")
            if self._lock() and _can_bind(host, self.port):
                return
            self._file.close()
        raise RuntimeError("no free port found")

    def _lock(self):
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError:
            return False

    def release(self):
        self._file.close()


def _can_bind(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As every server here does: a port of connections in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            return True
        except OSError:
            return False
