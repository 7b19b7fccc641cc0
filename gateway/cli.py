"""The `gateway` command: every module of `gateway.commands` is one sub-command."""

import ast
import importlib
import pkgutil
from collections.abc import Sequence
from pathlib import Path

import click

import gateway.commands
from gateway.wrong import said_in_one_line


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
        command: click.Command = importlib.import_module(f"gateway.commands.{_module(cmd_name)}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of sub-commands, each with its module's first line, which is read and not imported: in no time."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _duty(name)) for name in self.list_commands(ctx)])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Lianhu 联户: carries a county's liaison system over the plainest phones."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command, by default the one typed; what is wrong with settings or servers is said in one line."""
    with said_in_one_line():
        cli(args=arguments)


def _module(name: str) -> str:
    return name.replace("-", "_")


def _duty(name: str) -> str:
    """What a module of `gateway.commands` says of itself behind its name: "`gateway run`: everything on …"."""
    [folder] = gateway.commands.__path__
    said = ast.get_docstring(ast.parse((Path(folder) / f"{_module(name)}.py").read_text(encoding="utf-8"))) or ""
    duty = said.partition("\n")[0].partition(": ")[2]
    return duty[:1].upper() + duty[1:]
