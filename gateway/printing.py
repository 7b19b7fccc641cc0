"""How commands print: a JSON list for machines, a table for people; Chinese letters count as two columns."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import click

_WIDEST = 60
_GAP = "  "


def show(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *, as_json: bool) -> None:
    """Print rows; `columns` maps a heading to a value's name, `owner.name` for one within another."""
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    table = [list(columns), *([_cell(row, name) for name in columns.values()] for row in rows)]
    widths = [max(map(_width, column)) for column in zip(*table, strict=True)]
    for line in table:
        click.echo(_GAP.join(_padded(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(row: Mapping[str, Any], name: str) -> str:
    value: Any = row
    for step in name.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    match value:
        case None:
            return "-"
        case bool():
            return "!" if value else ""
        case list():
            return str(len(value))
        case _:
            return _cut(" ".join(str(value).split()))


def _cut(text: str) -> str:
    if _width(text) <= _WIDEST:
        return text
    while _width(text) >= _WIDEST:
        text = text[:-1]
    return text + "…"


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    """Columns on a terminal; marks that stand over or under a letter take none."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )
