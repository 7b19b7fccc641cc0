"""One phone sends thousands of texts: others do not wait for it, it is answered within the brake, memory stays."""

import time
from pathlib import Path

import pytest

from tests.faults.recorder import Record
from tests.faults_world.world import MOST_EACH, World
from tests.survival.deployment import Victim

pytestmark = [
    *(pytest.mark.slow, pytest.mark.faults),
    *(pytest.mark.xdist_group("faults_world"), pytest.mark.timeout(400)),
]

MOST_MB = 150.0
_ANSWERS = """
    SELECT count(*) FROM outbound o JOIN inbound i ON i.id = o.reply_to_id
    WHERE i.sender = %s AND o.state <> 'suppressed'"""
_HANDLED = "SELECT count(*) FROM inbound WHERE sender = %s AND state = 'handled'"
_BEFORE_OTHERS = """
    SELECT count(*) FROM inbound flood WHERE flood.sender = %s AND flood.handled_at < (
        SELECT max(handled_at) FROM inbound WHERE provider_id = ANY(%s))"""


def test_a_flood_from_one_phone(world: World, record: Record) -> None:
    begun, many = time.monotonic(), world.size(400, 10_000)
    (noisy,) = world.phones(1)
    flood = [world.text(noisy, words=f"1 房子漏雨 {number}") for number in range(many)]
    others = world.texts(20)
    with world.in_flight(flood):  # they stand in the ledger when all are taken
        world.wait(lambda: world.count("SELECT count(*) FROM inbound WHERE sender = %s", noisy) > many // 4)
        with world.in_flight(others):
            pass
        names = [text.id for text in others]
        world.wait(
            lambda: (
                world.count("SELECT count(*) FROM inbound WHERE provider_id = ANY(%s) AND state = 'new'", names) == 0
            )
        )
        ahead = world.count(_BEFORE_OTHERS, noisy, names)
    memory = max(
        _resident_mb(pid) for victim in (Victim.INBOUND, Victim.WEB_WORKER) for pid in world.deployment.pids(victim)
    )
    assert stored(world, noisy) == {text.id: text.text for text in flood}
    world.wait(lambda: world.count(_HANDLED, noisy) > 2 * MOST_EACH, 60)  # by now the brake holds
    stop_the_phone(world, noisy)
    world.settle()
    assert world.count(_ANSWERS, noisy) <= world.deployment.settings.answers_per_10_minutes * 2
    world.braked |= {text.id for text in flood}
    world.audit()
    assert memory < MOST_MB
    note = f"others were handled when {ahead} of the flood were; {memory:.0f} MB"
    record(fault="flood from one phone", sent=many + len(others), seconds=time.monotonic() - begun, note=note)


def stored(world: World, phone: str) -> dict[str, str]:
    """All that a phone has sent."""
    with world.deployment.database() as connection:
        rows = connection.execute("SELECT provider_id, text FROM inbound WHERE sender = %s", [phone]).fetchall()
    return {str(row[0]): str(row[1]) for row in rows}


def stop_the_phone(world: World, phone: str) -> None:
    """What is left of the flood goes: to wait until all of it is handled would show nothing more."""
    with world.deployment.database() as connection:
        rows = connection.execute(
            "DELETE FROM inbound WHERE sender = %s AND state = 'new' RETURNING provider_id", [phone]
        ).fetchall()
    for (number,) in rows:
        del world.ledger[str(number)]


def _resident_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024
