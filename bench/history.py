"""Years of messages and cases that are over, written set-wise into a county: what the gateway's tables grow to.

The rows are like the gateway's own, spread evenly over the county's liaisons and households and over 300 days. Of the
cases the newest twentieth are still open. Two tables are written at a time, their indexes behind their rows, and the
server need not care for its disk meanwhile: the rows are worth nothing.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.pool import NullPool

from bench.county import County
from bench.lab import Lab

MESSAGES_OF_A_CASE = 5
SIDE_BY_SIDE = 2
_CARELESS = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "'16GB'"}
_MOMENT = "now() - interval '1 day' - interval '300 days' * (1 - {} / {}::float8)"

_HOMES = """
CREATE UNLOGGED TABLE bench_homes AS
    SELECT row_number() OVER (ORDER BY h.id) - 1 AS place, h.id AS household_id, h.unit_id, l.person_id,
           o.id AS owner_id, o.person_id AS owner_person_id, f.number AS phone, g.number AS owner_phone
    FROM households h JOIN posts l ON l.id = h.liaison_id JOIN phones f ON f.person_id = l.person_id
    JOIN posts o ON o.unit_id = h.unit_id AND o.role = 'grid_leader' AND o.rank = 1
    JOIN phones g ON g.person_id = o.person_id
"""
_INBOUND = """
INSERT INTO inbound (id, channel, provider, provider_id, sender, recipient, text, masked, raw, received_at, state,
                     attempts, handled_at, result, error, person_id, case_id, proof, unfinished)
    SELECT i, 'sms', 'history', 'h' || i, '+86199000' || lpad((:first + i % :liaisons)::text, 5, '0'), '106900',
           '3 房屋倒塌，老人没事 ' || i, 0, '{{}}', {moment}, 'handled', 0, {moment}, 'report', '',
           :first + i % :liaisons, CASE WHEN i % {each} = 0 THEN i / {each} END, 'none', false
    FROM generate_series(1, :messages) i
"""
_CASES = """
INSERT INTO cases (id, number, state, level, category, code, values, urgent, confidence, reasons, to_sort, text,
                   household_id, unit_id, reporter_id, owner_id, inbound_id, opened_at, due_at, alerted_at, stage_from,
                   stage_misses, stage_extra_days, extended_days, climbs, reminders, bounces, closed_at, unfinished)
    SELECT j, '1' || lpad(j::text, 7, '0') || '0', CASE WHEN {open} THEN 'open' ELSE 'closed' END, 'village', 'housing',
           '21', '[]'::jsonb, false, 1, '[]'::jsonb, false, '房屋倒塌 ' || j, household_id, unit_id, person_id,
           owner_id, j * {each}, {moment}, {moment} + interval '7 days', {moment}, {moment}, 0, 0, 0, 0, 0, 0,
           CASE WHEN {open} THEN NULL ELSE {moment} + interval '2 days' END, false
    FROM generate_series(1, :cases) j JOIN bench_homes ON place = j % :homes
"""
_EVENTS = """
INSERT INTO case_events (id, case_id, at, event, source, target, text, data)
    SELECT 2 * j - 1, j, {moment}, 'opened', 'new', 'open', '', '{{}}'::jsonb FROM generate_series(1, :cases) j
    UNION ALL
    SELECT 2 * j, j, {moment}, 'fixed', 'resolved', 'closed', '', '{{}}'::jsonb FROM generate_series(1, :cases) j
"""
_RUNGS = """
INSERT INTO rungs (id, case_id, level, post_id, why, at) SELECT j, j, 'village', owner_id, 'new', {moment}
    FROM generate_series(1, :cases) j JOIN bench_homes ON place = j % :homes
"""
_DEADLINES = """
INSERT INTO deadlines (id, case_id, kind, due_at, done_at, missed)
    SELECT j, j, 'overall', now() + interval '1 day' + interval '5 days' * (j % 100) / 100,
           CASE WHEN {open} THEN NULL ELSE {moment} END, false
    FROM generate_series(1, :cases) j
"""
_OUTBOUND = """
INSERT INTO outbound (id, channel, recipient, person_id, body, template, language, segments, purpose, urgent, case_id,
                      reply_to_id, state, created_at, not_before, expires_at, changed_at, attempts, provider,
                      provider_id, cost, detail)
    SELECT 3 * j + kind, 'sms', CASE kind WHEN 0 THEN phone ELSE owner_phone END,
           CASE kind WHEN 0 THEN person_id ELSE owner_person_id END, '收到：3户 住房。号' || j || '，网格长来办。',
           CASE kind WHEN 0 THEN 'case_opened' ELSE 'alert' END, 'zh', 1,
           CASE kind WHEN 0 THEN 'confirmation' WHEN 1 THEN 'alert' ELSE 'copy' END, false, j,
           CASE kind WHEN 0 THEN j * {each} END, 'delivered', {moment}, {moment}, {moment}, {moment}, 1, 'simulator',
           'sim-' || (3 * j + kind), '', ''
    FROM generate_series(1, :cases) j JOIN bench_homes ON place = j % :homes, generate_series(0, 2) kind
