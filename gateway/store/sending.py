"""The outbox as the senders work on it, whole sets of rows at a time; every statement goes by an index made for it.

Several processes send from one outbox. What one has locked the others pass over; what one has in hand stands there as
`sending`, and no other message to that phone leaves before its outcome is recorded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row as Found
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gateway.store.outbound import Outbound
from gateway.store.receipts import MATCHED

MOST_WINDOWS = 4
"""How often a claim looks further down the queue for phones that it has not met yet."""

# A queue that has just grown is not in the planner's statistics: it would rather sort it all than read its beginning.
_BY_INDEX = text("SELECT set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true)")
# The states stand in the statements themselves: an index of `state = 'queued'` serves no parameter.
_WINDOW = """
SELECT o.id, o.recipient
FROM outbound AS o
WHERE o.state = 'queued' AND o.not_before <= :now {urgent} {place}
  AND o.recipient NOT IN (SELECT held.recipient FROM outbound AS held WHERE held.state = 'sending')
  AND o.recipient NOT IN (SELECT unnest(CAST(:met AS text[])))
ORDER BY o.urgent DESC, o.id
LIMIT :window
"""
_CLAIM = text("""
SELECT o.id, o.recipient, o.body, o.purpose, o.urgent, o.expires_at, o.attempts
FROM outbound AS o
WHERE o.id = ANY (CAST(:ids AS bigint[])) AND o.state = 'queued'
  AND NOT EXISTS (SELECT FROM outbound AS held WHERE held.state = 'sending' AND held.recipient = o.recipient)
  AND o.id = (
    SELECT first.id FROM outbound AS first
    WHERE first.state = 'queued' AND first.recipient = o.recipient AND first.not_before <= :now
    ORDER BY first.urgent DESC, first.id LIMIT 1)
FOR UPDATE OF o SKIP LOCKED
""")
_TAKE_IN_HAND = text("""
UPDATE outbound AS o
SET state = 'sending', provider = taken.provider, attempts = o.attempts + 1, changed_at = :now
FROM unnest(CAST(:ids AS bigint[]), CAST(:providers AS text[])) AS taken (id, provider)
WHERE o.id = taken.id
""")
_PUT_BACK = text("""
UPDATE outbound SET state = 'queued', attempts = attempts - 1, changed_at = :now
WHERE id = :id AND attempts = :attempts AND state = 'sending'
""")
# Rows are locked in the order of their ids, here and where reports are applied: two that record never wait in a circle.
_RECORD = text("""
WITH answered AS (
  SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:provider_ids AS text[]), CAST(:costs AS text[]),
                       CAST(:delivered AS boolean[])) AS a (id, provider_id, cost, delivered)
), locked AS MATERIALIZED (
  SELECT o.id FROM outbound AS o WHERE o.id = ANY (CAST(:ids AS bigint[])) ORDER BY o.id FOR UPDATE
)
UPDATE outbound AS o
SET provider_id = COALESCE(NULLIF(a.provider_id, ''), o.provider_id),
    cost = a.cost,
    changed_at = CASE WHEN a.delivered OR o.state IN ('sending', 'unknown') THEN :now ELSE o.changed_at END,
    failure = CASE WHEN a.delivered THEN NULL ELSE o.failure END,
    state = CASE WHEN a.delivered THEN 'delivered'
                 WHEN o.state IN ('sending', 'unknown') THEN 'sent'
                 ELSE o.state END
FROM answered AS a JOIN locked USING (id)
WHERE o.id = a.id
""")
# The first condition names the index, the second what is meant: a message to be looked up is not given up quietly.
_EXPIRE_QUIETLY = text("""
UPDATE outbound SET state = 'expired', changed_at = :now
WHERE id IN (
  SELECT id FROM outbound
  WHERE state IN ('queued', 'unknown') AND state = 'queued' AND expires_at <= :now AND attempts = 0
    AND (purpose <> 'alert' OR case_id IS NULL OR post_id IS NULL)
  ORDER BY expires_at LIMIT :most FOR UPDATE SKIP LOCKED)
""")
# In the order of an index, so that the first row is found there: EXISTS alone hopes to meet one soon in the table.
_NEEDS_ATTENTION = text(f"""
SELECT EXISTS (SELECT FROM (SELECT FROM outbound WHERE state IN ('queued', 'unknown') AND not_before <= :now
                            ORDER BY not_before LIMIT 1) AS due)
    OR EXISTS (SELECT FROM outbound WHERE state = 'sending' AND changed_at < :claimed_before)
    OR EXISTS (SELECT FROM (SELECT FROM {MATCHED} ORDER BY r.id LIMIT 1) AS reported)
