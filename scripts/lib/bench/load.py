"""redis-benchmark as the load generator: one run, and the numbers it prints."""

import dataclasses
import re
import subprocess

_PERCENTILE = re.compile(r"^([\d.]+)% <= ([\d.]+) milliseconds", re.MULTILINE)
_RATE = re.compile(r"throughput summary: ([\d.]+) requests per second")
_LATENCY = re.compile(r"avg\s+min\s+p50\s+p95\s+p99\s+max\s+([\d. ]+)")


class LoadError(RuntimeError):
    """The run did not do what it was to do; its figures mean nothing."""


@dataclasses.dataclass(frozen=True)
class Load:
    """What one run of redis-benchmark saw. Latencies in milliseconds."""

    requests: int
    rate: float
    p50: float
    p99: float
    p999: float


def parse(output, requests):
    """The figures of redis-benchmark's report."""
    # It rewrites its progress line with carriage returns.
    text = output.replace("\r", "\n")
    rate, latency = _RATE.search(text), _LATENCY.search(text)
    if not rate or not latency:
        raise LoadError(f"redis-benchmark printed no summary: {text[-300:]!r}")
    _, _, p50, _, p99, _ = (float(number) for number in latency.group(1).split()[:6])
    distribution = text.partition("Latency by percentile distribution")[2].partition("Cumulative")[0]
    # The steps are 99.805, 99.902, ...: the first that holds 99.9 % of the requests.
    p999 = next(float(value) for step, value in _PERCENTILE.findall(distribution) if float(step) >= 99.9)
    return Load(requests, float(rate.group(1)), p50, p99, p999)


def benchmark_command(target, workload, requests):
    command = ["redis-benchmark", *target, "-c", str(workload.clients), "-P", str(workload.pipeline),
               "-n", str(requests), "-r", str(workload.keys), "--precision", "3"]
    return command + (["-x"] if workload.value_bytes else []) + list(workload.command)


def run_load(target, workload, requests, wrapper=(), timeout=120):
    """One run; LoadError if a single reply was an error or the run did not end."""
    try:
        done = subprocess.run([*wrapper, *benchmark_command(target, workload, requests)],
                              input=b"v" * workload.value_bytes, capture_output=True, timeout=timeout,
                              check=False)
    except subprocess.TimeoutExpired:
        raise LoadError(f"redis-benchmark did not end within {timeout} s") from None
    said = [line for line in done.stderr.decode(errors="replace").splitlines() if "CONFIG" not in line]
    errors = [line for line in said if "rror" in line]
    if done.returncode != 0 or errors:
        raise LoadError(f"redis-benchmark ended with {done.returncode}: {' '.join(errors or said)[:300]}")
    return parse(done.stdout.decode(errors="replace"), requests)
