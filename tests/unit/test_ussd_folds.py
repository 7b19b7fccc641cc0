"""The fold: repeats change nothing, and going on from what is remembered gives what folding everything gives."""

import json
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.sms.reading import Verb
from gateway.ussd.caller import Caller
from gateway.ussd.engine import replay, take_turn
from gateway.ussd.folds import MOST_REMEMBERED, Folds, Log
from gateway.ussd.session import Session
from gateway.ussd.steps import RESUMABLE, Entry, Room
from tests.unit.dialling import DRAFT, START, Handset, homes, liaison, matter, official

ANSWERS = st.sampled_from(["0", "00", "#", "1", "2", "3", "5", "9", "14", "2580", "牛*死了", "148214"])


ROOMS = st.sampled_from([Room(), Room(septets=182, units=80), Room(units=0)])


class Kept:
    """A log as Redis has it: sealed entries, no two alike, which a process opens when it has not folded them yet."""

    def __init__(self) -> None:
        self.entries: dict[bytes, Entry] = {}
        self.opened: list[int] = []

    def add(self, entries: Iterable[Entry]) -> None:
        """Put entries behind the others."""
        for entry in entries:
            self.entries[b"sealed %d" % len(self.entries)] = entry

    def log(self, start: int = 0, end: int | None = None) -> Log:
        """The sealed entries from one to another."""
        return list(self.entries)[start:end]

    def read(self, log: Log) -> list[Entry]:
        """What some of them say."""
        self.opened.append(len(log))
        return [self.entries[sealed] for sealed in log]


def reported(*answers: str) -> Kept:
    """The log of a call."""
    handset = Handset(liaison())
    handset.dial()
    handset.press(*answers)
    kept = Kept()
    kept.add(handset.entries)
    return kept


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(ANSWERS, st.integers(0, 12), st.integers(0, 2), ROOMS), max_size=14))
def test_a_step_from_what_is_remembered_is_the_step_of_the_whole_log(
    turns: list[tuple[str, int, int, Room]],
) -> None:
    handset, kept = Handset(official(draft=DRAFT, waiting=(matter("148214", Verb.NOTE),))), Kept()
    processes = (Folds(), Folds(), Folds())
    handset.dial()
    for answer, passing, process, room in turns:  # any process may get a turn, and has not seen the others'
        handset.wait(minutes=passing)
        handset.dial() if passing > 10 else handset.press(answer)
        kept.add(handset.entries[len(kept.entries) :])
        step = processes[process].step("phone", kept.log(), room, kept.read)
        assert step == replay(handset.entries, room)


def test_a_turn_folds_what_is_new_only() -> None:
    kept, folds = reported("1", "3", "5"), Folds()
    for end in (1, 2, 3, 4):
        folds.step("phone", kept.log(end=end), Room(), kept.read)
    assert kept.opened == [1, 1, 1, 1]
    other = Folds()
    other.step("phone", kept.log(end=2), Room(), kept.read)
    other.step("phone", kept.log(), Room(), kept.read)  # between them another process had one
    assert kept.opened[4:] == [2, 2]


@pytest.mark.parametrize(("start", "end"), [(1, None), (0, 3), (0, 4)], ids=["cut", "tail lost", "seen by another"])
def test_a_log_that_does_not_begin_as_it_did_is_folded_from_its_start(start: int, end: int | None) -> None:
    kept, folds = reported("1", "3", "5"), Folds()
    folds.step("phone", kept.log(), Room(), kept.read)
    log = kept.log(start, end)
    assert folds.step("phone", log, Room(), kept.read) == replay(kept.read(log), Room())
    assert kept.opened[1] == len(log)


def test_another_screen_is_folded_for_itself_and_another_phone_too() -> None:
    kept, folds = reported("1", "3"), Folds()
    folds.step("phone", kept.log(end=2), Room(), kept.read)
    folds.step("phone", kept.log(), Room(units=0), kept.read)
    folds.step("other", kept.log(), Room(), kept.read)
    assert kept.opened == [2, 3, 3]


def test_nothing_is_remembered_of_a_call_that_is_over_nor_of_too_many_phones() -> None:
    kept, folds = reported("7", "1"), Folds()
    folds.step("phone", kept.log(), Room(), kept.read)
    assert not folds._folds
    for place in range(MOST_REMEMBERED + 20):
        folds.step(f"phone {place}", kept.log(end=1), Room(), kept.read)
    assert len(folds._folds) == MOST_REMEMBERED


def test_what_can_no_longer_be_gone_on_with_is_not_remembered_either() -> None:
    kept, later, folds = reported("1", "3"), reported("1"), Folds()
    folds.step("phone", kept.log(), Room(), kept.read)
    for sealed, entry in later.entries.items():
        later.entries[sealed] = replace(entry, at=entry.at + 2 * RESUMABLE)
    folds.step("other", later.log(), Room(), later.read)
    assert list(folds._folds) == ["other"]


@settings(deadline=None, max_examples=60)
@given(st.lists(ANSWERS, max_size=14), st.sampled_from([liaison(homes=homes(12)), official()]), st.data())
def test_repeats_and_late_callbacks_anywhere_change_nothing(
    answers: list[str], caller: Caller, data: st.DataObject
) -> None:
    clean, noisy = Handset(caller), Handset(caller)
    for handset in (clean, noisy):
        handset.dial()
    for answer in answers:
        step = clean.press(answer)
        noisy.press(answer)
        noisy.again()
        noisy.callback(data.draw(st.sampled_from(["", "1", "nonsense"])), session_id="late")
        assert noisy.again().session == step.session


@settings(deadline=None, max_examples=60)
@given(st.lists(ANSWERS, max_size=14))
def test_one_turn_at_a_time_is_the_same_as_the_whole_log_after_json(answers: list[str]) -> None:
    handset = Handset(official(draft=DRAFT, waiting=(matter("148214", Verb.NOTE),)))
    step = handset.dial()
    for answer in answers:
        step = handset.press(answer)
    session = Session(room=handset.room)
    for entry in handset.entries:
        caller = Caller.from_json(json.loads(json.dumps(entry.caller.as_json()))) if entry.caller else None
        turn = take_turn(session, Entry(at=entry.at, session_id=entry.session_id, text=entry.text, caller=caller))
        session = turn.session
    assert turn == step == replay(handset.entries, handset.room)
    assert handset.entries[0].at == START
