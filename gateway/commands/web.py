"""`gateway web`: the web processes of the Procfile."""

import click
from granian import Granian
from granian.constants import Interfaces

from gateway import lifeline, logs
from gateway.settings import load_settings

GRACE_SECONDS = 10


@click.command("web")
def command() -> None:
    """Serve webhooks and pages (granian)."""
    settings = load_settings()
    settings.check_ready()
    logs.set_up(level=settings.log_level, json=settings.log_json)
    lifeline.hold_on(settings)
    Granian(
        "gateway.app:create_app",
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=settings.port,
        workers=settings.web_workers,
        blocking_threads=settings.web_threads,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=GRACE_SECONDS,
        websockets=False,
        log_enabled=False,
    ).serve()
