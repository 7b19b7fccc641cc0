"""A module of this folder run as a process in a network of its own, since Kannel listens on every interface."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from bench.lab import ROOT

_AS_USER = () if os.geteuid() == 0 else ("--user", "--map-current-user", "--keep-caps")
_ALONE = ("unshare", *_AS_USER, "--net")


def lacking() -> list[str]:
    """What lacks where a process may not have a network of its own."""
    allowed = subprocess.run([*_ALONE, "true"], capture_output=True, check=False).returncode == 0
    return [] if allowed else ["the right to a network of its own"]


def run(module: str, *, seconds: int, environment: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - what it prints
    """What the module prints, read as JSON; raises RuntimeError when it breaks and TimeoutExpired after `seconds`."""
    loopback = ROOT / "tests" / "peers" / "loopback.py"
    done = subprocess.run(
        [*_ALONE, sys.executable, str(loopback), sys.executable, "-m", module],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{module} broke: {done.stderr[-2000:]}")
    return json.loads(done.stdout)
