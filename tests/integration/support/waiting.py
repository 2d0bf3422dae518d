"""Waiting for a condition with a deadline, instead of sleeping and hoping."""

import time


def wait_until(condition, timeout=10.0, what="the condition", interval=0.02):
    """Returns the first true value of condition(); fails with `what` when the time is up."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {timeout} s in vain for {what}")
        time.sleep(interval)
