"""The `gateway` command: every module of `gateway.commands` is one sub-command."""

import importlib
import pkgutil
import sys

import click
from sqlalchemy.exc import OperationalError

import gateway.commands
from gateway.checks import Unfit
from gateway.embedded import NotStarted
from gateway.settings import BadSettings


class Commands(click.Group):
    """Finds a sub-command in the module of its name (`seed-demo` in `seed_demo.py`) under `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all sub-commands."""
        del ctx
        names = (module.name for module in pkgutil.iter_modules(gateway.commands.__path__))
        return sorted(name.replace("_", "-") for name in names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One sub-command; only its own module is imported."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"gateway.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Lianhu 联户: carries a county's liaison system over the plainest phones."""


def main() -> None:
    """Run a command; what is wrong with settings or servers is said in one line (exit code 2 or 1)."""
    try:
        cli()
    except BadSettings as error:
        _end(str(error), 2)
    except (Unfit, NotStarted) as error:
        _end(str(error), 1)
    except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
        _end(f"cannot use {error.filename}: {error.strerror}; LIANHU_VAR says where to write", 1)
    except OperationalError as error:
        _end(f"the database does not answer: {' '.join(str(error.orig).split())}", 1)


def _end(message: str, code: int) -> None:
    click.echo(f"gateway: {message}", err=True)
    sys.exit(code)
