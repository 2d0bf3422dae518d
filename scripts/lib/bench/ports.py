"""Free TCP ports of 127.0.0.1, below the range from which the kernel takes those of outgoing connections."""

import random
import socket

_LOWEST, _HIGHEST = 10000, 32000
_given = set()


def free_port():
    """A port that nothing listens on; never the same twice in one run."""
    for _ in range(1000):
        port = random.SystemRandom().randrange(_LOWEST, _HIGHEST)
        if port not in _given and _can_bind(port):
            _given.add(port)
            return port
    raise RuntimeError("no free port found")


def _can_bind(port):
    with socket.socket() as probe:
        # As every server here does: a port of connections in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False
