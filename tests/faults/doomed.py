"""`python -m tests.faults.doomed`: runs the gateway's real processes, each killed behind its n-th word with a server.

An exchange is one with PostgreSQL, with the queue's server or with a carrier: every statement, every commit, every
call. Between two of them a process changes nothing but its own memory, so dying behind one is dying before the next.
Behind its n-th a process gets SIGKILL, from itself: nothing that it meant to do on its way out is done.

Orders come as lines of JSON on standard input (`Order`), answers on standard output: for each order one line says
which process it became, and one how that ended. The processes are forked, so that thousands of them can be tried.
"""

import functools
import http.client
import importlib
import json
import os
import runpy
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
import redis.client

from gateway import app, wiring
from gateway.clock import SystemClock
from gateway.settings import load_settings
from workers import booted


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What to run, with which settings, from which moment on, and behind which exchange it dies; 0: none."""

    what: str
    at: int
    begins: str
    environment: Mapping[str, str]
    requests: str = ""
    ledger: str = ""


class Doom:
    """Counts the exchanges of a process, and kills it behind the one that was chosen."""

    def __init__(self, at: int) -> None:
        self.passed = 0
        self._at = at
        self._lock = threading.Lock()

    def behind(self, owner: type, name: str) -> None:
        """Count each call of a method when it has come to its end."""
        method = getattr(owner, name)

        @functools.wraps(method)
        def wrapped(*args: object, **kwargs: object) -> object:
            result = method(*args, **kwargs)
            with self._lock:
                self.passed += 1
                if self.passed == self._at:
                    os.kill(os.getpid(), signal.SIGKILL)
            return result

        setattr(owner, name, wrapped)

    def install(self) -> None:
        """Watch this process from now on."""
        self.behind(psycopg.Connection, "wait")  # every exchange with PostgreSQL goes through here, commits too
        self.behind(redis.client.Redis, "execute_command")
        self.behind(redis.client.Pipeline, "execute")
        self.behind(http.client.HTTPConnection, "getresponse")


class StoryClock:
    """The machine's clock, shifted so that a process begins at a moment of the story."""

    pace = 1.0

    def __init__(self, begins: datetime) -> None:
        self._real = SystemClock()
        self._shift = begins - self._real.now()

    def now(self) -> datetime:
        """The moment in the story."""
        return self._real.now() + self._shift

    def ago(self, span: timedelta) -> datetime:
        """The moment before a span."""
        return self.now() - span


def take_requests(order: Order) -> int:
    """What a web process does: answers requests; the id of each that got its 200 is noted outside, at once."""
    application = app.create_app(booted.services())
    client = application.test_client()
    with open(order.ledger, "ab", buffering=0) as ledger:  # noqa: PTH123 - unbuffered
        for request in json.loads(order.requests):
            answer = client.open(**{name: value for name, value in request.items() if name != "note"})
            if answer.status_code == http.HTTPStatus.OK:
                ledger.write(f"{request['note']}\n".encode())
    booted.services().close()
    return 0


def run_module(name: str, *arguments: str) -> int:
    """What `python -m` does; gives the exit code."""
    sys.argv[1:] = arguments
    try:
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


RUNS: Mapping[str, Callable[[Order], int]] = {
    "inbound": lambda _: run_module("workers.worker", "inbound"),
    "outbound": lambda _: run_module("workers.worker", "outbound"),
    "clock": lambda _: run_module("workers.clock"),
    "web": take_requests,
    "call": take_requests,
}
"""How each kind of process of the Procfile lives."""


def live(order: Order, report: int) -> None:
    """The life of a doomed process; at its natural end it says how many exchanges it had."""
    os.environ.update(order.environment)
    sys.stdin.close()
    doom = Doom(order.at)
    doom.install()
    begins = datetime.fromisoformat(order.begins)
    services = functools.cache(lambda: wiring.build(load_settings(), clock=StoryClock(begins)))
    booted.services = services
    code = RUNS[order.what](order)
    os.write(report, str(doom.passed).encode())
    os._exit(code)


def tell(told: Mapping[str, int]) -> None:
    """One line for whoever gave the order."""
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


SHARED = ("rq", "workers.jobs", "workers.rounds", "workers.tasks")
"""What every worker would import for itself."""


def main() -> int:
    """Take orders until standard input ends."""
    wiring.warm_up()
    for name in SHARED:
        importlib.import_module(name)
    for line in sys.stdin:
        order = Order(**json.loads(line))
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read)
            try:
                live(order, write)
            finally:
                traceback.print_exc()
                os._exit(1)  # whatever was raised: never back into the loop of its parent
        os.close(write)
        tell({"pid": pid})
        _, status = os.waitpid(pid, 0)
        with os.fdopen(read) as told:
            passed = told.read()
        tell({"code": os.waitstatus_to_exitcode(status), "passed": int(passed or 0)})
    return 0


if __name__ == "__main__":
    sys.exit(main())
