"""ioredis with `new Redis(port)`."""

import pytest

from support import npm


@pytest.fixture(scope="module")
def node_modules(tmp_path_factory):
    return npm.install(tmp_path_factory.mktemp("ioredis"), "ioredis@5.4.1")


@pytest.mark.timeout_seconds(100)
def test_ioredis_connects_and_works_as_with_one_redis(proxy, node_modules):
    npm.run(node_modules, "ioredis_drop_in.js", proxy.port)
