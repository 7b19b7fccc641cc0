"""Read by Python at its start where this folder is on its path: the clock is off by what a file says.

So a test can set the clock of every process of a gateway at once, while they run.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

FILE = "LIANHU_TESTS_SHIFT"

if FILE in os.environ:
    from gateway.clock import SystemClock

    def _now(_clock: SystemClock) -> datetime:
        off = Path(os.environ[FILE]).read_text("utf-8")
        return datetime.now(UTC) + timedelta(seconds=float(off or 0))

    SystemClock.now = _now  # type: ignore[method-assign]
