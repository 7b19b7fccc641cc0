"""Each fault of docs/runbook.md is made, and `gateway doctor` says which one it is and what to do."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from redis import Redis
from sqlalchemy import Connection, make_url, text
from sqlalchemy.orm import Session

from gateway import wiring
from gateway.clock import ManualClock, SystemClock
from gateway.doctor import round as rounds
from gateway.doctor import server
from gateway.store import running
from gateway.wiring import Services
from tests.integration.examined import Doctor, now, receive, said
from tests.integration.seeded import Gateway


@contextmanager
def beside(services: Services) -> Iterator[psycopg.Connection]:
    """Another program's connection to the same database."""
    url = make_url(services.settings.database_url).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), application_name="report") as connection:
        yield connection


@pytest.fixture
def at_revision(services: Services) -> Iterator[Callable[[str], None]]:
    """Makes the database claim another revision."""
    with services.engine.begin() as connection:
        before = connection.scalar(text("SELECT version_num FROM alembic_version"))

    def claim(revision: str | None) -> None:
        with services.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :at"), {"at": revision})

    yield claim
    claim(before)


# ---- settings and the machine


def test_it_ends_with_1_and_says_what_to_do_under_each_fault(gateway: Gateway) -> None:
    result = gateway("doctor")  # the tests' own server syncs nothing, nothing runs, and nobody is registered
    lines = result.stdout.splitlines()
    assert result.exit_code == 1
    place = next(number for number, line in enumerate(lines) if line.startswith("FAIL  durability "))
    assert "a power cut can destroy the whole database" in lines[place]
    assert lines[place + 1].strip().startswith("→ set fsync, full_page_writes, synchronous_commit = on")
    assert "+86" not in result.stdout


def test_what_is_well_is_said_to_be_well(doctor: Doctor, gande: Session) -> None:
    running.beat(gande, "clock", SystemClock().now())
    gande.commit()
    well = doctor(
        *("settings", "secrets", "timezone", "database", "time", "migrations", "locks", "indexes", "queue", "clock"),
        *("inbox", "flood", "outbox", "carriers", "reports", "cases", "posts", "phones"),
    )
    assert [each for each in well if each["verdict"] != "ok"] == []
    assert len(well) == 18


def test_a_missing_secret(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY")
    assert said(doctor("settings")).startswith("fail: SECRET_KEY must be set")


def test_an_old_secret_that_still_opens_the_door(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET", "new,old")
    assert said(doctor("secrets")).startswith("look: 2 webhook secrets are live")


def test_a_time_zone_that_nobody_knows(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMEZONE", "Asia/Golog")
    assert "'Asia/Golog' is not known here" in said(doctor("timezone"))


def test_a_web_process_that_does_not_answer(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "1")
    assert said(doctor("web")).startswith("look: nothing answers on 127.0.0.1:1")


# ---- the servers


def test_a_database_that_is_away(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:hidden@127.0.0.1:1/none")
    found = said(doctor("database", "migrations", "cases"))
    assert "127.0.0.1:1/none does not answer" in found
    assert "hidden" not in found


def test_a_database_that_was_not_migrated(doctor: Doctor, at_revision: Callable[[str], None]) -> None:
    at_revision("0001_first_tables")
    assert "the database is at 0001_first_tables, the code wants" in said(doctor("migrations", "cases"))


def test_a_database_that_is_newer_than_the_code(doctor: Doctor, at_revision: Callable[[str], None]) -> None:
    at_revision("9999_from_tomorrow")
    assert "which this code does not know: it is newer" in said(doctor("migrations"))


@pytest.mark.parametrize("shown", [timedelta(hours=1), -timedelta(hours=1), timedelta(seconds=5)])
def test_clocks_that_are_apart(doctor: Doctor, monkeypatch: pytest.MonkeyPatch, shown: timedelta) -> None:
    monkeypatch.setattr(wiring, "build_clock", lambda *_: ManualClock(SystemClock().now() + shown))
    assert said(doctor("time")).startswith("fail" if abs(shown) > timedelta(minutes=1) else "look")


def test_a_transaction_that_somebody_left_open(
    doctor: Doctor, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "IDLE", timedelta(0))
    with beside(services) as connection:
        connection.execute("SELECT 1")
        assert said(doctor("locks")).startswith(
            "look: 1 transactions stand open and idle, the longest (report, process"
        )


def test_a_statement_that_waits_for_somebody(
    doctor: Doctor, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "BLOCKED", timedelta(milliseconds=100))
    with beside(services) as holder_, beside(services) as waiter, ThreadPoolExecutor(1) as pool:
        holder_.execute("LOCK TABLE simulator_faults")
        waits = pool.submit(waiter.execute, "SELECT count(*) FROM simulator_faults")
        time.sleep(0.3)
        found = said(doctor("locks"))
        assert f"behind process {holder_.info.backend_pid}" in found
        holder_.rollback()
        waits.result()


def test_an_index_that_was_half_built(doctor: Doctor, services: Services, session: Session) -> None:
    receive(session, 2, ago=timedelta(0))
    with beside(services) as connection:
        connection.autocommit = True
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("CREATE UNIQUE INDEX CONCURRENTLY half_built ON inbound (sender)")
        try:
            assert said(doctor("indexes")).startswith("look: half-built: half_built")
        finally:
            connection.execute("DROP INDEX half_built")


def test_a_queue_that_is_away(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    assert "no USSD call can be taken" in said(doctor("queue"))


def test_a_queue_that_takes_no_nudge(doctor: Doctor, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    redis: Redis = Redis.from_url(services.settings.redis_url)
    redis.acl_setuser("reader", enabled=True, passwords=["+word"], keys=["*"], commands=["+ping", "+select"])
    url = services.settings.redis_url
    monkeypatch.setenv("REDIS_URL", f"{url}{'&' if '?' in url else '?'}username=reader&password=word")
    try:
        assert "answers and takes no nudge" in said(doctor("queue", "workers"))
    finally:
        redis.acl_deluser("reader")
        redis.close()


def test_lanes_without_a_worker(doctor: Doctor) -> None:
    assert [each["verdict"] for each in doctor("workers")] == ["fail", "fail"]


def test_it_only_reads(doctor: Doctor, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(patient: Any) -> None:  # noqa: ANN401 - the look of a doctor who does more than look
        running.beat(patient.session, "clock", now())

    monkeypatch.setattr(rounds, "_IN_THE_TABLES", (write,))
    assert "read-only transaction" in said(doctor("database"))
    assert running.last_beat(session, "clock") is None
    assert isinstance(session.connection(), Connection)
