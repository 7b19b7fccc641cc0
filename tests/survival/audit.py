"""What a database holds, asked by plain SQL past the gateway's own code, compared with the carriers' ledgers."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import LiteralString, Protocol

import psycopg

from tests.faults.carrier_server import Call
from tests.survival.carrier import Text
from tests.survival.must_not_be import ALWAYS, OF_REPORTS

POLL_SECONDS = 0.2
IN_HAND_SECONDS = 10.0
SHOWN = 5

_PROGRESS: LiteralString = """
    SELECT count(*), count(*) FILTER (WHERE state <> 'new'),
           (SELECT count(*) FROM outbound WHERE reply_to_id IS NOT NULL AND state IN ('sent', 'delivered')),
           (SELECT count(*) FROM outbound WHERE state IN ('queued', 'sending')
                AND not_before <= now() OR state = 'unknown')
    FROM inbound"""

_SUMS = (
    *("stored", "handled", "answered", "reports", "follow-ups"),
    *("cases", "urgent", "to sort", "deadlines", "sent again"),
)

_ALL_TAKEN = frozenset({"sent", "delivered"})


class Place(Protocol):
    """Something with a database: a deployment, or a test's own."""

    def database(self) -> psycopg.Connection:
        """A connection that commits by itself; raises psycopg.OperationalError while the server is down."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far the messages have come; `due` rows of the outbox should have left."""

    stored: int
    handled: int
    answered: int
    due: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Losses:
    """How many messages of a ledger came to harm.

    `lost`: taken with a 200 and not stored, or never handled. `doubled`: stored or opened as a case more than once,
    or sent to the phone more often than once. `unanswered`: handled, and nothing left for the sender.
    `unknown`: sent more than once because the carrier had hidden that it took them.
    """

    lost: int
    doubled: int
    unanswered: int
    unknown: int = 0


