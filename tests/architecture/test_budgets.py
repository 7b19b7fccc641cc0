"""Budgets of the design, section 9: what outgrows them has two duties."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*ROOT.glob("gateway/**/*.py"), *ROOT.glob("workers/**/*.py")])
LINES, FUNCTION_LINES, PARAMETERS, COMPLEXITY = 300, 40, 6, 8
ACCOUNTS = {
    "gateway/sms/providers/twilio.py",
    "gateway/sms/providers/kannel.py",
    "gateway/sms/providers/africastalking.py",
}
"""Constructors here name each fact of a carrier's account, or repeat a carrier's SDK."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(source: str) -> list[Function]:
    """All functions of a source, inner ones too."""
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, Function)]


def length(function: Function) -> int:
    """Lines from `def` to the end, docstring included."""
    return (function.end_lineno or 0) - function.lineno + 1


def parameters(function: Function) -> int:
    """Parameters without self and cls."""
    arguments = function.args
    names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return len([name for name in names if name not in {"self", "cls"}])


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_keeps_its_budgets(path: Path) -> None:
    name, source = str(path.relative_to(ROOT)), path.read_text()
    assert len(source.splitlines()) <= LINES
    over = []
    for function in functions(source):
        where = f"{name}:{function.lineno} {function.name}"
        if length(function) > FUNCTION_LINES:
            over.append(f"{where}: {length(function)} lines")
        if parameters(function) > PARAMETERS and name not in ACCOUNTS:
            over.append(f"{where}: {parameters(function)} parameters")
    assert over == []


def test_no_function_has_too_many_ways_through() -> None:
    """Ruff counts, without heeding any exception written in a file."""
    ruff = Path(sys.executable).parent / "ruff"
    limit = f"lint.mccabe.max-complexity={COMPLEXITY}"
    command = [
        ruff,
        "check",
        "--no-cache",
        "--select",
        "C901",
        "--ignore-noqa",
        "--config",
        limit,
        "gateway",
        "workers",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_measures_measure() -> None:
    source = "class C:\n    def f(self, a, *, b):\n        if a:\n            return b\n        return a\n"
    (function,) = functions(source)
    assert (parameters(function), length(function)) == (2, 4)
