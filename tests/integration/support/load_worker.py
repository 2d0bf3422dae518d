"""One process of load: clients in threads, each writing tokens that name it and recording what became of them.

Started by support/load.py. Reads lines from stdin: "stop" ends the load, "verify" reads every key back and
prints the report as one line of JSON.
"""

import argparse
import bisect
import json
import random
import sys
import threading
import time

from support import resp
from support.direct_client import DirectClient
from support.history import (ACKNOWLEDGED, UNKNOWN, Counter, Findings, Register, Sequence, outcome_of_error)
from support.resp_client import ConnectionClosed, RespClient


class Driver(threading.Thread):
    """Several clients in one thread: all send a pipeline, then all read their replies."""

    def __init__(self, writers, pause):
        super().__init__(daemon=True)
        self.writers = writers
        self.stopping = threading.Event()
        self._pause = pause

    def run(self):
        try:
            while not self.stopping.is_set():
                for writer in self.writers:
                    writer.begin_round()
                for writer in self.writers:
                    writer.end_round()
                if self._pause:
                    time.sleep(self._pause)
        except Exception as error:  # pylint: disable=broad-except
            self.writers[0].problem = repr(error)
        for writer in self.writers:
            writer.close()


class Writer:
    """One client: pipelines of random depth over keys of its own."""

    def __init__(self, name, options):
        self.name = name
        self.findings = Findings()
        self.outcomes = {ACKNOWLEDGED: 0, UNKNOWN: 0}
        self.refusals = {}
        self.latencies = []
        self.longest_pause = 0.0
        self.problem = None
        self._client = None
        self._steps, self._started = [], 0.0
        self._last_success = time.monotonic()
        self._options = options
        self._rng = random.Random(f"{options.seed}:{name}")
        numbers = range(options.keys)
        self._lists = {f"{name}:list:{number}": Sequence() for number in numbers}
        self._texts = {f"{name}:text:{number}": Sequence() for number in numbers}
        self._counters = {f"{name}:counter:{number}": Counter() for number in numbers}
        self._registers = {f"{name}:register:{number}": Register(options.may_lose) for number in numbers}
        self._highest = {}
        self._number = 0
        self._makers = [getattr(self, f"_make_{kind}") for kind in options.kinds.split(",")]

    def connect(self):
        if self._options.direct:
            return DirectClient(self._options.direct.split(","))
        return RespClient(self._options.port, timeout=self._options.timeout)

    def close(self):
        if self._client is not None:
            self._client.close()
            self._client = None

    # A round: one pipeline, written whole, then its replies

    def begin_round(self):
        depth = self._rng.choice(self._options.depths)
        self._steps = [self._rng.choice(self._makers)() for _ in range(depth)]
        self._started = time.monotonic()
        try:
            if self._client is None:
                self._client = self.connect()
            self._client.send(resp.encode_all(command for command, _ in self._steps))
        except (ConnectionClosed, OSError):
            self._lost(self._steps)

    def end_round(self):
        if not self._steps:
            time.sleep(0.01)
            return
        if self._read_replies():
            now = time.monotonic()
            self.longest_pause = max(self.longest_pause, now - self._last_success)
            self._last_success = now

    def _lost(self, unanswered):
        for _, judge in unanswered:
            self.outcomes[UNKNOWN] += 1
            judge(UNKNOWN, None)
        self._steps = []
        self.close()

    def _read_replies(self):
        """True if any succeeded."""
        answered, acknowledged = 0, False
        try:
            for answered, (command, judge) in enumerate(self._steps):
                reply = self._client.read()
                if isinstance(reply, resp.ErrorReply):
                    outcome = outcome_of_error(reply)
                    if outcome != UNKNOWN:
                        text = reply.decode(errors="replace")
                        self.refusals[text] = self.refusals.get(text, 0) + 1
                else:
                    outcome, acknowledged = ACKNOWLEDGED, True
                self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
                judge(outcome, reply)
        except TimeoutError:
            self.findings.add("missing", f"{self.name}: no reply to {command[:2]}")
            self._lost(self._steps[answered:])
        except (ConnectionClosed, OSError):
            self._lost(self._steps[answered:])
        self.latencies.append(time.monotonic() - self._started)
        return acknowledged

    def _token(self):
        self._number += 1
        return f"{self.name}:{self._number}:{self._rng.getrandbits(32):08x}"

    def _grows(self, key, reply):
        """Replies that count effects (INCR, RPUSH, APPEND) can only grow for a key's only writer."""
        if not isinstance(reply, int):
            self.findings.add("misdelivered", f"{key}: {reply!r}")
        elif reply <= self._highest.get(key, 0) and not self._options.may_lose:
            self.findings.add("misdelivered", f"{key}: {reply} after {self._highest[key]}")
        else:
            self._highest[key] = reply

    def _append(self, command, keys, make_token):
        key = self._rng.choice(list(keys))
        token = make_token()

        def judge(outcome, reply):
            keys[key].wrote(token, outcome)
            if outcome == ACKNOWLEDGED:
                self._grows(key, reply)

        return (command, key, token), judge

    def _make_rpush(self):
        return self._append("RPUSH", self._lists, self._token)

    def _make_append(self):
        return self._append("APPEND", self._texts, lambda: self._token() + ",")

    def _make_incr(self):
        key = self._rng.choice(list(self._counters))

        def judge(outcome, reply):
            self._counters[key].wrote(outcome)
            if outcome == ACKNOWLEDGED:
                self._grows(key, reply)

        return ("INCR", key), judge

    def _make_set(self):
        key, token = self._rng.choice(list(self._registers)), self._token()

        def judge(outcome, reply):
            self._registers[key].wrote(token, outcome)
            if outcome == ACKNOWLEDGED and reply != b"OK":
                self.findings.add("misdelivered", f"SET {key}: {reply!r}")

        return ("SET", key, token), judge

    def _make_get(self):
        key = self._rng.choice(list(self._registers))
        return ("GET", key), lambda outcome, reply: outcome == ACKNOWLEDGED and self._judge_get(key, reply)

    def _judge_get(self, key, reply):
        if reply is not None and type(reply) is not bytes:  # a Status is a bytes, too
            self.findings.add("misdelivered", f"GET {key}: {reply!r}")
        else:
            self._registers[key].read(key, reply and reply.decode(), self.findings)

    def _make_mset(self):
        tokens = {key: self._token() for key in self._registers}

        def judge(outcome, reply):
            if outcome not in (ACKNOWLEDGED, UNKNOWN):
                outcome = UNKNOWN  # parts of it may have run: the error says how many failed
            for key, token in tokens.items():
                self._registers[key].wrote(token, outcome)
            if outcome == ACKNOWLEDGED and reply != b"OK":
                self.findings.add("misdelivered", f"MSET: {reply!r}")

        return ("MSET", *(part for pair in tokens.items() for part in pair)), judge

    def _make_mget(self):
        keys = list(self._registers)

        def judge(outcome, reply):
            if outcome != ACKNOWLEDGED:
                return
            if not isinstance(reply, list) or len(reply) != len(keys):
                self.findings.add("misdelivered", f"MGET: {reply!r}")
                return
            for key, value in zip(keys, reply):
                self._judge_get(key, value)

        return ("MGET", *keys), judge

    # Afterwards

    def verify(self, client):
        for key, sequence in self._lists.items():
            found = client.call("LRANGE", key, "0", "-1")
            sequence.check(key, [token.decode() for token in found], self.findings)
        for key, sequence in self._texts.items():
            found = (client.call("GET", key) or b"").decode()
            sequence.check(key, [token + "," for token in found.split(",") if token], self.findings)
        for key, counter in self._counters.items():
            counter.check(key, int(client.call("GET", key) or 0), self.findings)
        for key, register in self._registers.items():
            value = client.call("GET", key)
            register.read(key, value and value.decode(), self.findings)


