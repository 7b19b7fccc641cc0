"""Rules of the house that a search can hold: one clock, one reader of the environment, nothing swallowed."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*ROOT.glob("gateway/**/*.py"), *ROOT.glob("workers/**/*.py")])
PROCESS_LOOPS = {
    "workers/rounds.py",
    "workers/tasks.py",
    "workers/drains.py",
    "gateway/flow/pump.py",
    "gateway/web/boundary.py",
}


def places(name: str, *parents: str) -> Iterator[str]:
    """Where an attribute such as `datetime.now` is used: file and line."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr == name and ast.unparse(node.value) in parents:
                yield f"{path.relative_to(ROOT)}:{node.lineno}"


def files_of(found: Iterator[str]) -> set[str]:
    """The files among places."""
    return {place.partition(":")[0] for place in found}


def test_only_the_clock_asks_what_time_it_is() -> None:
    found = files_of(places("now", "datetime", "datetime.datetime")) | files_of(places("utcnow", "datetime"))
    found |= files_of(places("today", "date", "datetime", "datetime.date")) | files_of(places("time", "time"))
    assert found == {"gateway/clock.py"}


def test_only_settings_read_the_environment() -> None:
    assert files_of(places("environ", "os")) | files_of(places("getenv", "os")) == {"gateway/settings.py"}


def test_only_process_loops_catch_everything() -> None:
    found = set()
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            caught = node.type if isinstance(node, ast.ExceptHandler) else ast.Constant("something else")
            if caught is None or ast.unparse(caught) in {"Exception", "BaseException"}:
                found.add(str(path.relative_to(ROOT)))
    assert found <= PROCESS_LOOPS


def test_no_except_passes_in_silence() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler) and all(isinstance(step, ast.Pass) for step in node.body)
    ]
    assert silent == []


@pytest.mark.parametrize("word", ["TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error"])
def test_nothing_is_left_for_later(word: str) -> None:
    assert [str(path) for path in FILES if word in path.read_text()] == []


def test_every_module_and_public_name_says_its_duty() -> None:
    silent = []
    for path in FILES:
        tree = ast.parse(path.read_text())
        if not ast.get_docstring(tree):
            silent.append(str(path.relative_to(ROOT)))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                silent += [] if ast.get_docstring(node) else [f"{path.relative_to(ROOT)}:{node.name}"]
    assert silent == []


def test_importing_does_nothing() -> None:
    """Every module is imported in a process that may neither connect, nor start a thread, nor write a log line."""
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in FILES]
    script = (
        "import importlib, logging, socket, sys, threading\n"
        "def refuse(*_): raise RuntimeError('an import must do nothing')\n"
        "socket.socket.connect = refuse\n"
        "before = threading.active_count()\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "assert threading.active_count() == before, 'a thread was started'\n"
        "assert not logging.getLogger().handlers, 'logging was set up'\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env={}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
