"""What the contenders are asked to do, and the keys that must exist for it."""

import dataclasses

from bench.resp import Client

KEYS = 10_000
KILOBYTE, MEGABYTE = 1 << 10, 1 << 20

# Data that every node holds before anything is measured: prefix of the keys -> (how many, bytes of each).
DATA = {"key": (KEYS, 64), "medium": (300, 16 * KILOBYTE), "large": (12, MEGABYTE)}

# Who takes part. A relay to one node cannot split a request over several, so it has no part in those rows.
SHARDING = ("slotway", "slotway-2w", "nutcracker")
ALL = ("slotway", "slotway-2w", "haproxy", "nutcracker")

_RANDOM = "__rand_int__"  # twelve digits, put in by redis-benchmark (-r)


@dataclasses.dataclass(frozen=True)
class Workload:
    """One row: what redis-benchmark sends, from how many clients, how deep in a pipeline."""

    name: str
    title: str
    command: tuple
    keys: int = KEYS
    clients: int = 50
    pipeline: int = 1
    value_bytes: int = 0  # of the last argument, given on standard input; 0: the command is complete
    unix: bool = False
    contenders: tuple = ALL

    @property
    def reads(self):
        return self.command[0] in ("GET", "MGET")


def key(prefix):
    return f"{prefix}:{_RANDOM}"


def _mset(count):
    return ("MSET", *[word for _ in range(count) for word in (key("written"), "v" * 64)])


def workloads(many_clients):
    """All of them, in the order of the table. `many_clients` is 10,000 where the limits allow it."""
    get, set_64 = ("GET", key("key")), ("SET", key("written"), "v" * 64)
    rows = []
    for pipeline in (1, 16, 64):
        rows.append(Workload(f"get-p{pipeline}", f"GET 64 B, pipeline {pipeline}", get, pipeline=pipeline))
    for pipeline in (1, 16, 64):
        rows.append(Workload(f"set-p{pipeline}", f"SET 64 B, pipeline {pipeline}", set_64, pipeline=pipeline))
    for count in (10, 100):
        rows.append(Workload(f"mget-{count}", f"MGET, {count} keys over all shards",
                             ("MGET", *[key("key")] * count), contenders=SHARDING))
    for count in (10, 100):
        rows.append(Workload(f"mset-{count}", f"MSET, {count} keys over all shards", _mset(count),
                             contenders=SHARDING))
    for title, prefix, size in (("16 KiB", "medium", 16 * KILOBYTE), ("1 MiB", "large", MEGABYTE)):
        name, count = title.split()[0] + title.split()[1][0].lower(), DATA[prefix][0]
        rows.append(Workload(f"get-{name}", f"GET {title}", ("GET", key(prefix)), keys=count))
        rows.append(Workload(f"set-{name}", f"SET {title}", ("SET", key(f"written-{prefix}")), keys=count,
                             value_bytes=size))
    rows.append(Workload("get-1000c", "GET 64 B, 1,000 clients", get, clients=1000))
    rows.append(Workload("get-10000c", f"GET 64 B, {many_clients:,} clients", get, clients=many_clients))
    rows.append(Workload("get-unix", "GET 64 B, unix socket", get, unix=True))
    rows.append(Workload("get-unix-p16", "GET 64 B, unix socket, pipeline 16", get, pipeline=16, unix=True))
    return rows


def load_data(port):
    """Writes DATA through a proxy."""
    with Client(port) as client:
        for prefix, (count, size) in DATA.items():
            commands = (("SET", f"{prefix}:{number:012}", b"v" * size) for number in range(count))
            replies = client.pipeline(commands, at_a_time=64 if size < KILOBYTE else 4)
            if replies.count(b"OK") != count:
                raise RuntimeError(f"could not load the keys {prefix}:*")
