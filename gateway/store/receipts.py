"""Delivery reports that wait for their messages: found, and where they say nothing odd applied all at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gateway.store.outbound import Outbound, Receipt

# The message that a report is about: by our own id where the carrier repeats it, else by the carrier's. LATERAL with a
# LIMIT looks each report up by an index, however many the planner believes there to be.
MATCHED = """
receipts AS r CROSS JOIN LATERAL (
  SELECT m.id FROM outbound AS m WHERE m.id = r.message_id
  UNION ALL
  SELECT m.id FROM outbound AS m
  WHERE r.message_id IS NULL AND m.provider_id <> '' AND m.provider = r.provider AND m.provider_id = r.provider_id
  LIMIT 1) AS message
WHERE r.applied_at IS NULL AND r.outbound_id IS NULL
"""
# Nobody hands a message back for a "sent" or "delivered": what these two do to it needs no more than one statement.
_APPLY_PLAIN = text(f"""
WITH waiting AS MATERIALIZED (
  SELECT r.id, message.id AS outbound_id, r.provider, r.provider_id, r.status = 'delivered' AS delivered
  FROM {MATCHED} AND r.status IN ('delivered', 'sent', 'buffered')
  ORDER BY r.id LIMIT :most FOR UPDATE OF r SKIP LOCKED
), applied AS (
  UPDATE receipts AS r SET outbound_id = waiting.outbound_id, applied_at = :now FROM waiting WHERE r.id = waiting.id
), locked AS MATERIALIZED (
  SELECT o.id, o.provider FROM outbound AS o WHERE o.id IN (SELECT outbound_id FROM waiting) ORDER BY o.id FOR UPDATE
), news AS (
  SELECT locked.id, bool_or(waiting.delivered) AS delivered,
         COALESCE(max(waiting.provider_id) FILTER (WHERE waiting.provider = locked.provider), '') AS provider_id
  FROM waiting JOIN locked ON locked.id = waiting.outbound_id
  WHERE waiting.delivered OR waiting.provider = locked.provider
  GROUP BY locked.id
), moved AS (
  UPDATE outbound AS o
  SET provider_id = CASE WHEN o.provider_id = '' THEN news.provider_id ELSE o.provider_id END,
      changed_at = CASE WHEN news.delivered OR o.state IN ('sending', 'unknown') THEN :now ELSE o.changed_at END,
      failure = CASE WHEN news.delivered THEN NULL ELSE o.failure END,
      state = CASE WHEN news.delivered THEN 'delivered'
                   WHEN o.state IN ('sending', 'unknown') THEN 'sent'
                   ELSE o.state END
  FROM news
  WHERE o.id = news.id AND (news.delivered OR o.state IN ('sending', 'unknown')
                            OR (o.provider_id = '' AND news.provider_id <> ''))
  RETURNING o.recipient, news.delivered
)
SELECT (SELECT count(*) FROM waiting) AS found,
       ARRAY(SELECT DISTINCT recipient FROM moved WHERE delivered) AS reached
""")  # noqa: S608 - made of parts that stand here
_ODD = text(f"""
SELECT r.id FROM {MATCHED} AND r.status NOT IN ('delivered', 'sent', 'buffered') ORDER BY r.id LIMIT :most
""")  # noqa: S608 - as above
_GIVE_UP = text("""
UPDATE receipts SET applied_at = :now
WHERE id IN (
  SELECT id FROM receipts WHERE applied_at IS NULL AND outbound_id IS NULL AND received_at < :before
  ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED)
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Applied:
    """How many reports found their message, and the numbers of the phones that one was delivered to."""

    found: int
    reached: Sequence[str]


def apply_plain(session: Session, now: datetime, most: int) -> Applied:
    """Apply the oldest `most` reports that say "taken" or "delivered" and whose message is known by now."""
    row = session.execute(_APPLY_PLAIN, {"now": now, "most": most}).one()
    return Applied(found=row.found, reached=row.reached)


def odd(session: Session, most: int) -> Sequence[int]:
    """The oldest reports that say anything else and whose message is known by now.

    Reports of messages that are not ours wait aside: however many there are, they hold up no other.
    """
    return session.scalars(_ODD, {"most": most}).all()


def waiting(session: Session, ids: Sequence[int]) -> Sequence[Receipt]:
    """Lock those of some reports that still wait, oldest first."""
    query = select(Receipt).where(Receipt.id.in_(ids), Receipt.applied_at.is_(None)).order_by(Receipt.id)
    return session.scalars(query.with_for_update(skip_locked=True)).all()


def give_up(session: Session, before: datetime, now: datetime, most: int) -> None:
    """Reports received before a moment whose message never came are waited for no longer; `apply_plain` comes first."""
    session.execute(_GIVE_UP, {"before": before, "now": now, "most": most})


def message_of(session: Session, receipt: Receipt) -> Outbound | None:
    """The message that a report is about, locked: by our own id where the carrier repeats it, else by the carrier's."""
    if receipt.message_id is not None:
        return session.get(Outbound, receipt.message_id, with_for_update=True)
    if not receipt.provider_id:
        return None
    return session.scalar(
        select(Outbound)
        .where(Outbound.provider == receipt.provider, Outbound.provider_id == receipt.provider_id)
        .with_for_update()
        .limit(1)
    )
