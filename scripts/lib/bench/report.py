"""The results as text for the terminal and as Markdown for the documentation."""

from bench.measure import median_of
from bench.targets import cpu_ratio, judge

_MARKS = {True: "met", False: "MISSED", None: "-"}
_NAMES = ("slotway", "slotway-2w", "haproxy", "nutcracker")


def text_of_workload(results, name):
    """What is printed when a workload is done."""
    row = results["workloads"][name]
    lines = [row["title"], f"  {'':12}{'req/s':>10}{'p50':>9}{'p99':>9}{'p99.9':>9}  "
             f"{'CPU us':>8} ={'user':>7} +{'sys':>7}{'calls':>8}{'peak MB':>9}   CPU of slotway, by round"]
    for contender, result in row["contenders"].items():
        against = ""
        if contender not in ("slotway", "slotway-2w") and "slotway" in row["contenders"]:
            rounds = zip(row["contenders"]["slotway"]["rounds"], result["rounds"])
            by_round = " ".join(f"{mine['cpu'] / theirs['cpu']:.2f}" for mine, theirs in rounds)
            against = f"   x{cpu_ratio(results, name, 'slotway', contender):.2f} ({by_round})"
        lines.append(
            f"  {contender:12}{median_of(result, 'rate'):10,.0f}" +
            "".join(f"{median_of(result, figure):9.3f}" for figure in ("p50", "p99", "p999")) +
            f"  {median_of(result, 'cpu'):8.2f} ={median_of(result, 'cpu_user'):7.2f} "
            f"+{median_of(result, 'cpu_system'):7.2f}{_number(result['syscalls'], 8)}"
            f"{result['peak_resident'] / 2**20:9.1f}{against}")
    return "\n".join(lines) + "\n"


def text_of_rest(results):
    lines = []
    for contender, idle in (results.get("idle") or {}).items():
        lines.append(f"{idle['clients']:,} idle clients, {contender}: {idle['heap']:,.0f} bytes of heap each "
                     f"({idle['resident']:,.0f} resident), a second crowd {idle['heap_second_crowd']:,.0f}; "
                     f"left behind {idle['left_behind']:,.0f}, then {idle['left_behind_second']:,.0f}")
    for name, count in (results.get("instructions") or {}).items():
        lines.append(f"user-space instructions per request, {name}: {count:,.0f}")
    for growth in results.get("growth") or []:
        lines.append(f"{growth['title']}: {growth['small']:,.0f} -> {growth['large']:,.0f} instructions, "
                     f"x{growth['large'] / growth['small']:.2f}")
    for chore in (results.get("turns") or {}).values():
        loops = ", ".join(f"{loop} {turn:.2f} ms" for loop, turn in chore["loops"].items())
        lines.append(f"longest loop turn, {chore['title']}: {loops}")
    return "\n".join(lines) + "\n"


def text_of_targets(results):
    verdicts = judge(results)
    shown = [verdict for verdict in verdicts if verdict.met is not None]
    width = max((len(verdict.title) for verdict in shown), default=0)
    lines = [f"{_MARKS[verdict.met]:7} {verdict.title:{width}}  {verdict.found:>10}  {verdict.target}"
             for verdict in shown]
    met, missed = (sum(verdict.met is wanted for verdict in verdicts) for wanted in (True, False))
    return "\n".join(lines) + f"\n{met} met, {missed} missed, {len(verdicts) - met - missed} not measured\n"


def markdown(results):
    parts = [_conditions(results), _cost_table(results), _speed_table(results), _memory_table(results),
             _lists(results), _target_table(results)]
    return "\n".join(part for part in parts if part)


def _conditions(results):
    machine = results["machine"]
    lines = [f"- {name}: {value}" for name, value in machine.items()]
    return "\n".join(lines) + "\n"


def _table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|---|" + "---:|" * (len(header) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def _cost_table(results):
    header = ["CPU us per request (user + sys)", "Slotway", "2 workers", "haproxy", "nutcracker",
              "to haproxy", "to nutcracker", "calls: Slotway", "haproxy", "nutcracker"]
    rows = []
    for name, row in results["workloads"].items():
        cells = [row["title"]]
        for contender in _NAMES:
            cells.append(_cost(row["contenders"].get(contender)))
        for other in ("haproxy", "nutcracker"):
            ratio = cpu_ratio(results, name, "slotway", other)
            cells.append("" if ratio is None else f"{ratio:.2f}x")
        for contender in ("slotway", "haproxy", "nutcracker"):
            cells.append(_number(row["contenders"].get(contender, {}).get("syscalls")).strip())
        rows.append(cells)
    return "### Cost of a request\n\n" + _table(header, rows) if rows else ""


def _cost(result):
    if result is None:
        return ""
    total, user, system = (median_of(result, figure) for figure in ("cpu", "cpu_user", "cpu_system"))
    return f"{_short(total)} ({_short(user)} + {_short(system)})"


def _short(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _speed_table(results):
    header = ["requests/s; p50 / p99 / p99.9 ms", "Slotway", "2 workers", "haproxy", "nutcracker"]
    rows = []
    for row in results["workloads"].values():
        cells = [row["title"]]
        for contender in _NAMES:
            result = row["contenders"].get(contender)
            cells.append("" if result is None else f"{median_of(result, 'rate'):,.0f}; " + " / ".join(
                _short(median_of(result, figure)) for figure in ("p50", "p99", "p999")))
        rows.append(cells)
    return "### Throughput and latency\n\n" + _table(header, rows) if rows else ""


def _memory_table(results):
    idle = results.get("idle") or {}
    rows = [[contender, f"{found['clients']:,}", f"{found['heap']:,.0f}", f"{found['resident']:,.0f}",
             f"{found['heap_second_crowd']:,.0f}", f"{found['left_behind_second']:,.0f}"]
            for contender, found in idle.items()]
    header = ["Idle clients that have sent one GET", "clients", "heap bytes each", "resident bytes each",
              "the same clients again", "left when gone"]
    return "### Memory\n\n" + _table(header, rows) if rows else ""


def _lists(results):
    text = text_of_rest({**results, "idle": {}}).strip()
    return "### Instructions, growth, turns\n\n" + "\n".join(f"- {line}" for line in text.splitlines()) + "\n" \
        if text else ""


def _target_table(results):
    rows = [[verdict.title, verdict.target, verdict.found, _MARKS[verdict.met]] for verdict in judge(results)]
    return "### Targets\n\n" + _table(["", "target", "found", ""], rows)


def _number(value, width=0):
    return f"{'-' if value is None else _short(value):>{width}}"
