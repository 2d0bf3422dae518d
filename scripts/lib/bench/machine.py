"""What a run must be read with: the machine, the versions, how busy it was."""

import datetime
import os
import platform
import re
import subprocess

from bench.backends import REPOSITORY
from bench.contenders import slotway_binary


def describe():
    return {
        "when": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{_cpu_model()}, {os.cpu_count()} CPUs, Linux {platform.release()}",
        "load before the run": f"{os.getloadavg()[0]:.1f}",
        "Slotway": f"{_first_line([slotway_binary(), '--version'])}, commit {_commit()}",
        "Redis": _version(["redis-server", "--version"]),
        "haproxy": _version(["haproxy", "-v"]),
        "nutcracker": _version(["nutcracker", "--version"]),
    }


def _cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        return next((line.partition(":")[2].strip() for line in cpuinfo if line.startswith("model name")), "CPU")


def _commit():
    return _first_line(["git", "-C", REPOSITORY, "describe", "--always", "--dirty"]) or "unknown"


def _version(command):
    match = re.search(r"\d+\.\d+[\w.+-]*", _first_line(command))
    return match.group() if match else "unknown"


def _first_line(command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    except OSError:
        return ""
    lines = done.stdout.splitlines()
    return lines[0] if lines and done.returncode == 0 else ""
