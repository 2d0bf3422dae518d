"""scripts/callgrind-guard: compares instructions per request with the committed ones."""

import argparse
import json
import os
import sys
import tempfile
import time

from bench.backends import Cluster
from bench.growth import growths, small_cases
from bench.processes import end_orderly, raise_file_limit

BASELINE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "instructions.json")
_MARKS = {True: "ok", False: "FAILED", None: ""}


def judge(measured, baseline, margin):
    """[(sentence, whether it passed)] for every figure of the baseline."""
    verdicts = []
    for name, allowed in sorted(baseline.items()):
        found = measured.get(name)
        if found is None:
            verdicts.append((f"{name}: was not measured", False))
            continue
        change = found / allowed - 1
        sentence = f"{name}: {found:,.0f} instructions per request, baseline {allowed:,.0f} ({change:+.1%})"
        if change < -margin:
            sentence += "; cheaper by more than the margin: commit a new baseline (--update)"
        verdicts.append((sentence, found <= allowed * (1 + margin)))
    return verdicts


def judge_growth(found):
    """[(sentence, whether it passed or None if that is not asked)] for what must not grow."""
    verdicts = []
    for growth in found:
        limit = f"at most x{growth.limit}" if growth.limit else "shown only"
        verdicts.append((f"{growth.title}: {growth.small:,.0f} -> {growth.large:,.0f} instructions, "
                         f"x{growth.factor:.2f} ({limit})", growth.passed if growth.limit else None))
    return verdicts


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/callgrind-guard")
    parser.add_argument("--margin", type=float, default=8.0)
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--update", action="store_true")
    return parser.parse_args()


def main():
    end_orderly()
    options = parse_arguments()
    raise_file_limit()
    started = time.monotonic()
    found = []
    with tempfile.TemporaryDirectory(prefix="slotway-guard-") as folder, Cluster(folder) as cluster:
        if options.growth:
            measured, found = growths(folder, cluster.seeds)
        else:
            measured = small_cases(folder, cluster.seeds)
    if options.update:
        with open(BASELINE, "w", encoding="utf-8") as file:
            json.dump({name: round(value) for name, value in measured.items()}, file, indent=2)
            file.write("\n")
    with open(BASELINE, encoding="utf-8") as file:
        verdicts = judge(measured, json.load(file), options.margin / 100)
    verdicts += judge_growth(found)
    for sentence, passed in verdicts:
        print(f"{_MARKS[passed]:7} {sentence}")
    passed, failed = (sum(verdict is wanted for _, verdict in verdicts) for wanted in (True, False))
    print(f"took {time.monotonic() - started:.0f} s")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