"""
_QUESTIONS = """
INSERT INTO questions (id, person_id, kind, case_id, options, asked_at, expires_at, answered_at)
    SELECT j, owner_person_id, 'alert', j, '{{}}', {moment}, {moment}, {moment}
    FROM generate_series(1, :cases) j JOIN bench_homes ON place = j % :homes
"""
_CODES = """
INSERT INTO reply_codes (id, person_id, case_id, code, wrong) SELECT j, owner_person_id, j, '571', 0
    FROM generate_series(1, :cases) j JOIN bench_homes ON place = j % :homes
"""
_RECEIPTS = """
INSERT INTO receipts (id, outbound_id, message_id, provider, provider_id, status, word, final, detail, raw, received_at,
                      applied_at)
    SELECT j, 3 * j, 3 * j, 'simulator', 'sim-' || 3 * j, 'delivered', 'delivered', true, '', '{{}}'::jsonb, {moment},
           {moment}
    FROM generate_series(1, :cases) j
"""
ROWS: Mapping[str, str] = {
    "inbound": _INBOUND,
    "outbound": _OUTBOUND,
    "cases": _CASES,
    "receipts": _RECEIPTS,
    "case_events": _EVENTS,
    "deadlines": _DEADLINES,
    "rungs": _RUNGS,
    "questions": _QUESTIONS,
    "reply_codes": _CODES,
}
"""What fills each table, the longest first."""


def fill(lab: Lab, county: County, messages: int) -> None:
    """Write so many messages and a fifth as many cases into the lab's present database, with their indexes."""
    engine = create_engine(lab.settings.database_url, poolclass=NullPool)
    cases = messages // MESSAGES_OF_A_CASE
    values = {
        "messages": messages,
        "cases": cases,
        "first": int(county.senders[0][-5:]),
        "liaisons": len(county.senders),
        "homes": len(county.senders) * county.households,
    }

    def write(table: str) -> None:
        """In one transaction, so that a server with `wal_level = minimal` writes no journal of it."""
        with _connected(engine) as connection, connection.begin():
            connection.execute(text(f"TRUNCATE {table}"))
            _execute(connection, _worded(ROWS[table], messages, cases), values)
            connection.execute(text(f"SELECT setval('{table}_id_seq', max(id)) FROM {table}"))  # noqa: S608 - our own names
            for definition in indexes[table]:
                connection.execute(text(definition))
            connection.execute(text(f"ANALYZE {table}"))

    with _careless(lab):
        with _connected(engine) as connection, connection.begin():
            connection.execute(text(_HOMES))
            keys, indexes = _without_keys(connection), _without_indexes(connection)
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            list(pool.map(write, ROWS))
        with _connected(engine) as connection, connection.begin():
            for statement in (*keys, "SELECT setval('case_serial', :cases)", "DROP TABLE bench_homes"):
                _execute(connection, statement, values)
    lab.execute("CHECKPOINT")


def _worded(statement: str, messages: int, cases: int) -> str:
    """A statement with its moments: of the i-th message or the j-th case."""
    of_message = "generate_series(1, :messages)" in statement
    return statement.format(
        each=MESSAGES_OF_A_CASE,
        open=f"j > {cases} * 0.95",
        moment=_MOMENT.format(*(("i", messages) if of_message else ("j", cases))),
    )


def _execute(connection: Connection, statement: str, values: Mapping[str, int]) -> None:
    connection.execute(text(statement), {name: value for name, value in values.items() if f":{name}" in statement})


def _without_keys(connection: Connection) -> list[str]:
    """Drop the foreign keys of the tables; gives the statements that set them again for rows to come."""
    found = connection.execute(
        text(
            """
            SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE contype = 'f'
            AND ARRAY[conrelid::regclass::text, confrelid::regclass::text] && CAST(:tables AS text[])
            """
        ),
        {"tables": list(ROWS)},
    ).all()
    for table, name, _ in found:
        connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
    return [f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition} NOT VALID" for table, name, definition in found]


def _without_indexes(connection: Connection) -> Mapping[str, list[str]]:
    """Drop every index that no constraint needs; gives the statements that build them again, by table."""
    found = connection.execute(
        text(
            """
            SELECT tablename, indexname, indexdef FROM pg_indexes
            WHERE tablename = ANY(:tables) AND indexname NOT IN (SELECT conname FROM pg_constraint)
            """
        ),
        {"tables": list(ROWS)},
    ).all()
    for _, name, _ in found:
        connection.execute(text(f"DROP INDEX {name}"))
    return {table: [definition for its, _, definition in found if its == table] for table in ROWS}


@contextmanager
def _connected(engine: Engine) -> Iterator[Connection]:
    """A session with memory for indexes."""
    with engine.connect() as connection:
        for setting in ("maintenance_work_mem = '1GB'", "work_mem = '256MB'", "statement_timeout = 0"):
            connection.execute(text(f"SET {setting}"))
        connection.commit()
        yield connection


@contextmanager
def _careless(lab: Lab) -> Iterator[None]:
    """Nothing is flushed meanwhile; afterwards everything is as before."""
    for name, value in _CARELESS.items():
        lab.execute(f"ALTER SYSTEM SET {name} = {value}")
    lab.execute("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        lab.execute("ALTER SYSTEM RESET ALL")
        lab.execute("SELECT pg_reload_conf()")
