"""The rehearsal's clock: one pace for all processes, never two times, and it goes on when nobody can be asked."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from gateway import clock
from gateway.clock import ManualClock, Pace, RehearsalClock

START = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)


class Board:
    """What all processes read; counts how often they do."""

    def __init__(self) -> None:
        self.pace: Pace | None = clock.REAL_TIME
        self.reads = 0

    def read(self) -> Pace | None:
        """What stands there."""
        self.reads += 1
        return self.pace


@pytest.fixture
def real() -> ManualClock:
    """The machine's time."""
    return ManualClock(START)


@pytest.fixture
def board() -> Board:
    """Where nobody has written anything yet."""
    return Board()


@pytest.fixture
def shown(board: Board, real: ManualClock, monkeypatch: pytest.MonkeyPatch) -> RehearsalClock:
    """A clock that reads the board whenever it is asked."""
    monkeypatch.setattr(clock, "READ_EVERY_SECONDS", 0.0)
    return RehearsalClock(board.read, real)


def test_an_untouched_clock_shows_the_real_time(shown: RehearsalClock, real: ManualClock) -> None:
    assert (shown.now(), shown.pace) == (START, 1.0)
    real.forward(seconds=90)
    assert shown.now() == START + timedelta(seconds=90)


def test_time_runs_from_what_was_shown_as_fast_as_it_is_told(
    shown: RehearsalClock, board: Board, real: ManualClock
) -> None:
    board.pace = Pace(real_at=START, shown_at=START + WEEK, pace=60)
    real.forward(seconds=10)
    assert (shown.now(), shown.pace) == (START + WEEK + timedelta(minutes=10), 60)


def test_a_change_holds_only_from_its_moment_on(shown: RehearsalClock, board: Board, real: ManualClock) -> None:
    assert shown.now() == START
    board.pace = Pace(real_at=START + SECOND, shown_at=START + WEEK, pace=60)
    assert (shown.now(), shown.pace) == (START, 1.0)
    real.forward(seconds=1)
    assert (shown.now(), shown.pace) == (START + WEEK, 60)


def test_time_goes_on_as_it_did_when_the_pace_cannot_be_read(
    shown: RehearsalClock, board: Board, real: ManualClock
) -> None:
    board.pace = Pace(real_at=START, shown_at=START + WEEK, pace=60)
    shown.now()
    board.pace = None
    real.forward(seconds=1)
    assert shown.now() == START + WEEK + timedelta(minutes=1)


def test_a_clock_that_never_could_read_shows_the_real_time(shown: RehearsalClock, board: Board) -> None:
    board.pace = None
    assert shown.now() == START


def test_the_pace_is_not_read_again_before_its_time(board: Board, real: ManualClock) -> None:
    seldom = RehearsalClock(board.read, real)
    clock_reads = [seldom.now() for _ in range(3)]
    assert (len(set(clock_reads)), board.reads) == (1, 1)


def test_one_thread_reads_while_the_others_go_on(board: Board, shown: RehearsalClock) -> None:
    shown.now()
    reading, go_on = threading.Event(), threading.Event()

    def slow() -> Pace | None:
        reading.set()
        go_on.wait(30)
        return board.pace

    shown._read = slow
    thread = threading.Thread(target=shown.now)
    thread.start()
    assert reading.wait(30)
    assert shown.now() == START
    go_on.set()
    thread.join()


def test_a_span_ago_is_the_machines_whatever_the_pace(shown: RehearsalClock, board: Board, real: ManualClock) -> None:
    board.pace = Pace(real_at=START, shown_at=START, pace=600)
    real.forward(seconds=60)
    assert shown.ago(30 * SECOND) == START + timedelta(minutes=300)


def test_a_span_ago_reaches_back_over_a_jump(shown: RehearsalClock, board: Board, real: ManualClock) -> None:
    shown.now()
    board.pace = Pace(real_at=START + SECOND, shown_at=START + WEEK)
    real.forward(seconds=11)
    assert shown.ago(30 * SECOND) == START - 19 * SECOND
    assert shown.ago(10 * SECOND) == START + WEEK


def test_a_span_ago_lies_before_everything_where_the_clock_was_not_there(board: Board, real: ManualClock) -> None:
    board.pace = Pace(real_at=START - SECOND, shown_at=START + WEEK)
    assert RehearsalClock(board.read, real).ago(30 * SECOND) < START - timedelta(days=10_000)


def test_clocks_that_are_not_a_rehearsals_run_as_fast_as_the_machine(real: ManualClock) -> None:
    assert (real.pace, clock.SystemClock().pace) == (1.0, 1.0)
    assert real.ago(SECOND) == START - SECOND
    system = clock.SystemClock()
    assert system.ago(timedelta(hours=1)) < system.now() - timedelta(minutes=59)
