"""PostgreSQL goes away, refuses and is full: a webhook says 503 and never 200, nothing is lost, nobody has to help."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
import requests
from sqlalchemy import make_url

from gateway.embedded.processes import wait_for
from tests.faults.fake_carrier import FakeCarrier
from tests.faults.recorder import Record
from tests.faults_world.world import SETTINGS, World
from tests.survival.audit import Auditor
from tests.survival.deployment import GATEWAY, SECRETS, Deployment, Victim

pytestmark = [
    *(pytest.mark.slow, pytest.mark.faults),
    *(pytest.mark.xdist_group("faults_world"), pytest.mark.timeout(400)),
]

ROOM = "200m"
OURS = "application_name = 'lianhu'"


def says(world: World) -> int:
    """What a webhook answers now; the text is posted until it is taken, and then stands in the ledger."""
    text = world.text(world.phones(1)[0])
    body = {"id": text.id, "from": text.sender, "to": "106900", "text": text.text}
    first = requests.post(world.deployment.webhook("simulator"), json=body, timeout=30)
    if first.status_code == 200:
        world.ledger[text.id] = text
    return first.status_code


@contextmanager
def server(world: World) -> Iterator[psycopg.Connection]:
    """A connection beside the gateway's database."""
    url = make_url(world.deployment.settings.database_url).set(drivername="postgresql", database="postgres")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        yield connection


def refuse_everybody(connection: psycopg.Connection) -> None:
    """End the gateway's connections, and let no new one in."""
    connection.execute("ALTER DATABASE lianhu ALLOW_CONNECTIONS false")
    connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'lianhu'")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["fast", "immediate"])
def test_it_restarts(world: World, record: Record, how: signal.Signals) -> None:
    world.only_in_full()
    begun, texts = time.monotonic(), world.texts(world.size(40, 300))
    before = world.count("SELECT count(*) FROM inbound")
    with world.in_flight(texts):
        world.wait(lambda: world.count("SELECT count(*) FROM inbound") > before)
        (pid,) = world.deployment.pids(Victim.POSTGRES)
        os.kill(pid, how)
        world.wait(lambda: world.deployment.pids(Victim.POSTGRES) not in ([], [pid]), 60)
    world.settle()
    world.audit()
    record(fault=f"PostgreSQL restarts ({how.name})", sent=len(texts), seconds=time.monotonic() - begun)


def test_it_refuses_connections(world: World, record: Record) -> None:
    begun, texts = time.monotonic(), world.texts(world.size(20, 200))
    with world.in_flight(texts), server(world) as connection:
        refuse_everybody(connection)
        try:
            answers = {says(world) for _ in range(4)}
            time.sleep(world.size(2, 30))
            answers |= {says(world)}
        finally:
            connection.execute("ALTER DATABASE lianhu ALLOW_CONNECTIONS true")
    assert answers == {503}
    world.settle()
    world.audit()
    record(fault="PostgreSQL refuses connections", sent=len(texts), seconds=time.monotonic() - begun)


def test_it_runs_out_of_connections(world: World, record: Record) -> None:
    begun, texts = time.monotonic(), world.texts(world.size(20, 200))
    with world.in_flight(texts), ExitStack() as eaten:
        connection = eaten.enter_context(server(world))
        answers = set()
        end = time.monotonic() + 30
        while 503 not in answers and time.monotonic() < end:
            connection.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OURS}")  # type: ignore[arg-type]  # noqa: S608
            with suppress(psycopg.OperationalError):
                while True:
                    eaten.enter_context(server(world))
            answers.add(says(world))
    assert 503 in answers
    assert answers <= {200, 503}
    world.settle()
    world.audit()
    record(fault="PostgreSQL has no connection left", sent=len(texts), seconds=time.monotonic() - begun)


@contextmanager
def small_disk() -> Iterator[Path]:
    """A disk of its own, small; skips where nobody may mount one."""
    folder = Path(tempfile.mkdtemp(prefix="lianhu-disk-"))
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() or not mount or not umount:
        pytest.skip("only root can mount a small disk")
    made = subprocess.run([mount, "-t", "tmpfs", "-o", f"size={ROOM}", "lianhu", folder], capture_output=True)
    if made.returncode:
        pytest.skip(f"no disk can be mounted here: {made.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run([umount, "-l", folder], check=True)
        folder.rmdir()


def fill(path: Path) -> None:
    """Write until there is no room at all."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while True:
                    file.write(b"\0" * size)


def test_the_disk_is_full(full: bool, record: Record, tmp_path: Path) -> None:  # noqa: FBT001 - a fixture
    """Database and queue lie on one disk, which somebody else fills: nothing can be committed until there is room."""
    if not full:
        pytest.skip("in make test-faults")
    begun = time.monotonic()
    with small_disk() as disk, FakeCarrier(tmp_path) as carrier:
        deployment = Deployment(disk, {**SECRETS, **carrier.environment(), **SETTINGS}, [str(GATEWAY), "run"])
        deployment.log = tmp_path / "run.log"
        try:
            deployment.start()
            deployment.settle_a_county()
            auditor = Auditor(deployment)
            world = World(
                deployment=deployment, carrier=carrier, auditor=auditor, full=True, environment={},
                _phones=iter(auditor.liaisons()),
            )  # fmt: skip
            texts = world.texts(400)
            with world.in_flight(texts):
                world.wait(lambda: world.count("SELECT count(*) FROM inbound") > 20)
                fill(disk / "somebody-else")
                assert wait_for(lambda: says(world) == 503, 60), "the disk is full, and a text was taken"
                time.sleep(10)
                (disk / "somebody-else").unlink()
            world.settle()
            world.audit()
        finally:
            deployment.stop()
    record(fault="disk full", sent=len(texts), seconds=time.monotonic() - begun)
