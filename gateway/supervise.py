"""Keeps the processes of the Procfile running (docs/decisions/0002-supervisor.md).

honcho reads the Procfile and prints the lines; unlike honcho's manager this one starts a process again when it dies.
"""

import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import IO

from honcho.environ import parse_procfile
from honcho.printer import Message, Printer

from gateway.clock import SystemClock

POLL_SECONDS = 0.2
STEADY_SECONDS = 5.0
"""A process that lived this long comes back at once; one that dies sooner waits longer each time."""
LONGEST_PAUSE_SECONDS = 10.0
STOP_SECONDS = 15.0
ONCE = frozenset({"release"})
"""Lines of the Procfile that a platform runs once before the others."""


def read_procfile(path: Path) -> dict[str, list[str]]:
    """Name and command of every process to keep running; raises FileNotFoundError."""
    lines = parse_procfile(path.read_text(encoding="utf-8")).processes
    return {name: shlex.split(command) for name, command in lines.items() if name not in ONCE}


class Child:
    """One process, started again whenever it ends."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str], lifeline: int) -> None:
        self.name = name
        self._command = command
        self._environment = dict(environment)
        self._lifeline = lifeline
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._due = 0.0
        self._quick_ends = 0

    def tend(self, now: float, say: "Say") -> None:
        """Start it when it is due; notice that it ended. `now` in seconds of the monotonic clock."""
        if self._process is None:
            if now >= self._due:
                self._start(now, say)
            return
        code = self._process.poll()
        if code is None:
            return
        self.signal(signal.SIGKILL)  # what it left behind in its group would keep its port
        self._process = None
        self._quick_ends = 0 if now - self._started >= STEADY_SECONDS else self._quick_ends + 1
        pause = min(LONGEST_PAUSE_SECONDS, 0.0 if self._quick_ends <= 1 else 2.0 ** (self._quick_ends - 2))
        self._due = now + pause
        say("system", f"{self.name} ended ({code}), starting it again in {pause:.0f} s")

    def signal(self, wanted: signal.Signals) -> None:
        """Send a signal to the process and all that it started."""
        if self._process is not None:
            try:
                os.killpg(self._process.pid, wanted)
            except (ProcessLookupError, PermissionError):  # the group is empty already
                return

    def ended(self) -> bool:
        """Whether it does not run."""
        return self._process is None or self._process.poll() is not None

    def _start(self, now: float, say: "Say") -> None:
        self._process = subprocess.Popen(
            self._command,
            env=self._environment,
            stdin=self._lifeline,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._started = now
        if self._process.stdout is not None:
            threading.Thread(target=_copy, args=(self.name, self._process.stdout, say), daemon=True).start()


Say = Callable[[str, str | bytes], None]
"""Prints a line of a process: its name, the line."""


class Supervisor:
    """Runs all children until it is asked to stop; `on_round` is called about once a second meanwhile."""

    def __init__(self, commands: Mapping[str, list[str]], environment: Mapping[str, str]) -> None:
        read, self._lifeline = os.pipe()
        self._read = read
        path = os.pathsep.join((str(Path(sys.executable).parent), environment.get("PATH", "")))
        full = {**environment, "PATH": path, "PYTHONUNBUFFERED": "1"}
        self._children = [Child(name, _resolved(command), full, read) for name, command in commands.items()]
        self._printer = Printer(sys.stdout, width=max(map(len, [*commands, "system"])))
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def say(self, name: str, line: str | bytes) -> None:
        """Print a line of a process."""
        moment = SystemClock().now().astimezone()
        with self._lock:
            self._printer.write(Message(type="line", data=line, time=moment, name=name, colour=None))

    def run(self, on_round: Callable[[], None]) -> None:
        """Start everything, keep it running, stop it on SIGINT or SIGTERM."""
        before = {wanted: signal.signal(wanted, self._ask_to_stop) for wanted in (signal.SIGINT, signal.SIGTERM)}
        next_round = 0.0
        try:
            while not self._stopping.is_set():
                now = time.monotonic()
                for child in self._children:
                    child.tend(now, self.say)
                if now >= next_round:
                    next_round = now + 1.0
                    on_round()
                self._stopping.wait(POLL_SECONDS)
        finally:
            self._stop()
            for wanted, handler in before.items():
                signal.signal(wanted, handler)

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping.set()

    def _stop(self) -> None:
        for child in self._children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and not all(child.ended() for child in self._children):
            time.sleep(0.05)
        for child in self._children:
            child.signal(signal.SIGKILL)
        os.close(self._lifeline)
        os.close(self._read)


def _resolved(command: list[str]) -> list[str]:
    """`python` in the Procfile means the Python that runs us, installed scripts those beside it."""
    beside = Path(sys.executable).parent / command[0]
    return [sys.executable if command[0] == "python" else str(beside if beside.exists() else command[0]), *command[1:]]


def _copy(name: str, output: IO[bytes], say: Say) -> None:
    with output:
        for line in output:
            say(name, line)
