"""A cluster of fake nodes as a context manager: bench.fake_nodes in a process of its own."""

import os
import sys
import tempfile

from bench.processes import Process, wait_until


class FakeCluster:
    def __init__(self, folder, count, churn=False):
        self._folder, self._count, self._churn = folder, count, churn
        self._process = None
        self.seeds = []

    def __enter__(self):
        handle, log = tempfile.mkstemp(prefix="fake-nodes-", suffix=".log", dir=self._folder)
        os.close(handle)
        library = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        command = ["env", f"PYTHONPATH={library}", sys.executable, "-m", "bench.fake_nodes", self._count]
        self._process = Process(command + (["--churn"] if self._churn else []), log)
        wait_until(lambda: self._process.ended or self._process.last_words(), 30, "the fake nodes")
        self.seeds = self._process.last_words().split()[:1]
        if self._process.ended:
            raise RuntimeError(f"the fake nodes did not start: {self._process.last_words()}")
        return self

    def __exit__(self, *_):
        self._process.stop()
