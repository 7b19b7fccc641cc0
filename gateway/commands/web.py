"""`gateway web`: the web processes of the Procfile."""

import click
from granian import Granian
from granian.constants import Interfaces

from gateway import forks, lifeline, logs, wiring
from gateway.app import create_app
from gateway.settings import load_settings

GRACE_SECONDS = 10


@click.command("web")
def command() -> None:
    """Serve webhooks and pages (granian)."""
    settings = load_settings()
    settings.check_ready()
    logs.set_up(level=settings.log_level, json=settings.log_json)
    forks.share([], wiring.warm_up)  # granian forks the web processes
    lifeline.hold_on(settings)
    Granian(
        f"{create_app.__module__}:{create_app.__name__}",
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=settings.port,
        workers=settings.web_workers,
        # A text in hand is a thread that waits for its commit, and those that wait share one (store/together.py): of
        # 4 threads two do, of 16 eight.
        blocking_threads=settings.web_threads,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=GRACE_SECONDS,
        websockets=False,
        log_enabled=False,
    ).serve()
