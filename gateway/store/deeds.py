"""What a USSD call does to the database: one statement for each deed; done twice it counts once (design, section 5)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, text

from gateway.domain import numbers
from gateway.domain.ladder import limits
from gateway.domain.terms import Language, Proof


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """The turn of a call from which a deed comes; the carrier and `turn_id` tell it from every other turn."""

    provider: str
    session_id: str
    turn_id: str
    sender: str  # E.164
    service_code: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A report as far as it was told: `answers` is `gateway.ussd.caller.Draft` as JSON, identity numbers masked."""

    origin: Origin
    answers: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Filing:
    """A message as the menus read it, identity numbers masked."""

    reading: Mapping[str, Any]  # Parsed.as_json
    text: str
    masked: int
    proof: Proof
    new_pin: str  # NEW_PIN: its hash
    reserves: bool  # it becomes a case: name the number now
    ends_draft: bool


# `earlier` is what the same turn did before: then nothing else happens. `damm` goes through the new number's digits.
_FILE = text("""
WITH RECURSIVE caller AS (SELECT person_id FROM phones WHERE number = :sender),
earlier AS (SELECT reserved FROM inbound WHERE provider = :provider AND provider_id = :turn_id),
first AS (SELECT WHERE NOT EXISTS (SELECT FROM earlier)),
body AS (
    SELECT :kind || lpad(serial::text, greatest(:digits, length(serial::text)), '0') AS digits
    FROM (SELECT nextval('case_serial') AS serial FROM first WHERE :reserves) AS reserved
),
damm (place, remains) AS (
    SELECT 0, 0 FROM body
    UNION ALL
    SELECT place + 1, substr(:table, 10 * remains + substr(digits, place + 1, 1)::int + 1, 1)::int
    FROM damm, body WHERE place < length(digits)
),
named AS (SELECT digits || remains::text AS number FROM damm, body WHERE place = length(digits)),
chosen AS (
    INSERT INTO pins (person_id, hash, wrong, set_at)
    SELECT person_id, :new_pin, 0, :at FROM caller, first WHERE :new_pin <> ''
    ON CONFLICT (person_id) DO NOTHING RETURNING person_id
),
forgiven AS (
    UPDATE pins SET wrong = 0 FROM caller, first
    WHERE pins.person_id = caller.person_id AND :proof = 'pin' AND wrong > 0 AND locked_at IS NULL
),
ended AS (DELETE FROM drafts USING first WHERE sender = :sender AND :ends_draft),
closed AS (
    UPDATE questions SET answered_at = :at FROM caller, first
    WHERE questions.person_id = caller.person_id AND kind = 'draft' AND answered_at IS NULL AND :ends_draft
),
stored AS (
    INSERT INTO inbound (channel, provider, provider_id, sender, recipient, text, masked, raw, received_at, state,
                         attempts, result, error, reading, reserved, proof, unfinished)
    SELECT 'ussd', :provider, :turn_id, :sender, :service_code, :text, :masked, '{}', :at, 'new',
           0, '', '', CAST(:reading AS jsonb), (SELECT number FROM named),
           CASE WHEN :new_pin <> '' AND NOT EXISTS (SELECT FROM chosen) THEN 'none' ELSE :proof END, false
    FROM first
    ON CONFLICT (provider, provider_id) DO NOTHING RETURNING reserved
)
SELECT reserved FROM stored UNION ALL SELECT reserved FROM earlier
""")
# A turn that comes late does not bring back what a later one has filed. In the order of the phones, so that two
# processes never wait for each other in a circle.
_KEEP = text("""
INSERT INTO drafts (sender, person_id, provider, session_id, answers, touched_at)
SELECT sender, phones.person_id, provider, session_id, answers, touched_at
FROM jsonb_populate_recordset(NULL::drafts, CAST(:kept AS jsonb)) AS kept JOIN phones ON phones.number = kept.sender
WHERE NOT EXISTS (
    SELECT FROM inbound WHERE inbound.sender = kept.sender AND channel = 'ussd' AND received_at > touched_at
)
ORDER BY sender
ON CONFLICT (sender) DO UPDATE
SET person_id = excluded.person_id, provider = excluded.provider, session_id = excluded.session_id,
    answers = excluded.answers, touched_at = excluded.touched_at, hung_up_at = NULL, told_at = NULL
WHERE drafts.touched_at <= excluded.touched_at
""")
_DROP = text("""
WITH dropped AS (DELETE FROM drafts WHERE sender = :sender AND touched_at <= :at RETURNING person_id)
UPDATE questions SET answered_at = :at FROM dropped
WHERE questions.person_id = dropped.person_id AND kind = 'draft' AND answered_at IS NULL
""")
_SPEAK = text("""
WITH phone AS (UPDATE phones SET latin = :latin WHERE number = :sender RETURNING person_id)
UPDATE persons SET language = :language FROM phone WHERE persons.id = phone.person_id
""")
# The attempt itself is a row, so that a turn told twice counts once, and so that the county centre can see it.
_WRONG_PIN = text("""
WITH attempt AS (
    INSERT INTO inbound (channel, provider, provider_id, sender, recipient, text, masked, raw, received_at, handled_at,
                         state, attempts, result, error, proof, unfinished, person_id)
    SELECT 'ussd', :provider, :turn_id, :sender, :service_code, '', 0, '{}', :at, :at,
           'ignored', 0, 'wrong_pin', '', 'none', false, person_id
    FROM phones WHERE number = :sender
    ON CONFLICT (provider, provider_id) DO NOTHING RETURNING person_id
)
UPDATE pins SET wrong = wrong + 1,
    locked_at = CASE WHEN locked_at IS NULL AND wrong + 1 >= :most THEN :at ELSE locked_at END
FROM attempt WHERE pins.person_id = attempt.person_id
""")
_HUNG_UP = text("""
UPDATE drafts SET hung_up_at = :at
WHERE sender = :sender AND provider = :provider AND session_id = :session_id AND hung_up_at IS NULL
""")


