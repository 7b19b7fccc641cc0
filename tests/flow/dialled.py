"""Calls as tests of the flow make them: callbacks without a carrier, and a database that is away."""

from dataclasses import replace

from sqlalchemy import create_engine

from gateway.flow import calling
from gateway.flow.calling import Exchange
from gateway.flow.keeping import Keeping
from gateway.ussd.providers.base import Callback, Ended
from gateway.ussd.steps import Reply
from tests.flow.menus import CODE
from tests.flow.talk import Talk
from tests.scenarios.county import number_of

HOUSE_FELL = ("1", "3", "2", "1", "1", "1")
"""Report, household 3, safety, house, urgent, yes."""


def turn(talk: Talk, role: str, text: str, *, session_id: str = "S1", exchange: Exchange | None = None) -> Reply:
    """One callback with everything typed so far."""
    callback = Callback(session_id=session_id, sender=number_of(role), service_code=CODE, text=text)
    return calling.take(exchange or talk.services.exchange, "simulator", callback, now=talk.clock.now())


def call(talk: Talk, role: str, *keys: str, session_id: str = "S1") -> Reply:
    """Dial and type, one answer a screen; gives the last screen."""
    screen = turn(talk, role, "", session_id=session_id)
    for count in range(1, len(keys) + 1):
        screen = turn(talk, role, "*".join(keys[:count]), session_id=session_id)
    talk.session.rollback()
    return screen


def hang_up(talk: Talk, role: str, *, session_id: str = "S1") -> None:
    """The carrier says that a call is over."""
    ended = Ended(session_id=session_id, sender=number_of(role), status="dropped")
    calling.hang_up(talk.services.exchange, "simulator", ended, now=talk.clock.now())


def without_database(talk: Talk) -> Exchange:
    """The exchange while the database does not answer."""
    nobody = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none", isolation_level="AUTOCOMMIT")
    return replace(talk.services.exchange, engine=nobody, keeping=Keeping(nobody))
