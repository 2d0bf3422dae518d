"""The longest turn of an event loop while Slotway does its own chores, with a map of 1,000 shards.

A turn lasts from the return of epoll_wait to the next call of it; perf records both, and when the
scheduler took the CPU away from the thread in between. Time without the CPU that the thread did not ask
for is not its doing and is subtracted; time it waits for a lock is, and counts.
"""

import dataclasses
import os
import platform
import re
import signal
import subprocess
import tempfile
import threading
import time

from bench.contenders import SLOTWAY_SETTINGS, Slotway
from bench.fake_cluster import FakeCluster
from bench.processes import wait_until
from bench.steady import Crowd

LIMIT_MS = 1.0
SHARDS = 1_000

# epoll_wait and epoll_pwait.
_EPOLL_CALLS = {"x86_64": (232, 281), "aarch64": (22,)}
_LINE = re.compile(r"^\s*(?P<name>.+?)\s+(?P<thread>\d+)\s+\[\d+\]\s+(?P<time>[\d.]+):\s+(?P<event>.*)$")


@dataclasses.dataclass(frozen=True)
class Chore:
    """Something Slotway does beside serving; `step` is repeated while turns are recorded."""

    name: str
    title: str
    churn: bool = False
    step: object = None


def longest_turns(script):
    """{thread: seconds of its longest turn} from what `perf script --show-switch-events` prints."""
    longest, began, away, taken = {}, {}, {}, {}
    for line in script.splitlines():
        match = _LINE.match(line)
        if not match:
            continue
        thread, now, event = int(match["thread"]), float(match["time"]), match["event"]
        if "sys_exit" in event:
            began[thread], away[thread] = now, 0.0
        elif "sys_enter" in event:
            if thread in began:
                turn = now - began.pop(thread) - away[thread]
                longest[thread] = max(turn, longest.get(thread, 0.0))
        elif "SWITCH" in event and " OUT" in event and "preempt" in event:
            taken[thread] = now
        elif "SWITCH" in event and " IN" in event and thread in taken:
            away[thread] = away.get(thread, 0.0) + now - taken.pop(thread)
    return longest


def measure_turns(folder, seconds, trials, say):
    """{chore: {"title", "loops": {"control" or "worker": milliseconds}}}; {} if perf cannot record here.

    The control loop fetches the topology and accepts clients, the worker serves them. The machine itself (interrupts, a hypervisor) can stretch any turn; what Slotway does at every refresh
    or scrape shows in every trial, so the least of the trials is what is judged.
    """
    if platform.machine() not in _EPOLL_CALLS:
        return {}
    results = {}
    for chore in _CHORES:
        settings = {**SLOTWAY_SETTINGS, "cluster": {
            "refresh_interval": "100ms" if chore.churn else "1h", "refresh_min_interval": "50ms"}}
        with FakeCluster(folder, SHARDS, chore.churn) as cluster:
            with Slotway(folder, cluster.seeds[:1], settings=settings) as slotway:
                slotway.start()
                longest = _trials(slotway, chore, seconds, trials)
        if longest is None:
            say(f"{chore.title}: not to be measured here")
            continue
        results[chore.name] = {"title": chore.title, "loops": {
            loop: min(trial.get(loop, 0.0) for trial in longest) for loop in ("control", "worker")}}
    return results


def _trials(slotway, chore, seconds, trials):
    if chore.step is _reload and not _handles(slotway.process.pid, signal.SIGHUP):
        return None
    found = []
    with Crowd(slotway.port, 10) as crowd:
        crowd.get(20 * SHARDS, 16)  # a connection to every node
        for _ in range(trials):
            before = _topology_version(slotway)
            with _Background(lambda: crowd.get(10, 1)), _Background(chore.step and (lambda: chore.step(slotway))):
                longest = _record(slotway.process.pid, seconds)
            if longest is None:
                return None
            if chore.churn and _topology_version(slotway) == before:
                raise RuntimeError("no new map came while turns were recorded")
            found.append(longest)
    return found


def _record(pid, seconds):
    """{loop: milliseconds of its longest turn}, or None."""
    which = "||".join(f"id=={number}" for number in _EPOLL_CALLS[platform.machine()])
    with tempfile.TemporaryDirectory(prefix="slotway-turns-") as folder:
        data = os.path.join(folder, "perf.data")
        command = ["perf", "record", "-q", "-o", data, "-m", "1024"]
        for event in ("sys_enter", "sys_exit"):
            command += ["-e", f"raw_syscalls:{event}", "--filter", which]
        command += ["--switch-events", "-p", str(pid), "--", "sleep", str(seconds)]
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            return None
        script = subprocess.run(["perf", "script", "-i", data, "--show-switch-events", "--ns"],
                                capture_output=True, text=True, check=False)
    longest = longest_turns(script.stdout)
    loops = {}
    for thread, turn in longest.items():
        loop = "control" if thread == pid else "worker"
        loops[loop] = max(turn * 1000, loops.get(loop, 0.0))
    return loops or None


class _Background:
    """Repeats something on a thread of its own until the block ends."""

    def __init__(self, step):
        self._step = step
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._repeat, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    def _repeat(self):
        while self._step is not None and not self._done.is_set():
            self._step()
            time.sleep(0.02)


def _topology_version(slotway):
    text = slotway.http("/metrics") or ""
    match = re.search(r"^slotway_topology_version (\S+)", text, re.MULTILINE)
    return match.group(1) if match else ""


def _scrape(slotway):
    if slotway.http("/metrics") is None:
        raise RuntimeError("/metrics did not answer")


def _reload(slotway):
    slotway.process.signal(signal.SIGHUP)


def _handles(pid, number):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        caught = next(int(line.split()[1], 16) for line in status if line.startswith("SigCgt"))
    return bool(caught >> (number - 1) & 1)


_CHORES = (
    Chore("none", "serving only"),
    Chore("refresh", f"a new map of {SHARDS:,} shards, 10 a second", churn=True),
    Chore("scrape", f"/metrics with {SHARDS:,} nodes, over and over", step=_scrape),
    Chore("reload", "SIGHUP, 50 a second", step=_reload),
)
