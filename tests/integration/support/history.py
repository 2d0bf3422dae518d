"""What a client did to a key, in order, and what must hold of the key afterwards.

Every value written is a token, "client:number:nonce", that is written once. A write is acknowledged, refused (the
error says that it was not run), or its outcome is unknown. Whatever broke meanwhile:

- an acknowledged token is there, once                             else it is lost, or doubled
- a refused token is not there, one of unknown outcome at most once        doubled
- no token of anybody else is there, and no reply that belongs elsewhere   misdelivered
- acknowledged tokens are there in the order they were written             reordered
- each request has one reply                                               missing
"""

import collections

ACKNOWLEDGED, UNKNOWN, REFUSED = "acknowledged", "unknown", "refused"
FAULTS = ("misdelivered", "missing", "reordered", "lost", "doubled")


class Findings(collections.Counter):
    """How often each fault was found, with a few examples in words."""

    def __init__(self):
        super().__init__({fault: 0 for fault in FAULTS})
        self.examples = []

    def add(self, fault, example, count=1):
        self[fault] += count
        if count and len(self.examples) < 10:
            self.examples.append(f"{fault}: {example}")


def outcome_of_error(error):
    """What an error reply says about the request it answers."""
    return UNKNOWN if b"outcome unknown" in error else REFUSED


class Sequence:
    """Tokens appended to one key (RPUSH, APPEND) by its only writer."""

    def __init__(self):
        self.outcomes = {}  # token -> outcome, in the order written

    def wrote(self, token, outcome):
        self.outcomes[token] = outcome

    def check(self, key, found, findings):
        counts = collections.Counter(found)
        for token, count in counts.items():
            outcome = self.outcomes.get(token)
            if outcome is None:
                findings.add("misdelivered", f"{key} holds {token}, which was never written to it")
            elif outcome == REFUSED:
                findings.add("doubled", f"{key}: {token} was refused and is there")
            elif count > 1:
                findings.add("doubled", f"{key}: {token} is there {count} times")
        expected = [token for token, outcome in self.outcomes.items() if outcome == ACKNOWLEDGED]
        missing = [token for token in expected if token not in counts]
        if missing:
            findings.add("lost", f"{key}: {missing[0]} was acknowledged", len(missing))
        present = [token for token in expected if token in counts]
        in_place = [token for token in dict.fromkeys(found) if self.outcomes.get(token) == ACKNOWLEDGED]
        if in_place != present:
            findings.add("reordered", f"{key}: {in_place[:5]} instead of {present[:5]}")


class Counter:
    """INCR of one key by its only writer."""

    def __init__(self):
        self.outcomes = collections.Counter()

    def wrote(self, outcome):
        self.outcomes[outcome] += 1

    def check(self, key, value, findings):
        least, most = self.outcomes[ACKNOWLEDGED], self.outcomes[ACKNOWLEDGED] + self.outcomes[UNKNOWN]
        if value < least:
            findings.add("lost", f"{key} is {value}, {least} were acknowledged", least - value)
        if value > most:
            findings.add("doubled", f"{key} is {value}, at most {most} can have run", value - most)


class Register:
    """SET and GET of one key by its only writer."""

    def __init__(self, may_lose):
        self._may_lose = may_lose
        self._last, self._possible, self._all = None, set(), {None}

    def wrote(self, token, outcome):
        self._all.add(token)
        if outcome == ACKNOWLEDGED:
            self._last = token
        elif outcome == UNKNOWN:
            # It may take effect later than what is written after it: the bytes may still be on their way.
            self._possible.add(token)

    def read(self, key, value, findings):
        if value == self._last or value in self._possible:
            return
        if value not in self._all:
            findings.add("misdelivered", f"GET {key} gave {value!r}")
        elif not self._may_lose:
            findings.add("lost", f"GET {key} gave {value!r} after {self._last!r} was acknowledged")
