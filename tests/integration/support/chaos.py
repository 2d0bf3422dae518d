"""What the chaos tests share: how long they run, and where their figures go.

The short form belongs to the other tests; `scripts/chaos` asks for the long one, whose figures stand in
proxy/RELIABILITY.md.
"""

import os

from support.faults import FaultProxy

LONG = os.environ.get("SLOTWAY_CHAOS") == "long"


def scale(short, long):
    return long if LONG else short


def publish(row, figures):
    """Prints the figures of one row of the table, and keeps them for scripts/chaos."""
    line = f"{row}: {figures}"
    print(line)
    path = os.environ.get("SLOTWAY_CHAOS_REPORT")
    if path:
        with open(path, "a", encoding="utf-8") as report:
            report.write(line + "\n")


def resident_bytes(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))


class Fronts:
    """A FaultProxy in front of every node of a cluster: give `announce` to the cluster."""

    def __init__(self):
        self._by_port = {}

    def announce(self, port):
        if port not in self._by_port:
            self._by_port[port] = FaultProxy(port)
        return self._by_port[port].port

    def __iter__(self):
        return iter(list(self._by_port.values()))

    @property
    def seeds(self):
        return [f"127.0.0.1:{front.port}" for front in self]

    def calm(self):
        """Ends every fault."""
        for front in self:
            front.delay_seconds, front.chunk_bytes, front.cut_after = 0.0, 65536, None
            front.resume()

    def stop(self):
        for front in self:
            front.stop()
