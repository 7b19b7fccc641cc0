"""The network to the carrier and the carrier itself do wrong: nothing is lost, nothing that it had is sent again."""

import time

import pytest

from tests.faults.fake_carrier import Mode, Reports
from tests.faults.recorder import Record
from tests.faults_world.world import World

pytestmark = [
    *(pytest.mark.slow, pytest.mark.faults),
    *(pytest.mark.xdist_group("faults_world"), pytest.mark.timeout(400)),
]

ANSWERS = {
    "answers 500": {"mode": Mode.ERROR},
    "answers 429 with Retry-After": {"mode": Mode.BUSY, "retry_after": 1},
    "answers 200 with rubbish": {"mode": Mode.RUBBISH},
    "refuses the account": {"mode": Mode.REFUSE},
    "takes it and closes before it answers": {"mode": Mode.CLOSE},
    "half open, never took it": {"mode": Mode.HALF_OPEN},
    "half open, had taken it": {"mode": Mode.HALF_OPEN, "takes": True},
    "slow, 30 s": {"mode": Mode.OK, "seconds": 30.0},
}
IN_SHORT = {"answers 200 with rubbish", "takes it and closes before it answers"}


@pytest.mark.parametrize("fault", ANSWERS)
def test_a_carrier_that_does_wrong(world: World, record: Record, fault: str) -> None:
    world.only_in_full(unless=fault in IN_SHORT)
    begun = time.monotonic()
    before = len(world.carrier.calls())
    texts = world.texts(world.size(8, 60))
    world.carrier.behave(**ANSWERS[fault])
    with world.in_flight(texts):
        world.wait(lambda: len(world.carrier.calls()) >= before + 3)
    world.carrier.behave(Mode.OK)
    world.settle()
    losses = world.audit()
    record(
        fault=f"carrier {fault}",
        sent=len(texts),
        unknown=losses.unknown,
        seconds=time.monotonic() - begun,
    )


def test_a_carrier_that_takes_it_hides_it_and_never_reports(world: World, record: Record) -> None:
    """Nothing tells whether it has them: rather twice than never, and the row says why."""
    world.only_in_full()
    begun, texts = time.monotonic(), world.texts(30)
    world.carrier.report(Reports.NONE)
    world.carrier.behave(Mode.CLOSE)
    before = len(world.carrier.calls())
    with world.in_flight(texts):
        world.wait(lambda: len(world.carrier.calls()) >= before + 3)
    world.carrier.behave(Mode.OK)
    world.settle()
    world.carrier.report(Reports.PROMPT)
    losses = world.audit()
    assert losses.unknown > 0
    record(
        fault="carrier takes it, hides it and never reports",
        sent=len(texts),
        unknown=losses.unknown,
        seconds=time.monotonic() - begun,
    )


def test_the_network_to_the_carrier_is_cut(world: World, record: Record) -> None:
    begun, texts = time.monotonic(), world.texts(world.size(8, 60))
    unknown = world.auditor.losses(world.ledger, world.carrier.calls()).unknown
    world.carrier.stop()
    with world.in_flight(texts):
        world.wait(lambda: world.count("SELECT count(*) FROM outbound WHERE failure = 'unreachable'") > 0)
    world.carrier.start()
    world.settle()
    losses = world.audit()
    assert losses.unknown == unknown, "a call that never got through leaves no doubt"
    record(fault="carrier cut off", sent=len(texts), seconds=time.monotonic() - begun)


@pytest.mark.parametrize("reports", [Reports.EARLY, Reports.DOUBLED, Reports.SHUFFLED, Reports.STRAY])
def test_delivery_reports_come_as_they_like(world: World, record: Record, reports: Reports) -> None:
    """Before our commit, twice, in the wrong order, about messages that are nobody's."""
    world.only_in_full(unless=reports is Reports.EARLY)
    begun, texts = time.monotonic(), world.texts(world.size(4, 40))
    before = world.count("SELECT coalesce(max(id), 0) FROM outbound")
    world.carrier.report(reports)
    try:
        with world.in_flight(texts):
            pass
        world.settle()
        world.wait(lambda: not world.count("SELECT count(*) FROM outbound WHERE state = 'sent' AND id > %s", before))
    finally:
        world.carrier.report(Reports.PROMPT)
    world.audit()
    if reports is Reports.STRAY:
        assert world.count("SELECT count(*) FROM receipts WHERE outbound_id IS NULL AND applied_at IS NULL") > 0
    record(fault=f"delivery reports: {reports}", sent=len(texts), seconds=time.monotonic() - begun)


def test_a_carrier_of_30_seconds_holds_up_no_other_carrier(world: World, record: Record) -> None:
    """A phone of the demo is only ever reached through the simulator, beside a carrier that answers nobody."""
    world.only_in_full()
    begun = time.monotonic()
    slow, (quick,) = world.texts(world.size(24, 80)), world.phones(1)
    demo = quick.replace("+86139000", "+86199000")
    with world.deployment.database() as connection:
        connection.execute("UPDATE phones SET number = %s WHERE number = %s", [demo, quick])
    text = world.text(demo)
    world.carrier.behave(Mode.OK, seconds=30.0)
    before = len(world.carrier.calls())
    with world.in_flight(slow):
        world.wait(lambda: len(world.carrier.calls()) >= before + 3)
    with world.in_flight([text]):
        pass
    world.wait(
        lambda: (
            world.count(
                """SELECT count(*) FROM outbound o JOIN inbound i ON i.id = o.reply_to_id
                   WHERE i.provider_id = %s AND o.state = 'delivered'""",
                text.id,
            )
            == 1
        )
    )
    assert world.count("SELECT count(*) FROM outbound WHERE state IN ('queued', 'sending', 'unknown')") > 0
    world.carrier.behave(Mode.OK)
    world.settle()
    losses = world.audit()
    record(
        fault="a slow carrier beside a quick one",
        sent=len(slow) + 1,
        unknown=losses.unknown,
        seconds=time.monotonic() - begun,
    )
