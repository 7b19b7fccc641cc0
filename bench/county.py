"""As many invented counties as some liaisons make, written set-wise; texts to them only leave through the simulator."""

from dataclasses import dataclass
from math import ceil

from sqlalchemy import Engine, text

from gateway.domain import numbers
from gateway.domain.categories import departments
from gateway.domain.phone import is_demo
from gateway.domain.terms import Language

CODE = "995"  # the prefix 99 is no province's
LIAISONS_OF_A_COUNTY, TOWNSHIPS, VILLAGES = 2_000, 8, 5  # design, section 1
_NUMBER = "'+86199000' || lpad({}::text, 5, '0')"

_UNITS = f"""
INSERT INTO units (code, kind, path, name_zh, name_bo, name_en, slug)
    SELECT code, 'county', code::ltree, '样县' || n, '', 'Sample county ' || n, ''
    FROM generate_series(1, :counties) n, LATERAL (SELECT '{CODE}' || lpad(n::text, 3, '0')) AS c (code);
INSERT INTO units (code, kind, parent_id, path, name_zh, name_bo, name_en, slug)
    SELECT c.code || '-' || d.slug, 'department', c.id, (c.code || '.' || c.code || '_' || d.slug)::ltree, zh, bo, en,
           d.slug
    FROM units c, unnest(CAST(:slugs AS text[]), CAST(:zh AS text[]), CAST(:bo AS text[]), CAST(:en AS text[]))
         AS d (slug, zh, bo, en) WHERE c.kind = 'county';
INSERT INTO units (code, kind, parent_id, path, name_zh, name_bo, name_en, slug)
    SELECT code, 'township', id, (above || '.' || code)::ltree, n || '乡', '', 'Township ' || n, ''
    FROM (SELECT id, code AS above, code || 'T' || n AS code, n FROM units, generate_series(1, {TOWNSHIPS}) n
          WHERE kind = 'county') AS t;
INSERT INTO units (code, kind, parent_id, path, name_zh, name_bo, name_en, slug)
    SELECT t.code || 'V' || n, 'village', t.id, (t.path::text || '.' || t.code || 'V' || n)::ltree,
           n || '村', '', 'Village ' || n, ''
    FROM units t, generate_series(1, {VILLAGES}) n WHERE t.kind = 'township' ORDER BY t.id, n;
"""  # noqa: S608 - its own constants

_PEOPLE = f"""
CREATE TEMPORARY TABLE seats ON COMMIT DROP AS
    SELECT row_number() OVER (ORDER BY depth, unit_id, rank) AS serial, unit_id, role, rank FROM (
        SELECT nlevel(path) AS depth, u.id AS unit_id, s.role, s.rank
        FROM units u JOIN (VALUES ('county', 'county_commander', 1), ('county', 'county_operator', 1),
            ('county', 'county_operator', 2), ('department', 'department_officer', 1),
            ('township', 'township_commander', 1), ('township', 'township_commander', 2),
            ('township', 'township_desk', 1), ('village', 'grid_leader', 1), ('village', 'grid_leader', 2)
        ) AS s (kind, role, rank) USING (kind)
        UNION ALL
        SELECT 9, v.id, 'liaison', 1 FROM generate_series(0, :liaisons - 1) n JOIN (
            SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM units WHERE kind = 'village'
        ) v ON v.place = n % (:counties * {TOWNSHIPS * VILLAGES})
    ) AS every_seat;
INSERT INTO persons (id, name, language)
    SELECT serial, '某' || serial, (ARRAY['zh', 'bo', 'zh', 'en'])[1 + serial % 4] FROM seats;
INSERT INTO phones (person_id, number, rank, latin) SELECT serial, {_NUMBER.format("serial")}, 1, false FROM seats;
INSERT INTO posts (id, person_id, unit_id, role, rank, from_day)
    SELECT serial, serial, unit_id, role, rank, DATE '2026-01-01' FROM seats;
INSERT INTO households (number, unit_id, liaison_id, ordinal, head_name, members)
    SELECT number, unit_id, id, n, '某家', 4 FROM unnest(CAST(:numbers AS text[])) WITH ORDINALITY AS u (number, place)
    JOIN (SELECT p.id, p.unit_id, n, row_number() OVER (ORDER BY p.id, n) AS place
          FROM posts p, generate_series(1, :households) n WHERE p.role = 'liaison') h USING (place);
SELECT setval('persons_id_seq', (SELECT max(id) FROM persons)), setval('posts_id_seq', (SELECT max(id) FROM posts)),
       setval('household_serial', :homes);
"""  # noqa: S608 - its own constants


@dataclass(frozen=True, kw_only=True)
class County:
    """The liaisons' numbers (E.164) in order of their posts; each has `households` of them, ordinals from 1."""

    senders: tuple[str, ...]
    households: int


def build(engine: Engine, *, liaisons: int, households: int) -> County:
    """Write counties of 2,000 liaisons at most into an empty, migrated database.

    `households` are those of each liaison, 12 at most.
    """
    offices = departments()
    values = {
        "slugs": list(offices),
        **{language.value: [office.names[language] for office in offices.values()] for language in Language},
        "counties": ceil(liaisons / LIAISONS_OF_A_COUNTY),
        "liaisons": liaisons,
        "households": households,
        "homes": liaisons * households,
        "numbers": [numbers.make(numbers.Kind.HOUSEHOLD, n) for n in range(1, liaisons * households + 1)],
    }
    with engine.begin() as connection:
        for script in (_UNITS, _PEOPLE):
            for statement in filter(str.strip, script.split(";")):
                connection.execute(text(statement), values)
        found = connection.scalars(
            text("SELECT h.number FROM phones h JOIN posts p USING (person_id) WHERE p.role = 'liaison' ORDER BY p.id")
        ).all()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    if not all(map(is_demo, found)):
        raise ValueError("a number of these counties is none of the demo's")
    return County(senders=tuple(found), households=households)
