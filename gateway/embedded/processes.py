"""Small facts about processes and sockets that both embedded servers need."""

import hashlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TypedDict

from gateway.wrong import Wrong

SOCKET_PATH_LIMIT = 100
"""Bytes of a unix socket's path, kept below the system's 104 (macOS) and 108 (Linux)."""
PAUSE_SECONDS = 0.05


_spawned: list[subprocess.Popen[bytes]] = []
"""Servers outlive the objects that started them; Python would complain about a child that is forgotten."""


class Identity(TypedDict, total=False):
    """Arguments of subprocess that change who a process is."""

    user: int
    group: int
    extra_groups: list[int]


class NotStarted(Wrong):
    """An embedded server cannot be started; the text says why and what to do."""


def wheel(package: str) -> Path:
    """Folder of an installed wheel, found without importing it; raises NotStarted when it is not installed."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        message = f"{package} is not installed: set DATABASE_URL and REDIS_URL, or install lianhu[embedded]"
        raise NotStarted(message)
    return Path(spec.submodule_search_locations[0])


def socket_folder(home: Path, name: str, owner: int | None = None) -> Path:
    """Folder for a server's socket: `home`, or one with a short path when `home` lies too deep for a socket.

    `owner` is the user id that must be able to write there.
    """
    if len(os.fsencode(home / name)) <= SOCKET_PATH_LIMIT:
        return home
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"lianhu-{os.getuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.lstat().st_uid not in {os.getuid(), owner}:
        message = f"{folder} belongs to another user"
        raise NotStarted(message)
    if owner is not None:
        os.chown(folder, owner, -1)
    return folder


def command_of(pid: int) -> str:
    """Command line of a process, empty when there is none."""
    proc = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        try:
            return proc.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    answer = subprocess.run(["/bin/ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False)
    return answer.stdout.strip()


def pid_in(path: Path, mark: str) -> int | None:
    """The pid on a file's first line if that process lives and has `mark` in its command line.

    Pids are used again after a crash, so a pid file alone proves nothing.
    """
    try:
        pid = int(path.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return pid if mark in command_of(pid) else None


def spawn(command: list[str | Path], log: IO[bytes], identity: Identity) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own: a Ctrl-C at the terminal is not for it."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/", **identity
    )
    _spawned.append(process)
    return process


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether a condition comes true within a time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE_SECONDS)
    return True


def end(pid: int, first: signal.Signals, seconds: float, *, is_gone: Callable[[], bool]) -> None:
    """End a process with a polite signal, then with SIGKILL when it is not gone in time."""
    for wanted in (first, signal.SIGKILL):
        try:
            os.kill(pid, wanted)
        except ProcessLookupError:
            return
        if wait_for(is_gone, seconds):
            return
