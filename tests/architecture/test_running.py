"""What is declared once holds everywhere: lanes, routes, settings, pages, requirements, layers, migrations."""

import importlib
import pkgutil
import runpy
import subprocess
import sys
from pathlib import Path
from shutil import which

import click
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy.dialects.postgresql.base import ischema_names

import gateway.commands
from gateway.jobs import DRAIN, Lane
from gateway.settings import Settings
from gateway.store import migrate
from gateway.store.base import Ltree
from gateway.supervise import read_procfile
from gateway.wiring import Services

ROOT = Path(__file__).resolve().parents[2]
OPEN = {"/healthz", "/readyz", "/metrics"}
"""Pages that show figures but nothing of a person, and change nothing."""


def test_every_lane_has_its_process() -> None:
    processes = read_procfile(ROOT / "Procfile")
    served = [command[-1] for name, command in processes.items() if name.startswith("worker_")]
    assert sorted(served) == sorted(Lane)
    assert {"web", "clock"} <= processes.keys()


def test_the_release_line_migrates_and_is_not_kept_running() -> None:
    assert "release: gateway migrate\n" in (ROOT / "Procfile").read_text()
    assert "release" not in read_procfile(ROOT / "Procfile")


def test_what_a_nudge_calls_exists() -> None:
    module, _, name = DRAIN.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))


def test_every_sub_command_module_holds_its_command() -> None:
    for module in pkgutil.iter_modules(gateway.commands.__path__):
        command = importlib.import_module(f"gateway.commands.{module.name}").command
        assert isinstance(command, click.Command), module.name
        assert command.name == module.name.replace("_", "-")
        assert command.help, module.name


def test_every_webhook_needs_the_secret(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(("/sms/", "/ussd/")):
            path = rule.rule.replace("<provider>", "simulator").replace("<secret>", "guessed")
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                answer = app.test_client().open(path, method=method)
                assert answer.status_code == 404, (method, path)
                assert b"guessed" not in answer.data


def test_every_other_route_is_open_on_purpose_or_asks_who_comes(app: Flask, services: Services) -> None:
    demo_only = {"/", "/login", "/phone"}
    rules = {rule.rule for rule in app.url_map.iter_rules() if not rule.rule.startswith(("/sms/", "/ussd/"))}
    assert rules >= OPEN
    assert not services.settings.lianhu_demo
    for path in rules - OPEN - demo_only:
        if "<" not in path:
            assert app.test_client().get(path).status_code in {302, 303, 401, 403, 404, 405}, path


def test_pages_made_from_the_code_are_up_to_date() -> None:
    pages = runpy.run_path(str(ROOT / "docs" / "make.py"))["render_all"]()
    assert [path.name for path, text in pages.items() if not path.exists() or path.read_text() != text] == []
    assert ROOT / "docs" / "settings.md" in pages


def test_every_setting_is_explained() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize(
    ("page", "choice"),
    [("requirements.txt", ["--no-dev"]), ("requirements-dev.txt", ["--all-extras", "--all-groups"])],
)
def test_requirements_equal_the_lock(page: str, choice: list[str]) -> None:
    uv = Path(sys.executable).parent / "uv"
    command = [uv, "export", "-q", "--frozen", "--offline", *choice, "--no-emit-project"]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    def pins(text: str) -> list[str]:
        return [line for line in text.splitlines() if not line.lstrip().startswith("#")]

    assert pins((ROOT / page).read_text()) == pins(made)


def test_imports_go_down_only() -> None:
    lint = which("lint-imports", path=str(Path(sys.executable).parent))
    assert lint
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_migrations_are_one_line_with_file_names_as_revisions() -> None:
    scripts = ScriptDirectory(str(migrate.MIGRATIONS))
    revisions = list(scripts.walk_revisions())
    assert len(scripts.get_heads()) == 1
    assert [Path(step.path).stem for step in revisions] == [step.revision for step in revisions]
    assert not any(step.is_merge_point for step in revisions)


def test_migrations_and_tables_say_the_same(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ischema_names, "ltree", Ltree)  # what is read back from the database
    with services.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_schemas": False})
        assert compare_metadata(context, migrate.metadata()) == []
