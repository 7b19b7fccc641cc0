"""Processes that a test starts, and ends by their own id."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

_STOP_SECONDS = 40.0


class Child:
    """One process with its output in a file."""

    def __init__(
        self, command: Sequence[str | Path], output: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.output = output
        with output.open("ab") as handle:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=handle, stderr=subprocess.STDOUT, env=environment
            )

    def lives(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def said(self) -> str:
        """All that it has written so far."""
        return self.output.read_text("utf-8", errors="replace")

    def stop(self, wanted: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end; after 40 s it is killed."""
        if self.lives():
            os.kill(self._process.pid, wanted)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
