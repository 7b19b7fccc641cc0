"""The carrier that a test's gateway sends through: a process of its own on loopback, with a log outside the system."""

import json
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from gateway.embedded.processes import wait_for
from tests.faults.carrier_server import Behaviour, Call, Mode, Reports

__all__ = ["Behaviour", "Call", "FakeCarrier", "Mode", "Reports", "free_port"]

SERVER = Path(__file__).with_name("carrier_server.py")
START_SECONDS = 15.0


class FakeCarrier:
    """A carrier that takes what is sent to it; `behave` and `report` make it do something else.

    As a context it runs. It can be stopped and started again on the same port, and its log goes on.
    """

    def __init__(self, folder: Path) -> None:
        self.log = folder / "carrier.jsonl"
        self.port = free_port()
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def send_url(self) -> str:
        """Its sendsms address."""
        return f"http://127.0.0.1:{self.port}/cgi-bin/sendsms"

    def environment(self) -> Mapping[str, str]:
        """Settings of a gateway that sends through it, quickly, at any hour."""
        return {
            "SMS_PROVIDERS": "kannel",
            "KANNEL_SEND_URL": self.send_url,
            "KANNEL_USERNAME": "lianhu",
            "KANNEL_PASSWORD": "password-of-the-tests",
            "KANNEL_FROM": "106900",
            "KANNEL_RATE": "1000",
            "QUIET_FROM": "0",
            "QUIET_TO": "0",
        }

    def start(self) -> None:
        """Begin to listen; raises RuntimeError when it cannot."""
        self.log.touch()
        self._server = subprocess.Popen([sys.executable, SERVER, str(self.port), str(self.log)])
        if not wait_for(self._listens, START_SECONDS):
            raise RuntimeError("the fake carrier does not start")

    def stop(self) -> None:
        """Be gone at once: whoever calls is refused."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def behave(self, mode: Mode, **how: object) -> None:
        """Do this with messages from now on; `how` is seconds, retry_after, takes or times (`Behaviour`)."""
        told = json.dumps(asdict(Behaviour(mode=mode, **how)))  # type: ignore[arg-type]
        self._control({"behaviour": told})

    def report(self, how: Reports) -> None:
        """Send these delivery reports from now on."""
        self._control({"reports": how.value})

    def calls(self) -> list[Call]:
        """Everything that has reached it, in order."""
        lines = [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]
        return [Call(**{**line, "mode": Mode(line["mode"])}) for line in lines]

    def hear(self) -> list[Call]:
        """The same, with what callers that are dead by now had sent off."""
        self._control({"heard": "1"})
        return self.calls()

    def _control(self, asked: Mapping[str, str]) -> None:
        requests.get(f"http://127.0.0.1:{self.port}/control", params=asked, timeout=10).raise_for_status()

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
