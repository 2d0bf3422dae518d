"""Runs the contenders through a workload, interleaved, and takes down what each run cost.

Every contender is started afresh for each workload and warmed up. Then come the rounds: in each round
every contender has one run, in an order that rotates, so that whatever else the machine does hits all of
them alike. Figures of one round are compared with figures of the same round only.
"""

import contextlib
import os
import statistics
import subprocess
import tempfile

from bench.load import LoadError, benchmark_command, run_load
from bench.resp import Client

# With so many clients the cost of connecting would show in the cost of a request, so a run that only
# connects (one request from each client) is measured and subtracted.
_MANY_CLIENTS = 500


class Rig:
    """The machine set up: contenders by name, servers behind them, how long a run lasts."""

    def __init__(self, contenders, server_ports, seconds, rounds, say):
        self.contenders = contenders
        self.server_ports = server_ports
        self.seconds = seconds
        self.rounds = rounds
        self.say = say

    def misses(self):
        """How many reads found no key, on all servers."""
        total = 0
        for port in self.server_ports:
            with Client(port) as client:
                for line in client.command("INFO", "stats").decode().splitlines():
                    if line.startswith("keyspace_misses:"):
                        total += int(line.partition(":")[2])
        return total


def measure_workload(rig, workload):
    """{contender: {"rounds": [figures of a run], "syscalls": ..., "memory": ...}}"""
    results = {}
    with contextlib.ExitStack() as stack:
        running = []
        for contender in rig.contenders:
            if contender.name in workload.contenders:
                running.append(stack.enter_context(contender).start(unix=workload.unix))
                results[contender.name] = {"rounds": []}
        rates = {contender.name: _warm_up(contender, workload) for contender in running}
        misses = rig.misses()
        for number in range(rig.rounds):
            start = number % len(running)
            for contender in running[start:] + running[:start]:
                requests = _requests_for(workload, rates[contender.name], rig.seconds)
                results[contender.name]["rounds"].append(_run(contender, workload, requests))
        if workload.reads and rig.misses() != misses:
            raise LoadError(f"{workload.name}: some keys were not found")
        for contender in running:
            result = results[contender.name]
            requests = _requests_for(workload, rates[contender.name], min(0.5, rig.seconds))
            result["syscalls"] = count_syscalls(contender, workload, requests)
            result["peak_resident"] = contender.process.memory()["peak"]
    return results


def _requests_for(workload, rate, seconds):
    at_once = workload.clients * workload.pipeline
    return int(max(rate * seconds, at_once * 4))


def _warm_up(contender, workload):
    """Connections made, buffers grown, caches filled; returns requests a second as a first guess."""
    at_once = workload.clients * workload.pipeline
    rate = run_load(contender.target(), workload, at_once * 2).rate
    if workload.clients >= _MANY_CLIENTS:
        return rate
    return run_load(contender.target(), workload, int(max(rate * 0.2, at_once * 2))).rate


def _run(contender, workload, requests):
    connecting = (0.0, 0, 0)
    counted = requests
    if workload.clients >= _MANY_CLIENTS:
        connecting = _cpu_of(contender, lambda: run_load(contender.target(), workload, workload.clients))[0]
        counted -= workload.clients
    (seconds, user, system), load = _cpu_of(contender, lambda: run_load(contender.target(), workload, requests))
    seconds -= connecting[0]
    user, system = max(user - connecting[1], 0), max(system - connecting[2], 0)
    cost = seconds * 1e6 / counted
    user_share = user / (user + system) if user + system else 0.0
    return {"requests": requests, "rate": load.rate, "p50": load.p50, "p99": load.p99, "p999": load.p999,
            "cpu": cost, "cpu_user": cost * user_share, "cpu_system": cost * (1 - user_share)}


def _cpu_of(contender, run):
    """What a run cost the proxy: ((seconds, user ticks, system ticks), result of the run)."""
    before = contender.process.cpu()
    result = run()
    after = contender.process.cpu()
    return tuple(late - early for early, late in zip(before, after)), result


# System calls


def count_syscalls(contender, workload, requests):
    """System calls per request, in a run of its own; None if this machine cannot count them.

    Counted by the kernel's tracepoint (perf stat), which slows the proxy little. strace, the other way,
    slows it so much that requests pile up and share their calls.
    """
    few, many = workload.clients, requests + workload.clients
    counts = [_count(contender, workload, number) for number in (few, many)]
    if None in counts:
        return None
    return (counts[1] - counts[0]) / (many - few)


def _count(contender, workload, requests):
    with tempfile.NamedTemporaryFile("r", prefix="slotway-bench-", suffix=".perf") as report:
        wrapper = ["perf", "stat", "-x", ",", "-o", report.name, "-e", "raw_syscalls:sys_enter",
                   "-p", str(contender.process.pid), "--"]
        command = wrapper + benchmark_command(contender.target(), workload, requests)
        done = subprocess.run(command, input=b"v" * workload.value_bytes, capture_output=True, timeout=120,
                              check=False)
        fields = [line.split(",") for line in report.read().splitlines() if "raw_syscalls" in line]
    if done.returncode != 0 or not fields or not fields[0][0].isdigit():
        return None
    return int(fields[0][0])


# Ratios


def ratios(workload_results, figure, one, other):
    """one's figure divided by other's, round by round; [] if either did not take part."""
    if one not in workload_results or other not in workload_results:
        return []
    pairs = zip(workload_results[one]["rounds"], workload_results[other]["rounds"])
    return [mine[figure] / theirs[figure] for mine, theirs in pairs if theirs[figure] > 0]


def median(values):
    return statistics.median(values) if values else None


def median_of(result, figure):
    """The median of a figure over a contender's rounds."""
    return statistics.median(round_[figure] for round_ in result["rounds"])


def pin(pids, cpus):
    """Moves running processes, all their threads, to some CPUs."""
    for pid in pids:
        for thread in os.listdir(f"/proc/{pid}/task"):
            os.sched_setaffinity(int(thread), cpus)
