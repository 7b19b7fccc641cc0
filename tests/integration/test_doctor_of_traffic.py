"""Faults of the traffic and of the county are made, and `gateway doctor` says which one it is and what to do."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from gateway.domain.lifecycle import State
from gateway.domain.terms import Language, Purpose, Role
from gateway.store import cases, running
from gateway.store.base import InboundState, OutboundState
from gateway.store.cases import Case, Deadline
from gateway.store.inbound import Inbound
from gateway.store.outbound import Outbound
from gateway.store.people import Phone, Post
from tests.integration.examined import Doctor, now, receive, said
from tests.integration.seeded import Write, holder, phone


def outbox(session: Session, state: OutboundState, *, ago: timedelta) -> None:
    """A message has stood in the outbox for some time."""
    then = now() - ago
    session.add(
        Outbound(
            recipient="+8613900001234", body="已收到", template="test", language=Language.ZH, segments=1, state=state,
            purpose=Purpose.CONFIRMATION, created_at=then, changed_at=then, not_before=then,
            expires_at=now() + timedelta(days=1),
        )
    )  # fmt: skip
    session.commit()


@pytest.mark.parametrize(("silent", "word"), [(None, "no clock has been seen"), (300, "silent for 30")])
def test_a_clock_that_does_not_beat(doctor: Doctor, session: Session, silent: int | None, word: str) -> None:
    if silent:
        running.beat(session, "clock", now() - timedelta(seconds=silent))
        session.commit()
    assert said(doctor("clock")).startswith(f"fail: {word}")


def test_a_clock_that_was_set_back(doctor: Doctor, session: Session) -> None:
    running.beat(session, "clock", now() + timedelta(hours=1))
    session.commit()
    assert said(doctor("clock")).startswith("look: rows of the last hours lie 3")


def test_messages_that_wait_too_long(doctor: Doctor, session: Session) -> None:
    receive(session, 3, ago=timedelta(minutes=7))
    assert said(doctor("inbox")).startswith("fail: 3 messages wait, the oldest for 4")


def test_messages_that_broke_their_handler(doctor: Doctor, session: Session) -> None:
    receive(session, 2, ago=timedelta(minutes=7))
    session.execute(update(Inbound).values(state=InboundState.FAILED))
    session.commit()
    assert said(doctor("inbox")).startswith("look: 2 messages broke their handler")


def test_a_phone_that_floods_is_found_and_not_named(doctor: Doctor, session: Session) -> None:
    receive(session, 120, ago=timedelta(minutes=1))
    found = said(doctor("flood"))
    assert found.startswith("look: +86*******234 sent 120 texts in 10 minutes, 120 of them wait")


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (OutboundState.QUEUED, "fail: 1 messages should have left"),
        (OutboundState.UNKNOWN, "look: 1 messages: nobody knows yet"),
        (OutboundState.FAILED, "look: in the last hour 1 messages were refused and 0"),
        (OutboundState.EXPIRED, "look: in the last hour 0 messages were refused and 1"),
    ],
)
def test_messages_that_do_not_leave(doctor: Doctor, session: Session, state: OutboundState, word: str) -> None:
    outbox(session, state, ago=timedelta(minutes=10))
    assert said(doctor("outbox")).startswith(word)


def test_a_carrier_that_refuses_our_account(doctor: Doctor, session: Session) -> None:
    running.carrier_state(session, "simulator").paused_since = now()
    session.commit()
    (found,) = doctor("carriers")
    assert found["verdict"] == "fail"
    assert found["remedy"].endswith("gateway resume-carrier simulator")


def test_a_carrier_that_rests(doctor: Doctor, session: Session) -> None:
    state = running.carrier_state(session, "simulator")
    state.failures, state.open_until, state.detail = 7, now() + timedelta(minutes=5), "unreachable: ConnectTimeout"
    session.commit()
    assert said(doctor("carriers")) == "look: simulator rests after 7 failures: unreachable: ConnectTimeout"


def test_reports_about_messages_that_are_not_ours(doctor: Doctor, session: Session) -> None:
    session.execute(
        text("""
            INSERT INTO receipts (provider, provider_id, status, word, final, detail, raw, received_at)
            SELECT 'kannel', 'x' || n, 'delivered', '1', true, '', '{}', :at FROM generate_series(1, 100) n"""),
        {"at": now() - timedelta(hours=2)},
    )
    session.commit()
    assert said(doctor("reports")).startswith("look: 100 delivery reports")


# ---- the county


@pytest.fixture
def opened(gande: Session, write: Write) -> Session:
    """A county with one case, opened an hour ago."""
    write(holder(gande, Role.LIAISON), "3 房屋倒塌")
    gande.execute(update(Case).values(opened_at=now() - timedelta(hours=1)))
    gande.execute(update(Deadline).values(due_at=now() + timedelta(days=1)))
    gande.commit()
    return gande


def test_a_case_without_an_owner_or_a_deadline(doctor: Doctor, opened: Session) -> None:
    assert doctor("cases")[0]["verdict"] == "ok"
    opened.execute(update(Deadline).values(done_at=now()))
    opened.commit()
    assert said(doctor("cases")) == "fail: 0 live cases have no owner, 1 live cases have no deadline"
    opened.execute(update(Case).values(state=State.NEW, owner_id=None))
    opened.commit()
    assert said(doctor("cases")).startswith("fail: 1 live cases have no owner")


def test_deadlines_that_nobody_moves(doctor: Doctor, opened: Session) -> None:
    opened.execute(update(Deadline).values(due_at=now() - timedelta(minutes=10)))
    opened.commit()
    count = opened.scalar(select(func.count()).select_from(Deadline).where(Deadline.done_at.is_(None)))
    assert said(doctor("cases")) == f"fail: {count} deadlines passed more than 2 minutes ago and moved nothing"
    assert cases.without_deadline(opened) == 0


def end(session: Session, role: Role) -> None:
    """Nobody holds a role any more."""
    session.execute(update(Post).where(Post.role == role).values(to_day=datetime(2026, 3, 11, tzinfo=UTC).date()))
    session.commit()


@pytest.mark.parametrize(
    ("role", "word"),
    [
        (Role.COUNTY_OPERATOR, "fail: nobody sits in the county centre"),
        (Role.COUNTY_COMMANDER, "look: there is no county commander"),
        (Role.GRID_LEADER, "look: 38 villages have no grid leader (6326231000"),
    ],
)
def test_a_post_that_nobody_holds(doctor: Doctor, gande: Session, role: Role, word: str) -> None:
    end(gande, role)
    assert said(doctor("posts")).startswith(word)


def test_a_county_without_anybody(doctor: Doctor) -> None:
    assert said(doctor("posts")) == "look: nobody is registered"


def test_people_who_cannot_be_written_to(doctor: Doctor, gande: Session) -> None:
    post = holder(gande, Role.GRID_LEADER)
    gande.execute(update(Phone).where(Phone.number == phone(post)).values(opted_out_at=now()))
    gande.commit()
    assert f"1 people hold a post and have no number that may be written to (persons {post.person_id})" in said(
        doctor("phones")
    )
