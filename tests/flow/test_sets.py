"""Messages and deadlines in sets: the same rows as one by one, in a few statements, and nobody at others' mercy."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from gateway.flow import intake
from gateway.store import inbound
from gateway.store.base import InboundState, Row
from gateway.store.cases import Case, CaseEvent, Deadline, Rung
from gateway.store.dialogue import Question, ReplyCode
from gateway.store.inbound import Inbound
from gateway.store.outbound import Outbound
from tests.flow.talk import Talk
from workers import tasks
from workers.drains import drain_inbound

REPORTS = {
    "liaison": "3 房屋倒塌，老人没事",
    "liaison_2": "2*53*4",
    "liaison_3": "*4 三头牦牛掉进冰河",
    "liaison_4": "the road to the pasture is gone",
    "resident": "ཁང་བ་རལ་སོང་",
    "grid_leader": "村口的桥断了",
}
_OWN = {"id", "number", "code", "confidence"}


def seen(session: Session) -> dict[str, list[dict[str, object]]]:
    """Every row that handling has written, without what chance and sequences decide."""
    cases = {case.id: case for case in session.scalars(select(Case))}
    codes = {(each.person_id, each.case_id): each.code for each in session.scalars(select(ReplyCode))}

    def plain(row: Row, name: str) -> object:
        value = getattr(row, name)
        if name == "case_id" and value:
            return cases[value].inbound_id
        case = cases.get(getattr(row, "case_id", 0))
        if name == "body" and case:
            code = codes.get((getattr(row, "person_id", 0), case.id), "?")
            return value.replace(case.number, "NUMBER").replace(code, "CODE")
        return str(value).replace(case.number, "NUMBER") if name == "options" and case else value

    found: dict[str, list[dict[str, object]]] = {}
    for kind in (Case, Rung, CaseEvent, Deadline, Question, Outbound, Inbound):
        names = [column.key for column in kind.__table__.columns if column.key not in _OWN]
        rows = [{name: plain(row, name) for name in names} for row in session.scalars(select(kind).order_by(kind.id))]
        found[kind.__tablename__] = sorted(rows, key=repr)
    return found


@contextmanager
def counted(talk: Talk) -> Iterator[list[str]]:
    """The statements that are executed meanwhile."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(talk.services.engine, "before_cursor_execute", note)
    yield statements
    event.remove(talk.services.engine, "before_cursor_execute", note)


def test_a_set_writes_what_its_messages_would_have_written_one_by_one(talk: Talk) -> None:
    for writer, text in REPORTS.items():
        talk.put(writer, text)
    with talk.services.sessions() as session:
        for message_id in session.scalars(select(Inbound.id).order_by(Inbound.id)).all():
            message = inbound.claim_one(session, message_id)
            assert message is not None
            intake.take(session, message, intake.read(message), now=talk.clock.now())
        session.flush()
        session.expire_all()
        alone = seen(session)
        session.rollback()
    assert drain_inbound(talk.services) == len(REPORTS)
    assert seen(talk.session) == alone
    assert len(alone["cases"]) == len(REPORTS)


def test_more_reports_in_a_set_cost_hardly_more_statements(talk: Talk) -> None:
    talk.put("liaison_4", "6 房屋倒塌")
    with counted(talk) as one:
        drain_inbound(talk.services)
    for writer, text in REPORTS.items():
        talk.put(writer, text)
    with counted(talk) as several:
        drain_inbound(talk.services)
    assert len(talk.cases()) == 1 + len(REPORTS)
    assert len(several) <= len(one) + 2


def test_two_reports_about_one_household_in_one_set_become_one_case(talk: Talk) -> None:
    talk.put("liaison", "2 房屋倒塌了，快来人")
    talk.put("resident", "我家房屋倒塌了，快来人")  # the contact of that household
    talk.handle()
    assert [message.result for message in talk.inbound()] == ["report", "follow_up"]
    assert {message.case_id for message in talk.inbound()} == {talk.case().id}


def test_a_message_that_breaks_its_set_is_found_and_the_others_are_handled(talk: Talk) -> None:
    for writer, text in REPORTS.items():
        talk.put(writer, text)
    with talk.services.sessions.begin() as session:
        broken = session.scalars(select(Inbound).order_by(Inbound.id)).first()
        assert broken is not None
        broken.reading = {"subject": None, "verb": "nonsense", "values": [], "repairs": []}
    drain_inbound(talk.services)
    states = [message.state for message in talk.inbound()]
    assert states == [InboundState.NEW, *[InboundState.HANDLED] * (len(REPORTS) - 1)]
    assert talk.inbound()[0].attempts == 1


def report_everywhere(talk: Talk) -> None:
    for writer, text in REPORTS.items():
        talk.put(writer, text)
    talk.handle()
    talk.clock.move_to(talk.clock.now() + timedelta(days=2))


def test_deadlines_of_many_cases_move_together(talk: Talk) -> None:
    report_everywhere(talk)
    due = len([each for each in talk.session.scalars(select(Deadline)) if each.due_at <= talk.clock.now()])
    moved = tasks.miss_deadlines(talk.services, talk.clock.now())
    assert moved >= len(REPORTS)
    missed = talk.session.scalars(select(Deadline).where(Deadline.missed)).all()
    assert due <= len(missed) == moved
    assert tasks.miss_deadlines(talk.services, talk.clock.now()) == 0


def test_a_case_that_breaks_holds_up_no_other_and_waits(talk: Talk) -> None:
    report_everywhere(talk)
    first = talk.cases()[0]
    talk.session.execute(update(Case).where(Case.id == first.id).values(category="nonsense"))
    talk.session.commit()
    assert tasks.miss_deadlines(talk.services, talk.clock.now()) >= len(REPORTS) - 1
    standing = talk.session.scalars(
        select(Deadline.case_id).where(Deadline.done_at.is_(None), Deadline.due_at <= talk.clock.now())
    )
    assert set(standing) == {first.id}


@pytest.mark.parametrize("clocks", [1, 3])
def test_no_deadline_is_missed_twice_by_any_number_of_clocks(talk: Talk, clocks: int) -> None:
    report_everywhere(talk)
    moved: list[int] = []

    def run() -> None:
        moved.append(tasks.miss_deadlines(talk.services, talk.clock.now()))

    threads = [threading.Thread(target=run) for _ in range(clocks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    moved.append(tasks.miss_deadlines(talk.services, talk.clock.now()))
    talk.session.expire_all()
    missed = talk.session.scalars(select(Deadline).where(Deadline.missed)).all()
    assert len(missed) == sum(moved)
    assert all(len([each for each in case.events if each.event.value.endswith("_due")]) >= 1 for case in talk.cases())
