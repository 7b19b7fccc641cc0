"""Clock and logs: time runs forward, and no phone number gets into a log."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
import structlog

from gateway import logs
from gateway.clock import ManualClock, SystemClock

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def test_the_machine_s_clock_is_aware_and_in_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_a_manual_clock_stands_still_until_it_is_moved() -> None:
    clock = ManualClock(NOON)
    assert clock.now() == clock.now() == NOON
    assert clock.forward(days=1, minutes=5) == NOON + timedelta(days=1, minutes=5)
    clock.move_to(datetime(2026, 3, 12, 8, tzinfo=timezone(timedelta(hours=8))))
    assert clock.now().isoformat() == "2026-03-12T00:00:00+00:00"


def test_time_never_runs_back() -> None:
    with pytest.raises(ValueError, match="later than"):
        ManualClock(NOON).move_to(NOON - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("from +8619900001234 to +254711000111", "from …234 to …111"),
        ("8619900001234", "…234"),
        ("电话19900001234。", "电话…234。"),
        ("身份证 63262219800101001X", "身份证 …01X"),
        ("case 148214, household 274138, 2026-03-10T12:00:00", "case 148214, household 274138, 2026-03-10T12:00:00"),
        ("AC00000000000000000000000000000000", "AC00000000000000000000000000000000"),
    ],
)
def test_numbers_of_people_are_masked_and_ours_are_not(text: str, masked: str) -> None:
    assert logs.mask(text) == masked


@pytest.fixture
def _logging_as_before() -> Iterator[None]:
    """Put logging back after a test that set it up."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.mark.usefixtures("_logging_as_before")
def test_masking_reaches_into_every_value_and_every_library(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(level="INFO", json=True)
    logs.bind(lane="inbound")
    logs.get_logger("ours").info("took", sender="+8619900001234", raw={"From": ["+8619900001234"]})
    logging.getLogger("theirs").warning("sending to %s failed", "+8619900001234")
    try:
        raise ValueError("bad number +8619900001234")  # noqa: TRY301
    except ValueError:
        logs.get_logger("ours").exception("broke")
    written = capsys.readouterr().err
    assert "19900001234" not in written
    ours, theirs, broke = (json.loads(line) for line in written.splitlines())
    assert (ours["sender"], ours["raw"], ours["lane"]) == ("…234", {"From": ["…234"]}, "inbound")
    assert theirs["event"] == "sending to …234 failed"
    assert "bad number …234" in broke["exception"]
