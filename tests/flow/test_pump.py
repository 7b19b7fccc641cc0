"""The pump: calls side by side, sets recorded at once, and nobody waits for the slowest (decision 13)."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic, sleep

import pytest
from sqlalchemy.exc import OperationalError

from gateway.domain.messages import Accepted, DeliveryReceipt, DeliveryStatus, OutboundMessage
from gateway.flow import deliver, outcomes, pump
from gateway.flow.deliver import tidy
from gateway.flow.pump import Pump
from gateway.sms.providers.base import SmsProvider
from gateway.store.base import OutboundState
from gateway.store.outbound import Receipt
from tests.flow.outbox import OTHER_PHONE, PHONE, Desk, Make
from tests.flow.talk import letter

PATIENCE = 20.0


@dataclass
class Line:
    """A carrier inside the test: remembers what came, and answers when it is let."""

    name: str = "kannel"
    rate: float = 1000.0
    can_look_up: bool = False
    came: list[OutboundMessage] = field(default_factory=list)
    open: threading.Event = field(default_factory=threading.Event)
    answer: Callable[[OutboundMessage], Accepted] = lambda message: Accepted(provider_id=f"id-{message.id}")

    def send(self, message: OutboundMessage) -> Accepted:
        """As a carrier's adapter does."""
        self.came.append(message)
        assert self.open.wait(PATIENCE)
        return self.answer(message)

    def look_up(self, message: OutboundMessage, since: datetime) -> Accepted | None:
        """Nothing was ever sent."""
        del message, since
        return None


def quick(**facts: object) -> Line:
    line = Line(**facts)  # type: ignore[arg-type]
    line.open.set()
    return line


def carriers(*lines: Line) -> dict[str, SmsProvider]:
    return {line.name: line for line in lines}  # type: ignore[misc]


@contextmanager
def working(here: Desk, *, threads: int = 8) -> Iterator[Pump]:
    """A sending process whose drains go on until the test is over."""
    over = threading.Event()
    with closing(Pump(replace(here.dispatch, threads=threads))) as made:

        def drain() -> None:
            while not over.is_set():
                tidy(here.dispatch)
                if not made.turn():
                    sleep(0.01)

        thread = threading.Thread(target=drain)
        thread.start()
        try:
            yield made
        finally:
            over.set()
            thread.join()


def until(holds: Callable[[], bool]) -> None:
    end = monotonic() + PATIENCE
    while not holds():
        assert monotonic() < end, "in vain"
        sleep(0.01)


def states(here: Desk) -> list[OutboundState]:
    here.talk.session.rollback()
    return [row.state for row in here.talk.rows()]


def claimed(here: Desk) -> list[deliver.Errand]:
    """One message, taken in hand as by a process that then stands still."""
    return deliver.take_in_hand(here.dispatch, lambda *_: deliver.Room(ordinary=1, urgent=1), look_ups=False)


def test_several_processes_keep_each_phones_order_and_call_it_one_at_a_time(desk: Make) -> None:
    under_way: dict[str, int] = defaultdict(int)
    overlaps: list[str] = []

    def answer(message: OutboundMessage) -> Accepted:
        under_way[message.recipient] += 1
        if under_way[message.recipient] > 1:
            overlaps.append(message.recipient)
        sleep(0.002)
        under_way[message.recipient] -= 1
        return Accepted(provider_id="")

    line = quick(answer=answer)
    here = desk(**carriers(line))
    now = here.talk.clock.now()
    phones = [f"+86138000003{n:02d}" for n in range(10)]
    here.post(*(letter(phone, now, body=str(n)) for n in range(8) for phone in phones))
    with working(here), working(here), working(here):
        until(lambda: set(states(here)) == {OutboundState.SENT})
    heard: dict[str, list[str]] = defaultdict(list)
    for message in line.came:
        heard[message.recipient].append(message.body)
    assert heard == {phone: [str(n) for n in range(8)] for phone in phones}
    assert overlaps == []


def test_a_carrier_that_hangs_stops_neither_another_one_nor_what_is_urgent(desk: Make) -> None:
    slow, other = Line(name="kannel"), quick(name="africastalking")
    here = desk(**carriers(slow, other))
    now = here.talk.clock.now()
    here.post(*(letter(f"+861380001{n:04d}", now) for n in range(40)))
    with working(here, threads=8):
        until(lambda: len(slow.came) == 8)  # as many as it may have, and the others wait
        here.post(letter(PHONE, now, body="another", attempts=2))
        here.post(letter(OTHER_PHONE, now, body="急", urgent=True))
        until(lambda: any(message.body == "another" for message in other.came))
        until(lambda: any(message.body == "急" for message in slow.came))
        assert len(slow.came) == 9
        slow.open.set()
        until(lambda: set(states(here)) == {OutboundState.SENT})


