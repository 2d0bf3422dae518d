"""User-space instructions per request, counted by callgrind: the same to a digit or two in every run.

Slotway runs under valgrind with counting off until it serves. What counts is what happens between two
dumps: requests of clients that are connected before and after.
"""

import glob
import os
import re
import subprocess
import time

from bench.contenders import SLOTWAY_SETTINGS, Slotway
from bench.processes import wait_until

_TOTALS = re.compile(r"^(?:totals|summary): (\d+)", re.MULTILINE)
_CONTROL_SECONDS = 30


class CallgrindError(RuntimeError):
    """callgrind did not do what it was told; nothing was measured."""


class CountedSlotway(Slotway):
    """One worker under callgrind. `measure` may be called any number of times in one life.

    The topology is fetched at the start only: how often it comes in between is a matter of time, which
    callgrind stretches.
    """

    name = "slotway-callgrind"

    def __init__(self, folder, seeds):
        self._dumps = os.path.join(folder, "callgrind.out")
        self._serial = 0
        settings = {**SLOTWAY_SETTINGS, "cluster": {"refresh_interval": "1h"}}
        super().__init__(folder, seeds, settings=settings, wrapper=[
            "valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={self._dumps}"])

    def start(self, unix=False):
        for old in glob.glob(self._dumps + "*"):
            os.unlink(old)
        self._serial = 0
        super().start(unix)
        self._control("--instr=on")
        return self

    def measure(self, load):
        """Instructions per request of `load`, which returns how many requests it has made.

        It is called twice, and the second time counts: by then connections are made and buffers grown.
        """
        load()
        self._settle()
        self._dump()
        requests = load()
        self._settle()
        return self._dump() / requests

    def profile(self, lines=40):
        """The functions of the newest measurement that took most, as callgrind_annotate prints them."""
        done = subprocess.run(["callgrind_annotate", self._dump_path()], capture_output=True, text=True,
                              check=False)
        return "\n".join(line[:150] for line in done.stdout.splitlines()[:lines])

    # The last reply has left, but the turn of the loop that sent it may not be over.
    @staticmethod
    def _settle():
        time.sleep(0.05)

    def _dump_path(self):
        return f"{self._dumps}.{self._serial}"

    def _dump(self):
        """Instructions since the last dump; callgrind starts from zero after each."""
        self._serial += 1
        self._control(f"--dump=count-{self._serial}")
        path = self._dump_path()
        wait_until(lambda: os.path.exists(path) and _total(path) is not None, _CONTROL_SECONDS,
                   f"callgrind to write {path}")
        return _total(path)

    def _control(self, order):
        try:
            done = subprocess.run(["callgrind_control", order, str(self.process.pid)], capture_output=True,
                                  text=True, timeout=_CONTROL_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise CallgrindError(f"callgrind_control {order} did not end") from None
        if done.returncode != 0 or self.process.ended:
            raise CallgrindError(f"callgrind_control {order}: {done.stdout}{done.stderr}"
                                 f"{self.process.last_words()}")


def _total(path):
    with open(path, encoding="utf-8", errors="replace") as dump:
        found = _TOTALS.findall(dump.read())
    return int(found[-1]) if found else None
