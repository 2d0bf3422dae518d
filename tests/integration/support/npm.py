"""Packages of Node.js for tests, installed into a temporary folder. Without npm, or if it cannot reach its
registry, the tests that need them are skipped."""

import os
import shutil
import subprocess

import pytest

CLIENTS = os.path.join(os.path.dirname(__file__), "..", "clients")

_QUIET = ["--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1", "--fetch-timeout=15000"]
_SECONDS = 90


def install(folder, *packages):
    """The newest versions that the packages' names allow; returns the folder for NODE_PATH."""
    return _npm(folder, "install", *packages)


def install_locked(folder, name):
    """Exactly what clients/<name>/package-lock.json says; returns the folder for NODE_PATH."""
    for file in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(CLIENTS, name, file), folder)
    return _npm(folder, "ci", "--omit=optional")


def _npm(folder, *arguments):
    if not shutil.which("npm"):
        pytest.skip("there is no npm on this machine")
    try:
        done = subprocess.run(["npm", *arguments, "--prefix", str(folder), *_QUIET], capture_output=True, text=True,
                              timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not answer in time")
    if done.returncode != 0:
        pytest.skip(f"npm could not install {arguments}: {done.stderr.strip()[-300:]}")
    return folder / "node_modules"


def run(node_modules, script, *arguments, timeout=60):
    """Runs a script of clients/, which says "all is well" at its end."""
    done = subprocess.run(["node", os.path.join(CLIENTS, script), *map(str, arguments)], capture_output=True, text=True,
                          timeout=timeout, check=False, env={**os.environ, "NODE_PATH": str(node_modules)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip().endswith("all is well"), done.stdout + done.stderr
    return done.stdout
