"""Makes scale.md: how the Procfile runs on several hosts, and how far that carries, by the last bench's figures."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

from gateway.settings import Settings

PAGE = "scale.md"
RESULTS = Path(__file__).resolve().parents[2] / "bench" / "results" / "latest.json"

LIAISONS_OF_A_COUNTY = 2_000
DAYS_BETWEEN_REPORTS = 5
IN_OF_A_CASE, OUT_OF_A_CASE = 4, 8
OUT_AT_ONCE = 4
ROWS = 17
POSTGRES_CONNECTIONS = 500
COPY_OF_A_TEXT_KB = 0.6

TEXT = Path(__file__).resolve().with_suffix(".template")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Something that size to count with."""

    counties: int

    @property
    def liaisons(self) -> int:
        """Everybody who reports."""
        return self.counties * LIAISONS_OF_A_COUNTY

    @property
    def reports_a_day(self) -> float:
        """On an ordinary day."""
        return self.liaisons / DAYS_BETWEEN_REPORTS

    @property
    def worst_second(self) -> float:
        """Texts in, when every liaison writes within an hour."""
        return self.liaisons / 3600


PLACES = (Place(counties=1), Place(counties=45), Place(counties=2_843))
NOT_MEASURED = "not measured yet"


def render() -> str:
    """The page."""
    result = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"lines": []}
    lines, defaults = result["lines"], Settings.model_fields
    kannel = float(defaults["kannel_rate"].default)
    province = PLACES[1]
    return TEXT.read_text(encoding="utf-8").format(
        tried=_tried(lines),
        counties=_row(lambda place: f"{place.counties:,}"),
        liaisons=_row(lambda place: f"{place.liaisons:,}"),
        reports=_row(lambda place: f"{place.reports_a_day:,.0f}"),
        day_in=_row(lambda place: f"{place.reports_a_day * IN_OF_A_CASE:,.0f}"),
        day_out=_row(lambda place: f"{place.reports_a_day * OUT_OF_A_CASE:,.0f}"),
        peak_in=_row(lambda place: f"{place.worst_second:,.1f}"),
        peak_out=_row(lambda place: f"{place.worst_second * OUT_AT_ONCE:,.1f}"),
        disk=_row(lambda place: _disk(lines, place)),
        disk_why=_disk_why(lines),
        every=DAYS_BETWEEN_REPORTS,
        texts_in=IN_OF_A_CASE,
        texts_out=OUT_OF_A_CASE,
        at_once=OUT_AT_ONCE,
        machine=f"{result['cores']} cores ({result['date']})" if lines else "nothing yet",
        pieces=_needed(lines, kannel),
        kannel=kannel,
        africastalking=float(defaults["at_rate"].default),
        twilio=float(defaults["twilio_rate"].default),
        hours=province.worst_second * OUT_AT_ONCE / kannel,
        needed=province.worst_second * OUT_AT_ONCE,
        rows=_rows(lines),
        hosts=_hosts(lines),
        connections=POSTGRES_CONNECTIONS,
    )


def _needed(lines: list[dict[str, Any]], kannel: float) -> str:
    """Rows of the table: each piece, its rate, and how many of it the worst hours need; what needs most on top."""
    outbound = "one worker of the lane outbound, carriers that take 100 ms"
    rates = (  # what a piece does in a second, and how many of those things a text in makes
        ("one Kannel connection, as its rate is set", kannel, OUT_AT_ONCE),
        ("one worker of the lane inbound", _measured(lines, "1 worker, lane inbound"), 1),
        (outbound, _measured(lines, "sending, carriers that take 100 ms"), OUT_AT_ONCE),
        ("one host's webs", _measured(lines, "inbound SMS, durable"), 1),
    )
    rows = []
    for name, rate, each in rates:
        if rate is None:
            rows.append((0.0, f"| {name} | {NOT_MEASURED} | | |\n"))
        else:
            province, country = (ceil(place.worst_second * each / rate) for place in PLACES[1:])
            rows.append((each / rate, f"| {name} | {rate:,.0f} | {province:,} | {country:,} |\n"))
    return "".join(row for _, row in sorted(rows, key=lambda row: -row[0]))


def _measured(lines: list[dict[str, Any]], name: str) -> float | None:
    """Our figure of the first line whose name begins so."""
    return next((float(line["ours"]) for line in lines if line["name"].startswith(name)), None)


def _row(cell: Callable[[Place], str]) -> str:
    return " | ".join(cell(place) for place in PLACES)


def _kilobytes(lines: list[dict[str, Any]]) -> float | None:
    """Of a case with all its texts, as counted above."""
    measured = _measured(lines, "growth: disk for a case")
    return None if measured is None else measured + COPY_OF_A_TEXT_KB * (OUT_OF_A_CASE - 3)


def _disk(lines: list[dict[str, Any]], place: Place) -> str:
    kilobytes = _kilobytes(lines)
    return NOT_MEASURED if kilobytes is None else f"{kilobytes * place.reports_a_day * 365 / 1e6:,.1f} GB"


def _disk_why(lines: list[dict[str, Any]]) -> str:
    measured = _measured(lines, "growth: disk for a case")
    if measured is None:
        return f"{NOT_MEASURED}."
    return (
        f"`bench/growth.py` found {measured:.1f} kB a case with 5 texts in and 3 out, indexes included; each further "
        f"text out is counted with {COPY_OF_A_TEXT_KB} kB."
    )


def _rows(lines: list[dict[str, Any]]) -> str:
    rate = _measured(lines, "report handled end to end")
    if rate is None:
        return ""
    return (
        f"A report makes about {ROWS} rows (message, case, event, rung, code, question, three deadlines, four texts "
        f"out, their receipts): at the\n  {rate:,.0f} reports a second that were handled here that is "
        f"{rate * ROWS:,.0f} rows a second; the province's worst hour asks for {PLACES[1].worst_second * ROWS:,.0f}. "
    )


def _tried(lines: list[dict[str, Any]]) -> str:
    found = [line for line in lines if line["bench"] == "hosts"]
    if not found:
        return ""
    return "".join(f"- {line['name']}: **{line['ours']:g} {line['unit']}** ({line['note']})\n" for line in found) + "\n"


def _hosts(lines: list[dict[str, Any]]) -> str:
    used = _measured(lines, "three hosts: connections to PostgreSQL")
    return f"({NOT_MEASURED})" if used is None else f"about {POSTGRES_CONNECTIONS * 3 / used:.0f}"
