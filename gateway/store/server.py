"""The database server itself: whether it keeps what it promises, how full it is, who stands in whose way.

Everything comes from PostgreSQL's own views, of which each role sees as much as it may.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """Connections in use, and how many an ordinary role may have in all."""

    used: int
    usable: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Idler:
    """A connection that holds a transaction open and does nothing, or waits long for a lock."""

    pid: int
    application: str
    since: timedelta
    blocked_by: int | None = None


def flags(session: Session, names: Sequence[str]) -> Mapping[str, str]:
    """The server's settings of some names; what the role may not see is missing."""
    rows = session.execute(text("SELECT name, setting FROM pg_settings WHERE name = ANY(:names)"), {"names": [*names]})
    return {row[0]: row[1] for row in rows}


def takes_no_writes(session: Session) -> bool:
    """Whether this is a standby that replays another server's log."""
    return session.scalar(text("SELECT pg_is_in_recovery()")) is True


def time(session: Session) -> datetime:
    """The server's own time, aware."""
    moment: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    return moment


def knows_zone(session: Session, zone: str) -> bool:
    """Whether the server has a time zone of this name."""
    return (
        session.scalar(text("SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = :zone)"), {"zone": zone}) is True
    )


def room(session: Session) -> Room:
    """How many connections are taken."""
    row = session.execute(
        text("""
            SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
                   (SELECT sum(CASE name WHEN 'max_connections' THEN setting::int ELSE -setting::int END)
                    FROM pg_settings
                    WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections'))""")
    ).one()
    return Room(used=int(row[0]), usable=int(row[1]))


def idlers(session: Session, longer_than: timedelta) -> list[Idler]:
    """Transactions left open by somebody who does nothing in them, longest first."""
    rows = session.execute(
        text("""
            SELECT pid, application_name, clock_timestamp() - state_change
            FROM pg_stat_activity
            WHERE datname = current_database() AND state LIKE 'idle in transaction%'
              AND state_change < clock_timestamp() - CAST(:span AS interval)
            ORDER BY state_change"""),
        {"span": longer_than},
    )
    return [Idler(pid=pid, application=name, since=since) for pid, name, since in rows]


def blocked(session: Session, longer_than: timedelta) -> list[Idler]:
    """Who has waited long for somebody's lock, and for whose, longest first."""
    rows = session.execute(
        text("""
            SELECT pid, application_name, clock_timestamp() - query_start, (pg_blocking_pids(pid))[1]
            FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'
              AND query_start < clock_timestamp() - CAST(:span AS interval)
            ORDER BY query_start"""),
        {"span": longer_than},
    )
    return [Idler(pid=pid, application=name, since=since, blocked_by=by) for pid, name, since, by in rows]


def broken_indexes(session: Session) -> Sequence[str]:
    """Indexes that a broken-off build left behind: they cost every write and serve no read."""
    return session.scalars(
        text("""
            SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            WHERE NOT i.indisvalid
              AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
            ORDER BY 1""")
    ).all()
