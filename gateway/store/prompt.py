"""Statements for which somebody waits with the phone in the hand: one round trip each, and no transaction to end."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

AWAY = (OperationalError, InterfaceError, NoConnection)
"""The database does not answer, or not in time: what was to be done is not done."""


def run(engine: Engine, work: Callable[[Connection], Any]) -> Any:  # noqa: ANN401 - whatever the work gives
    """Do one statement's work on an engine in autocommit; raises one of AWAY.

    Connections are not tried out beforehand, which would be a second round trip: one that turns out to be dead costs a
    second attempt, so the work must be such that doing it twice counts once.
    """
    try:
        return _once(engine, work)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        return _once(engine, work)


def _once(engine: Engine, work: Callable[[Connection], Any]) -> Any:  # noqa: ANN401
    with engine.connect() as connection:
        return work(connection)
