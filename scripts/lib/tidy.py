#!/usr/bin/env python3
"""Runs clang-tidy over the sources named on standard input, several of a folder at a time.

Most of clang-tidy's time goes into the headers of the standard library. One file that includes ten
sources pays for them once, which is five times as fast. Sources whose local names collide, so that
they do not compile as one, are looked at in smaller groups.

usage: tidy.py COMPILE_COMMANDS.JSON <list-of-sources
Prints the findings; exit status 1 if there are any.
"""

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "tidy"
GROUP = 10

# What gcc understands and clang does not, or what belongs to one output only.
_DROPPED = re.compile(r"^(-o|-c|-Werror|-flto.*|-fno-fat-lto-objects|-Wno-restrict|-Wno-mismatched-new-delete)$")


def flags_of(entry):
    """The options of a compilation, without its input and output."""
    words = shlex.split(entry["command"])[1:]
    kept, skip = [], False
    for word in words:
        if skip or word == entry["file"] or word.endswith("ccache") or word.endswith("++"):
            skip = False
        elif _DROPPED.match(word):
            skip = word == "-o"
        else:
            kept.append(word)
    return tuple(kept)


def groups_of(sources, flags):
    """Sources of one folder with the same options, GROUP at a time."""
    alike = defaultdict(list)
    for source in sources:
        alike[(os.path.dirname(source), flags[source])].append(source)
    for members in alike.values():
        for start in range(0, len(members), GROUP):
            yield members[start : start + GROUP]


def tidy(members, flags):
    """The findings in these sources, as text."""
    name = hashlib.sha1("\n".join(members).encode()).hexdigest()[:16]
    together = FOLDER / f"{name}.cpp"
    together.write_text("".join(f'#include "{ROOT / member}"\n' for member in members))
    done = subprocess.run(
        ["clang-tidy-19", "--quiet", "--checks=-bugprone-suspicious-include", str(together), "--"]
        + ["-Wno-unknown-warning-option", *flags[members[0]]],
        cwd=ROOT, capture_output=True, text=True)
    if "[clang-diagnostic-error]" in done.stdout and len(members) > 1:
        half = len(members) // 2
        return tidy(members[:half], flags) + tidy(members[half:], flags)
    if done.returncode and not done.stdout.strip():
        return f"clang-tidy-19 on {members} ended with {done.returncode}: {done.stderr[-500:]}\n"
    return done.stdout


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    commands = json.loads(Path(sys.argv[1]).read_text())
    flags = {os.path.relpath(entry["file"], ROOT): flags_of(entry) for entry in commands}
    # Not every source has a target: a fuzz target belongs to another preset.
    sources = [source for source in sys.stdin.read().split() if source in flags]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        findings = [text for text in pool.map(lambda group: tidy(group, flags), groups_of(sources, flags)) if text.strip()]
    # A header's finding comes with each group that includes it.
    print("\n".join(dict.fromkeys(findings)), end="")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
