"""`gateway digest`: the morning's digests, now."""

import click

from gateway.at_hand import services_at_hand
from gateway.flow import digest
from gateway.jobs import Lane


@click.command("digest")
@click.option("--now", "at_once", is_flag=True, help="Also to those who have had today's already.")
def command(*, at_once: bool) -> None:
    """Queue today's digest for every official who has something to read."""
    with services_at_hand() as services:
        with services.sessions.begin() as session:
            sent = digest.send_daily(session, now=services.clock.now(), again=at_once)
        services.nudger.nudge(Lane.OUTBOUND)
    click.echo(f"{sent} digests queued")
