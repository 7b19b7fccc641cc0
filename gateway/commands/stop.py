"""`gateway stop`: end the `gateway run` of this folder and what a killed one left behind."""

import os
import signal
from contextlib import suppress

import click

from gateway import embedded
from gateway.checks import Unfit
from gateway.embedded.processes import wait_for
from gateway.settings import is_running, load_settings

STOP_SECONDS = 40.0


@click.command("stop")
def command() -> None:
    """Stop the gateway that `gateway run` started in this LIANHU_VAR."""
    var = load_settings().lianhu_var
    if is_running(var):
        pid = int((var / "run.lock").read_text())
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        if not wait_for(lambda: not is_running(var), STOP_SECONDS):
            message = f"process {pid} does not stop"
            raise Unfit(message)
        click.echo("stopped")
    else:
        click.echo("nothing runs here")
    embedded.stop_leftovers(var)
