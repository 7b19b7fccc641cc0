"""`gateway migrate`: bring the database to the newest revision."""

import click

from gateway.at_hand import settings_at_hand
from gateway.checks import database_answers
from gateway.store import migrate


@click.command("migrate")
def command() -> None:
    """Bring the database to the newest revision."""
    with settings_at_hand() as settings:
        database_answers(settings)
        click.echo(f"database at {migrate.upgrade(settings.database_url) or 'no revision'}")
