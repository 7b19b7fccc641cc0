"""One command gives a post to its next holder; households, open cases and questions go along."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.clock import ManualClock
from gateway.domain.lifecycle import State, Trigger
from gateway.domain.terms import Language, Role
from gateway.flow import handover
from gateway.flow.handover import NoHandover
from gateway.jobs import Lane
from gateway.store import households
from gateway.store.base import OutboundState
from gateway.store.dialogue import Question, open_questions
from gateway.store.outbound import Outbound
from gateway.store.people import Person, Phone, best_phone
from gateway.wiring import Services
from tests.conftest import SECRET
from tests.integration.seeded import VILLAGE, Gateway, Write, done_code, holder, phone, the_case
from workers import jobs


def test_a_handover_is_only_shown_until_it_is_meant(gateway: Gateway, gande: Session, write: Write) -> None:
    old, new = holder(gande, Role.LIAISON), holder(gande, Role.LIAISON, position=1)
    write(old, "3 房屋倒塌")
    words = ("--from-person", old.person_id, "--to-person", new.person_id, "--role", "liaison", "--unit", VILLAGE)
    shown = gateway("handover", *words)
    assert shown.exit_code == 0
    assert "households: 5" in shown.stdout
    assert f"open cases: 1 {the_case(gande).number}" in shown.stdout
    assert "nothing was changed" in shown.stdout
    assert len(households.of_liaison(gande, old)) == 5


def test_a_liaisons_households_and_open_cases_go_to_a_new_person(
    gateway: Gateway, gande: Session, write: Write
) -> None:
    old = holder(gande, Role.LIAISON)
    numbers = {home.ordinal: home.number for home in households.of_liaison(gande, old)}
    write(old, "3 网络信号不好")
    words = ("--from-person", old.person_id, "--to-phone", "199 0000 9999", "--to-name", "才让卓玛")
    result = gateway("handover", *words, "--role", "liaison", "--unit", VILLAGE, "--yes")
    assert result.exit_code == 0, result.output
    case = the_case(gande)
    assert (case.reporter.name, case.household and case.household.liaison.person.name) == ("才让卓玛", "才让卓玛")
    new = case.reporter.posts[0]
    assert {home.ordinal: home.number for home in households.of_liaison(gande, new)} == numbers
    assert households.of_liaison(gande, old) == []
    history = case.events[-1]
    assert (history.event, history.text) == (Trigger.HANDED_OVER, f"{old.person.name} → 才让卓玛")
    assert old.to_day == new.from_day - timedelta(days=1)
    told = {row.template for row in gande.scalars(select(Outbound).where(Outbound.person_id == new.person_id))}
    assert told == {"handed_owner"}
    assert "handover_left" in gande.scalars(select(Outbound.template).where(Outbound.person_id == old.person_id)).all()


def test_a_number_that_the_next_liaison_uses_already_is_given_anew(gande: Session, clock: ManualClock) -> None:
    old, new = holder(gande, Role.LIAISON), holder(gande, Role.LIAISON, position=1)
    kept = {home.number: home.ordinal for home in households.of_liaison(gande, new)}
    moved = [home.number for home in households.of_liaison(gande, old)]
    planned = handover.prepare(gande, old, new.person, now=clock.now())
    assert handover.hand_over(gande, planned, now=clock.now()) is new
    found = {home.number: home.ordinal for home in households.of_liaison(gande, new)}
    assert {number: found[number] for number in kept} == kept
    assert sorted(found.values()) == list(range(1, len(kept) + len(moved) + 1))
    assert set(found) == {*kept, *moved}


def test_an_officials_cases_go_on_with_the_next_holder(
    gande: Session, write: Write, clock: ManualClock, services: Services
) -> None:
    liaison, old = holder(gande, Role.LIAISON), holder(gande, Role.GRID_LEADER)
    write(liaison, "3 网络信号不好")
    due = the_case(gande).due_at
    person = Person(name="扎西", language=Language.ZH, phones=[Phone(number="+8619900009998")])
    gande.add(person)
    gande.flush()
    clock.forward(hours=1)
    planned = handover.prepare(gande, old, person, now=clock.now())
    new = handover.hand_over(gande, planned, now=clock.now())
    gande.commit()
    case = the_case(gande)
    assert (case.owner_id, case.due_at, case.state) == (new.id, due, State.OPEN)
    assert case.rungs[-1].why == "handed_over"
    assert (case.events[-1].event, case.events[-1].data["why"]) == (Trigger.HANDED_OVER, "handed_over")
    assert not open_questions(gande, old.person, clock.now())
    jobs.run(services, Lane.OUTBOUND)
    write(new, "1")
    assert the_case(gande).state is State.ACCEPTED
    write(new, f"{case.number} 2 {done_code(gande, person)} 基站修好了")
    assert the_case(gande).state is State.RESOLVED


def test_whoever_left_can_no_longer_act_on_the_case(gande: Session, write: Write, clock: ManualClock) -> None:
    liaison, old = holder(gande, Role.LIAISON), holder(gande, Role.GRID_LEADER)
    write(liaison, "3 网络信号不好")
    new = holder(gande, Role.GRID_LEADER, "632623204202")
    handover.hand_over(gande, handover.prepare(gande, old, new.person, now=clock.now()), now=clock.now())
    gande.commit()
    write(old, f"{the_case(gande).number} 1")
    assert the_case(gande).state is State.OPEN
    assert holder(gande, Role.GRID_LEADER).person_id == new.person_id


def test_the_next_liaison_is_asked_whether_it_is_fixed(
    gande: Session, write: Write, clock: ManualClock, services: Services
) -> None:
    old, new = holder(gande, Role.LIAISON), holder(gande, Role.LIAISON, position=1)
    leader = holder(gande, Role.GRID_LEADER)
    write(old, "3 网络信号不好")
    number = the_case(gande).number
    write(leader, f"{number} 2 {done_code(gande, leader.person)} 修好了")
    assert the_case(gande).state is State.RESOLVED
    handover.hand_over(gande, handover.prepare(gande, old, new.person, now=clock.now()), now=clock.now())
    gande.commit()
    jobs.run(services, Lane.OUTBOUND)
    assert not open_questions(gande, old.person, clock.now())
    write(new, "1")
    case = the_case(gande)
    assert (case.state, case.confirmed) == (State.CLOSED, True)


def test_an_alert_that_has_not_left_stays_with_whoever_takes_over(
    gande: Session, client: FlaskClient, services: Services, clock: ManualClock
) -> None:
    clock.move_to(datetime(2026, 3, 10, 16, 0, tzinfo=UTC))  # midnight: an ordinary alert waits
    old = holder(gande, Role.GRID_LEADER)
    new = holder(gande, Role.GRID_LEADER, "632623204202")
    body = {"from": phone(holder(gande, Role.LIAISON)), "to": "106900", "text": "3 网络信号不好"}
    client.post(f"/sms/simulator/{SECRET}/inbound", json=body)
    jobs.run(services, Lane.INBOUND)
    handover.hand_over(gande, handover.prepare(gande, old, new.person, now=clock.now()), now=clock.now())
    gande.commit()
    alerts = select(Outbound.state, Outbound.person_id).where(Outbound.template == "alert").order_by(Outbound.id)
    assert [tuple(row) for row in gande.execute(alerts)] == [
        (OutboundState.CANCELLED, old.person_id),
        (OutboundState.QUEUED, new.person_id),
    ]
    assert gande.scalars(select(Question.person_id).where(Question.answered_at.is_(None))).all() == [new.person_id]


def test_a_part_in_somebody_elses_case_passes_on_too(gande: Session, write: Write, clock: ManualClock) -> None:
    write(holder(gande, Role.LIAISON), "3 急 房子塌了")
    old, other = (holder(gande, Role.TOWNSHIP_COMMANDER, code) for code in ("632623204", "632623205"))
    owner = the_case(gande).owner_id
    assert [rung.why for rung in the_case(gande).rungs if rung.post_id == old.id] == ["told"]
    new = handover.hand_over(gande, handover.prepare(gande, old, other.person, now=clock.now()), now=clock.now())
    gande.commit()
    case = the_case(gande)
    assert (case.owner_id, case.rungs[-1].post_id, case.rungs[-1].why) == (owner, new.id, "told")
    write(new, f"{case.number} 1")
    case = the_case(gande)
    assert (case.state, case.owner_id) == (State.ACCEPTED, new.id)


def test_a_deputy_who_takes_over_becomes_the_holder(gande: Session, clock: ManualClock) -> None:
    code = "632623100001"  # has a deputy
    old, deputy = holder(gande, Role.GRID_LEADER, code), holder(gande, Role.GRID_LEADER, code, position=1)
    new = handover.hand_over(gande, handover.prepare(gande, old, deputy.person, now=clock.now()), now=clock.now())
    assert (new, new.rank) == (deputy, 1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--to-person", "999999"], "nobody is 999999"),
        ([], "name the next holder with --to-person or with --to-phone"),
        (["--to-phone", "106900"], "106900 is no phone number"),
        (["--to-phone", "19900009999"], "+8619900009999 is nobody's yet: add --to-name"),
    ],
)
def test_an_impossible_handover_is_said_in_one_line(
    gateway: Gateway, gande: Session, words: list[str], said: str
) -> None:
    old = holder(gande, Role.LIAISON)
    result = gateway("handover", "--from-person", old.person_id, *words, "--role", "liaison", "--unit", VILLAGE)
    assert (result.exit_code, result.stderr) == (1, f"Error: {said}\n")


def test_nobody_hands_over_to_the_same_person_or_what_is_not_theirs(gande: Session, clock: ManualClock) -> None:
    old = holder(gande, Role.LIAISON)
    with pytest.raises(NoHandover, match="holds this post already"):
        handover.prepare(gande, old, old.person, now=clock.now())
    with pytest.raises(NoHandover, match="is not grid_leader"):
        handover.post_of(gande, old.person, Role.GRID_LEADER, old.unit, now=clock.now())
    assert best_phone(old.person, clock.now())
