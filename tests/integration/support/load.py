"""Load in processes of its own, that writes tokens and checks afterwards what became of each of them."""

import json
import os
import subprocess
import sys
import time

from support.history import FAULTS
from support.processes import kill, spawn

_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Load:
    """A context manager: the load runs inside the block. verify() then gives the Report.

    Options are those of support/load_worker.py: depths, kinds, pause, may_lose, direct, seed, timeout.
    """

    def __init__(self, port, clients=6, processes=1, name="load", **options):
        self._commands = []
        for number in range(processes):
            command = [sys.executable, "-m", "support.load_worker", "--port", str(port), "--name", f"{name}{number}",
                       "--clients", str(clients // processes)]
            for option, value in options.items():
                flag = "--" + option.replace("_", "-")
                if value is True:
                    command.append(flag)
                elif value is not False:
                    command += [flag, str(value)]
            self._commands.append(command)
        self._processes = []

    def __enter__(self):
        self._processes = [
            spawn(command, cwd=_FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                  env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
            for command in self._commands]
        self._hear("started")
        return self

    def __exit__(self, failure, *_):
        if failure:
            self.abandon()
        else:
            self._tell("stop")
            self._hear("stopped")

    def abandon(self):
        for process in self._processes:
            kill(process)

    def acknowledged(self):
        self._tell("progress")
        return sum(int(process.stdout.readline()) for process in self._processes)

    def wait_for_progress(self, count=200, timeout=30):
        """Until so many more requests have succeeded; gives the time it took."""
        started, goal = time.monotonic(), self.acknowledged() + count
        while self.acknowledged() < goal:
            assert time.monotonic() - started < timeout, f"no progress within {timeout} s"
            time.sleep(0.02)
        return time.monotonic() - started

    def verify(self):
        try:
            self._tell("verify")
            return Report([json.loads(process.stdout.readline()) for process in self._processes])
        finally:
            self.abandon()

    def _tell(self, what):
        for process in self._processes:
            process.stdin.write(what + "\n")
            process.stdin.flush()

    def _hear(self, what):
        for process in self._processes:
            said = process.stdout.readline().strip()
            assert said == what, f"a load process said {said!r} instead of {what!r}"


class Report:
    """What the load has done and what the checker found."""

    def __init__(self, parts):
        def total(field, name):
            return sum(part[field].get(name, 0) for part in parts)

        self.acknowledged = total("outcomes", "acknowledged")
        self.unknown = total("outcomes", "unknown")
        self.findings = {fault: total("findings", fault) for fault in FAULTS}
        self.examples = [example for part in parts for example in part["examples"]]
        self.problems = [problem for part in parts for problem in part["problems"]]
        self.refusals = {}
        for part in parts:
            for text, count in part["refusals"].items():
                self.refusals[text] = self.refusals.get(text, 0) + count
        self.p50, self.p99, self.worst, self.longest_pause = (
            max(part[figure] for part in parts) for figure in ("p50", "p99", "worst", "longest_pause"))

    @property
    def refused(self):
        return sum(self.refusals.values())

    def assert_nothing_wrong(self, may_lose=False):
        assert not self.problems, self.problems[:5]
        found = {fault: count for fault, count in self.findings.items() if count}
        if may_lose:
            found.pop("lost", None)
        assert not found, (found, self.examples, self.refusals)

    def assert_no_errors(self):
        assert not self.refusals and not self.unknown, (self.unknown, self.refusals)

    def __str__(self):
        found = ", ".join(f"{count} {fault}" for fault, count in self.findings.items())
        return (f"{self.acknowledged:,} acknowledged, {self.unknown:,} unknown, {self.refused:,} refused; {found}; "
                f"p99 {self.p99 * 1000:.1f} ms, longest pause of a client {self.longest_pause:.2f} s")
