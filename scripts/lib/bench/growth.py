"""What a request must not cost more for: many clients, many nodes, deep pipelines, many keys.

All in user-space instructions per request (or per key), so that it holds on any machine.
"""

import dataclasses

from bench.callgrind import CountedSlotway
from bench.fake_cluster import FakeCluster
from bench.steady import Crowd, load_keys

FACTOR = 1.3
_CLIENTS, _NODES, _PIPELINED, _KEYS = 5_000, 200, 10_000, 10_000


@dataclasses.dataclass(frozen=True)
class Growth:
    """The same request in a small and in a large setting. `limit` is 0 where growth is in the nature of it."""

    title: str
    small: float
    large: float
    limit: float = FACTOR

    @property
    def factor(self):
        return self.large / self.small

    @property
    def passed(self):
        return not self.limit or self.factor <= self.limit


def small_cases(folder, seeds):
    """Instructions per GET with 50 clients: what the guard keeps. {"get-50x1": ..., "get-50x16": ...}"""
    with CountedSlotway(folder, seeds) as slotway:
        slotway.start()
        load_keys(slotway.port)
        return _small_cases(slotway)


def growths(folder, seeds):
    """(the small cases, [Growth]): everything in one life of Slotway per cluster."""
    with CountedSlotway(folder, seeds) as slotway:
        slotway.start()
        load_keys(slotway.port)
        small = _small_cases(slotway)
        found = [
            Growth(f"GET, {_CLIENTS:,} clients to 50, pipeline 1", small["get-50x1"],
                   _get(slotway, _CLIENTS, 1, 2 * _CLIENTS)),
            Growth(f"GET, {_PIPELINED:,} pipelined by one client to 50 clients x 16", small["get-50x16"],
                   _get(slotway, 1, _PIPELINED, 2 * _PIPELINED)),
            Growth(f"MGET, per key, {_KEYS:,} keys to 100", _mget(slotway, 100), _mget(slotway, _KEYS)),
        ]
    few, many = (_by_shape(folder, count) for count in (3, _NODES))
    for shape in _NODE_SHAPES:
        title = f"GET, {_NODES} nodes to 3, {shape[0]} clients x {shape[1]}"
        found.append(Growth(title, few[shape], many[shape], _NODE_SHAPES[shape]))
    return small, found


# Requests that wait for one node share its reads and writes. One client at a time shares nothing in either
# case, 50 x 16 are four a node; 50 requests at once are many for 3 nodes but single ones for 200, so that
# case is shown and not judged.
_NODE_SHAPES = {(1, 1): FACTOR, (50, 16): FACTOR, (50, 1): 0}


def _by_shape(folder, nodes):
    with FakeCluster(folder, nodes) as cluster, CountedSlotway(folder, cluster.seeds) as slotway:
        slotway.start()
        with Crowd(slotway.port, 50) as crowd:
            crowd.get(3200, 16)  # a connection to every node
        return {shape: _get(slotway, *shape, 1_000 if shape == (1, 1) else 8_000) for shape in _NODE_SHAPES}


def _small_cases(slotway):
    return {"get-50x1": _get(slotway, 50, 1, 10_000), "get-50x16": _get(slotway, 50, 16, 24_000)}


def _get(slotway, clients, pipeline, requests):
    with Crowd(slotway.port, clients) as crowd:
        return slotway.measure(lambda: crowd.get(requests, pipeline))


def _mget(slotway, count):
    with Crowd(slotway.port, 1) as crowd:
        return slotway.measure(lambda: crowd.mget(20_000, count))
