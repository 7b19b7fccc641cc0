"""A whole gateway for a test: `gateway run` as real processes in a folder of its own, which can be killed.

Either the demo, whose people only the simulator reaches, or with a `FakeCarrier` the same county with numbers of real
phones, so that everything leaves through that.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path

import psycopg
import requests
from redis import Redis
from sqlalchemy import make_url

from gateway import embedded, wiring
from gateway.demo.build import seed
from gateway.demo.places import Size
from gateway.embedded.hold import Hold
from gateway.embedded.processes import command_of, wait_for
from gateway.settings import Settings, load_settings
from tests.faults.fake_carrier import FakeCarrier, free_port

GATEWAY = Path(sys.executable).parent / "gateway"
START_SECONDS = 240.0
BACK_SECONDS = 120.0
STOP_SECONDS = 60.0
READY = "stop with Ctrl-C"


class Victim(StrEnum):
    """What can be killed; the value is found in the command line of a process of `gateway run`."""

    INBOUND = "workers.worker inbound"
    OUTBOUND = "workers.worker outbound"
    CLOCK = "workers.clock"
    WEB = "gateway web"  # the process that keeps the web processes
    WEB_WORKER = "gateway web, one of its processes"
    VALKEY = "valkey-server"
    VALKEY_AND_DATA = "valkey-server, and its data is wiped while it is down"
    POSTGRES = "bin/postgres"


SECRETS = {"SECRET_KEY": "secret-key-of-the-tests", "DATA_KEYS": "data-key-of-the-tests", "WEBHOOK_SECRET": "hook"}
DEMO_PREFIX, REAL_PREFIX = "+86199000", "+86139000"


class Deployment:
    """A running gateway; make one with `deployed`. `environment` are its settings beyond a folder and a port."""

    def __init__(self, var: Path, environment: Mapping[str, str], command: Sequence[str]) -> None:
        self.var = var
        self.log = var / "run.log"
        self._command = command
        own = {name.upper() for name in Settings.model_fields}
        self._environment = {name: value for name, value in os.environ.items() if name not in own}
        self._environment |= {"LIANHU_VAR": str(var), "PORT": str(free_port()), **environment}
        self._run: subprocess.Popen[bytes] | None = None
        self.settings = Settings()

    def start(self) -> None:
        """Start `gateway run` and wait until it says that it is ready; raises RuntimeError with its output."""
        before = self.said().count(READY) if self.log.exists() else 0
        with self.log.open("ab") as output:
            self._run = run = subprocess.Popen(
                self._command, env=self._environment, stdout=output, stderr=subprocess.STDOUT
            )
        wait_for(lambda: self.said().count(READY) > before or run.poll() is not None, START_SECONDS)
        if self.said().count(READY) <= before:
            raise RuntimeError(f"the gateway does not start:\n{self.said()[-4000:]}")
        self.settings = load_settings(lianhu_var=self.var)

    def settle_a_county(self) -> None:
        """Seed the demo's county with numbers of real phones, for a gateway that is no demo."""
        services = wiring.build(self.settings)
        try:
            seed(services, Size.COUNTY)
        finally:
            services.close()
        with self.database() as connection:
            connection.execute("UPDATE phones SET number = replace(number, %s, %s)", [DEMO_PREFIX, REAL_PREFIX])

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
        if victim is Victim.VALKEY_AND_DATA:
            self._wait_for(victim)
            return self._kill_and_wipe(victim)
        return self._kill_one(victim)

    def freeze(self, victim: Victim) -> int:
        """SIGSTOP: it still holds what it has in hand, and does nothing; gives its id for `wake`."""
        self._wait_for(victim)
        (pid, *_) = self.pids(victim)
        os.kill(pid, signal.SIGSTOP)
        return pid

    def wake(self, pid: int) -> None:
        """SIGCONT: it goes on as if no time had passed; nothing happens when it has been killed meanwhile."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    def flush_queue(self) -> None:
        """FLUSHALL: the queue's server forgets everything."""
        with Redis.from_url(self.settings.redis_url) as queue:
            queue.flushall()

    def cut_power(self) -> None:
        """`kill -9` everything at once, the servers and `gateway run` too."""
        run = self._run
        if run is None:
            return
        everything = [pid for victim in (Victim.POSTGRES, Victim.VALKEY) for pid in self.pids(victim)]
        for pid in (*everything, *self._below(run.pid)):
            with suppress(ProcessLookupError):  # it ended because another one did
                os.kill(pid, signal.SIGKILL)
        run.wait()
        self._run = None

    def pids(self, victim: Victim) -> list[int]:
        """Process ids of one kind, none while it is down."""
        if self._run is None:
            return []
        direct = _children().get(self._run.pid, [])
        if victim is Victim.WEB_WORKER:
            return [pid for web in self.pids(Victim.WEB) for pid in _children().get(web, [])]
        mark = Victim.VALKEY if victim is Victim.VALKEY_AND_DATA else victim
        return [pid for pid in direct if mark.value in command_of(pid)]

    def _wait_for(self, victim: Victim) -> None:
        if not wait_for(lambda: bool(self.pids(victim)), BACK_SECONDS):
            raise RuntimeError(f"{victim} has not come back:\n{self.said()[-4000:]}")

    def _kill_one(self, victim: Victim) -> int:
        """Gives the id of a process that was really there to be killed; raises RuntimeError as `kill` does."""
        while True:
            self._wait_for(victim)
            for pid in self.pids(victim):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:  # it ended between our look and our signal: its successor is next
                    continue
                return pid

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
def deployed(
    carrier: FakeCarrier | None = None, *, command: Sequence[str] = (str(GATEWAY), "run"), **settings: str
) -> Iterator[Deployment]:
    """A gateway with a fresh county; nothing of it is left afterwards, whatever happens meanwhile.

    With a `carrier` it is no demo and sends through that; `settings` are further environment variables; `command`
    starts another gateway than ours.
    """
    environment = {**SECRETS, **carrier.environment(), **settings} if carrier else settings
    made = Deployment(
        Path(tempfile.mkdtemp(prefix="lianhu-")), environment, command if carrier else [*command, "--demo"]
    )
    try:
        made.start()
        if carrier:
            made.settle_a_county()
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
        except OSError:  # it ended while we looked
            continue
        if state != "Z":
            found.setdefault(int(parent), []).append(int(folder.name))
    return found
