"""Rows of a whole set of messages, written together: one COPY for each table.

Writing a report takes about a dozen rows. One statement for each would cost more than everything else that is done for
the report; one COPY for each table costs the same for two hundred reports as for one.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, cast

from psycopg import Connection, sql
from sqlalchemy import ColumnElement
from sqlalchemy import inspect as inspected
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import RelationshipDirection, Session

from gateway.store.base import Row
from gateway.store.cases import Case


class SetSession(Session):
    """A session that gathers what is added to it; `write` puts it into the database, and nothing else does.

    What is gathered cannot be queried before it is written: whoever works on a set must know that no two of its
    messages ask for each other's rows (`flow/sets.py`).
    """

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self._gathered: dict[type[Row], list[Row]] = {}

    def add(self, instance: object, *, _warn: bool = True) -> None:
        """Gather a new row; one that a collection has brought into the session already is written with what changed."""
        if not isinstance(instance, Row):
            raise TypeError(f"{type(instance).__name__} is no row")
        if inspected(instance).transient:
            self._gathered.setdefault(type(instance), []).append(instance)

    def add_all(self, instances: Iterable[object]) -> None:
        """Gather new rows."""
        for instance in instances:
            self.add(instance)

    def flush(self, objects: Sequence[object] | None = None) -> None:
        """Nothing: `write` does it once for the whole set."""

    def write(self) -> None:
        """Write new cases, to which changed rows refer, then the changes, then rows that may take their place."""
        self._copy_in({Case: self._gathered.pop(Case, [])})
        super().flush()
        self._copy_in(self._gathered)
        self._gathered.clear()

    def _copy_in(self, gathered: Mapping[type[Row], Sequence[Row]]) -> None:
        driver = cast("Connection[Any]", self.connection().connection.driver_connection)
        for kind, rows in gathered.items():
            if rows:
                _copy(driver, kind, rows)


def _copy(connection: Connection[Any], kind: type[Row], rows: Sequence[Row]) -> None:
    """Write rows of one table, which gives them their ids unless they have them."""
    columns = _columns(kind) if inspected(rows[0]).dict.get("id") else _columns(kind)[1:]
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(kind.__tablename__), names)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            values = inspected(row).dict
            copy.write_row([column.read(values) for column in columns])


@dataclass(frozen=True, kw_only=True, slots=True)
class _Column:
    """How a column is read off the values of a row that was never flushed."""

    name: str
    relation: str  # the attribute that holds the row which a foreign key refers to, where it has one
    default: object
    is_json: bool

    def read(self, values: Mapping[str, Any]) -> object:
        """The value as PostgreSQL's COPY takes it."""
        found = values.get(self.name)
        if found is None and self.relation:
            found = getattr(values.get(self.relation), "id", None)
        if found is None:
            found = self.default() if callable(self.default) else self.default
        if self.is_json:
            return json.dumps(found, ensure_ascii=False)
        return found.value if isinstance(found, Enum) else found


@cache
def _columns(kind: type[Row]) -> list[_Column]:
    """The columns of a table, its id first."""
    mapper = inspected(kind)
    referring = {
        next(iter(relation.local_columns)).name: relation.key
        for relation in mapper.relationships
        if relation.direction is RelationshipDirection.MANYTOONE
    }
    return [
        _Column(
            name=column.name,
            relation=referring.get(column.name, ""),
            default=_default(column),
            is_json=isinstance(column.type, JSONB),
        )
        for column in mapper.local_table.columns
    ]


def _default(column: ColumnElement[Any]) -> object:
    """What stands in a column that was not given: a value, or what makes one."""
    default = getattr(column, "default", None)
    if default is None:
        return None
    argument = default.arg
    return (lambda: argument(None)) if default.is_callable else argument
