"""Whatever anybody writes and whenever time runs out: every case has an owner and a deadline until it is over.

Sequences of commands with right and wrong codes, bare replies, reports, missed deadlines, alerts that do not arrive and
handovers run on the real database; after each of them the promises of the design (section 7) are checked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from gateway.clock import ManualClock
from gateway.domain.ladder import limits, plan
from gateway.domain.lifecycle import ENDED, State, Trigger, move_for
from gateway.domain.terms import Purpose
from gateway.store import cases
from gateway.store.base import InboundState, OutboundState
from gateway.store.cases import Case
from gateway.store.dialogue import Question
from gateway.store.inbound import Inbound
from gateway.store.outbound import Outbound
from gateway.wiring import Services
from tests.conftest import START
from tests.flow.happenings import (
    OWNER,
    PARTIES,
    REPORTER,
    SUCCESSORS,
    AlertIsLost,
    HandsOver,
    Happening,
    TimeRunsOut,
    World,
    Writes,
)
from tests.flow.talk import Talk
from tests.scenarios.story import Part

ENDING = (Purpose.ALERT, Purpose.REMINDER, Purpose.ASK)
CASE_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"


@dataclass(kw_only=True)
class Promises:
    """What must hold after every step, and what was true of each case a step ago."""

    session: Session
    rungs: dict[int, list[int]] = field(default_factory=dict)
    opened: dict[int, datetime] = field(default_factory=dict)

    def check(self) -> None:
        """Every promise, for every case and message."""
        session = self.session
        session.rollback()
        session.expire_all()
        for case in session.scalars(select(Case).order_by(Case.id)):
            self._check_standing(session, case)
            self._check_memory(case)
            check_history(case)
        check_answers(session)

    def _check_standing(self, session: Session, case: Case) -> None:
        calendar = session.info["rules"].calendar
        standing = {kind: deadline.due_at for kind, deadline in cases.pending_deadlines(session, case).items()}
        assert case.state is not State.NEW
        assert case.owner_id is not None
        assert case.owner_id in {rung.post_id for rung in case.rungs}
        assert bool(standing) is (case.state not in ENDED)
        assert standing == plan(case.facts(), calendar)
        assert case.extended_days <= limits().extend_days
        if case.state in ENDED:
            assert asks_about(session, case) == 0

    def _check_memory(self, case: Case) -> None:
        """Rungs only grow, and the day on which it was opened stays."""
        now = [rung.id for rung in case.rungs]
        before = self.rungs.get(case.id, [])
        assert now[: len(before)] == before
        self.rungs[case.id] = now
        assert self.opened.setdefault(case.id, case.opened_at) == case.opened_at


def asks_about(session: Session, case: Case) -> int:
    """How many texts and questions still ask somebody to act on a case."""
    queued = (Outbound.case_id == case.id, Outbound.state == OutboundState.QUEUED, Outbound.purpose.in_(ENDING))
    opened = (Question.case_id == case.id, Question.answered_at.is_(None))
    return session.scalar(select(func.count(Outbound.id)).where(*queued)) + session.scalar(
        select(func.count(Question.id)).where(*opened)
    )


def check_history(case: Case) -> None:
    """Every entry is a row of the table, and each begins where the one before it ended: nobody else wrote a state."""
    state = State.NEW
    for entry in case.events:
        assert entry.source is state
        assert move_for(entry.source, entry.event).target is entry.target
        state = entry.target
    assert case.state is state
    assert case.events[0].event is Trigger.OPENED


def check_answers(session: Session) -> None:
    """Every message handled was answered exactly once."""
    broken = session.scalars(select(Inbound.error).where(Inbound.error != "")).all()
    assert broken == []
    handled = session.scalars(
        select(Inbound.id).where(Inbound.state == InboundState.HANDLED).order_by(Inbound.id)
    ).all()
    answered = session.scalars(select(Outbound.reply_to_id).where(Outbound.reply_to_id.is_not(None))).all()
    assert sorted(answered) == list(handled)


for_owner = st.sampled_from(
    [
        "{number} 1",
        "{number} 2 {code} 已经修好",
        "{number} 2 {wrong} 已经修好",
        "{number} 2 已经修好",
        "{number} 3 {code} 解决不了",
        "{number} 4 {code} 不归我管",
        "{number} 4 {wrong} 不归我管",
        "{number} 5 2 {code} 路不通",
        "{number} 6 还在等",
        "1",
        "{code}",
        "{wrong}",
        "收",
    ]
)
for_reporter = st.sampled_from(
    ["{number} 7", "{number} 8 还是坏的", "{number} 9", "{number} 0", "{first} 8 又坏了", "{first} 7", "1", "2", "好"]
)
for_centre = st.sampled_from(
    [
        "{number} 转 53 {code}",
        "{number} 转 {code}",
        "{number} 并 {first} {code}",
        "{first} 并 {number} {code}",
        "{number} 1",
    ]
)
reports = st.sampled_from(["3 52 4", "3 52 9", "*3 52 40", "3 房屋倒塌", "2 61", "家里停电了", "练 3 21"])
anybody = st.sampled_from(PARTIES)
happenings: st.SearchStrategy[Happening] = st.one_of(
    st.builds(Writes, who=st.just(OWNER), text=for_owner),
    st.builds(Writes, who=st.just(OWNER), text=for_owner),
    st.builds(Writes, who=st.just(REPORTER), text=for_reporter),
    st.builds(Writes, who=st.just("operator"), text=for_centre),
    st.builds(Writes, who=anybody, text=for_owner | for_reporter | for_centre),
    st.builds(Writes, who=st.sampled_from(("liaison", "liaison_2", "resident")), text=reports),
    st.builds(TimeRunsOut, minutes=st.sampled_from((0, 1, 600))),
    st.builds(TimeRunsOut, minutes=st.just(0)),
    st.builds(AlertIsLost),
    st.builds(HandsOver, who=st.sampled_from(sorted(SUCCESSORS))),
)


def world_of(services: Services, session: Session) -> World:
    """A county without a past: examples must not depend on what the ones before them left."""
    with services.engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # in any order
        for name in connection.scalars(text(CASE_TABLES)).all():
            connection.execute(text(f'DELETE FROM "{name}"'))  # noqa: S608 - names of our own tables
    session.rollback()
    session.expunge_all()
    clock = ManualClock(START)
    timed = replace(services, clock=clock, dispatch=replace(services.dispatch, clock=clock))
    talk = Talk(services=timed, session=session, clock=clock)
    talk.build(grid_leader=Part(second_phone=True))
    return World(talk=talk, clock=clock)


@settings(
    max_examples=60,
    deadline=None,  # a database takes what it takes
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,  # every example empties the database itself
        HealthCheck.too_slow,  # an example is a dozen transactions on a real database
    ],
)
@given(first=reports, then=st.lists(happenings, min_size=12, max_size=14))
def test_no_sequence_of_events_leaves_a_case_without_owner_or_deadline(
    services: Services, session: Session, first: str, then: Sequence[Happening]
) -> None:
    world, promises = world_of(services, session), Promises(session=session)
    for happening in (Writes(who="liaison", text=first), *then):
        happening.happen(world)
        promises.check()
    end_everything(world, promises)


def end_everything(world: World, promises: Promises) -> None:
    """Whatever has happened, the reporter's "it is fixed" still ends every case."""
    for case in world.talk.cases():
        for entry in case.events:
            event(entry.event)  # what the examples reach: --hypothesis-show-statistics
        if case.state in ENDED:
            continue
        writer = next(role for role in PARTIES if world.talk.person(role).id == case.reporter_id)
        world.write(writer, f"{case.number} 7")
        promises.check()
        assert next(each for each in world.talk.cases() if each.id == case.id).state is State.CLOSED
