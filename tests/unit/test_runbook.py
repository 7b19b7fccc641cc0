"""docs/runbook.md has a line for everything that `gateway doctor` looks at, and names only what there is."""

import ast
import re
from pathlib import Path

from gateway.doctor.finding import Finding, Verdict, worst

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "runbook.md").read_text("utf-8")
WORDS = {"well", "look", "fail", "verdict"}


def subjects() -> set[str]:
    """First words of everything that a look can say."""
    found = set()
    for path in (ROOT / "gateway" / "doctor").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).strip("()").split(" ")[0] in WORDS and node.args:
                first = node.args[0]
                found |= {first.value} if isinstance(first, ast.Constant) else set()
    return found


def test_everything_that_the_doctor_looks_at_has_its_line() -> None:
    rows = [row.split("|")[1] for row in PAGE.splitlines() if row.startswith("| ")]
    named = {name for cell in rows for name in re.findall(r"`(\w+)`", cell)}
    assert len(subjects()) > 20
    assert subjects() - named == set()
    assert named - subjects() <= {"NOT"}


def test_logs_and_metrics_that_it_names_exist() -> None:
    sources = "".join(path.read_text("utf-8") for path in [*ROOT.glob("gateway/**/*.py"), *ROOT.glob("workers/*.py")])
    named = re.findall(r"`(lianhu_\w+)", PAGE)
    named += re.findall(r"logs `(\w+)", PAGE)
    assert len(named) > 8
    assert [name for name in named if f'"{name}"' not in sources] == []


def test_the_gravest_finding_decides() -> None:
    def found(verdict: Verdict) -> Finding:
        return Finding(subject="x", verdict=verdict, seen="y")

    assert worst([]) is Verdict.OK
    assert worst([found(Verdict.OK), found(Verdict.FAIL), found(Verdict.LOOK)]) is Verdict.FAIL
    assert worst([found(Verdict.LOOK), found(Verdict.OK)]) is Verdict.LOOK
