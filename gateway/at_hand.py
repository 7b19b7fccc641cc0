"""Services for a command that somebody types: those of a running gateway, or of a database started just for it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError

from gateway import embedded, logs, wiring
from gateway.checks import Unfit
from gateway.demo import ensure_demo_env
from gateway.settings import Settings, load_settings
from gateway.store import migrate
from gateway.wiring import Services


@contextmanager
def settings_at_hand(*, demo: bool = False) -> Iterator[Settings]:
    """Settings whose DATABASE_URL leads to a running server; `demo` makes the demo's secrets when there are none.

    A PostgreSQL that had to be started stops at the end. REDIS_URL stays empty when no gateway runs: nobody would
    take a nudge. Raises BadSettings and NotStarted.
    """
    settings = load_settings()
    if demo:
        ensure_demo_env(settings.lianhu_var)
        settings = load_settings()
    logs.set_up(level="WARNING", json=settings.log_json)
    servers = embedded.start(settings, queue=False)
    try:
        with database_at_hand():
            yield settings.model_copy(update={"database_url": servers.database_url})
    finally:
        servers.stop()


@contextmanager
def database_at_hand() -> Iterator[None]:
    """Raises Unfit where the database goes away meanwhile."""
    try:
        yield
    except OperationalError as error:
        message = f"the database does not answer: {' '.join(str(error.orig).split())}"
        raise Unfit(message) from error


@contextmanager
def services_at_hand(*, demo: bool = False) -> Iterator[Services]:
    """Services on that database; an embedded one is migrated first."""
    with settings_at_hand(demo=demo) as settings:
        if not load_settings().database_url:
            migrate.upgrade(settings.database_url)
        services = wiring.build(settings)
        try:
            yield services
        finally:
            services.close()
