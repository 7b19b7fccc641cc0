"""The folder LIANHU_VAR belongs to one `gateway run` at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.checks import Unfit
from gateway.embedded.processes import wait_for
from gateway.settings import write_env_file

LOOKERS_SECONDS = 1.0
"""Commands that look whether a gateway runs touch the lock for a moment."""


@contextmanager
def alone(var: Path) -> Iterator[None]:
    """Hold the folder's `run.lock`, with our process id in it; raises Unfit when another `gateway run` does."""
    var.mkdir(parents=True, exist_ok=True)
    handle = os.open(var / "run.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not wait_for(lambda: _lock(handle), LOOKERS_SECONDS):
            message = f"a gateway already runs in {var}, process {os.read(handle, 20).decode()}: make stop"
            raise Unfit(message)
        (var / "running.env").unlink(missing_ok=True)  # of one that was killed
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


@contextmanager
def announced(var: Path, values: dict[str, str]) -> Iterator[None]:
    """Let other commands find what runs here: `running.env` stands while this lasts."""
    path = var / "running.env"
    write_env_file(path, values)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
