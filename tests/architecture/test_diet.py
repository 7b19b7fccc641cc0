"""What each process imports: memory is held and a start waits for every module that it does not need."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = {"flask", "werkzeug", "jinja2", "granian", "prometheus_client"}
PAPER = {"weasyprint", "pypinyin", "fontTools"}
STARTING = {"alembic", "mako", "honcho", "click"}
SERVERS = {"sqlalchemy", "psycopg", "redis", "rq"}
CARRIERS = {"requests", "phonenumbers", "holidays", "cryptography", "pydantic", "structlog"}


@pytest.mark.parametrize(
    ("module", "without"),
    [
        ("workers.worker", PAGES | PAPER | STARTING),
        ("workers.clock", PAGES | PAPER | STARTING),
        ("gateway.app", PAPER | {"granian", "honcho"}),
        ("gateway.commands.web", PAPER | {"honcho"}),
        ("gateway.commands.run", PAPER | PAGES),  # they are imported after its servers, by the name in the Procfile
        ("gateway.cli", PAGES | PAPER | SERVERS | CARRIERS | STARTING - {"click"}),
    ],
)
def test_a_process_imports_nothing_that_it_never_needs(module: str, without: set[str]) -> None:
    script = f"import {module}, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env={}, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & without == set()


def test_help_names_every_command_and_its_duty_without_importing_one() -> None:
    script = (
        "import sys\nfrom gateway.cli import main\ntry: main(['--help'])\nfinally: print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env={}, capture_output=True, text=True, check=True)
    listed = done.stdout.partition("Commands:\n")[2].splitlines()
    modules = {path.stem for path in (ROOT / "gateway" / "commands").glob("*.py")} - {"__init__"}
    named = {line.split()[0]: line.split()[1:] for line in listed if line.startswith("  ") and line[2] != " "}
    assert named.keys() == {name.replace("_", "-") for name in modules}
    assert all(named.values())
    assert not [name for name in done.stderr.split() if name.startswith("gateway.commands.")]
