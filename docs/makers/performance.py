"""Makes performance.md from the last whole `make bench`: its table, what each line measures, what was not reached."""

import ast
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

from bench.table import HEAD, cells  # noqa: E402

PAGE = "performance.md"
RESULTS = ROOT / "bench" / "results" / "latest.json"
REASONS = ROOT / "bench" / "results" / "reasons.toml"
HEADING = """# Performance

Made from `bench/results/latest.json` by `make bench` and `make docs`: do not edit.

`make bench` measures everything below in one run, on one machine, over the loopback: load generator, web, workers,
PostgreSQL (fsync on) and Valkey share its cores. Compare the ratios between machines; absolute figures are only this
machine's. Where a line stands beside a peer, the peer was measured in the same run. `make bench ARGS=growth` runs one.
"""
NOT_RUN = "\nNo whole run has been kept yet.\n"
SOUGHT = "\n## What was not reached, and why\n"


def render() -> str:
    """The page."""
    if not RESULTS.exists():
        return HEADING + NOT_RUN
    result = json.loads(RESULTS.read_text(encoding="utf-8"))
    reasons = tomllib.loads(REASONS.read_text(encoding="utf-8"))["reasons"] if REASONS.exists() else {}
    return "".join((HEADING, _machine(result), *_table(result["lines"]), *_missed(result, reasons), *_what(result)))


def _machine(result: dict[str, Any]) -> str:
    small = " **A quick try with small figures, which proves nothing.**" if result["small"] else ""
    return (
        f"\nLast run: {result['date']}, {result['cores']} cores {result['machine']}, Python {result['python']}, "
        f"PostgreSQL {result['postgresql']}, {result['seconds']} s in all.{small}\n\n"
    )


def _table(lines: list[dict[str, Any]]) -> list[str]:
    rows = [HEAD, tuple("---" for _ in HEAD), *(cells(line) for line in lines)]
    return [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |\n" for row in rows]


def _missed(result: dict[str, Any], reasons: dict[str, str]) -> list[str]:
    """Each line that was not reached: how far it came, and the reason that is written down for its benchmark."""
    missed = [line for line in result["lines"] if line["reached"] is False]
    broken = [f"- `{name}` broke: {why.splitlines()[0]}\n" for name, why in result["broken"].items()]
    if not missed and not broken:
        return [SOUGHT, "\nEverything was reached.\n"]
    rows = []
    for line in missed:
        _, ours, *_ = cells(line)
        note = f" ({line['note']})" if line["note"] else ""
        rows.append(f"- **{line['name']}**: {ours} where {line['reach']} was asked for{note}.\n")
    why = [
        f"\n{reasons[name].strip()}\n" for name in dict.fromkeys(line["bench"] for line in missed) if name in reasons
    ]
    return [SOUGHT, "\n", *rows, *broken, *why]


def _what(result: dict[str, Any]) -> list[str]:
    """What each benchmark does, in its own words, and what its lines had to add."""
    out = ["\n## What each line measures\n"]
    for name in dict.fromkeys(line["bench"] for line in result["lines"]):
        source = (ROOT / "bench" / f"{name}.py").read_text(encoding="utf-8")
        out.append(f"\n### bench/{name}.py\n\n{ast.get_docstring(ast.parse(source)) or ''}\n")
        noted = [line for line in result["lines"] if line["bench"] == name and line["note"]]
        out += ["\n", *(f"- {line['name']}: {line['note']}.\n" for line in noted)] if noted else []
    return out
