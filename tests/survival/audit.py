"""What the database holds, asked by plain SQL past the gateway's own code, compared with a carrier's ledger."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString

import psycopg

from tests.survival.carrier import Text
from tests.survival.deployment import Deployment

POLL_SECONDS = 0.5

_PROGRESS: LiteralString = """
    SELECT count(*), count(*) FILTER (WHERE state <> 'new'),
           (SELECT count(*) FROM outbound WHERE reply_to_id IS NOT NULL AND state IN ('sent', 'delivered')),
           (SELECT count(*) FROM outbound WHERE state IN ('queued', 'sending', 'unknown') AND not_before <= now())
    FROM inbound"""

_SUMS = (
    *("stored", "handled", "answered", "reports", "follow-ups"),
    *("cases", "urgent", "to sort", "deadlines", "sent again"),
)

_MUST_BE_EMPTY: Mapping[str, LiteralString] = {
    "stored twice": "SELECT provider_id FROM inbound GROUP BY 1 HAVING count(*) > 1",
    "not handled": "SELECT provider_id FROM inbound WHERE state <> 'handled'",
    "neither a case nor a follow-up": """
        SELECT provider_id, result FROM inbound WHERE case_id IS NULL OR result NOT IN ('report', 'follow_up')""",
    "not handled exactly once": """
        SELECT i.provider_id, count(e.id) FROM inbound i LEFT JOIN case_events e ON e.inbound_id = i.id
        GROUP BY i.id HAVING count(e.id) <> 1""",
    "not answered exactly once": """
        SELECT i.provider_id, count(o.id) FROM inbound i LEFT JOIN outbound o ON o.reply_to_id = i.id
        GROUP BY i.id HAVING count(o.id) <> 1""",
    "answer not delivered": """
        SELECT id, state FROM outbound WHERE reply_to_id IS NOT NULL AND state <> 'delivered'""",
    "answer to somebody else": """
        SELECT o.id FROM outbound o JOIN inbound i ON i.id = o.reply_to_id WHERE o.recipient <> i.sender""",
    "due and not gone": """
        SELECT id, state FROM outbound
        WHERE state IN ('queued', 'sending', 'unknown') AND not_before <= now()""",
    "lost on its way": "SELECT id, state FROM outbound WHERE state IN ('failed', 'expired')",
    "two cases of one message": "SELECT inbound_id FROM cases GROUP BY 1 HAVING count(*) > 1",
    "case without a message": "SELECT number FROM cases WHERE inbound_id IS NULL",
    "case without an owner": "SELECT number FROM cases WHERE owner_id IS NULL OR state = 'new'",
    "case without a rung": "SELECT number FROM cases c WHERE NOT EXISTS (SELECT FROM rungs WHERE case_id = c.id)",
    "case without a deadline": """
        SELECT number FROM cases c WHERE state NOT IN ('closed', 'withdrawn', 'merged')
        AND NOT EXISTS (
            SELECT FROM deadlines d WHERE d.case_id = c.id AND d.done_at IS NULL AND d.due_at <= c.due_at)""",
    "case opened twice": """
        SELECT case_id FROM case_events WHERE event = 'opened' GROUP BY 1 HAVING count(*) > 1""",
    "deadline twice": """
        SELECT case_id, kind FROM deadlines WHERE done_at IS NULL GROUP BY 1, 2 HAVING count(*) > 1""",
    "owner not told": """
        SELECT number FROM cases c WHERE NOT EXISTS (
            SELECT FROM outbound o WHERE o.case_id = c.id AND o.purpose = 'alert' AND o.post_id = c.owner_id)""",
}
"""Everything that must not be found once all is quiet: what it would mean, and how to find it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far the messages have come; `due` rows of the outbox should have left."""

    stored: int
    handled: int
    answered: int
    due: int


class Auditor:
    """Looks into the database of a deployment, and again when it was away."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    def progress(self) -> Progress | None:
        """How far it has come; None while the database is away."""
        try:
            with self._deployment.database() as connection:
                row = connection.execute(_PROGRESS).fetchone()
        except psycopg.OperationalError:
            return None
        stored, handled, answered, due = row or (0, 0, 0, 0)
        return Progress(stored=stored, handled=handled, answered=answered, due=due)

    def wait_until_quiet(self, texts: int, seconds: float) -> Progress | None:
        """Wait until so many texts are stored, handled and answered and nothing is due; gives the last look."""
        end = time.monotonic() + seconds
        while True:
            seen = self.progress()
            done = seen is not None and min(seen.stored, seen.handled, seen.answered) >= texts and not seen.due
            if done or time.monotonic() > end:
                return seen
            time.sleep(POLL_SECONDS)

    def faults(self, ledger: Mapping[str, Text]) -> dict[str, list[object]]:
        """Everything that is not as it must be: its name and the first rows of it; empty when all is well."""
        with self._deployment.database() as connection:
            found = {name: connection.execute(query).fetchmany(5) for name, query in _MUST_BE_EMPTY.items()}
            rows = connection.execute("SELECT provider_id, sender, text FROM inbound").fetchall()
        runs = {number.rpartition("-")[0] for number in ledger}
        stored = {row for row in rows if str(row[0]).rpartition("-")[0] in runs}
        taken = {(each.id, each.sender, each.text) for each in ledger.values()}
        found["taken and lost"] = sorted(taken - stored)[:5]
        found["stored and never sent"] = sorted(stored - taken)[:5]
        return {name: list(rows) for name, rows in found.items() if rows}

    def figures(self) -> dict[str, object]:
        """The sums that a report names."""
        with self._deployment.database() as connection:
            sums = connection.execute("""
                SELECT (SELECT count(*) FROM inbound), (SELECT count(*) FROM inbound WHERE state = 'handled'),
                       (SELECT count(DISTINCT reply_to_id) FROM outbound WHERE state = 'delivered'),
                       (SELECT count(*) FROM inbound WHERE result = 'report'),
                       (SELECT count(*) FROM inbound WHERE result = 'follow_up'),
                       (SELECT count(*) FROM cases), (SELECT count(*) FROM cases WHERE urgent),
                       (SELECT count(*) FROM cases WHERE to_sort),
                       (SELECT count(*) FROM deadlines WHERE done_at IS NULL),
                       (SELECT count(*) FROM outbound WHERE attempts > 1)""").fetchone()
            mix = connection.execute("SELECT category, count(*) FROM cases GROUP BY 1 ORDER BY 2 DESC, 1").fetchall()
            outbox = connection.execute("SELECT state, count(*) FROM outbound GROUP BY 1 ORDER BY 1").fetchall()
        return {**dict(zip(_SUMS, sums or (), strict=True)), "categories": dict(mix), "outbox": dict(outbox)}

    def liaisons(self) -> list[str]:
        """Phones of the registered liaisons, first numbers only."""
        with self._deployment.database() as connection:
            return [
                str(number)
                for (number,) in connection.execute("""
                    SELECT h.number FROM posts p JOIN phones h ON h.person_id = p.person_id
                    WHERE p.role = 'liaison' AND p.to_day IS NULL AND h.rank = 1 ORDER BY p.id""")
            ]