class Auditor:
    """Looks into the database of a place, and again when it was away."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def progress(self) -> Progress | None:
        """How far it has come; None while the database is away."""
        try:
            with self._place.database() as connection:
                row = connection.execute(_PROGRESS).fetchone()
        except psycopg.OperationalError:
            return None
        stored, handled, answered, due = row or (0, 0, 0, 0)
        return Progress(stored=stored, handled=handled, answered=answered, due=due)

    def wait_until_quiet(self, texts: int, seconds: float, *, leases: bool = True) -> Progress | None:
        """Wait until so many texts are stored, handled and answered and nothing is due; gives the last look.

        Without `leases` what a dead process held is not waited for (`let_leases_pass`).
        """
        end = time.monotonic() + seconds
        while True:
            if not leases:
                self.let_leases_pass(IN_HAND_SECONDS)
            seen = self.progress()
            done = seen is not None and min(seen.stored, seen.handled, seen.answered) >= texts and not seen.due
            if done or time.monotonic() > end:
                return seen
            time.sleep(POLL_SECONDS)

    def faults(
        self, ledger: Mapping[str, Text], calls: Iterable[Call] | None = None, *, only_reports: bool = True
    ) -> dict[str, list[object]]:
        """Everything that is not as it must be: its name and the first rows of it; empty when all is well.

        `calls` is the log of the fake carrier, where everything went through that; `only_reports`: the texts were
        reports of liaisons, and every phone could be reached.
        """
        queries = {**ALWAYS, **OF_REPORTS} if only_reports else ALWAYS
        with self._place.database() as connection:
            found = {name: connection.execute(query).fetchmany(SHOWN) for name, query in queries.items()}
        missing, strange = self._compared(ledger)
        found["taken and lost"] = sorted(missing)[:SHOWN]
        found["stored and never sent"] = sorted(strange)[:SHOWN]
        if calls is not None:
            found |= self._at_the_carrier(calls)
        return {name: list(rows) for name, rows in found.items() if rows}

    def losses(self, ledger: Mapping[str, Text], calls: Iterable[Call] | None = None) -> Losses:
        """The sums of a table: how many texts of the ledger came to harm, and how many messages at the carrier."""
        reached = _by_message(calls or ())
        with self._place.database() as connection:
            unhandled = _count(connection, "SELECT count(*) FROM inbound WHERE state IN ('new', 'failed')")
            cases = _count(
                connection,
                """SELECT count(*) FROM (SELECT inbound_id FROM cases GROUP BY 1 HAVING count(*) > 1) AS twice""",
            )
            unanswered = _count(
                connection,
                """SELECT count(*) FROM inbound i WHERE state = 'handled' AND person_id IS NOT NULL AND NOT EXISTS (
                       SELECT FROM outbound o WHERE o.reply_to_id = i.id
                       AND o.state NOT IN ('queued', 'failed', 'expired'))""",
            )
        twice = [each for each in reached.values() if sum(call.taken for call in each) > 1]
        hidden = sum(any(call.lied for call in each) for each in twice)
        return Losses(
            lost=len(self._compared(ledger)[0]) + unhandled,
            doubled=cases + len(twice) - hidden,
            unanswered=unanswered,
            unknown=hidden,
        )

    def let_leases_pass(self, in_hand_seconds: float = 0.0) -> int:
        """Put back the hands of the clock for what a dead process held, so that a test does not wait for its lease.

        What was claimed less than `in_hand_seconds` ago is left alone: somebody may be calling the carrier with it.
        Gives how many messages waited.
        """
        with self._place.database() as connection:
            held = connection.execute(
                """UPDATE outbound SET changed_at = changed_at - interval '10 minutes'
                   WHERE state = 'sending' AND changed_at < now() - make_interval(secs => %s)""",
                [in_hand_seconds],
            ).rowcount
            asked = connection.execute(
                """UPDATE outbound SET not_before = now()
                   WHERE state = 'unknown' AND changed_at < now() - make_interval(secs => %s)""",
                [in_hand_seconds],
            ).rowcount
        return held + asked

    def figures(self) -> dict[str, object]:
        """The sums that a report names."""
        with self._place.database() as connection:
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
        with self._place.database() as connection:
            return [
                str(number)
                for (number,) in connection.execute("""
                    SELECT h.number FROM posts p JOIN phones h ON h.person_id = p.person_id
                    WHERE p.role = 'liaison' AND p.to_day IS NULL AND h.rank = 1 ORDER BY p.id""")
            ]

    def _compared(self, ledger: Mapping[str, Text]) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
        """What was taken and is not stored, and what is stored in the ledger's runs and was never taken."""
        with self._place.database() as connection:
            rows = connection.execute("SELECT provider_id, sender, text FROM inbound").fetchall()
        runs = {number.rpartition("-")[0] for number in ledger}
        stored = {row for row in rows if str(row[0]).rpartition("-")[0] in runs}
        taken: set[tuple[str, ...]] = {(each.id, each.sender, each.text) for each in ledger.values()}
        return taken - stored, stored - taken

    def _at_the_carrier(self, calls: Iterable[Call]) -> dict[str, list[tuple[object, ...]]]:
        """Where the outbox and the carrier's own log differ."""
        found: dict[str, list[tuple[object, ...]]] = defaultdict(list)
        reached = _by_message(calls)
        with self._place.database() as connection:
            rows = connection.execute("SELECT id, state, provider, recipient, body FROM outbound").fetchall()
        for number, state, provider, recipient, body in rows:
            here = reached.pop(number, [])
            taken, lied = sum(call.taken for call in here), any(call.lied for call in here)
            if state in _ALL_TAKEN and provider == "kannel" and not taken:
                found["sent, and never reached the carrier"].append((number, state))
            if taken > 1 and not lied:
                found["reached the carrier twice"].append((number, state, taken))
            if taken and not lied and state not in _ALL_TAKEN | {"failed"}:
                found["reached the carrier, and nobody knows"].append((number, state))
            if any((call.recipient, call.text) != (recipient, body) for call in here):
                found["another text reached the carrier"].append((number, state))
        found["reached the carrier and is none of ours"] = [(number,) for number in reached]
        return {name: each[:SHOWN] for name, each in found.items()}


def _by_message(calls: Iterable[Call]) -> dict[int, list[Call]]:
    found: dict[int, list[Call]] = defaultdict(list)
    for call in calls:
        found[call.message].append(call)
    return found


def _count(connection: psycopg.Connection, query: LiteralString) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
