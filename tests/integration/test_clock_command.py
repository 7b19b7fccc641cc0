"""`gateway clock`, as it is typed."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from gateway.clock import REAL_TIME, SystemClock
from gateway.flow import rehearsal
from tests.integration.seeded import Gateway


@pytest.fixture
def rehearsing(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    """Commands of a gateway that rehearses."""
    monkeypatch.setenv("LIANHU_REHEARSAL", "1")
    return gateway


def test_a_gateway_in_earnest_has_no_clock_to_move(gateway: Gateway, session: Session) -> None:
    for words in ((), ("--plus", "2h"), ("--pace", "60")):
        refused = gateway("clock", *words)
        assert (refused.exit_code, "only the clock of a rehearsal" in refused.output) == (1, True)
    assert rehearsal.read(session) == REAL_TIME


def test_the_clock_shows_the_real_time_until_it_is_moved(rehearsing: Gateway) -> None:
    shown = rehearsing("clock")
    assert shown.exit_code == 0, shown.output
    assert shown.output.endswith("CST, 1 times as fast as real time\n")


def test_the_clock_jumps_to_a_moment_in_the_countys_time(rehearsing: Gateway, session: Session) -> None:
    to = f"{SystemClock().now().year + 1}-12-01T08:00"
    moved = rehearsing("clock", "--to", to, "--pace", "60")
    assert (moved.exit_code, moved.output) == (
        0,
        f"in a second: {to.replace('T', ' ')}:00 CST, 60 times as fast as real time\n",
    )
    found = rehearsal.read(session)
    assert (f"{found.shown_at:%m-%dT%H:%M%z}", found.pace) == ("12-01T00:00+0000", 60)


def test_the_clock_goes_ahead_by_a_span(rehearsing: Gateway, session: Session) -> None:
    assert rehearsing("clock", "--plus", "1d2h30m").exit_code == 0
    found = rehearsal.read(session)
    ahead = found.shown_at - found.real_at
    assert timedelta(days=1, hours=2, minutes=29, seconds=59) <= ahead <= timedelta(days=1, hours=2, minutes=30)


def test_the_clock_never_runs_back(rehearsing: Gateway, session: Session) -> None:
    refused = rehearsing("clock", "--to", "2020-01-01T00:00")
    assert (refused.exit_code, "never runs back to 2020-01-01T00:00:00+0800" in refused.output) == (1, True)
    assert rehearsal.read(session) == REAL_TIME


@pytest.mark.parametrize(
    "words",
    [
        ("--to", "tomorrow"),
        ("--plus", "soon"),
        ("--plus", ""),
        ("--pace", "fast"),
        ("--to", "2030-01-01", "--plus", "1h"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_line(rehearsing: Gateway, words: tuple[str, ...]) -> None:
    assert rehearsing("clock", *words).exit_code == 2
