"""BullMQ, a job queue: Lua scripts, transactions, blocking reads and streams all at once.

Its version is the one in clients/bullmq/package-lock.json.
"""

import pytest

from support import npm


@pytest.fixture(scope="module")
def node_modules(tmp_path_factory):
    return npm.install_locked(tmp_path_factory.mktemp("bullmq"), "bullmq")


@pytest.mark.timeout_seconds(100)
def test_two_thousand_jobs_with_retries_and_delays_run_exactly_as_often_as_they_should(proxy, node_modules):
    npm.run(node_modules, "bullmq_jobs.js", proxy.port, timeout=55)
