"""Child processes that never outlive the test run."""

import ctypes
import signal
import subprocess

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def spawn(command, **options):
    """subprocess.Popen, but the kernel kills the child if pytest itself is killed."""
    return subprocess.Popen(command, preexec_fn=_die_with_parent, **options)


def kill(process):
    """Ends a child at once, stopped (SIGSTOP) or not."""
    if process.poll() is None:
        process.kill()
    process.wait()
