"""Runs benchmarks and prints one table: `make bench`, or `.venv/bin/python bench/run.py NAME …`.

Without names all of them run in the order of `ORDER`, and what came out is written to `bench/results/latest.json`, of
which `make docs` makes docs/performance.md. A benchmark is a module of this folder with `measure(lab) -> lines`. When
one breaks or takes too long the others go on, and the exit code is 1. Everything stays on the loopback.
`LIANHU_BENCH_SMALL=1` shrinks what is large, for a quick try: such figures prove nothing.
"""

import importlib
import json
import os
import platform
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if sys.path[0] != str(ROOT):  # run as a script: this folder's modules must not hide the packages of the same name
    sys.path[0] = str(ROOT)

from bench.lab import SMALL, Lab  # noqa: E402
from bench.table import table  # noqa: E402

ORDER = (
    *("reading", "taking_in", "ussd", "reports", "sending", "kannel", "deadlines"),
    *("backlog", "workers", "growth", "rest", "hosts"),
)
RESULTS = ROOT / "bench" / "results" / "latest.json"
MOST_SECONDS = 330
"""No benchmark may take longer; it is broken off then."""


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all; gives the exit code."""
    unknown = [name for name in names if name not in ORDER]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(ORDER)}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # through every `finally`: nothing may go on running
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # through every `finally`: servers stop
    begun, lines, broken = time.perf_counter(), [], {}
    with Lab() as lab:
        facts = {**machine(), "postgresql": lab.postgresql_version()}
        for name in names or ORDER:
            started = time.perf_counter()
            try:
                with _at_most(MOST_SECONDS):
                    lines += [{"bench": name, **line.as_json()} for line in _measured(name, lab)]
            except Exception as error:  # noqa: BLE001 - one that breaks must not stop the others
                broken[name] = f"{type(error).__name__}: {error}"
                traceback.print_exc()
            print(f"{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr)
    result = {**facts, "small": SMALL, "seconds": round(time.perf_counter() - begun), "lines": lines, "broken": broken}
    if not names:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(heading(result), *table(lines), *(f"{name} BROKE: {why}" for name, why in broken.items()), sep="\n")
    return 1 if broken else 0


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
    }


def heading(result: dict[str, Any]) -> str:
    """The machine facts of a result in one line."""
    small = ", SMALL: proves nothing" if result["small"] else ""
    return (
        f"{result['date']}, {result['cores']} cores {result['machine']}, Python {result['python']}, "
        f"PostgreSQL {result['postgresql']}, {result['seconds']} s in all{small}"
    )


def _measured(name: str, lab: Lab) -> list[Any]:
    return list(importlib.import_module(f"bench.{name}").measure(lab))


@contextmanager
def _at_most(seconds: int) -> Iterator[None]:
    def too_long(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"broken off after {seconds} s")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
