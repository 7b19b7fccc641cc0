"""Ends a child process when the process that started it is gone, even after kill -9.

`gateway run` keeps the writing end of a pipe; its children have the reading end as standard input. When the pipe
closes, the child asks itself to stop.
"""

import os
import signal
import threading

from gateway.settings import Settings


def hold_on(settings: Settings) -> None:
    """Watch standard input if `gateway run` started this process; does nothing otherwise."""
    if settings.lianhu_supervised:
        threading.Thread(target=_watch, name="lifeline", daemon=True).start()


def _watch() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
