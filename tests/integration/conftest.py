"""Fixtures: what is shared by the whole run, and what each test gets for itself.

- `proxy`, `client`: one Slotway with two workers before one real cluster, shared by all tests that only
  need data. The data is flushed after each test.
- `private_cluster`, `start_proxy`, `fake_cluster`: for tests that break things.

Every proxy must have nothing in flight when its test ends, and end cleanly.
"""

import os
import signal

import pytest

from support.cluster import Cluster
from support.fake_cluster import FakeCluster
from support.proxy import BINARY, Proxy
from support.redis_server import RedisServer

_DEFAULT_TIMEOUT_SECONDS = 30


# Each test has a time limit, its fixtures another one of the same length.


class OutOfTime(Exception):
    pass


def _limited(item):
    marker = item.get_closest_marker("timeout_seconds")
    seconds = marker.args[0] if marker else _DEFAULT_TIMEOUT_SECONDS

    def expire(*_):
        raise OutOfTime(f"the test took longer than {seconds} s")

    signal.signal(signal.SIGALRM, expire)
    signal.alarm(seconds)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_setup(item):
    _limited(item)
    yield
    signal.alarm(0)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    _limited(item)
    yield
    signal.alarm(0)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        item.has_failed = True
        for proxy in getattr(item, "proxies", []):
            report.sections.append(("slotway's log", proxy.log[-6000:]))


# Shared by the whole run


@pytest.fixture(scope="session")
def shared_cluster():
    """Three primaries, three replicas. Tests must leave its topology alone, which a long node timeout helps."""
    with Cluster(node_timeout_ms=15000) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def plain_redis(tmp_path_factory):
    """A Redis without cluster mode: the model for what a client should see."""
    server = RedisServer(str(tmp_path_factory.mktemp("plain")))
    server.start()
    try:
        server.wait_until_up()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def command_reply(plain_redis):
    """What a real server says to COMMAND, for fake nodes to repeat."""
    with plain_redis.connect() as client:
        return client.call_raw("COMMAND")


class _SharedProxy:
    """Started at first use, and again should a test have brought it down."""

    def __init__(self, seeds):
        self._seeds, self._proxy = seeds, None

    def get(self):
        if self._proxy is None or self._proxy.process.poll() is not None:
            _require_binary()
            self._proxy = Proxy(self._seeds, workers=2)
            self._proxy.__enter__()
        return self._proxy

    def stop(self):
        if self._proxy is not None and self._proxy.process.poll() is None:
            self._proxy.stop()


@pytest.fixture(scope="session")
def _shared_proxy(shared_cluster):
    shared = _SharedProxy(shared_cluster.seeds[:3])
    yield shared
    shared.stop()


# For one test


@pytest.fixture
def proxy(request, shared_cluster, _shared_proxy):
    proxy = _shared_proxy.get()
    request.node.proxies = [proxy]
    yield proxy
    proxy.close_clients()
    assert proxy.process.poll() is None, f"slotway ended with {proxy.process.poll()}:\n{proxy.log}"
    proxy.assert_nothing_in_flight()
    shared_cluster.flush()


@pytest.fixture
def client(proxy):
    return proxy.connect()


@pytest.fixture
def start_proxy(request):
    """start_proxy(seeds, ...) gives a ready Proxy; ready=False one that is merely started."""
    request.node.proxies = proxies = []

    def start(seeds=(), ready=True, **options):
        _require_binary()
        proxy = Proxy(seeds, **options)
        proxies.append(proxy)
        proxy.start()
        if ready:
            proxy.wait_until_ready()
        return proxy

    yield start
    failed = getattr(request.node, "has_failed", False)
    for proxy in proxies:
        if failed or proxy.process is None:
            proxy.abandon()
        elif proxy.process.poll() is None:
            proxy.close_clients()
            try:
                proxy.assert_nothing_in_flight()
                proxy.stop()
            finally:
                proxy.abandon()


@pytest.fixture
def private_cluster():
    """private_cluster(...) gives a real cluster of the test's own."""
    clusters = []

    def start(**options):
        cluster = Cluster(**options)
        clusters.append(cluster)
        cluster.start()
        return cluster

    yield start
    for cluster in clusters:
        cluster.stop()


@pytest.fixture
def fake_cluster(command_reply):
    """fake_cluster(nodes=2) gives scripted nodes that know a real server's commands."""
    clusters = []

    def start(**options):
        clusters.append(FakeCluster(command_reply=command_reply, **options))
        return clusters[-1]

    yield start
    for cluster in clusters:
        cluster.__exit__()


def _require_binary():
    if not os.access(BINARY, os.X_OK):
        pytest.fail(f"there is no {BINARY}: run scripts/build, or set SLOTWAY_BINARY", pytrace=False)
