"""Keeps the processes of the Procfile running (docs/decisions/0002-supervisor.md).

honcho reads the Procfile and prints the lines; unlike honcho's manager this one starts a process again when it dies.
It has one thread only, since its processes are forks of it, and sleeps until something happens.
"""

import os
import selectors
import shlex
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from honcho.environ import parse_procfile
from honcho.printer import Message, Printer

from gateway.child import Child, Output
from gateway.clock import SystemClock

ROUND_SECONDS = 1.0
STOP_SECONDS = 15.0
ONCE = frozenset({"release"})
"""Lines of the Procfile that a platform runs once before the others."""


def read_procfile(path: Path) -> dict[str, list[str]]:
    """Name and command of every process to keep running; raises FileNotFoundError."""
    lines = parse_procfile(path.read_text(encoding="utf-8")).processes
    return {name: shlex.split(command) for name, command in lines.items() if name not in ONCE}


class Supervisor:
    """Runs all children until it is asked to stop; `on_round` is called about once a second meanwhile."""

    def __init__(self, commands: Mapping[str, list[str]], environment: Mapping[str, str]) -> None:
        self._read, self._lifeline = os.pipe()
        path = os.pathsep.join((str(Path(sys.executable).parent), environment.get("PATH", "")))
        full = {**environment, "PATH": path, "PYTHONUNBUFFERED": "1"}
        self._children = [Child(name, command, full, self._read) for name, command in commands.items()]
        self._printer = Printer(sys.stdout, width=max(map(len, [*commands, "system"])))
        self._selector = selectors.DefaultSelector()
        self._stopping = False

    def say(self, name: str, line: str | bytes) -> None:
        """Print a line of a process."""
        moment = SystemClock().now().astimezone()
        self._printer.write(Message(type="line", data=line, time=moment, name=name, colour=None))

    def run(self, on_round: Callable[[], None]) -> None:
        """Start everything, keep it running, stop it on SIGINT or SIGTERM."""
        next_round = 0.0
        with self._woken_by_signals():
            try:
                while not self._stopping:
                    now = time.monotonic()
                    self._tend(now)
                    if now >= next_round:
                        next_round = now + ROUND_SECONDS
                        on_round()
                    self._listen(min(next_round, *(child.due for child in self._children)) - time.monotonic())
            finally:
                self._stop()

    def _tend(self, now: float) -> None:
        for child in self._children:
            output = child.tend(now, self.say)
            if output is not None:
                self._selector.register(output.file, selectors.EVENT_READ, output)

    def _listen(self, seconds: float) -> None:
        """Print what comes, until something came or the time is over."""
        for key, _ in self._selector.select(max(0.0, seconds)):
            if not isinstance(key.data, Output):
                os.read(key.fd, 1024)  # signals, whose handlers ran
            elif not key.data.copy(self.say):
                self._selector.unregister(key.fd)

    @contextmanager
    def _woken_by_signals(self) -> Iterator[None]:
        """A request to stop, or the end of a process, ends `_listen` at once."""
        read, write = os.pipe()
        os.set_blocking(write, False)
        self._selector.register(read, selectors.EVENT_READ)
        wakeup = signal.set_wakeup_fd(write)
        wanted = {signal.SIGINT: self._ask_to_stop, signal.SIGTERM: self._ask_to_stop, signal.SIGCHLD: _look}
        before = {number: signal.signal(number, handler) for number, handler in wanted.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(wakeup)
            self._selector.close()
            os.close(read)
            os.close(write)

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _stop(self) -> None:
        for child in self._children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and not all(child.ended() for child in self._children):
            self._listen(deadline - time.monotonic())
        for child in self._children:
            child.signal(signal.SIGKILL)
        os.close(self._lifeline)
        os.close(self._read)


def _look(_number: int, _frame: FrameType | None) -> None:
    """A process of ours ended: that the signal woke us is enough."""
