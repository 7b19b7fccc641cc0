"""Changes of a table that is in use, for revisions in `migrations/versions`: an index, and a column that is filled.

Expand, migrate, contract: first what old and new code can both live with (a column with a default, an index, a table),
then the old rows, and only in a later version, when no old process runs, what old code would miss.
"""

from collections.abc import Sequence

from alembic import op
from sqlalchemy import TextClause, text

FILL_ROWS = 10_000


def add_index(
    name: str, table: str, columns: Sequence[str | TextClause], *, where: str = "", unique: bool = False
) -> None:
    """Build an index while rows are written; what a broken-off build left behind is thrown away first.

    It waits for every transaction that is older, however long, and holds up nobody meanwhile.
    """
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        op.create_index(
            name,
            table,
            list(columns),
            unique=unique,
            postgresql_where=text(where) if where else None,
            postgresql_concurrently=True,
        )
        op.execute("RESET lock_timeout")


def fill(table: str, assignment: str, *, where: str, rows: int = FILL_ROWS) -> None:
    """`UPDATE table SET assignment WHERE where`, so many ids at a time, each batch a transaction of its own.

    `where` must no longer hold for a row that was filled: a fill that was broken off goes on where it was.
    """
    with op.get_context().autocommit_block():
        connection = op.get_bind()
        first, last = connection.execute(text(f"SELECT coalesce(min(id), 0), coalesce(max(id), -1) FROM {table}")).one()  # noqa: S608 - names from a revision
        update = text(f"UPDATE {table} SET {assignment} WHERE id >= :first AND id < :past AND ({where})")  # noqa: S608
        for start in range(first, last + 1, rows):
            connection.execute(update, {"first": start, "past": start + rows})
