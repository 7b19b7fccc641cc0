"""Trials: a fresh copy of a prepared database, one doomed process on it, then a healthy gateway, and what came of it.

The gateway that comes after works in this process, with a clock that is moved on past every lease.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
from psycopg import sql
from redis import Redis
from sqlalchemy import make_url

from gateway import wiring
from gateway.clock import ManualClock
from gateway.jobs import Lane
from gateway.settings import Settings, as_environment
from gateway.wiring import Services
from tests.faults.doomed import Order
from tests.scenarios.moments import pass_time, work

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.05
LEASE_OVER, UNKNOWN_OVER = timedelta(minutes=3), timedelta(minutes=8)
"""When a healthy gateway looks: past a claim's lease, then past the pause before what is unknown is sent again. Both
lie before the next reminder falls due."""


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """How a doomed process ended: its exit code, and at its natural end how many exchanges it had."""

    code: int
    passed: int

    @property
    def killed(self) -> bool:
        """Whether it came to the exchange behind which it dies."""
        return self.code == -signal.SIGKILL


class Nursery:
    """The process that doomed processes are forked from."""

    def __init__(self, log: Path) -> None:
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.doomed"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=ROOT,
            text=True,
        )

    def run(self, order: Order, is_done: Callable[[], bool]) -> End:
        """Let a process live until it dies, or until all is done that it is there for."""
        pid = int(self._ask(order)["pid"])
        end = time.monotonic() + PATIENCE_SECONDS
        while _lives(pid):
            if is_done() or time.monotonic() > end:
                _ask_to_stop(pid)
                break
            time.sleep(LOOK_SECONDS)
        return End(**self._hear())

    def close(self) -> None:
        """End it."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(PATIENCE_SECONDS)
        if self._process.stdout:
            self._process.stdout.close()
        self._log.close()

    def _ask(self, order: Order) -> Mapping[str, int]:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(asdict(order)) + "\n")
        self._process.stdin.flush()
        return self._hear()

    def _hear(self) -> dict[str, int]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the nursery is gone, see {self._log.name}")
        return dict(json.loads(line))


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """A copy of a prepared database, and a healthy gateway's services on it; a `Place` for the auditor."""

    services: Services
    clock: ManualClock

    def database(self) -> psycopg.Connection:
        """A connection past the gateway's own code."""
        return _connect(self.services.settings.database_url)

    def count(self, query: str) -> int:
        """A number from the database."""
        with self.database() as connection:
            row = connection.execute(query.encode()).fetchone()
        return int(row[0]) if row else 0

    def nudge(self, lane: Lane) -> None:
        """Wake the worker of a lane."""
        assert self.services.nudger.nudge(lane)

    def settle(self) -> None:
        """A healthy gateway works until nothing is left to do."""
        begun = self.clock.now()
        self.clock.move_to(begun + LEASE_OVER)
        work(self.services)
        if self.count("SELECT count(*) FROM outbound WHERE state = 'unknown'"):
            pass_time(self.services, self.clock, begun + UNKNOWN_OVER, listen=lambda: None)


class StoryTime(ManualClock):
    """A clock that goes back to the beginning when the story is told once more."""

    def tell_again(self, moment: datetime) -> None:
        """Stand at a moment, later or earlier."""
        self._now = moment


class Prepared:
    """A database that is copied for each trial, and the healthy gateway that comes after it.

    That is the same for all trials, so that it need not learn its own statements again each time.
    """

    def __init__(self, settings: Settings, template: str, moment: datetime) -> None:
        self.template = template
        self._name = f"{template}_copy"
        url = make_url(settings.database_url).set(database=self._name).render_as_string(hide_password=False)
        self._settings = settings.model_copy(update={"database_url": url})
        self._moment = moment
        self._clock = StoryTime(moment)
        self._services = wiring.build(self._settings, clock=self._clock)

    @contextmanager
    def copy(self) -> Iterator[Copy]:
        """A copy of its own, gone afterwards."""
        clone(self._settings, self._name, self.template)
        redis: Redis = Redis.from_url(self._settings.redis_url)
        redis.flushdb()
        redis.close()
        self._clock.tell_again(self._moment)
        try:
            yield Copy(services=self._services, clock=self._clock)
        finally:
            self._services.engine.dispose()
            self._services.exchange.engine.dispose()
            remove(self._settings, self._name)

    def close(self) -> None:
        """Leave nothing behind."""
        self._services.close()
        remove(self._settings, self.template)


