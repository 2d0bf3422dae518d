"""Child processes that never outlive the run, and what they have used so far."""

import ctypes
import os
import resource
import signal
import subprocess
import time

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1

CPUS = sorted(os.sched_getaffinity(0))


def raise_file_limit():
    """As many descriptors as this user may have; returns how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def end_orderly():
    """SIGTERM and SIGHUP end this process as Ctrl-C does: what it started is stopped."""
    def leave(number, _):
        raise SystemExit(128 + number)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


def wait_until(predicate, seconds, what):
    deadline = time.monotonic() + seconds
    while not predicate():
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.02)


class Process:
    """One child. `cpus` is where it may run; its output goes to the file `log`."""

    def __init__(self, command, log, cpus=None):
        self.command = [str(word) for word in command]
        self.log = log
        self._cpus = cpus
        # Slotway takes every SLOTWAY_ variable for a setting, and what is measured are its defaults.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SLOTWAY_")}
        with open(log, "ab") as output:
            self._child = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=output,
                                           stderr=subprocess.STDOUT, env=environment,
                                           preexec_fn=self._prepare)
        self.pid = self._child.pid

    def _prepare(self):
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        raise_file_limit()
        if self._cpus:
            os.sched_setaffinity(0, self._cpus)

    @property
    def ended(self):
        return self._child.poll() is not None

    def signal(self, number):
        self._child.send_signal(number)

    def stop(self, seconds=10):
        """SIGTERM, and SIGKILL for what does not listen."""
        if not self.ended:
            self._child.terminate()
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def last_words(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-5:]).strip()

    def cpu(self):
        """(seconds of all threads, ticks in user mode, ticks in the kernel) since the start.

        The seconds come from the scheduler's own clock of the process, in nanoseconds; the ticks are
        samples (100 a second), good for how the seconds divide.
        """
        seconds = time.clock_gettime((~self.pid << 3) | 2)  # MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED)
        with open(f"/proc/{self.pid}/stat", encoding="ascii", errors="replace") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return seconds, int(fields[11]), int(fields[12])

    def memory(self):
        """Bytes: {"resident", "peak" (of resident), "anonymous" (heap and stacks, no files)}."""
        found = {}
        with open(f"/proc/{self.pid}/status", encoding="utf-8", errors="replace") as status:
            for line in status:
                name, _, value = line.partition(":")
                found[name] = value.split()
        kilobytes = {"resident": "VmRSS", "peak": "VmHWM", "anonymous": "RssAnon"}
        return {name: int(found[field][0]) * 1024 for name, field in kilobytes.items()}
