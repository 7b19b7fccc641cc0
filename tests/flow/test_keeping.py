"""Begun reports are kept behind the screens: together, each phone's newest, and what cannot be kept fails alone."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, event
from structlog.testing import capture_logs

from gateway.flow.keeping import Keeping
from gateway.store.deeds import Kept
from tests.flow.menus import drafts, origin
from tests.flow.talk import Talk
from tests.scenarios.county import number_of

LIAISONS = ("liaison", "liaison_2", "liaison_3", "liaison_4")


@pytest.fixture
def keeping(talk: Talk) -> Iterator[Keeping]:
    """What the exchange keeps reports with."""
    kept = Keeping(talk.services.exchange.engine)
    yield kept
    kept.close()


def told(talk: Talk, role: str, *, later: float = 0, **answers: Any) -> Kept:  # noqa: ANN401 - of Draft
    """What somebody told, some seconds later than now."""
    where = origin(talk, role)
    return Kept(origin=replace(where, at=where.at + timedelta(seconds=later)), answers=answers)


def found(talk: Talk) -> dict[str, Any]:
    """The kept answers by role."""
    return {role: draft.answers for draft in drafts(talk) for role in LIAISONS if number_of(role) == draft.sender}


def test_all_who_answer_at_one_moment_share_a_statement(talk: Talk, keeping: Keeping) -> None:
    statements: list[str] = []
    event.listen(talk.services.exchange.engine, "before_cursor_execute", lambda *seen: statements.append(seen[2]))
    for place, role in enumerate(LIAISONS):
        keeping.keep(told(talk, role, household=str(place)))
    keeping.settle()
    assert len(statements) == 1
    assert found(talk) == {role: {"household": str(place)} for place, role in enumerate(LIAISONS)}


def test_the_latest_answer_of_a_phone_is_kept_whatever_comes_in_last(talk: Talk, keeping: Keeping) -> None:
    for later, household in ((1, "3"), (3, "5"), (2, "4")):
        keeping.keep(told(talk, "liaison", later=later, household=household))
    keeping.settle()
    keeping.keep(told(talk, "liaison", later=2.5, household="6"))
    keeping.settle()
    assert found(talk) == {"liaison": {"household": "5"}}


def test_what_the_database_refuses_fails_alone(talk: Talk, keeping: Keeping) -> None:
    keeping.keep(told(talk, "liaison", household="3"))
    keeping.keep(told(talk, "liaison_2", text="\0"))  # no text of PostgreSQL's
    keeping.keep(told(talk, "liaison_3", household="5"))
    with capture_logs() as lines:
        keeping.settle()
    assert found(talk) == {"liaison": {"household": "3"}, "liaison_3": {"household": "5"}}
    assert [(line["event"], line["reports"]) for line in lines] == [("reports_not_kept", 1)]


def test_an_absent_database_is_said_in_the_log_and_the_next_answer_is_kept_again(talk: Talk) -> None:
    nobody = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none", isolation_level="AUTOCOMMIT")
    keeping = Keeping(nobody)
    keeping.keep(told(talk, "liaison", household="3"))
    with capture_logs() as lines:
        keeping.settle()
    assert [(line["event"], line["reports"]) for line in lines] == [("reports_not_kept", 1)]
    keeping._engine = talk.services.exchange.engine
    keeping.keep(told(talk, "liaison", household="3", code="5"))
    keeping.close()
    assert found(talk) == {"liaison": {"household": "3", "code": "5"}}


def test_nobody_waits_for_what_somebody_else_told(talk: Talk, keeping: Keeping) -> None:
    keeping.keep(told(talk, "liaison", household="3"))
    keeping.settle(number_of("liaison_2"))
    on_its_way = dict(keeping._gathered.told)
    keeping.settle(number_of("liaison"))
    assert number_of("liaison") in on_its_way
    assert (keeping._gathered.told, found(talk)) == ({}, {"liaison": {"household": "3"}})


def test_what_is_withdrawn_never_comes_behind(talk: Talk, keeping: Keeping) -> None:
    for told_first in (told(talk, "liaison", household="3"), told(talk, "liaison", household="4")):
        keeping.keep(told_first)
        assert keeping.withdraw(number_of("liaison")) == told_first
    assert keeping.withdraw(number_of("liaison")) is None
    keeping.settle()
    assert found(talk) == {}


def test_what_is_left_is_written_when_the_process_ends(talk: Talk, keeping: Keeping) -> None:
    keeping.keep(told(talk, "liaison", household="3"))
    keeping.close()
    assert found(talk) == {"liaison": {"household": "3"}}
