"""A new version in the middle of traffic: tables are changed while old processes go on writing to them."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import NullPool, create_engine, make_url

from gateway.store import migrate
from tests.conftest import Backends
from tests.faults.recorder import Record
from tests.faults_world.posting import by_simulator, post
from tests.faults_world.revisions import CONTRACT, of_tomorrow
from tests.faults_world.world import World

pytestmark = [
    *(pytest.mark.slow, pytest.mark.faults),
    *(pytest.mark.xdist_group("faults_world"), pytest.mark.timeout(400)),
]

OLD_ROWS = """
    INSERT INTO inbound (channel, provider, provider_id, sender, recipient, text, masked, raw, received_at, state,
                         attempts, handled_at, result, error, proof, unfinished)
    SELECT 'sms', 'simulator', 'old-' || n, '+8613800' || lpad((n %% 100000)::text, 6, '0'), '106900', '雪', 0, '{}',
           now() - make_interval(mins => n), 'handled', 0, now(), 'help', '', 'none', false
    FROM generate_series(1, %s) n"""


@pytest.fixture
def scratch(backends: Backends, worker_id: str) -> Iterator[str]:
    """A migrated database that a test may spoil; gives its address."""
    server, name = make_url(backends.database_url), f"scratch_{worker_id}_{threading.get_native_id()}"
    with beside(backends.database_url) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = server.set(database=name).render_as_string(hide_password=False)
    migrate.upgrade(url)
    yield url
    with beside(backends.database_url) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def beside(url: str, *, autocommit: bool = True) -> psycopg.Connection:
    """Another program's connection."""
    plain = make_url(url).set(drivername="postgresql")
    return psycopg.connect(plain.render_as_string(hide_password=False), autocommit=autocommit)


def at(url: str) -> str:
    """The revision of a database."""
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return migrate.current(connection)


def test_a_table_that_somebody_reads_for_long_is_changed_between_the_writers(scratch: str, tmp_path: Path) -> None:
    """A reader's open transaction keeps the change waiting; whoever writes meanwhile passes."""
    folder = of_tomorrow(tmp_path / "migrations")
    with beside(scratch, autocommit=False) as reader, beside(scratch) as writer, ThreadPoolExecutor(1) as pool:
        writer.execute("SET statement_timeout = '8s'")  # longer than a try of the change, shorter than the reader reads
        reader.execute("SELECT count(*) FROM inbound")
        change = pool.submit(migrate.upgrade, scratch, folder=folder)
        for number in range(3):
            writer.execute(OLD_ROWS.replace("'old-'", f"'while-{number}-'"), [10])
            time.sleep(1)
        assert not change.done()
        reader.rollback()
        assert change.result() == CONTRACT
    with beside(scratch) as connection:
        row = connection.execute("SELECT count(*), count(place), min(weight) FROM inbound").fetchone()
    assert row == (30, 30, 1)


def test_two_who_migrate_at_once_do_not_wait_for_each_other_for_ever(scratch: str, tmp_path: Path) -> None:
    """An index that is built concurrently waits for all others, and so for whoever waits for its builder."""
    folder = of_tomorrow(tmp_path / "migrations")
    with ThreadPoolExecutor(3) as pool:
        ends = [pool.submit(migrate.upgrade, scratch, folder=folder) for _ in range(3)]
        assert [end.result(timeout=60) for end in ends] == [CONTRACT] * 3
    assert at(scratch) == CONTRACT


def test_an_index_whose_build_was_broken_off_is_built_anew(scratch: str, tmp_path: Path) -> None:
    folder = of_tomorrow(tmp_path / "migrations")
    with beside(scratch) as connection:
        connection.execute("ALTER TABLE inbound ADD COLUMN spoilt text")
        connection.execute(OLD_ROWS, [40_000])  # several batches of a fill
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("CREATE UNIQUE INDEX CONCURRENTLY ix_inbound_place ON inbound (recipient)")
        assert migrate.upgrade(scratch, folder=folder) == CONTRACT
        row = connection.execute(
            "SELECT indisvalid, indisunique FROM pg_index WHERE indexrelid = 'ix_inbound_place'::regclass"
        ).fetchone()
        filled = connection.execute("SELECT count(*) FROM inbound WHERE place IS NOT NULL").fetchone()
    assert (row, filled) == ((True, False), (40_000,))


def test_a_table_that_stays_busy_leaves_the_last_whole_revision(
    scratch: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "TRIES", 2)
    monkeypatch.setattr(migrate, "PAUSE_SECONDS", 0.1)
    before, folder = at(scratch), of_tomorrow(tmp_path / "migrations")
    with beside(scratch, autocommit=False) as reader:
        reader.execute("SELECT count(*) FROM inbound")
        with pytest.raises(Exception, match="lock timeout"):
            migrate.upgrade(scratch, folder=folder)
    assert at(scratch) == before
    assert migrate.upgrade(scratch, folder=folder) == CONTRACT


def one_after_the_other(world: World, over: threading.Event) -> list[float]:
    """Post texts until it is over, each once; gives how long each took; raises AssertionError unless all got a 200."""
    took, settings = [], world.deployment.settings
    texts = iter(world.texts(400))
    while not over.is_set() and (text := next(texts, None)):
        begun = time.monotonic()
        assert post(settings, by_simulator(settings, text.id, text.sender, text.text)) == 200
        took.append(time.monotonic() - begun)
        world.ledger[text.id] = text
        over.wait(0.15)
    return took


def take_back(world: World) -> None:
    """The database as the other tests need it."""
    with world.deployment.database() as connection:
        connection.execute("SET session_replication_role = replica")  # nothing refers to them: do not look for it
        connection.execute("DELETE FROM inbound WHERE provider_id LIKE 'old-%'")
        connection.execute("ALTER TABLE inbound DROP COLUMN weight, DROP COLUMN place")
        connection.execute("UPDATE alembic_version SET version_num = %s", [migrate.head()])


def test_a_new_version_while_old_processes_write(world: World, record: Record, tmp_path: Path) -> None:
    """Somebody's report reads the table meanwhile; old code goes on before, while and after it is changed."""
    begun, rows = time.monotonic(), world.size(20_000, 1_000_000)
    folder, url = of_tomorrow(tmp_path / "migrations"), world.deployment.settings.database_url
    over = threading.Event()
    with world.deployment.database() as connection:
        connection.execute(OLD_ROWS, [rows])
    with ThreadPoolExecutor(3) as pool, beside(url, autocommit=False) as reader:
        reader.execute("SELECT count(*) FROM inbound")
        posting = pool.submit(one_after_the_other, world, over)
        change = pool.submit(migrate.upgrade, url, folder=folder)
        time.sleep(world.size(3, 6))
        assert not change.done()
        reader.rollback()
        assert change.result() == CONTRACT
        over.wait(1)
        over.set()
        took = posting.result()
    world.settle()
    world.audit()
    with closing(beside(url)) as connection:
        assert connection.execute(
            "SELECT count(*) FROM inbound WHERE place IS NULL AND provider_id LIKE 'old-%'"
        ).fetchone() == (0,)
    assert world.deployment.is_ready(), "old processes still serve a database that is newer than they are"
    assert len(took) > 5
    take_back(world)
    record(
        fault=f"deploy: migration of {rows:,} messages".replace(",", " "),
        sent=len(took),
        seconds=time.monotonic() - begun,
        note=f"the slowest of {len(took)} texts was taken in {max(took):.1f} s",
    )
