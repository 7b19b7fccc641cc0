"""The doctor's round: every look in order, each with its own connection's word, none able to stop the others."""

from collections.abc import Callable, Iterable, Iterator

from sqlalchemy import Engine, NullPool, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from gateway import wiring
from gateway.checks import PATIENCE_SECONDS, Unfit, database_answers
from gateway.doctor import county, machine, server, traffic, waiting
from gateway.doctor.finding import Finding, Patient, Verdict, fail, look, well
from gateway.settings import Settings, is_running
from gateway.store import migrate

STATEMENT_SECONDS = 20

Look = Callable[[Patient], Finding | Iterable[Finding]]

_ON_THE_SERVER: tuple[Look, ...] = (
    server.promises,
    server.time,
    server.room,
    server.locks,
    server.indexes,
    server.disk,
)
_IN_THE_TABLES: tuple[Look, ...] = (
    traffic.clock,
    traffic.inbox,
    traffic.flood,
    traffic.outbox,
    traffic.carriers,
    traffic.reports,
    county.owned,
    county.posts,
    county.phones,
)


def examine(settings: Settings, *, expected: bool) -> Iterator[Finding]:
    """Everything, in the order of docs/runbook.md; `expected`: processes should be at work on this database."""
    runs = is_running(settings.lianhu_var)
    yield machine.settings(settings)
    yield machine.secrets(settings)
    zone = machine.zone(settings)
    yield zone
    yield machine.disk(settings.lianhu_var, "LIANHU_VAR's")
    if zone.verdict is Verdict.OK:
        yield from _database(settings, expected=expected)
    yield from waiting.queue(settings)
    yield machine.web(settings, expected=runs)
    yield from machine.printing()
    yield well("gateway", "runs" if runs else "does not run")


def _database(settings: Settings, *, expected: bool) -> Iterator[Finding]:
    try:
        version = database_answers(settings)
    except Unfit as error:
        yield fail(
            "database", str(error), "start it; carriers get 503 and repeat, messages that were taken are safe in it"
        )
        return
    yield well("database", f"PostgreSQL {version}")
    engine = _engine(settings)
    sessions = sessionmaker(engine)
    migrations = _migrations(sessions)
    yield migrations
    clock = wiring.build_clock(settings, sessions)
    for each in (*_ON_THE_SERVER, *(_IN_THE_TABLES if migrations.verdict is not Verdict.FAIL else ())):
        try:
            with sessions() as session:
                found = each(Patient(settings=settings, session=session, clock=clock, expected=expected))
                yield from [found] if isinstance(found, Finding) else list(found)
        except SQLAlchemyError as error:
            reason = " ".join(str(getattr(error, "orig", None) or type(error).__name__).split())
            yield fail("database", f"{each.__name__} could not be looked at: {reason}", "run gateway doctor again")
    engine.dispose()


def _engine(settings: Settings) -> Engine:
    """Connections that only read and never wait long: a sick database must not get worse by being looked at."""
    options = (
        f"-c default_transaction_read_only=on -c statement_timeout={STATEMENT_SECONDS}s "
        f"-c lock_timeout={PATIENCE_SECONDS}s -c timezone=UTC"
    )
    connecting = {"connect_timeout": PATIENCE_SECONDS, "application_name": "lianhu doctor", "options": options}
    return create_engine(settings.database_url, poolclass=NullPool, connect_args=connecting)


def _migrations(sessions: sessionmaker[Session]) -> Finding:
    with sessions() as session:
        at = migrate.current(session.connection())
    if at == migrate.head():
        return well("migrations", at)
    if at and not migrate.knows(at):
        seen = f"the database is at {at}, which this code does not know: it is newer"
        return look("migrations", seen, "start the version that migrated it; never turn a live database back")
    return fail(
        "migrations", f"the database is at {at or 'no revision'}, the code wants {migrate.head()}", "gateway migrate"
    )
