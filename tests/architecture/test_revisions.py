"""Revisions leave a database that the version before can go on writing to (docs/runbook.md, "A new version")."""

import ast
from pathlib import Path

import pytest

VERSIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"
BEFORE_ANYBODY_RAN_IT = {"0001_first_tables", "0002_menus_and_rehearsal"}


def harmful(source: str) -> list[str]:
    """What a revision does that old processes cannot stand, or that keeps a live table for itself.

    One that comes when no old process is left says so: its docstring begins with "Contract:".
    """
    tree = ast.parse(source)
    contracts = (ast.get_docstring(tree) or "").startswith("Contract:")
    upgrade = next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade"), tree)
    calls = [node for node in ast.walk(upgrade) if isinstance(node, ast.Call)]
    made = {str(ast.literal_eval(call.args[0])) for call in calls if ast.unparse(call.func) == "op.create_table"}
    found = []
    for call in calls:
        name, words = ast.unparse(call.func), {word.arg: ast.unparse(word.value) for word in call.keywords}
        if name == "op.create_index" and ast.literal_eval(call.args[1]) not in made:
            found.append(f"line {call.lineno}: an index on a live table is built by add_index")
        if (
            name == "op.add_column"
            and "nullable=False" in (column := ast.unparse(call))
            and "server_default" not in column
        ):
            found.append(f"line {call.lineno}: old code gives no value for this column")
        if name == "op.alter_column" and words.get("server_default") == "None" and not contracts:
            found.append(f"line {call.lineno}: old code still needs this default")
        gone = name in {"op.drop_column", "op.drop_table", "op.rename_table"} or "new_column_name" in words
        if gone and not contracts:
            found.append(f"line {call.lineno}: old code still uses it")
    return found


@pytest.mark.parametrize("path", sorted(VERSIONS.glob("*.py")), ids=lambda path: path.stem)
def test_a_revision_lets_old_processes_go_on(path: Path) -> None:
    assert path.stem in BEFORE_ANYBODY_RAN_IT or harmful(path.read_text("utf-8")) == []


def test_the_judge_sees_what_does_harm() -> None:
    assert len(harmful((VERSIONS / "0002_menus_and_rehearsal.py").read_text("utf-8"))) == 6
    good = 'op.create_table("t", x)\n    op.create_index("i", "t", ["c"])\n    add_index("j", "u", ["c"])'
    assert harmful(f"def upgrade():\n    {good}") == []
    assert harmful('def upgrade():\n    op.drop_column("cases", "text")') == ["line 2: old code still uses it"]
    assert harmful('"""Contract: gone."""\ndef upgrade():\n    op.drop_column("cases", "text")') == []
