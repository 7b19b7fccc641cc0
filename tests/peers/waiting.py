"""Waiting for other processes: bounded, and loud when it was in vain."""

import time
from collections.abc import Callable

import pytest

PATIENCE = 60.0
_PAUSE = 0.1


def until(holds: Callable[[], object], what: str, *, seconds: float = PATIENCE) -> None:
    """Return as soon as something holds; the test fails when it does not within `seconds`."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            pytest.fail(f"not within {seconds:.0f} s: {what}")
        time.sleep(_PAUSE)
