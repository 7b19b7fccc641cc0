"""What a benchmark says: one line for each thing measured, and how the lines are printed and kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_MANY = 100  # figures from here on are printed without decimals


@dataclass(frozen=True, kw_only=True)
class Line:
    """One measured thing: our figure, and the limit or the peer of the same run that it stands beside.

    `unit` is that of `ours` and of `peer`; `reach` says what was asked for in words, `reached` whether it was met,
    None where nothing was asked for.
    """

    name: str
    ours: float
    unit: str
    beside: str = ""
    peer: float | None = None
    reach: str = ""
    reached: bool | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours as a multiple of the peer's."""
        return self.ours / self.peer if self.peer else None

    def as_json(self) -> dict[str, Any]:
        """The line as it stands in `bench/results`."""
        return {**vars(self), "ratio": self.ratio}


HEAD = ("name", "ours", "limit or peer", "ratio", "reach", "reached")


def cells(line: Mapping[str, Any]) -> tuple[str, ...]:
    """A line, as `as_json` gives it, in the columns of `HEAD`."""
    peer = f"{line['beside']}: {figure(line['peer'])}" if line["peer"] is not None else line["beside"]
    ratio = "" if line["ratio"] is None else f"{line['ratio']:.2f}"
    reached = {True: "yes", False: "NO", None: ""}[line["reached"]]
    return (line["name"], f"{figure(line['ours'])} {line['unit']}", peer, ratio, line["reach"], reached)


def figure(value: float) -> str:
    """A figure with as many decimals as it is worth."""
    if value == int(value) or abs(value) >= _MANY:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.1f}"


def table(lines: Iterable[Mapping[str, Any]]) -> list[str]:
    """The printed table, a note under the line that has one."""
    given = list(lines)
    rows = [HEAD, *(cells(line) for line in given)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    printed = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    out = [printed[0]]
    for line, text in zip(given, printed[1:], strict=True):
        out.append(text)
        out += [f"    {line['note']}"] if line["note"] else []
    return out
