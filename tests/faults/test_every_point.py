"""Killed behind any exchange with a server, every process leaves what a healthy one can bring to the same end.

The measure is the run in which nobody died: the same cases, history, deadlines and texts must stand there afterwards,
each once, and the carrier must have been called once for each text. `make test` tries some of them, `make test-faults`
each.
"""

import time
from collections.abc import Iterator

import pytest

from gateway.settings import Settings
from tests.faults.recorder import Record
from tests.faults.stage import Stage, staged
from tests.faults.waiting_work import KINDS

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600), pytest.mark.xdist_group("doomed")]

TRIED = 7
"""Exchanges of each kind of process behind which the short form kills."""


@pytest.fixture(scope="module")
def stage(test_settings: Settings) -> Iterator[Stage]:
    """The prepared databases, shared by all trials."""
    with staged(test_settings) as opened:
        yield opened


@pytest.mark.parametrize("kind", KINDS)
def test_a_process_killed_behind_any_exchange_loses_and_doubles_nothing(
    kind: str,
    stage: Stage,
    full: bool,  # noqa: FBT001 - a fixture
    record: Record,
) -> None:
    begun = time.monotonic()
    undisturbed = stage.trial(kind, 0)
    assert undisturbed.end.code == 0
    assert undisturbed.faults == {}
    last = undisturbed.end.passed
    step = 1 if full else max(1, last // TRIED)
    wrong, tried, deaths = {}, 0, 0
    for at in range(1 + (0 if full else step // 2), last + 1, step):
        trial = stage.trial(kind, at)
        tried, deaths = tried + 1, deaths + trial.end.killed
        if found := trial.wrong(undisturbed):
            wrong[at] = found
    record(
        fault=f"kill -9 of {kind} behind every exchange with a server",
        sent=undisturbed.texts * tried,
        kills=deaths,
        seconds=time.monotonic() - begun,
        note=f"{tried} of {last} exchanges tried",
    )
    assert wrong == {}
    assert deaths >= tried * 0.9, "the same work takes the same exchanges"
