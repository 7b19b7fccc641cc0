"""Processes made by fork: they begin at once, and share the memory of all that is imported already.

An import of the gateway takes more than a second and 80 MB. `gateway run` does it once for all of its processes
(docs/decisions/0014-processes-by-fork.md). A fork copies only the thread that forks: whoever calls `begin` or `apart`
must have no other thread, and no connection to a server.
"""

import contextlib
import gc
import importlib
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import TextIO

from gateway.settings import replace_environment

_FORK = get_context("fork")
_OURS = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)
"""Signals that `gateway run` handles in its own way."""


def share(commands: Iterable[Sequence[str]], read: Callable[[], None]) -> None:
    """Import what commands of the Procfile need and `read` their words, once for all who are forked afterwards.

    The garbage collector writes into what it looks at, and a page that is written to is shared no longer: it is told
    to leave all of this alone.
    """
    for module, _, _ in filter(None, map(_program, commands)):
        importlib.import_module(module)
    read()
    gc.collect()
    gc.freeze()


def begin(command: Sequence[str], environment: Mapping[str, str], *, stdin: int, output: int) -> ForkProcess:
    """Run a command of the Procfile in a session of its own; both of its streams go to the file `output`."""
    process = _FORK.Process(target=_live, args=(list(command), dict(environment), stdin, output))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _OURS)  # until the fork has let go of our handlers
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return process


@contextlib.contextmanager
def apart(work: Callable[[], None]) -> Iterator[None]:
    """Do some work in a fork, so that nothing of it stays with us; the body runs meanwhile.

    At the end the work is waited for; when it failed, and has said why, this process leaves with the same exit code.
    """
    process = _FORK.Process(target=_aside, args=(work,))
    process.start()
    try:
        yield
        process.join()
    finally:
        process.terminate()  # nothing happens when it has ended
        process.join()
    if process.exitcode:
        sys.exit(process.exitcode)


def _program(command: Sequence[str]) -> tuple[str, str, list[str]] | None:
    """What a command imports, the module whose `main` it calls, and with what; None for any other program."""
    match list(command):
        case ["python", "-m", module, *arguments]:
            return module, module, arguments
        case ["gateway", name, *_]:
            return f"gateway.commands.{name}", "gateway.cli", list(command[1:])
        case _:
            return None


def _aside(work: Callable[[], None]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for our parent, which ends us
    work()


def _live(command: list[str], environment: dict[str, str], stdin: int, output: int) -> None:
    """The life of a fork: let go of everything that belongs to its parent, then be the command."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    for wanted in _OURS:
        signal.signal(wanted, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _OURS)
    for ours, given in enumerate((stdin, output, output)):
        os.dup2(given, ours)
    os.closerange(3, 1 + max(int(file.name) for file in Path("/dev/fd").iterdir()))  # `run.lock` ends with its owner
    replace_environment(environment)
    program = _program(command)
    if program is None:
        os.execvpe(command[0], command, environment)  # noqa: S606 - a line of our Procfile
    _be_called(command)
    sys.argv = command
    sys.stdout, sys.stderr = _lines_to(1), _lines_to(2)
    _, module, arguments = program
    sys.exit(importlib.import_module(module).main(arguments))


def _lines_to(file: int) -> TextIO:
    """A stream that keeps no line back; what cannot be written as UTF-8 is written as an escape."""
    return open(file, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def _be_called(command: Sequence[str]) -> None:
    """Write the command over our parent's command line, where `ps` and people look for it; only Linux has the place."""
    with contextlib.suppress(OSError):
        facts = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        begin_at, end_at = int(facts[45]), int(facts[46])  # arg_start and arg_end, proc(5)
        name = b"\0".join(map(os.fsencode, command))[: end_at - begin_at - 1]
        with Path("/proc/self/mem").open("r+b", buffering=0) as memory:
            memory.seek(begin_at)
            memory.write(name.ljust(end_at - begin_at, b"\0"))