def test_what_comes_back_quickly_is_recorded_while_a_slow_call_is_under_way(desk: Make) -> None:
    late = threading.Event()

    def answer(message: OutboundMessage) -> Accepted:
        if message.recipient == PHONE:
            assert late.wait(PATIENCE)
        return Accepted(provider_id="")

    here = desk(**carriers(quick(answer=answer)))
    now = here.talk.clock.now()
    here.post(*(letter(phone, now) for phone in (PHONE, OTHER_PHONE, OTHER_PHONE)))
    with working(here):
        until(lambda: states(here) == [OutboundState.SENDING, OutboundState.SENT, OutboundState.SENT])
        late.set()
        until(lambda: set(states(here)) == {OutboundState.SENT})


def test_a_drain_that_ends_leaves_its_slow_calls_to_the_recorder(desk: Make) -> None:
    line = Line()
    here = desk(**carriers(line))
    here.write()
    with closing(Pump(here.dispatch)) as made:
        made.turn()
        until(lambda: len(line.came) == 1)
        line.open.set()
        until(lambda: states(here) == [OutboundState.SENT])


def test_a_process_that_stood_still_past_its_lease_sends_nothing_any_more(desk: Make) -> None:
    line = quick()
    here = desk(**carriers(line))
    row = here.write()
    (errand,) = claimed(here)
    woken = replace(errand, claimed_at=errand.claimed_at - 61)  # as if it had been stopped between claim and call
    here.later(seconds=61)  # meanwhile another process finds it abandoned
    here.later(seconds=121)
    assert (len(line.came), row.state, row.attempts) == (1, OutboundState.SENT, 2)
    outcome = deliver.call(here.dispatch, woken)
    assert outcome.too_late
    outcomes.record(here.dispatch, [outcome])
    here.talk.session.expire_all()
    assert (len(line.came), row.state, row.attempts) == (1, OutboundState.SENT, 2)


def test_a_message_whose_call_came_too_late_goes_back_into_the_queue(desk: Make) -> None:
    line = quick()
    here = desk(**carriers(line))
    row = here.write()
    (errand,) = claimed(here)
    outcomes.record(here.dispatch, [deliver.call(here.dispatch, replace(errand, claimed_at=errand.claimed_at - 61))])
    here.talk.session.expire_all()
    assert (line.came, row.state, row.attempts) == ([], OutboundState.QUEUED, 0)
    here.work()
    assert row.state is OutboundState.SENT


def test_one_answer_that_cannot_be_written_costs_no_other_its_record(desk: Make) -> None:
    def answer(message: OutboundMessage) -> Accepted:
        return Accepted(provider_id="no\0text" if message.recipient == PHONE else f"id-{message.id}")

    here = desk(**carriers(quick(answer=answer)))
    now = here.talk.clock.now()
    here.post(*(letter(phone, now) for phone in (OTHER_PHONE, PHONE, "+8613800000003")))
    here.work(threads=3)
    good, broken, other = here.talk.rows()
    assert [good.provider_id, other.provider_id] == [f"id-{good.id}", f"id-{other.id}"]
    assert {good.state, other.state} == {OutboundState.SENT}
    assert broken.state is OutboundState.SENDING  # its lease will say what is done


def test_deliveries_that_come_with_the_answers_are_recorded_and_kept(desk: Make) -> None:
    def answer(message: OutboundMessage) -> Accepted:
        report = DeliveryReceipt(
            provider="kannel",
            provider_id="x",
            message_id=message.id,
            status=DeliveryStatus.DELIVERED,
            word="1",
            final=True,
        )
        return Accepted(provider_id=f"id-{message.id}", receipts=(report,))

    here = desk(**carriers(quick(answer=answer)))
    now = here.talk.clock.now()
    here.post(*(letter(phone, now) for phone in (PHONE, OTHER_PHONE)))
    here.work()
    rows = here.talk.rows()
    assert {row.state for row in rows} == {OutboundState.DELIVERED}
    kept = here.talk.session.query(Receipt).order_by(Receipt.outbound_id).all()
    assert [(receipt.outbound_id, receipt.applied_at) for receipt in kept] == [(row.id, now) for row in rows]


def test_a_database_that_is_away_for_a_moment_costs_no_record(desk: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def sometimes(dispatch: deliver.Dispatch, batch: list[deliver.Outcome]) -> None:
        tries.append(len(batch))
        if len(tries) < 3:
            raise OperationalError("UPDATE", {}, Exception("the server is restarting"))
        outcomes.record(dispatch, batch)

    monkeypatch.setattr(pump, "record", sometimes)
    monkeypatch.setattr(pump, "_AGAIN_SECONDS", 0.01)
    line = quick()
    here = desk(**carriers(line))
    row = here.write()
    here.work()
    assert (row.state, len(line.came), len(tries)) == (OutboundState.SENT, 1, 3)
