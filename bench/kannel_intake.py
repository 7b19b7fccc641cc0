"""How many texts a second Debian's Kannel takes in from its own fakesmsc, with a spool store and nobody behind it.

As in bench/kannel.py everything runs in a network of its own: there this module is run as a process.
"""

import json
import re
import tempfile
import time
from pathlib import Path

from bench import alone
from bench.lab import SMALL
from tests.peers import boxes
from tests.peers.air import FAKESMSC, OURS
from tests.peers.children import Child

TEXTS = 1_000 if SMALL else 15_000
MOST_SECONDS = 60
_RECEIVED = re.compile(r"SMS: received (\d+)")


def rate() -> float | None:
    """Texts a second, None where Kannel is not installed or may not have a network of its own."""
    if not all(Path(path).exists() for path in (boxes.BEARERBOX, boxes.SMSBOX, FAKESMSC)) or alone.lacking():
        return None
    return float(alone.run("bench.kannel_intake", seconds=MOST_SECONDS))


def inside() -> float:
    """Everything that happens in the network of its own."""
    with tempfile.TemporaryDirectory(prefix="lianhu-kannel-") as name:
        folder = Path(name)
        kannel = boxes.Boxes(folder / "kannel", "http://127.0.0.1:9", log_level=2)
        kannel.start()
        kannel.stop_smsbox()  # so that texts stay where they are taken in
        begun = time.perf_counter()
        text = f"+8619900001234 {OURS} text 3 house fell"
        phones = Child(
            [FAKESMSC, "-H", "127.0.0.1", "-r", str(boxes.FAKE_PORT), "-i", "0", "-m", str(TEXTS), text],
            folder / "phones.out",
        )
        received = 0
        while received < TEXTS and time.perf_counter() - begun < MOST_SECONDS / 2:
            time.sleep(0.02)
            found = _RECEIVED.search(kannel.status())
            received = int(found.group(1)) if found else 0
        took = time.perf_counter() - begun
        phones.stop()
        kannel.stop()
    return received / took


if __name__ == "__main__":
    print(json.dumps(inside()))
