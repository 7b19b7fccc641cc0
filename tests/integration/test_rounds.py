"""The clock: tasks when they are due, one clock at a time, no task able to stop the others."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.clock import ManualClock
from gateway.store import running
from gateway.wiring import Services
from workers.rounds import PROCESS, Rounds


@dataclass(frozen=True)
class Job:
    """A task of these tests."""

    name: str
    every_seconds: float
    run: Callable[[Services, datetime], object]


def test_a_task_runs_when_it_is_due_and_the_clock_is_seen_at_work(
    services: Services, session: Session, clock: ManualClock
) -> None:
    runs: list[datetime] = []
    rounds = Rounds(services, [Job("note", 10, lambda _, now: runs.append(now))])
    start = clock.now()
    for seconds in (0, 4, 5, 1, 9, 1):
        clock.forward(seconds=seconds)
        assert rounds.go()
    rounds.end()
    assert [(moment - start).seconds for moment in runs] == [0, 10, 20]
    assert running.last_beat(session, PROCESS) == clock.now()


def test_a_task_that_fails_is_counted_and_the_next_one_runs(services: Services, clock: ManualClock) -> None:
    runs: list[datetime] = []
    rounds = Rounds(services, [Job("bad", 1, lambda *_: int("x")), Job("good", 1, lambda _, now: runs.append(now))])
    rounds.go()
    clock.forward(seconds=1)
    rounds.go()
    rounds.end()
    assert (rounds.failures, len(runs)) == ({"bad": 2, "good": 0}, 2)


def test_only_one_of_two_clocks_works_and_the_other_takes_over(services: Services) -> None:
    runs: list[str] = []
    first = Rounds(services, [Job("note", 0, lambda *_: runs.append("first"))])
    second = Rounds(services, [Job("note", 0, lambda *_: runs.append("second"))])
    assert (first.go(), second.go()) == (True, False)
    first.end()
    assert second.go()
    second.end()
    assert runs == ["first", "second"]


def test_a_clock_that_lost_its_session_notices_and_comes_back(services: Services, session: Session) -> None:
    rounds = Rounds(services, [])
    assert rounds.go()
    session.execute(
        text(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid() "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    )
    session.commit()
    assert not rounds.go()
    assert rounds.go()
    rounds.end()
