"""Fixtures of all tests: real PostgreSQL and Valkey, one database per worker, a clock that tests move.

The servers come from the wheels unless DATABASE_URL and REDIS_URL name others; workers of one run share them.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg import sql
from redis import Redis
from sqlalchemy import Engine, make_url, text
from sqlalchemy.orm import Session

from gateway import embedded, wiring
from gateway.app import create_app
from gateway.clock import ManualClock
from gateway.settings import Settings, load_settings
from gateway.store import migrate
from gateway.wiring import Services
from tests.faults import recorder
from tests.faults.recorder import full, record

__all__ = ["full", "record"]

START = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)  # a Tuesday, 10:00 in Golog, no holiday
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}  # these rows are worth nothing
SECRET = "hook-secret-of-the-tests"


@dataclass(frozen=True, kw_only=True, slots=True)
class Backends:
    """Addresses for one worker."""

    database_url: str
    redis_url: str


@pytest.fixture(scope="session")
def backends(testrun_uid: str, worker_id: str) -> Iterator[Backends]:
    """A migrated database and a Redis database of this worker's own."""
    given = os.environ.get("DATABASE_URL", "")
    redis_given = os.environ.get("REDIS_URL", "")
    var = Path(tempfile.gettempdir()) / f"lianhu-tests-{testrun_uid[:12]}"
    postgres, valkey = embedded.Postgres(var, QUICK), embedded.Valkey(var)
    number = int(worker_id.removeprefix("gw") or 0) + 1 if worker_id.startswith("gw") else 0
    try:
        server_url = _with_driver(given) if given else postgres.start()
        redis_url = redis_given or valkey.start()
        name = f"lianhu_test_{testrun_uid[:12]}_{worker_id}"
        database_url = _create_database(server_url, name)
        migrate.upgrade(database_url)
        _remember_seeded_rows(database_url)
        yield Backends(database_url=database_url, redis_url=_with_number(redis_url, number))
        if given:
            _drop_database(server_url, name)
    finally:
        ours = [server for server, others in ((valkey, redis_given), (postgres, given)) if not others]
        for server in ours:
            server.stop()
        if not any(server.pid() for server in ours):
            shutil.rmtree(var, ignore_errors=True)


@pytest.fixture(scope="session")
def test_settings(backends: Backends, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a gateway with secrets and the simulator."""
    return load_settings(
        lianhu_var=tmp_path_factory.mktemp("var"),
        database_url=backends.database_url,
        redis_url=backends.redis_url,
        secret_key="secret-key-of-the-tests",
        webhook_secret=SECRET,
        data_keys="key-of-the-tests",
        twilio_account_sid="AC00000000000000000000000000000000",
        twilio_auth_token="token-of-the-tests",
        public_url="https://gateway.example",
        deliver_threads=2,
    )


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands at 10:00 on a working day."""
    return ManualClock(START)


@pytest.fixture
def services(test_settings: Settings, clock: ManualClock) -> Iterator[Services]:
    """The real services on an empty, migrated database."""
    built = wiring.build(test_settings, clock=clock)
    _empty(built.engine)
    redis: Redis = Redis.from_url(test_settings.redis_url)
    redis.flushdb()
    redis.close()
    yield built
    built.close()


@pytest.fixture
def session(services: Services) -> Iterator[Session]:
    """A session of the test's own; it commits what it wants others to see."""
    with services.sessions() as opened:
        yield opened


@pytest.fixture
def app(services: Services) -> Flask:
    """The web application on the test's services."""
    return create_app(services)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of the web application."""
    return app.test_client()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests have kept, whichever worker ran them, and write the table of faults."""
    ended = [report for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, [])]
    kept = [line for report in ended for key, line in report.user_properties if key == "figures"]
    if "FULL_FAULTS" in os.environ:
        recorder.write(ended)
    if kept:
        terminalreporter.section("figures")
        for line in kept:
            terminalreporter.write_line(str(line))


def _with_driver(url: str) -> str:
    return Settings(database_url=url).database_url


def _with_number(redis_url: str, number: int) -> str:
    """The same server, another of its 16 databases, so that workers do not empty each other's queues."""
    joint = "&" if "?" in redis_url else "?"
    return f"{redis_url}{joint}db={number % 16}"


def _connect(url: str) -> psycopg.Connection:
    parts = make_url(url).set(drivername="postgresql")
    return psycopg.connect(parts.render_as_string(hide_password=False), autocommit=True)


def _create_database(server_url: str, name: str) -> str:
    with _connect(server_url) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def _drop_database(server_url: str, name: str) -> None:
    with _connect(server_url) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY 1"


def _remember_seeded_rows(database_url: str) -> None:
    """Keep a copy of what migrations put into tables, to start every test with."""
    with _connect(database_url) as connection:
        connection.execute("CREATE SCHEMA seeded")
        for (name,) in connection.execute(_TABLES).fetchall():
            table = sql.Identifier(name)
            if connection.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(table)).fetchone():
                connection.execute(sql.SQL("CREATE TABLE seeded.{} AS TABLE public.{}").format(table, table))


def _empty(engine: Engine) -> None:
    """Put the database back to how the migrations left it."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # rows come back in any order
        names = connection.scalars(text(_TABLES)).all()
        if names:
            listed = ", ".join(f'"{name}"' for name in names)
            connection.execute(text(f"TRUNCATE {listed} RESTART IDENTITY CASCADE"))
        for name in connection.scalars(text(_TABLES.replace("'public'", "'seeded'"))).all():
            connection.execute(text(f'INSERT INTO public."{name}" SELECT * FROM seeded."{name}"'))  # noqa: S608
