"""One process of the Procfile: started, listened to, and started again whenever it ends."""

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from math import inf
from multiprocessing.context import ForkProcess

from gateway import forks

STEADY_SECONDS = 5.0
"""A process that lived this long comes back at once; one that dies sooner waits longer each time."""
LONGEST_PAUSE_SECONDS = 10.0
_MOST_BYTES = 65_536

Say = Callable[[str, bytes | str], None]
"""Prints a line of a process: its name, the line."""


class Output:
    """What one process prints, cut into lines."""

    def __init__(self, name: str, file: int) -> None:
        self._name = name
        self._begun = b""
        self.file = file

    def copy(self, say: Say) -> bool:
        """Say the lines that have come; False, and closed, when no more will."""
        got = os.read(self.file, _MOST_BYTES)
        *lines, self._begun = (self._begun + got).split(b"\n")
        if self._begun and (not got or len(self._begun) > _MOST_BYTES):
            lines, self._begun = [*lines, self._begun], b""
        for line in lines:
            say(self._name, line + b"\n")
        if not got:
            os.close(self.file)
        return bool(got)


class Child:
    """One process, started again whenever it ends."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], lifeline: int) -> None:
        self.name = name
        self._command = command
        self._environment = environment
        self._lifeline = lifeline
        self._process: ForkProcess | None = None
        self._started = 0.0
        self._quick_ends = 0
        self.due = 0.0
        """When to start it, in seconds of the monotonic clock; infinite while it runs."""

    def tend(self, now: float, say: Say) -> Output | None:
        """Notice that it ended, or start it when it is due; gives the output of what was started."""
        if self._process is not None and self.ended():
            self._bury(self._process, now, say)
        elif now >= self.due:
            return self._start(now)
        return None

    def signal(self, wanted: signal.Signals) -> None:
        """Send a signal to the process and all that it started."""
        if self._process is None or self._process.pid is None:
            return
        try:
            os.killpg(self._process.pid, wanted)
        except (ProcessLookupError, PermissionError):  # the group is empty already, or not made yet
            self._process.kill() if wanted is signal.SIGKILL else self._process.terminate()

    def ended(self) -> bool:
        """Whether it does not run."""
        return self._process is None or self._process.exitcode is not None

    def _bury(self, process: ForkProcess, now: float, say: Say) -> None:
        self.signal(signal.SIGKILL)  # what it left behind in its group would keep its port
        code = process.exitcode
        process.close()
        self._process = None
        self._quick_ends = 0 if now - self._started >= STEADY_SECONDS else self._quick_ends + 1
        pause = min(LONGEST_PAUSE_SECONDS, 0.0 if self._quick_ends <= 1 else 2.0 ** (self._quick_ends - 2))
        self.due = now + pause
        say("system", f"{self.name} ended ({code}), starting it again in {pause:.0f} s")

    def _start(self, now: float) -> Output:
        read, write = os.pipe()
        self._process = forks.begin(self._command, self._environment, stdin=self._lifeline, output=write)
        os.close(write)
        self._started, self.due = now, inf
        return Output(self.name, read)
