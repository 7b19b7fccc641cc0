"""Pages that walk through the code name files and things that exist."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "docs" / "way-of-a-report.md"]
_NAMED = re.compile(r"`((?:gateway|workers|tests|docs)/[\w/.-]+\.py)(?::([\w.]+))?`")
_FILES = re.compile(r"`((?:gateway|workers|templates|tests|docs|migrations|bench)/[\w/.-]*)`")


def _names(path: Path) -> set[str]:
    """Functions, classes, methods and module-level values of a file."""
    found: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{each.name}" for each in node.body if isinstance(each, ast.FunctionDef)}
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_and_name_that_a_page_mentions_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    missing = [path for path in _FILES.findall(text) if not (ROOT / path).exists()]
    for path, name in _NAMED.findall(text):
        if name and ((ROOT / path).exists() and name not in _names(ROOT / path)):
            missing.append(f"{path}:{name}")
    assert missing == []


def test_the_way_goes_through_every_step_of_the_flow() -> None:
    text = (ROOT / "docs" / "way-of-a-report.md").read_text("utf-8")
    helpers = {"__init__", "scene", "asking", "desk", "labels", "handover"}
    steps = {path.stem for path in (ROOT / "gateway" / "flow").glob("*.py")} - helpers
    assert {step for step in steps if f"gateway/flow/{step}.py" not in text} == set()
