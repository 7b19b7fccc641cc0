"""Rounds of the clock: every task when it is due, one clock at a time, no task able to stop the others."""

import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from gateway.logs import get_logger
from gateway.store import running
from gateway.wiring import Services

LOCK = 0x6C69636C6F63
"""Advisory lock of the clock."""
PROCESS = "clock"

log = get_logger(__name__)


class Task(Protocol):
    """Something to do again and again."""

    @property
    def name(self) -> str:
        """Its name in the logs."""
        ...

    @property
    def every_seconds(self) -> float:
        """Seconds between two runs."""
        ...

    @property
    def run(self) -> Callable[[Services, datetime], object]:
        """Does it, in transactions of its own."""
        ...


class Baton:
    """The right to be the clock: a lock of one database session, free again when that session ends."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def held(self) -> bool:
        """Whether this process is the clock now; tries to become it otherwise."""
        try:
            if self._connection is None:
                connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
                if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK}):
                    connection.close()
                    return False
                self._connection = connection
            self._connection.execute(text("SELECT 1"))  # a lost session has lost the lock
        except SQLAlchemyError as error:
            log.error("clock_lost_database", error=type(error).__name__)
            self.drop()
            return False
        return True

    def drop(self) -> None:
        """Give the lock back by ending the session."""
        if self._connection is not None:
            with contextlib.suppress(SQLAlchemyError):
                self._connection.invalidate()
                self._connection.close()
            self._connection = None


class Rounds:
    """Runs the tasks that are due; counts failures by task."""

    def __init__(self, services: Services, tasks: Sequence[Task]) -> None:
        self._services = services
        self._tasks = tasks
        self._due: dict[str, datetime] = {}
        self._baton = Baton(services.engine)
        self.failures: dict[str, int] = {task.name: 0 for task in tasks}

    def go(self) -> bool:
        """One round; False when another process is the clock or the database is away."""
        if not self._baton.held():
            return False
        for task in self._tasks:
            now, every = self._services.clock.now(), timedelta(seconds=task.every_seconds)
            wait = self._due.get(task.name, now) - now
            if not timedelta(0) < wait <= every:  # longer than it ever is: somebody has set the machine's clock back
                self._due[task.name] = now + every
                self._run(task, now)
        return self._beat()

    def end(self) -> None:
        """Let another process be the clock."""
        self._baton.drop()

    def _run(self, task: Task, now: datetime) -> None:
        try:
            task.run(self._services, now)
        except Exception:
            self.failures[task.name] += 1
            log.exception("task_failed", task=task.name, failures=self.failures[task.name])

    def _beat(self) -> bool:
        try:
            with self._services.sessions.begin() as session:
                running.beat(session, PROCESS, self._services.clock.now())
        except SQLAlchemyError as error:
            log.error("clock_lost_database", error=type(error).__name__)
            return False
        return True
