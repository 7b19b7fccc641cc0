"""Makes survival.md from what the tests of faults found last."""

from collections.abc import Iterator, Mapping

from tests.faults.recorder import read

PAGE = "survival.md"
HEAD = """# What it survives

Made from `tests/faults/results/latest.json` by `make test-faults`: do not edit. What an operator sees of each fault,
and what to do: [runbook.md](runbook.md).

Real processes on real PostgreSQL and Valkey, with messages in flight. Texts come in through the webhook from a carrier
that repeats each until it has its 200, and sometimes afterwards; everything leaves through a carrier that is a process
of its own and writes down what reaches it. Both ledgers stand outside the system and are compared with the database by
plain SQL (`tests/survival/audit.py`): every text that got a 200 is stored once, handled once and answered once; every
case has an owner and a next deadline, or is closed; every text that we say we sent reached the carrier once; nothing
that was not accepted got a 200.

*lost*: had its 200, and is not stored or was never handled · *doubled*: became two cases, or reached a phone twice ·
*unanswered*: handled, and no answer left · *unknown*: reached a phone twice because the carrier itself had hidden that
it took it (a text too many is better than a text that never comes) · *naive*: the same blows on what most projects
would build, one RQ job for each message, no sweep, no outbox (`tests/faults/naive_gateway.py`).
"""
TABLE = """
| fault | gateway | times | messages | lost | doubled | unanswered | unknown | seconds | |
|---|---|---:|---:|---:|---:|---:|---:|---:|---|"""
METHOD = """
## How every commit is hit

Beside random blows, whose seed each run prints, every process is tried systematically (`tests/faults/doomed.py`):
between two exchanges with PostgreSQL, the queue or a carrier a process changes nothing but its own memory, so there are
only as many different moments to die as there are exchanges. For each of them a process does the same work on a copy of
the same database, gets SIGKILL behind that exchange, and a healthy gateway takes over. The measure is the run in which
nobody died: the same cases, history, rungs, deadlines, questions and texts must stand there in the end, no more and no
fewer. `make test` tries some of the moments, `make test-faults` all.
"""


def render() -> str:
    """The page."""
    return "\n".join([HEAD.rstrip(), TABLE, *_rows(), METHOD])


def _rows() -> Iterator[str]:
    for row in read():
        words = (row["fault"], row["variant"])
        sums = (row[name] for name in ("kills", "sent", "lost", "doubled", "unanswered", "unknown"))
        yield "| " + " | ".join(map(str, (*words, *sums, _rounded(row), row["note"]))) + " |"


def _rounded(row: Mapping[str, object]) -> str:
    return f"{float(str(row['seconds'])):.0f}"
