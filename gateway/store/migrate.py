"""Migrations: brings a database to the newest revision and says where it stands (files: `migrations/`).

Messages flow while this runs: a change that needs a table for itself waits two seconds for it, then lets everybody pass
who has queued up behind, and tries again (docs/runbook.md, "A new version"; helpers for revisions: `store/live.py`).
"""

import importlib
import pkgutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy import Connection, MetaData, NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

import gateway.store
from gateway.logs import get_logger
from gateway.store.base import Base

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
LOCK = 0x6C69616E6875  # "lianhu": two processes that migrate at the same time take turns
LOCK_SECONDS = 2
"""How long a change waits for a table; whoever wants to write there meanwhile waits behind it."""
PAUSE_SECONDS = 1.0
TRIES = 60
_LOST_A_RACE = (LockNotAvailable, DeadlockDetected)

log = get_logger(__name__)


def upgrade(database_url: str, *, folder: Path = MIGRATIONS) -> str:
    """Bring the database to the newest revision, one process at a time; gives that revision.

    Each revision is a transaction of its own, so a try that found a table busy goes on where the last one was. Raises
    OperationalError (`LockNotAvailable`) when a table stays busy for all `TRIES`.
    """
    connecting = {"application_name": "lianhu migrate", "options": f"-c lock_timeout={LOCK_SECONDS}s"}
    engine = create_engine(database_url, poolclass=NullPool, connect_args=connecting)
    with engine.connect() as connection, _alone(connection):
        for left in reversed(range(TRIES)):
            try:
                _upgrade(connection, folder)
                break
            except OperationalError as error:
                if not isinstance(error.orig, _LOST_A_RACE) or not left:
                    raise
                connection.rollback()
                log.warning("migration_waits", reason=type(error.orig).__name__, tries_left=left)
                time.sleep(PAUSE_SECONDS)
    return head(folder)


def head(folder: Path = MIGRATIONS) -> str:
    """The newest revision that the code knows, empty when there is none."""
    return ScriptDirectory.from_config(_config(folder)).get_current_head() or ""


def knows(revision: str) -> bool:
    """Whether the code has this revision; a database that a newer version migrated is at one that it has not."""
    return any(
        script.revision == revision for script in ScriptDirectory.from_config(_config(MIGRATIONS)).walk_revisions()
    )


def current(connection: Connection) -> str:
    """The revision a database is at, empty when it has never been migrated."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def metadata() -> MetaData:
    """All tables: every module of `gateway.store` is imported, so that none is forgotten."""
    for module in pkgutil.iter_modules(gateway.store.__path__):
        importlib.import_module(f"gateway.store.{module.name}")
    return Base.metadata


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Hold the migrations' lock.

    Asked for again and again, never waited for: a statement that waits keeps a snapshot, and an index that the holder
    builds concurrently would wait for its end in turn.
    """
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK}):
        connection.rollback()
        time.sleep(PAUSE_SECONDS)
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK})
        connection.commit()


def _upgrade(connection: Connection, folder: Path) -> None:
    config = _config(folder)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.commit()


def _config(folder: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
