"""What reading a text costs by itself: the grammar, and the classifier, without any row.

With the disaster messages of `$LIANHU_SHARED/data/disaster_sms` (by default the folder `shared` beside the repository)
the classifier reads those too, and the share of messages that ask for something and that it calls urgent is printed:
the file has no label for urgency, and `request` is the nearest.
"""

import csv
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.lab import Lab
from bench.reporting import TEXTS
from bench.table import Line
from gateway.domain.classify import classify
from gateway.sms.parser import parse

TIMES = 3_000
SHARED = Path(os.environ.get("LIANHU_SHARED") or Path(__file__).resolve().parents[2] / "shared")
DISASTERS = SHARED / "data" / "disaster_sms" / "validation_direct.csv"


def measure(_lab: Lab) -> Iterator[Line]:
    """Texts a second in one process."""
    texts = [TEXTS[n % len(TEXTS)].format(home=1 + n % 10, n=n) for n in range(TIMES)]
    yield Line(name="reading: parse a text", ours=_rate(parse, texts), unit="/s")
    yield Line(name="reading: classify a text", ours=_rate(classify, texts), unit="/s")
    if DISASTERS.exists():
        yield _disasters()


def _disasters() -> Line:
    with DISASTERS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rate = _rate(classify, [row["message"] for row in rows])
    asking = [classify(row["message"]).urgent for row in rows if row["request"] == "1"]
    others = [classify(row["message"]).urgent for row in rows if row["request"] == "0"]
    share = (
        f"called urgent: {sum(asking) / len(asking):.0%} of those that ask, {sum(others) / len(others):.0%} of others"
    )
    return Line(name=f"reading: classify {len(rows):,} real disaster messages", ours=rate, unit="/s", note=share)


def _rate(act: Callable[[str], object], texts: Sequence[str]) -> float:
    act(texts[0])
    start = time.perf_counter()
    for each in texts:
        act(each)
    return len(texts) / (time.perf_counter() - start)
