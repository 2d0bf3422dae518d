"""ioredis with `new Redis(port)`. It is installed from npm into a temporary folder; without npm: skipped."""

import os
import shutil
import subprocess

import pytest

_SCRIPT = os.path.join(os.path.dirname(__file__), "clients", "ioredis_drop_in.js")


@pytest.fixture(scope="module")
def node_modules(tmp_path_factory):
    if not shutil.which("npm"):
        pytest.skip("there is no npm on this machine")
    folder = tmp_path_factory.mktemp("ioredis")
    install = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts",
               "--fetch-retries=1", "--fetch-timeout=15000", "ioredis@5.4.1"]
    try:
        done = subprocess.run(install, capture_output=True, text=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not answer within a minute")
    if done.returncode != 0:
        pytest.skip(f"npm could not install ioredis: {done.stderr.strip()[-300:]}")
    return folder / "node_modules"


@pytest.mark.timeout_seconds(90)
def test_ioredis_connects_and_works_as_with_one_redis(proxy, node_modules):
    done = subprocess.run(["node", _SCRIPT, str(proxy.port)], capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, "NODE_PATH": str(node_modules)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip().endswith("all is well"), done.stdout + done.stderr
