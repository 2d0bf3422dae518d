"""The text of /metrics as numbers one can ask questions of."""

import re

_SAMPLE = re.compile(r"^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)$")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Metrics(dict):
    """{(name, ((label, value), ...)): number}, labels sorted."""

    @classmethod
    def parse(cls, text):
        metrics = cls()
        for line in text.splitlines():
            if not line or line.startswith("#"):
                continue
            match = _SAMPLE.match(line)
            assert match, f"not a Prometheus sample: {line!r}"
            name, labels, value = match.groups()
            metrics[name, tuple(sorted(_LABEL.findall(labels or "")))] = float(value)
        return metrics

    def samples(self, name, **labels):
        """{labels: value} of the samples with that name and at least those labels."""
        wanted = set(labels.items())
        return {label_set: value for (found, label_set), value in self.items()
                if found == name and wanted <= set(label_set)}

    def total(self, name, **labels):
        """Their sum; 0 if there are none."""
        return sum(self.samples(name, **labels).values())

    @property
    def names(self):
        return {name for name, _ in self}