def file(connection: Connection, origin: Origin, filing: Filing) -> str | None:
    """Store a message for the inbound lane, and give the case number reserved for it now or by an earlier telling."""
    values = {
        **_where(origin, "provider", "turn_id", "sender", "service_code", "at"),
        "reading": json.dumps(filing.reading, ensure_ascii=False),
        "text": filing.text,
        "masked": filing.masked,
        "proof": filing.proof.value,
        "new_pin": filing.new_pin,
        "reserves": filing.reserves,
        "ends_draft": filing.ends_draft,
        "kind": numbers.Kind.CASE.value,
        "digits": numbers.SERIAL_DIGITS,
        "table": _check_table(),
    }
    row = connection.execute(_FILE, values).first()
    if row is None:  # the same turn was told twice at once, and the other telling was a moment earlier
        row = connection.execute(_FILE, values).one()
    reserved: str | None = row[0]
    return reserved


def keep(connection: Connection, reports: Iterable[Kept]) -> None:
    """Keep reports of different phones as far as they were told."""
    rows = [
        {
            **_where(each.origin, "provider", "session_id", "sender"),
            "touched_at": each.origin.at.isoformat(),
            "answers": each.answers,
        }
        for each in reports
    ]
    connection.execute(_KEEP, {"kept": json.dumps(rows, ensure_ascii=False)})


def drop(connection: Connection, origin: Origin) -> None:
    """Forget the kept report, and what was asked about it."""
    connection.execute(_DROP, _where(origin, "sender", "at"))


def speak(connection: Connection, origin: Origin, language: Language, *, latin: bool) -> None:
    """Remember the language of a person, and whether the phone draws Latin letters only."""
    values = {**_where(origin, "sender"), "language": language.value, "latin": latin}
    connection.execute(_SPEAK, values)


def count_wrong_pin(connection: Connection, origin: Origin) -> None:
    """Count a wrong PIN; the last one allowed locks it."""
    where = _where(origin, "provider", "turn_id", "sender", "service_code", "at")
    connection.execute(_WRONG_PIN, {**where, "most": limits().wrong_codes})


def hung_up(connection: Connection, *, provider: str, session_id: str, sender: str, at: datetime) -> None:
    """The carrier says that a call is over; only the phone's last one counts for the report that it keeps."""
    values = {"provider": provider, "session_id": session_id, "sender": sender, "at": at}
    connection.execute(_HUNG_UP, values)


def _where(origin: Origin, *names: str) -> dict[str, Any]:
    return {name: getattr(origin, name) for name in names}


@cache
def _check_table() -> str:
    return numbers.check_table()