def order(copy: Copy, what: str, at: int, requests: Sequence[Mapping[str, object]] = (), ledger: str = "") -> Order:
    """The order for a process that works on a copy and dies at a point."""
    settings = copy.services.settings.model_copy(update={"sweep_seconds": 0.2, "log_level": "ERROR"})
    return Order(
        what=what,
        at=at,
        begins=copy.clock.now().isoformat(),
        environment=as_environment(settings),
        requests=json.dumps(requests),
        ledger=ledger,
    )


def outcome(copy: Copy) -> Mapping[str, Counter[str]]:
    """All that matters of a database, in words that do not depend on numbers drawn by chance or out of a sequence."""
    with copy.database() as connection:
        return {
            name: Counter("·".join(map(str, row)) for row in connection.execute(query.encode()).fetchall())
            for name, query in _OUTCOME.items()
        }


_OUTCOME = {
    "inbound": "SELECT provider, provider_id, state, result, case_id IS NOT NULL FROM inbound",
    "cases": """
        SELECT i.provider_id, c.state, c.level, c.category, c.urgent, c.owner_id, c.household_id, c.stage_misses,
               c.climbs, c.reminders
        FROM cases c JOIN inbound i ON i.id = c.inbound_id""",
    "history": """
        SELECT o.provider_id, e.event, e.source, e.target, e.actor_id, m.provider_id
        FROM case_events e JOIN cases c ON c.id = e.case_id JOIN inbound o ON o.id = c.inbound_id
        LEFT JOIN inbound m ON m.id = e.inbound_id""",
    "rungs": """
        SELECT o.provider_id, r.level, r.post_id
        FROM rungs r JOIN cases c ON c.id = r.case_id JOIN inbound o ON o.id = c.inbound_id""",
    "deadlines": """
        SELECT o.provider_id, d.kind, d.done_at IS NULL
        FROM deadlines d JOIN cases c ON c.id = d.case_id JOIN inbound o ON o.id = c.inbound_id""",
    "outbox": """
        SELECT o.recipient, o.template, o.purpose, o.urgent, CASE o.state WHEN 'sent' THEN 'delivered' ELSE o.state END,
               i.provider_id
        FROM outbound o LEFT JOIN inbound i ON i.id = o.reply_to_id""",
    "questions": "SELECT person_id, kind, answered_at IS NULL FROM questions",
}


def difference(was: Mapping[str, Counter[str]], now: Mapping[str, Counter[str]]) -> dict[str, list[str]]:
    """What is there too often or not often enough, compared with the run in which nobody died."""
    found = {}
    for name, wanted in was.items():
        missing, extra = wanted - now[name], now[name] - wanted
        lines = [*(f"missing: {each}" for each in missing.elements()), *(f"extra: {each}" for each in extra.elements())]
        if lines:
            found[name] = lines
    return found


def clone(settings: Settings, name: str, template: str) -> None:
    """Copy a database that nobody is connected to."""
    with _connect(_another(settings.database_url)) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )


def remove(settings: Settings, name: str) -> None:
    """Drop a database, whoever is still connected to it."""
    with _connect(_another(settings.database_url)) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _another(url: str) -> str:
    """The address of a database that is nobody's: the one that every server has."""
    return make_url(url).set(database="postgres").render_as_string(hide_password=False)


def _connect(url: str) -> psycopg.Connection:
    parts = make_url(url).set(drivername="postgresql")
    return psycopg.connect(parts.render_as_string(hide_password=False), autocommit=True)


def _lives(pid: int) -> bool:
    """Whether a process of the nursery's still runs; its parent buries it at once."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _ask_to_stop(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return  # it has just died of itself


def folder() -> Path:
    """A place for logs and ledgers."""
    return Path(tempfile.mkdtemp(prefix="lianhu-doomed-"))
