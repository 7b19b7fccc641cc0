"""A whole gateway for a test: `gateway run --demo` as real processes in a folder of its own, which can be killed."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path

import psycopg
import requests
from sqlalchemy import make_url

from gateway import embedded
from gateway.embedded.hold import Hold
from gateway.embedded.processes import command_of, wait_for
from gateway.settings import Settings, load_settings

GATEWAY = Path(sys.executable).parent / "gateway"
START_SECONDS = 240.0
BACK_SECONDS = 120.0
STOP_SECONDS = 60.0


class Victim(StrEnum):
    """What can be killed; the value is found in the command line of a process of `gateway run`."""

    INBOUND = "workers.worker inbound"
    OUTBOUND = "workers.worker outbound"
    CLOCK = "workers.clock"
    WEB = "gateway web"  # the process that keeps the web processes
    WEB_WORKER = "gateway web, one of its processes"
    VALKEY = "valkey-server"  # and its folder is wiped while it is down
    POSTGRES = "bin/postgres"


class Deployment:
    """A running gateway; make one with `deployed`."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.log = var / "run.log"
        self._port = _free_port()
        self._run: subprocess.Popen[bytes] | None = None
        self.settings = Settings()

    def start(self) -> None:
        """Start `gateway run --demo` and wait until it says that it is ready; raises RuntimeError with its output."""
        own = {name.upper() for name in Settings.model_fields}
        environment = {name: value for name, value in os.environ.items() if name not in own}
        environment |= {"LIANHU_VAR": str(self.var), "PORT": str(self._port)}
        with self.log.open("ab") as output:
            self._run = subprocess.Popen(
                [GATEWAY, "run", "--demo"], env=environment, stdout=output, stderr=subprocess.STDOUT
            )
        run = self._run
        wait_for(lambda: "stop with Ctrl-C" in self.said() or run.poll() is not None, START_SECONDS)
        if "stop with Ctrl-C" not in self.said():
            raise RuntimeError(f"the gateway does not start:\n{self.said()}")
        self.settings = load_settings(lianhu_var=self.var)

    def stop(self) -> None:
        """End everything, the polite way first, then whatever is left by its process id."""
        run = self._run
        if run is None:
            return
        left = [pid for pid in self._below(run.pid) if pid != run.pid]
        run.terminate()
        try:
            run.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        embedded.stop_leftovers(self.var)

    def said(self) -> str:
        """All that the gateway has printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def webhook(self, provider: str) -> str:
        """Address of a carrier's webhook for messages received."""
        return f"{self.settings.public_url}/sms/{provider}/{self.settings.webhook_secrets[0]}/inbound"

    def database(self) -> psycopg.Connection:
        """A connection past the gateway's own code; raises psycopg.OperationalError while the server is down."""
        url = make_url(self.settings.database_url).set(drivername="postgresql")
        return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True, connect_timeout=5)

    def is_ready(self) -> bool:
        """Whether /readyz says that messages come in, are handled and leave."""
        try:
            return requests.get(f"{self.settings.public_url}/readyz", timeout=5).status_code == HTTPStatus.OK
        except requests.RequestException:
            return False

    def kill(self, victim: Victim) -> int:
        """`kill -9` one process as soon as it is there; gives its id; raises RuntimeError when it stays away."""
        if not wait_for(lambda: bool(self.pids(victim)), BACK_SECONDS):
            raise RuntimeError(f"{victim} has not come back:\n{self.said()[-4000:]}")
        if victim is Victim.VALKEY:
            return self._kill_and_wipe(victim)
        return self._kill_one(victim)

    def pids(self, victim: Victim) -> list[int]:
        """Process ids of one kind, none while it is down."""
        if self._run is None:
            return []
        direct = _children().get(self._run.pid, [])
        if victim is Victim.WEB_WORKER:
            return [pid for web in self.pids(Victim.WEB) for pid in _children().get(web, [])]
        return [pid for pid in direct if victim.value in command_of(pid)]

    def _kill_one(self, victim: Victim) -> int:
        for pid in self.pids(victim):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                return pid
        return 0

    def _kill_and_wipe(self, victim: Victim) -> int:
        """With the lock of whoever starts it, so that it is not back before its data is gone."""
        with Hold(self.var / "locks", "valkey").turn():
            pid = self._kill_one(victim)
            wait_for(lambda: command_of(pid) == "", 10)
            shutil.rmtree(self.var / "valkey")
        return pid

    def _below(self, pid: int) -> list[int]:
        return [pid, *(each for child in _children().get(pid, []) for each in self._below(child))]


@contextmanager
def deployed() -> Iterator[Deployment]:
    """A gateway with a fresh demo county; nothing of it is left afterwards, whatever happens meanwhile."""
    made = Deployment(Path(tempfile.mkdtemp(prefix="lianhu-")))
    try:
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(made.var, ignore_errors=True)


def _children() -> dict[int, list[int]]:
    """Process ids by the id of their parent, the dead ones that nobody has buried left out."""
    found: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            found.setdefault(int(parent), []).append(int(folder.name))
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