def report(writers):
    findings = Findings()
    latencies = sorted(latency for writer in writers for latency in writer.latencies)
    outcomes, refusals = {}, {}
    for writer in writers:
        findings.update(writer.findings)
        findings.examples += writer.findings.examples
        for outcome, count in writer.outcomes.items():
            outcomes[outcome] = outcomes.get(outcome, 0) + count
        for text, count in writer.refusals.items():
            refusals[text] = refusals.get(text, 0) + count
    return {"outcomes": outcomes, "refusals": refusals, "findings": dict(findings), "examples": findings.examples[:10],
            "problems": [writer.problem for writer in writers if writer.problem],
            "p50": quantile(latencies, 0.5), "p99": quantile(latencies, 0.99),
            "worst": latencies[-1] if latencies else 0.0,
            "longest_pause": max(writer.longest_pause for writer in writers)}


def quantile(ordered, part):
    return ordered[bisect.bisect_left(range(len(ordered)), part * (len(ordered) - 1))] if ordered else 0.0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", required=True)
    parser.add_argument("--port", type=int, required=True, help="where to read the keys back, and to write")
    parser.add_argument("--direct", help="nodes to write to past the proxy, as a cluster's client does")
    parser.add_argument("--clients", type=int, required=True)
    parser.add_argument("--per-thread", type=int, default=1, help="clients that share a thread")
    parser.add_argument("--depths", type=lambda text: [int(depth) for depth in text.split(",")], default=[1])
    parser.add_argument("--kinds", default="rpush,append,incr,set,get,mset,mget")
    parser.add_argument("--keys", type=int, default=4, help="of each kind")
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--timeout", type=float, default=30.0)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--may-lose", action="store_true")
    options = parser.parse_args()
    threading.stack_size(256 * 1024)
    writers = [Writer(f"{options.name}.{number}", options) for number in range(options.clients)]
    drivers = [Driver(writers[first : first + options.per_thread], options.pause)
               for first in range(0, len(writers), options.per_thread)]
    for driver in drivers:
        driver.start()
    print("started", flush=True)
    for line in sys.stdin:
        if line.strip() == "progress":
            print(sum(writer.outcomes[ACKNOWLEDGED] for writer in writers), flush=True)
        elif line.strip() == "stop":
            for driver in drivers:
                driver.stopping.set()
            for driver in drivers:
                driver.join(options.timeout + 5)
                if driver.is_alive():
                    driver.writers[0].problem = "a client hangs"
            print("stopped", flush=True)
        elif line.strip() == "verify":
            with RespClient(options.port, timeout=30) as client:
                for writer in writers:
                    writer.verify(client)
            print(json.dumps(report(writers)), flush=True)
            return


if __name__ == "__main__":
    main()
