"""Which statements a way sends, and whether their plans read a whole table."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event, text

Statements = dict[str, Any]
"""Each statement as it is sent, with the parameters of one of its calls."""
_PARTIAL = "SELECT indexrelid::regclass::text FROM pg_index WHERE indpred IS NOT NULL"
_EXPLAINED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


@contextmanager
def collected(engine: Engine) -> Iterator[Statements]:
    """Every different statement that goes through an engine meanwhile."""
    found: Statements = {}

    def remember(*sent: Any) -> None:  # noqa: ANN401 - as SQLAlchemy calls it
        _, _, statement, parameters, *_ = sent
        if statement.lstrip().upper().startswith(_EXPLAINED):
            found[statement] = parameters[0] if isinstance(parameters, list) else parameters

    event.listen(engine, "before_cursor_execute", remember)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", remember)


def whole_reads(engine: Engine, statements: Statements, tables: frozenset[str]) -> list[str]:
    """Every read of a whole table, or of a whole index that is not partial, with the statement's beginning."""
    found = []
    with engine.connect() as connection:
        partial = frozenset(connection.scalars(text(_PARTIAL)))
        for statement, parameters in statements.items():
            plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
            found += [
                f"{what} in {' '.join(statement.split())[:160]}" for what in _whole(plan[0]["Plan"], tables, partial)
            ]
        connection.rollback()
    return found


def _whole(node: Mapping[str, Any], tables: frozenset[str], partial: frozenset[str]) -> Iterator[str]:
    table, kind = node.get("Relation Name", ""), node["Node Type"]
    if table in tables and kind == "Seq Scan":
        yield f"{kind} on {table}"
    elif table in tables and kind in {"Index Scan", "Index Only Scan"} and _has_no_bounds(node, partial):
        yield f"{kind} of all of {node['Index Name']}"
    for below in node.get("Plans", ()):
        yield from _whole(below, tables, partial)


def _has_no_bounds(node: Mapping[str, Any], partial: frozenset[str]) -> bool:
    return "Index Cond" not in node and node["Index Name"] not in partial
