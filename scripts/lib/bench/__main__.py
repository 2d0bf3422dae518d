"""scripts/bench: what a request costs, measured side by side with other proxies."""

import argparse
import contextlib
import dataclasses
import json
import os
import sys
import tempfile
import time

from bench import machine, report
from bench.backends import Cluster, StandaloneServers
from bench.chart import chart
from bench.contenders import Haproxy, Nutcracker, Slotway
from bench.growth import growths
from bench.idle import measure_idle
from bench.measure import Rig, measure_workload, pin
from bench.processes import CPUS, end_orderly, raise_file_limit
from bench.turns import measure_turns
from bench.workloads import load_data, workloads

EXTRAS = ("idle", "instructions", "turns")


def say(text):
    print(f"==> {text}", file=sys.stderr, flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", add_help=False)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--only", default="")
    parser.add_argument("--pin", action="store_true")
    parser.add_argument("--json")
    parser.add_argument("--markdown")
    parser.add_argument("--chart")
    parser.add_argument("--from", dest="source")
    options = parser.parse_args()
    options.rounds = options.rounds or (2 if options.quick else 5)
    options.seconds = options.seconds or (0.4 if options.quick else 2.0)
    return options


def choose(names, wanted):
    """Those of `names` that the words of --only (a comma between two) name or begin; all without --only."""
    if not wanted:
        return list(names)
    words = wanted.split(",")
    for word in words:
        if not any(name.startswith(word) for name in names):
            raise SystemExit(f"bench: --only {word}: there is {', '.join(names)}")
    return [name for name in names if any(name.startswith(word) for word in words)]


def run(options):
    file_limit = raise_file_limit()
    # A relay has two connections for each client.
    many_clients = min(10_000, (file_limit - 200) // 2)
    rows = {workload.name: workload for workload in workloads(many_clients)}
    chosen = choose([*rows, *EXTRAS], options.only)
    results = {"machine": machine.describe(), "workloads": {}}
    with tempfile.TemporaryDirectory(prefix="slotway-bench-") as folder, contextlib.ExitStack() as stack:
        cluster = stack.enter_context(Cluster(folder))
        if any(name in rows or name == "idle" for name in chosen):
            servers = stack.enter_context(StandaloneServers(folder))
            contenders = [Slotway(folder, cluster.seeds), Slotway(folder, cluster.seeds, workers=2),
                          Haproxy(folder, servers.ports[0], many_clients), Nutcracker(folder, servers.ports)]
            if options.pin:
                pin_all(contenders, [*cluster.pids, *servers.pids])
            load_all(contenders)
            ports = [*servers.ports, *(int(seed.rpartition(":")[2]) for seed in cluster.seeds)]
            rig = Rig(contenders, ports, options.seconds, options.rounds, say)
            measure_all(rig, [rows[name] for name in chosen if name in rows], results)
            if "idle" in chosen:
                measure_idle_clients(contenders, file_limit, results)
        if "instructions" in chosen:
            say("instructions per request (callgrind), and what must not grow")
            small, found = growths(folder, cluster.seeds)
            results["instructions"] = small
            results["growth"] = [dataclasses.asdict(growth) for growth in found]
        if "turns" in chosen:
            say("longest turns of the loops")
            trials = (0.5, 3) if options.quick else (1.0, 7)
            results["turns"] = measure_turns(folder, *trials, say)
    return results


def load_all(contenders):
    say("loading keys")
    for contender in contenders:
        if contender.name != "slotway-2w":
            with contender.start():
                load_data(contender.port)


def measure_all(rig, chosen, results):
    for workload in chosen:
        say(f"{workload.title} ({workload.name})")
        results["workloads"][workload.name] = {
            "title": workload.title, "clients": workload.clients, "pipeline": workload.pipeline,
            "contenders": measure_workload(rig, workload)}
        print(report.text_of_workload(results, workload.name), flush=True)


def measure_idle_clients(contenders, file_limit, results):
    results["idle"] = {}
    for contender in contenders:
        if contender.name == "slotway-2w":
            continue
        # This process holds one end of every connection, and a relay two.
        ends = 2 if contender.name == "haproxy" else 1
        clients = min(10_000, (file_limit - 200) // ends)
        say(f"{clients:,} idle clients of {contender.name}")
        results["idle"][contender.name] = measure_idle(contender, clients)


def pin_all(contenders, server_pids):
    """Proxies of one thread have the last CPU; servers and load generator have the others."""
    if len(CPUS) < 2:
        raise SystemExit("bench: --pin needs two CPUs")
    rest = set(CPUS[:-1])
    for contender in contenders:
        contender.cpus = set(CPUS) if contender.threads > 1 else {CPUS[-1]}
    pin(server_pids, rest)
    os.sched_setaffinity(0, rest)  # redis-benchmark inherits it


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main():
    end_orderly()
    options = parse_arguments()
    started = time.monotonic()
    if options.source:
        with open(options.source, encoding="utf-8") as file:
            results = json.load(file)
        for name in results["workloads"]:
            print(report.text_of_workload(results, name))
    else:
        results = run(options)
        results["machine"]["how"] = (f"{options.rounds} rounds of {options.seconds} s"
                                     f"{', pinned' if options.pin else ''}")
    print(report.text_of_rest(results))
    print(report.text_of_targets(results))
    if options.json:
        write(options.json, json.dumps(results, indent=1) + "\n")
    if options.markdown:
        write(options.markdown, report.markdown(results))
    if options.chart:
        write(options.chart, chart(results))
    say(f"took {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
