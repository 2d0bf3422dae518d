"""The two common clients of Node.js, in their last two major versions and both protocols.

They are installed from npm into a temporary folder, side by side under other names; without npm: skipped.
"""

import os
import shutil
import subprocess

import pytest

_CLIENTS = os.path.join(os.path.dirname(__file__), "clients")
_PACKAGES = {"ioredis5": "ioredis@5", "ioredis6": "ioredis@6", "redis5": "redis@5", "redis6": "redis@6"}


@pytest.fixture(scope="module")
def node_modules(tmp_path_factory):
    if not shutil.which("npm"):
        pytest.skip("there is no npm on this machine")
    folder = tmp_path_factory.mktemp("node-clients")
    install = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts",
               "--fetch-retries=1", "--fetch-timeout=15000"]
    install += [f"{alias}@npm:{package}" for alias, package in _PACKAGES.items()]
    try:
        done = subprocess.run(install, capture_output=True, text=True, timeout=90, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not answer in time")
    if done.returncode != 0:
        pytest.skip(f"npm could not install the clients: {done.stderr.strip()[-300:]}")
    return folder / "node_modules"


@pytest.mark.timeout_seconds(120)
@pytest.mark.parametrize("script, package, protocol", [
    ("ioredis_protocols.js", "ioredis5", 2),
    ("ioredis_protocols.js", "ioredis6", 2),
    ("ioredis_protocols.js", "ioredis6", 3),
    ("node_redis_protocols.js", "redis5", 2),
    ("node_redis_protocols.js", "redis5", 3),
    ("node_redis_protocols.js", "redis6", 2),
    ("node_redis_protocols.js", "redis6", 3),
])
def test_a_client_of_node_works_as_with_one_redis(proxy, node_modules, script, package, protocol):
    done = subprocess.run(["node", os.path.join(_CLIENTS, script), str(proxy.port), package, str(protocol)],
                          capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, "NODE_PATH": str(node_modules)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip().endswith("all is well"), done.stdout + done.stderr
