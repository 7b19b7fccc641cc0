"""A whole gateway, `gateway run`, in a folder of its own, with a small county whose phones are no demo numbers."""

import os
import signal
import sys
from pathlib import Path

from dotenv import dotenv_values
from sqlalchemy import Engine, NullPool, create_engine, func, update
from sqlalchemy.orm import Session

from gateway.settings import Settings
from gateway.store.people import Phone
from tests.peers import boxes
from tests.peers.air import OURS
from tests.peers.children import Child
from tests.peers.waiting import until
from tests.scenarios import county
from tests.scenarios.story import Part

GATEWAY = Path(sys.executable).parent / "gateway"
PORT = 8080
_DEMO_PREFIX, _PREFIX = "+86199000", "+86139000"
_START_SECONDS = 120.0
_PARTS = {"liaison_2": Part(language="bo"), "liaison_3": Part(language="en"), "liaison_4": Part(language="bo")}


def number_of(role: str) -> str:
    """The phone of somebody of the county; the demo's numbers would never leave through Kannel."""
    return county.number_of(role).replace(_DEMO_PREFIX, _PREFIX)


class GatewayRun:
    """The gateway's processes; started again only when it must have other settings."""

    def __init__(self, folder: Path, public_url: str) -> None:
        self._folder = folder
        self._child: Child | None = None
        self._running: dict[str, str] = {}
        self._engine: Engine | None = None
        ours = {name.upper() for name in Settings.model_fields}
        self._environment = {name: value for name, value in os.environ.items() if name not in ours} | {
            "LIANHU_VAR": str(folder / "var"),
            "PORT": str(PORT),
            "PUBLIC_URL": public_url,
            "SECRET_KEY": "secret-key-of-the-tests",
            "DATA_KEYS": "data-key-of-the-tests",
            "SMS_PROVIDERS": "kannel",
            "KANNEL_SEND_URL": boxes.SEND_URL,
            "KANNEL_USERNAME": boxes.USERNAME,
            "KANNEL_FROM": OURS,
            "QUIET_FROM": "0",
            "QUIET_TO": "0",  # tests have no night
            "ANSWERS_PER_10_MINUTES": "100",  # one liaison writes in most of them
            "SWEEP_SECONDS": "0.5",
            "WEB_WORKERS": "1",
        }

    def run(self, *, password: str = boxes.PASSWORD, secrets: str = boxes.SECRET) -> None:
        """Have it run with a password for Kannel and secrets for webhooks."""
        wanted = {"KANNEL_PASSWORD": password, "WEBHOOK_SECRET": secrets}
        if self._child is not None and self._child.lives() and self._running == wanted:
            return
        self.stop()
        output = self._folder / "gateway.out"
        before = output.read_text().count("Lianhu is ready") if output.exists() else 0
        child = self._child = Child([GATEWAY, "run"], output, self._environment | wanted)
        until(
            lambda: child.said().count("Lianhu is ready") > before or not child.lives(),
            "the gateway is ready",
            seconds=_START_SECONDS,
        )
        assert child.lives(), child.said()
        self._running = wanted
        self._connect()

    def session(self) -> Session:
        """A session on its database, to look with."""
        assert self._engine is not None
        return Session(self._engine)

    def said(self) -> str:
        """All that its processes have written."""
        return self._child.said() if self._child else ""

    def stop(self) -> None:
        """End it and everything it started."""
        if self._child is not None:
            self._child.stop(signal.SIGINT)
            self._child = None

    def _connect(self) -> None:
        first = self._engine is None
        address = dotenv_values(self._folder / "var" / "running.env")["DATABASE_URL"]
        assert address
        self._engine = create_engine(address, poolclass=NullPool)
        if first:
            with self.session() as session, session.begin():
                county.build(session, _PARTS)
                session.flush()
                session.execute(update(Phone).values(number=func.replace(Phone.number, _DEMO_PREFIX, _PREFIX)))
