"""Classifies the English side of real disaster messages and prints what came out; asserts nothing.

Reads validation_direct.csv from `$LIANHU_SHARED/data/disaster_sms`, by default from the folder `shared` beside the
repository. There is no urgency label in it: `request` (the sender asks for something) is the nearest.
"""

import csv
import os
import sys
from collections import Counter
from pathlib import Path
from time import perf_counter

from gateway.domain.classify import Classification, classify

_BESIDE = Path(__file__).resolve().parents[2] / "shared"


def main() -> int:
    """Print the figures; without the file say so and leave it out, so that the other benches go on."""
    path = Path(os.environ.get("LIANHU_SHARED", _BESIDE)) / "data" / "disaster_sms" / "validation_direct.csv"
    if not path.exists():
        sys.stderr.write(f"{path} is not here, left out: set LIANHU_SHARED to its folder\n")
        return 0
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    started = perf_counter()
    results = [classify(row["message"]) for row in rows]
    seconds = perf_counter() - started
    sys.stdout.write(_report(rows, results, seconds) + "\n")
    return 0


def _report(rows: list[dict[str, str]], results: list[Classification], seconds: float) -> str:
    lines = [f"{len(rows)} messages, {seconds / len(rows) * 1e6:.0f} µs each"]
    for label in ("request", "direct_report", "search_and_rescue", "missing_people", "medical_help", "fire", "floods"):
        chosen = [result for row, result in zip(rows, results, strict=True) if row[label] == "1"]
        lines.append(f"{label + '=1':22} {len(chosen):5}  called urgent {_share(chosen):6.1%}")
    rest = [result for row, result in zip(rows, results, strict=True) if row["request"] == "0"]
    lines.append(f"{'request=0':22} {len(rest):5}  called urgent {_share(rest):6.1%}")
    for category, count in Counter(result.category for result in results).most_common():
        lines.append(f"  {category:10} {count:5}  {count / len(results):6.1%}")
    return "\n".join(lines)


def _share(results: list[Classification]) -> float:
    return sum(result.urgent for result in results) / max(len(results), 1)


if __name__ == "__main__":
    raise SystemExit(main())
