"""`python -m workers.clock`: sweeps what no nudge picked up, due deadlines and digests, every few seconds."""

import signal
import sys
import threading

from gateway import lifeline, logs
from gateway.settings import BadSettings
from workers import booted
from workers.rounds import Rounds
from workers.tasks import TASKS

SHORTEST_PAUSE_SECONDS = 0.2
"""Between two rounds, however fast a rehearsal's time runs."""


def main(arguments: list[str]) -> int:
    """Start the process; gives its exit code."""
    if arguments:
        print("usage: python -m workers.clock", file=sys.stderr)
        return 2
    try:
        services = booted.services()
    except BadSettings as error:
        print(f"clock: {error}", file=sys.stderr)
        return 2
    settings = services.settings
    logs.set_up(level=settings.log_level, json=settings.log_json)
    logs.bind(lane="clock")
    lifeline.hold_on(settings)
    stop = threading.Event()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wanted, lambda *_: stop.set())
    rounds = Rounds(services, TASKS)
    while not stop.is_set():
        rounds.go()
        stop.wait(max(settings.sweep_seconds / services.clock.pace, SHORTEST_PAUSE_SECONDS))
    rounds.end()
    services.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
