"""The two common clients of Node.js, in their last two major versions and both protocols.

They are installed from npm side by side under other names.
"""

import pytest

from support import npm

_PACKAGES = {"ioredis5": "ioredis@5", "ioredis6": "ioredis@6", "redis5": "redis@5", "redis6": "redis@6"}


@pytest.fixture(scope="module")
def node_modules(tmp_path_factory):
    return npm.install(tmp_path_factory.mktemp("node-clients"),
                       *(f"{alias}@npm:{package}" for alias, package in _PACKAGES.items()))


@pytest.mark.timeout_seconds(120)
@pytest.mark.parametrize("script, package, protocol", [
    ("ioredis_protocols.js", "ioredis5", 2),
    ("ioredis_protocols.js", "ioredis6", 2),
    ("ioredis_protocols.js", "ioredis6", 3),
    ("node_redis_protocols.js", "redis5", 2),
    ("node_redis_protocols.js", "redis5", 3),
    ("node_redis_protocols.js", "redis6", 2),
    ("node_redis_protocols.js", "redis6", 3),
    ("ioredis_pubsub.js", "ioredis5", 2),
    ("ioredis_pubsub.js", "ioredis6", 3),
    ("node_redis_pubsub.js", "redis5", 2),
    ("node_redis_pubsub.js", "redis5", 3),
    ("node_redis_pubsub.js", "redis6", 2),
    ("node_redis_pubsub.js", "redis6", 3),
])
def test_a_client_of_node_works_as_with_one_redis(proxy, node_modules, script, package, protocol):
    npm.run(node_modules, script, proxy.port, package, protocol)
