"""A recorded session becomes a story's file that can be read, whatever was typed."""

import tomllib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.terms import Language
from gateway.handset import record, script
from gateway.handset.cast import Cast, Part
from gateway.handset.happened import Outcome, Stood, Told
from gateway.handset.record import Call, Moved, Switch, Text, Unreadable

START = datetime(2026, 11, 23, 6, 4, 45, 678901, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
LIAISON, LEADER = "+8619900000001", "+8619900000002"
CAST = Cast(
    phones={LIAISON: ("liaison", 1), LEADER: ("grid_leader", 2)},
    parts={
        "liaison": Part(language=Language.BO),
        "grid_leader": Part(second_phone=True),
        "grid_deputy": Part(absent=True),
    },
    posts={},
)

ALERT = Told(role="grid_leader", template="alert", purpose="alert", status="delivered", number="100014", count=1)


def said(number: str, words: str, after: float = 0) -> Text:
    return Text(
        at=START + timedelta(seconds=after), number=number, carrier="simulator", text=words, id="x", twice=False
    )


def written(*outcomes: Outcome, names: dict[str, str] | None = None) -> str:
    return script.write(outcomes, CAST, names or {}, title="t", zone=ZONE)


def test_a_step_says_who_wrote_what_when_and_what_came_of_it() -> None:
    report = Outcome(
        step=said(LIAISON, "3 雪"),
        told=[
            Told(role="grid_leader", template="alert", purpose="alert", status="delivered", number="100014", count=1)
        ],
        stood=Stood(number="100014", state="open", level="village", owner="grid_leader", opened={"urgent": True}),
    )
    done = Outcome(step=said(LEADER, "100014 2 571 好了 100014", 95), codes=["571"])
    story = tomllib.loads(written(report, done, names={"100014": "a"}))
    assert story["start"] == datetime(2026, 11, 23, 14, 4, 45)  # noqa: DTZ001 - as stories write it
    assert story["people"] == {
        "liaison": {"language": "bo"},
        "grid_leader": {"second_phone": True},
        "grid_deputy": {"absent": True},
    }
    first, second = story["step"]
    assert (first["from"], first["text"], first["case"]) == ("liaison", "3 雪", "a")
    assert first["expect"] == [{"to": "grid_leader", "template": "alert", "purpose": "alert", "contains": "{a}"}]
    assert first["facts"] == [{"state": "open", "level": "village", "owner": "grid_leader", "urgent": True}]
    assert second == {"at": "+1m35s", "from": "grid_leader", "phone": 2, "text": "{a} 2 {code} 好了 {a}"}


def test_calls_switches_and_leaps_of_the_clock_have_their_fields() -> None:
    call = Call(
        at=START + timedelta(seconds=5),
        number=LIAISON,
        carrier="africastalking",
        session="s",
        dialled="*384*7*1#",
        keys=("3", "9"),
        drops=True,
        ends=False,
    )
    switch = Switch(at=START, number=LEADER, fault="unreachable")
    leap = Moved(at=START + timedelta(days=1))
    first, second, third = tomllib.loads(written(*(Outcome(step=step) for step in (switch, call, leap))))["step"]
    assert first == {"fault": [{"to": "grid_leader", "kind": "unreachable", "phone": 2}]}
    assert second == {
        "at": "+5s",
        "from": "liaison",
        "dial": "*384*7*1#",
        "keys": ["3", "9"],
        "drops": True,
        "provider": "africastalking",
        "ends": False,
    }
    assert third == {"at": "2026-11-24T14:04:45"}


@given(st.text(max_size=80))
def test_whatever_was_typed_comes_back_from_the_file(words: str) -> None:
    (step,) = record.read(
        [{"kind": "text", "at": START.isoformat(), "number": LIAISON, "carrier": "simulator", "id": "x", "text": words}]
    )
    clean = words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert tomllib.loads(written(Outcome(step=step)))["step"][0]["text"] == clean


def test_fractions_of_seconds_do_not_add_up() -> None:
    outcomes = [Outcome(step=said(LIAISON, str(place), place * 1.4)) for place in range(11)]
    spans = [int(step.get("at", "+0s")[1:-1]) for step in tomllib.loads(written(*outcomes))["step"]]
    assert sum(spans) == 14


@pytest.mark.parametrize(
    "steps",
    [
        None,
        {},
        ["x"],
        [{}],
        [{"kind": "text"}],
        [{"kind": "clock", "at": "yesterday"}],
        [{"kind": "clock", "at": "2026-11-23T06:00:00"}],
        [{"kind": "dance", "at": START.isoformat()}],
        [{"kind": "switch", "at": START.isoformat(), "number": LIAISON, "fault": "fire"}],
        [{"kind": "clock", "at": START.isoformat()}] * 301,
    ],
)
def test_a_record_that_makes_no_sense_is_refused(steps: object) -> None:
    with pytest.raises(Unreadable):
        record.read(steps)


def test_the_27th_case_has_a_name_too() -> None:
    assert [script.name_of(place) for place in (0, 25, 26)] == ["a", "z", "a2"]