""")  # noqa: S608 - made of parts that stand in the code


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """A message that a carrier took; `delivered` when it said in the same answer that the phone has it."""

    id: int
    provider_id: str
    cost: str
    delivered: bool


def claim(
    session: Session, now: datetime, most: int, *, urgent_only: bool = False, place: tuple[int, int] = (0, 1)
) -> Sequence[Found[Any]]:
    """Lock up to `most` messages that may leave now, urgent ones first: of each recipient the first, none in hand.

    `place` (n, of m): those whose turn it is with the n-th of m carriers, which changes after every two attempts.
    """
    ids = _first_of_each(session, now, most, urgent_only=urgent_only, place=place)
    if not ids:
        return []
    rows = session.execute(_CLAIM, {"ids": ids, "now": now}).all()
    return sorted(rows, key=lambda row: (not row.urgent, row.id))


def _first_of_each(
    session: Session, now: datetime, most: int, *, urgent_only: bool, place: tuple[int, int]
) -> list[int]:
    """The first messages of up to `most` phones, in the order of the queue.

    Read in that order, the first message met of a phone is its first. However many wait for one phone, the next window
    passes them by.
    """
    number, carriers = place
    several = carriers > 1
    statement = text(
        _WINDOW.format(
            urgent="AND o.urgent" if urgent_only else "",
            place="AND mod(o.attempts / 2, :carriers) = :number" if several else "",
        )
    )
    values = {"now": now, "window": 2 * most, **({"number": number, "carriers": carriers} if several else {})}
    session.execute(_BY_INDEX)
    met: dict[str, int] = {}
    for _ in range(MOST_WINDOWS):
        window = session.execute(statement, {**values, "met": list(met)}).all()
        for row in window:
            met.setdefault(row.recipient, row.id)
        if len(met) >= most or len(window) < 2 * most:
            break
    return list(met.values())[:most]


def take_in_hand(session: Session, ids: Sequence[int], providers: Sequence[str], now: datetime) -> None:
    """Claimed messages leave through these carriers now: the commit comes before the calls."""
    session.execute(_TAKE_IN_HAND, {"ids": list(ids), "providers": list(providers), "now": now})


def put_back(session: Session, message_id: int, attempts: int, now: datetime) -> None:
    """No carrier was called for a message that is still in hand, at this many attempts."""
    session.execute(_PUT_BACK, {"id": message_id, "attempts": attempts, "now": now})


def record(session: Session, taken: Sequence[Taken], now: datetime) -> None:
    """Carriers took these messages; what a report has settled meanwhile stays settled."""
    columns = {
        "ids": [each.id for each in taken],
        "provider_ids": [each.provider_id for each in taken],
        "costs": [each.cost for each in taken],
        "delivered": [each.delivered for each in taken],
    }
    session.execute(_RECORD, {**columns, "now": now})


def claim_unknown(session: Session, now: datetime, most: int) -> Sequence[Outbound]:
    """Lock messages that must be looked up now, because their call broke off."""
    return session.scalars(
        select(Outbound)
        .where(text("outbound.state = 'unknown'"), Outbound.not_before <= now)
        .order_by(Outbound.not_before)
        .limit(most)
        .with_for_update(skip_locked=True, of=Outbound)
    ).all()


def abandoned(session: Session, claimed_before: datetime, most: int) -> Sequence[Outbound]:
    """Lock messages whose sender died between claim and record: the carrier may or may not have them.

    `claimed_before` lies the machine's LEASE back, as in `outbound.needs_attention`.
    """
    return session.scalars(
        select(Outbound)
        .where(text("outbound.state = 'sending'"), Outbound.changed_at < claimed_before)
        .limit(most)
        .with_for_update(skip_locked=True, of=Outbound)
    ).all()


def expire_quietly(session: Session, now: datetime, most: int) -> None:
    """Give up messages whose time has passed before any call, where nobody need be told of it in another way."""
    session.execute(_EXPIRE_QUIETLY, {"now": now, "most": most})


def expired(session: Session, now: datetime, most: int) -> Sequence[Outbound]:
    """Lock messages whose time has passed before they left, or before anybody could say whether they did."""
    return session.scalars(
        select(Outbound)
        .where(text("outbound.state IN ('queued', 'unknown')"), Outbound.expires_at <= now)
        .order_by(Outbound.expires_at)
        .limit(most)
        .with_for_update(skip_locked=True, of=Outbound)
    ).all()


def needs_attention(session: Session, now: datetime, claimed_before: datetime) -> bool:
    """Whether anything is due to leave, to be looked up, to be given up, or to be matched with its report."""
    return session.scalar(_NEEDS_ATTENTION, {"now": now, "claimed_before": claimed_before}) is True
