"""What is promised of the cost of a request, and whether a run met it.

Works on the results as they are written with --json, so that a table can be made of an old file too.
"""

import dataclasses

from bench.measure import median, ratios

IDLE_BYTES = 600
SYSCALLS = 2.3
INSTRUCTIONS = {"get-50x1": 1900, "get-50x16": 1200}
WORKERS_EXTRA = 1.10

# (workload, contender, CPU per request compared with it at most)
CPU_RATIOS = (
    ("get-p1", "haproxy", 0.60),
    ("get-p16", "haproxy", 0.95),
    ("set-p16", "haproxy", 0.95),
    ("get-p64", "haproxy", 1.00),
    ("get-1000c", "haproxy", 0.45),
    ("get-p1", "nutcracker", 0.75),
    ("get-p16", "nutcracker", 0.25),
    ("get-p64", "nutcracker", 0.10),
    ("mget-10", "nutcracker", 0.65),
    ("mset-10", "nutcracker", 0.60),
    ("get-16k", "nutcracker", 0.85),
)
_OTHERS = ("haproxy", "nutcracker")


@dataclasses.dataclass(frozen=True)
class Verdict:
    """One line of the table of targets. `met` is None for what this run did not measure."""

    title: str
    target: str
    found: str
    met: bool | None


def judge(results):
    return [*_cpu(results), *_syscalls(results), *_instructions(results), *_idle(results),
            *_best(results), *_two_workers(results), *_growth(results), *_turns(results)]


def cpu_ratio(results, workload, one, other):
    return median(ratios(_contenders(results, workload), "cpu", one, other))


def best_ratio(results, workload, figure, better):
    """Slotway's figure compared with the best of the others (`better` picks it), the median of rounds."""
    contenders = _contenders(results, workload)
    others = [contenders[name]["rounds"] for name in _OTHERS if name in contenders]
    if "slotway" not in contenders or not others:
        return None
    return median([mine[figure] / better(other[figure] for other in theirs)
                   for mine, *theirs in zip(contenders["slotway"]["rounds"], *others)])


def _contenders(results, workload):
    return results["workloads"].get(workload, {}).get("contenders", {})


def _limited(title, value, limit, form="{:.2f}x"):
    """A verdict on a number that is to stay at or below a limit, compared as it is printed."""
    target = "<= " + form.format(limit)
    if value is None:
        return Verdict(title, target, "not measured", None)
    return Verdict(title, target, form.format(value), round(value, 2) <= limit)


def _title(results, workload):
    return results["workloads"].get(workload, {}).get("title", workload)


def _cpu(results):
    return [_limited(f"CPU per request, {_title(results, workload)}, against {other}",
                     cpu_ratio(results, workload, "slotway", other), limit)
            for workload, other, limit in CPU_RATIOS]


def _syscalls(results):
    found = _contenders(results, "get-p1").get("slotway", {}).get("syscalls")
    return [_limited("system calls per request, GET 64 B, pipeline 1", found, SYSCALLS, "{:.2f}")]


def _instructions(results):
    found = results.get("instructions") or {}
    return [_limited(f"user-space instructions per GET, {name[4:].replace('x', ' clients x pipeline ')}",
                     found.get(name), limit, "{:,.0f}") for name, limit in INSTRUCTIONS.items()]


def _idle(results):
    idle = (results.get("idle") or {}).get("slotway")
    if not idle:
        return [_limited("user-space bytes per idle client", None, IDLE_BYTES, "{:,.0f}")]
    # What is left is given back if a page or two per hundred clients at most stay, and none are lost for
    # good: a second crowd needs no more than the first.
    left = idle["left_behind_second"]
    return [_limited(f"user-space bytes per idle client ({idle['clients']:,} clients)", idle["heap"],
                     IDLE_BYTES, "{:,.0f}"),
            _limited("of them left behind when the clients leave", left, IDLE_BYTES / 10, "{:,.0f}")]


def _best(results):
    verdicts = []
    for workload, row in results["workloads"].items():
        rate = best_ratio(results, workload, "rate", max)
        if rate is not None:
            verdicts.append(Verdict(f"throughput, {row['title']}, against the best contender", ">= 1.00x",
                                    f"{rate:.2f}x", round(rate, 2) >= 1.0))
        p99 = best_ratio(results, workload, "p99", min)
        if p99 is not None:
            verdicts.append(_limited(f"p99, {row['title']}, against the best contender", p99, 1.0))
    return verdicts


def _two_workers(results):
    return [_limited(f"CPU per request, {row['title']}, 2 workers against 1",
                     cpu_ratio(results, workload, "slotway-2w", "slotway"), WORKERS_EXTRA)
            for workload, row in results["workloads"].items() if "slotway-2w" in row["contenders"]]


def _growth(results):
    return [_limited(f"instructions, {growth['title']}", growth["large"] / growth["small"], growth["limit"])
            for growth in results.get("growth") or [] if growth["limit"]]


def _turns(results):
    turns = results.get("turns") or {}
    return [_limited(f"longest turn of the {loop} loop, {chore['title']}", milliseconds, 1.0, "{:.2f} ms")
            for name, chore in turns.items() if name != "none"
            for loop, milliseconds in chore["loops"].items()]
