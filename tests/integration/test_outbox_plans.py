"""With a long queue behind it and a long past, the outbox is worked on by its indexes alone."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.clock import ManualClock
from gateway.store import receipts, sending
from gateway.wiring import Services

QUEUED, SENT, REPORTS = 20_000, 100_000, 150_000
_FILL = text("""
INSERT INTO outbound (channel, recipient, body, template, language, segments, purpose, urgent, state, created_at,
                      not_before, expires_at, changed_at, attempts, provider, provider_id, cost, detail)
SELECT 'sms', '+8613' || (n % 5000), '已收到', 'note_done', 'zh', 1, 'result', n % 100 = 0,
       CASE WHEN n > :sent THEN 'queued' ELSE 'sent' END, :now,
       :now, CAST(:now AS timestamptz) + interval '1 day', :now, CASE WHEN n % 50 = 0 THEN 2 ELSE 0 END, 'kannel',
       CASE WHEN n > :sent THEN '' ELSE 'id-' || n END, '', ''
FROM generate_series(1, CAST(:sent AS int) + CAST(:queued AS int)) AS n
""")
_REPORTS = text("""
INSERT INTO receipts (message_id, provider, provider_id, status, word, final, detail, raw, received_at, applied_at)
SELECT NULL, 'kannel', CASE WHEN n % 10 = 0 THEN 'id-' || n ELSE 'strange-' || n END,
       CASE WHEN n % 20 = 0 THEN 'failed' ELSE 'delivered' END, '1', true, '', '{}', :now,
       CASE WHEN n > 1000 THEN CAST(:now AS timestamptz) END
FROM generate_series(1, CAST(:reports AS int)) AS n
""")

Work = Callable[[Session, datetime], object]

WORK: dict[str, Work] = {
    "claim": lambda session, now: sending.claim(session, now, 64),
    "claim what is urgent": lambda session, now: sending.claim(session, now, 64, urgent_only=True),
    "claim for the second carrier": lambda session, now: sending.claim(session, now, 64, place=(1, 2)),
    "claim what must be looked up": lambda session, now: sending.claim_unknown(session, now, 64),
    "take in hand": lambda session, now: sending.take_in_hand(session, [SENT + 1, SENT + 2], ["kannel"] * 2, now),
    "record": lambda session, now: sending.record(
        session, [sending.Taken(id=id_, provider_id="x", cost="", delivered=False) for id_ in range(1, 65)], now
    ),
    "take back": lambda session, now: sending.abandoned(session, now, 500),
    "give up quietly": lambda session, now: sending.expire_quietly(session, now, 500),
    "give up": lambda session, now: sending.expired(session, now, 500),
    "look whether anything is due": lambda session, now: sending.needs_attention(session, now, now),
    "apply plain reports": lambda session, now: receipts.apply_plain(session, now, 500),
    "find odd reports": lambda session, _: receipts.odd(session, 500),
    "give up reports": lambda session, now: receipts.give_up(session, now - timedelta(days=1), now, 500),
}


@pytest.fixture
def long_queue(services: Services, clock: ManualClock) -> Services:
    """Thousands of messages waiting and sent, and reports of other systems' messages among ours."""
    with services.engine.begin() as connection:
        connection.execute(_FILL, {"now": clock.now(), "queued": QUEUED, "sent": SENT})
        connection.execute(_REPORTS, {"now": clock.now(), "reports": REPORTS})
    with services.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE outbound, receipts"))
    return services


def test_no_table_is_read_from_end_to_end(long_queue: Services, clock: ManualClock) -> None:
    read = {name: _whole_reads_of(long_queue, work, clock.now()) for name, work in WORK.items()}
    assert read == dict.fromkeys(WORK, 0)


def _whole_reads_of(services: Services, work: Work, now: datetime) -> int:
    """How often some work reads a table from end to end, done often enough on one connection to be prepared."""
    reads = 0
    with services.engine.connect() as connection:
        for _ in range(8):
            with Session(connection) as session:
                before = _whole_reads(session)
                work(session, now)
                reads += _whole_reads(session) - before
                session.rollback()
    return reads


def _whole_reads(session: Session) -> int:
    """Sequential scans of the two big tables in this transaction so far."""
    query = "SELECT sum(seq_scan) FROM pg_stat_xact_user_tables WHERE relname IN ('outbound', 'receipts')"
    return int(session.scalar(text(query)) or 0)
