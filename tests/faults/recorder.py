"""What a test of a fault found: rows of tests/faults/results/latest.json, and from it docs/survival.md.

`record` takes one row; `full` says whether the long form is asked for (`make test-faults`), else the short one of
`make test`. Rows are written only for the long form, by whichever process ends the run.
"""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

LATEST = Path(__file__).with_name("results") / "latest.json"
KEY = "fault"

Record = Callable[..., None]
"""Takes the fields of a `Row` by name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One fault and what became of the messages in flight.

    `fault` names it; `sent` messages got a 200 or were queued; `lost`, `doubled`, `unanswered` of them came to harm
    (tests/survival/audit.py, `Losses`); `unknown` left twice because the carrier hid that it had them; `kills` how
    often something was done; `variant` is `ours` or `naive`; `seconds` how long it took; `note` one short sentence.
    """

    fault: str
    sent: int
    lost: int = 0
    doubled: int = 0
    unanswered: int = 0
    unknown: int = 0
    kills: int = 1
    variant: str = "ours"
    seconds: float = 0.0
    note: str = ""


@pytest.fixture
def record(record_property: Callable[[str, object], None]) -> Record:
    """Keeps a row for the table, and prints it as a figure at the end of the run."""

    def keep(**fields: object) -> None:
        row = Row(**fields)  # type: ignore[arg-type]
        record_property(KEY, as_text(row))
        record_property("figures", line(row))

    return keep


@pytest.fixture(scope="session")
def full() -> bool:
    """Whether the long form of every fault is asked for."""
    return "FULL_FAULTS" in os.environ


def as_text(row: Row) -> str:
    """A row as a report of pytest can carry it from one process to another."""
    return json.dumps(asdict(row), ensure_ascii=False)


def line(row: Row) -> str:
    """A row in words."""
    harm = f"{row.lost} lost, {row.doubled} doubled, {row.unanswered} unanswered, {row.unknown} unknown"
    return (
        f"{row.fault} ({row.variant}): {row.sent} messages, {row.kills} times: {harm}, {row.seconds:.0f} s {row.note}"
    )


def write(reports: Iterable[pytest.TestReport], path: Path = LATEST) -> None:
    """Write the rows that the tests of a run have kept; those of tests that did not run now stay as they were."""
    kept = [json.loads(str(value)) for report in reports for key, value in report.user_properties if key == KEY]
    rows = {_key(row): row for row in [*read(path), *kept]}
    path.parent.mkdir(parents=True, exist_ok=True)
    ordered = [rows[key] for key in sorted(rows)]
    path.write_text(json.dumps(ordered, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read(path: Path = LATEST) -> list[Mapping[str, object]]:
    """The rows of the last run, none before the first."""
    return list(json.loads(path.read_text("utf-8"))) if path.exists() else []


def _key(row: Mapping[str, object]) -> tuple[str, str]:
    return str(row["fault"]), str(row["variant"])
