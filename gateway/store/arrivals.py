"""What carriers hand over, stored before they are answered: texts once each, delivery reports as they come.

All that waits in a process goes to the database as one JSON list, in one statement and one commit.
"""

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, TextClause, text

from gateway.domain.messages import DeliveryReceipt, InboundMessage
from gateway.store import prompt
from gateway.store.together import Together

_Row = Mapping[str, Any]

# Numbered as they came, since a sender's order is by number; inserted in the order of their keys, so that two
# processes that were handed the same texts never wait for each other in a circle. What is there already stays.
_STORE_TEXTS = text("""
WITH numbered AS MATERIALIZED (
    SELECT nextval('inbound_id_seq') AS id, channel, provider, provider_id, sender, recipient, text, masked, opt_out,
           raw, sent_at, received_at
    FROM jsonb_populate_recordset(NULL::inbound, CAST(:rows AS jsonb))
)
INSERT INTO inbound (id, channel, provider, provider_id, sender, recipient, text, masked, opt_out,
                     raw, sent_at, received_at, state, attempts, result, error, proof, unfinished)
SELECT *, 'new', 0, '', '', 'none', false FROM numbered ORDER BY provider, provider_id
ON CONFLICT (provider, provider_id) DO NOTHING
""")

_STORE_REPORTS = text("""
INSERT INTO receipts (message_id, provider, provider_id, status, word, final, failure, detail, raw, received_at)
SELECT message_id, provider, provider_id, status, word, final, failure, detail, raw, received_at
FROM jsonb_populate_recordset(NULL::receipts, CAST(:rows AS jsonb))
""")


class Arrivals:
    """The way in for all threads of a process; `engine` is in autocommit (`prompt.run`)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._texts = Together[_Row](self._write_texts)
        self._reports = Together[_Row](self._write_reports)

    def store_texts(self, messages: Iterable[InboundMessage]) -> None:
        """Come back when the messages are committed, each once however often the carrier hands it over.

        Raises one of `prompt.AWAY` when the database does not answer: then the carrier must come again.
        """
        self._texts.add([_text_row(message) for message in messages])

    def store_reports(self, reports: Iterable[DeliveryReceipt], *, now: datetime) -> None:
        """The same for delivery reports; one that comes twice is two rows, which does no harm (flow/receipts.py)."""
        self._reports.add([_report_row(report, now) for report in reports])

    def _write_texts(self, rows: Sequence[_Row]) -> None:
        prompt.run(self._engine, lambda connection: _insert(connection, _STORE_TEXTS, rows))

    def _write_reports(self, rows: Sequence[_Row]) -> None:
        prompt.run(self._engine, lambda connection: _insert(connection, _STORE_REPORTS, rows))


def store_texts(connection: Connection, *messages: InboundMessage) -> None:
    """Store messages in the transaction of a caller who is no webhook."""
    _insert(connection, _STORE_TEXTS, [_text_row(message) for message in messages])


def derived_id(message: InboundMessage) -> str:
    """An id for a carrier that gave none: the same sender, text and carrier's time are one message."""
    if message.sent_at is None:
        return f"none-{uuid.uuid4().hex}"
    parts = (message.sender, message.recipient, message.text, message.sent_at.isoformat())
    return "hash-" + hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:40]


def _insert(connection: Connection, statement: TextClause, rows: Sequence[_Row]) -> None:
    connection.execute(statement, {"rows": json.dumps(rows, default=datetime.isoformat)})


def _text_row(message: InboundMessage) -> _Row:
    return {
        "channel": message.channel,
        "provider": message.provider,
        "provider_id": message.provider_id or derived_id(message),
        "sender": message.sender,
        "recipient": message.recipient,
        "text": message.text,
        "masked": message.masked,
        "opt_out": message.opt_out,
        "raw": message.raw,
        "sent_at": message.sent_at,
        "received_at": message.received_at,
    }


def _report_row(report: DeliveryReceipt, now: datetime) -> _Row:
    return {
        "message_id": report.message_id,
        "provider": report.provider,
        "provider_id": report.provider_id,
        "status": report.status,
        "word": report.word,
        "final": report.final,
        "failure": report.failure,
        "detail": report.detail,
        "raw": report.raw,
        "received_at": now,
    }
