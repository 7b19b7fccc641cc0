"""Migrations: brings a database to the newest revision and says where it stands (files: `migrations/`)."""

import importlib
import pkgutil
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, NullPool, create_engine, text

import gateway.store
from gateway.store.base import Base

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
LOCK = 0x6C69616E6875  # "lianhu": two processes that migrate at the same time take turns


def upgrade(database_url: str) -> str:
    """Bring the database to the newest revision, one process at a time; gives that revision."""
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
        connection.commit()
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    return head()


def head() -> str:
    """The newest revision that the code knows, empty when there is none."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def current(connection: Connection) -> str:
    """The revision a database is at, empty when it has never been migrated."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def metadata() -> MetaData:
    """All tables: every module of `gateway.store` is imported, so that none is forgotten."""
    for module in pkgutil.iter_modules(gateway.store.__path__):
        importlib.import_module(f"gateway.store.{module.name}")
    return Base.metadata


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
