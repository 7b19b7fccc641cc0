"""The measures themselves: the audit sees what it is there for, the carrier does what it is told, rows are kept."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import requests
from sqlalchemy import make_url

from gateway.store.base import OutboundState
from gateway.wiring import Services
from tests.faults import recorder
from tests.faults.carrier_server import Call
from tests.faults.fake_carrier import FakeCarrier, Mode, Reports
from tests.faults.recorder import Row
from tests.faults.trials import difference
from tests.flow.talk import letter
from tests.providers import fakes
from tests.survival.audit import Auditor
from tests.survival.carrier import Carrier, Text, spread
from tests.survival.strokes import DONE, Blow, plan

PHONE = "+8613900000001"


class Here:
    """The test's own database as a place to audit."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)

    def database(self) -> psycopg.Connection:
        """A connection past the gateway's own code."""
        return psycopg.connect(self._url, autocommit=True)


@pytest.fixture
def auditor(services: Services) -> Auditor:
    """An auditor of the test's database."""
    return Auditor(Here(services.settings.database_url))


def call(message: int, *, taken: bool = True, lied: bool = False, text: str = "已收到") -> Call:
    """Something that reached the carrier."""
    return Call(message=message, recipient=PHONE, text=text, taken=taken, lied=lied, mode=Mode.OK, report_url="")


def sent(services: Services, state: OutboundState, *, provider: str = "kannel") -> int:
    """The id of a row of the outbox."""
    with services.sessions.begin() as session:
        row = letter(PHONE, services.clock.now(), state=state, provider=provider)
        session.add(row)
        session.flush()
        return row.id


def test_the_audit_sees_a_text_that_was_taken_and_lost(auditor: Auditor) -> None:
    lost = Text(id="lost-1", sender=PHONE, text="水")
    assert auditor.faults({lost.id: lost})["taken and lost"] == [("lost-1", PHONE, "水")]
    assert auditor.losses({lost.id: lost}).lost == 1


def test_what_the_outbox_says_is_compared_with_what_the_carrier_saw(services: Services, auditor: Auditor) -> None:
    once, never, twice, hidden = (sent(services, OutboundState.SENT) for _ in range(4))
    nobody_knows = sent(services, OutboundState.CANCELLED)
    calls = [
        *(call(once), call(twice), call(twice), call(hidden), call(hidden, lied=True)),
        *(call(nobody_knows), call(once, taken=False), call(999_999)),
    ]
    assert auditor.faults({}, calls) == {
        "sent, and never reached the carrier": [(never, "sent")],
        "reached the carrier twice": [(twice, "sent", 2)],
        "reached the carrier, and nobody knows": [(nobody_knows, "cancelled")],
        "reached the carrier and is none of ours": [(999_999,)],
    }
    losses = auditor.losses({}, calls)
    assert (losses.doubled, losses.unknown) == (1, 1)


def test_the_carrier_must_get_the_text_that_was_written(services: Services, auditor: Auditor) -> None:
    number = sent(services, OutboundState.SENT)
    assert "another text reached the carrier" in auditor.faults({}, [call(number, text="别的")])


def test_what_a_dead_process_held_is_taken_up_without_waiting(services: Services, auditor: Auditor) -> None:
    sent(services, OutboundState.SENDING)
    sent(services, OutboundState.UNKNOWN)
    sent(services, OutboundState.SENT)
    assert auditor.let_leases_pass() == 2


@pytest.mark.parametrize(
    ("mode", "status", "taken", "lied"),
    [
        (Mode.OK, 202, True, False),
        (Mode.ERROR, 500, False, False),
        (Mode.BUSY, 429, False, False),
        (Mode.RUBBISH, 200, False, False),
        (Mode.CLOSE, 0, True, True),
    ],
)
def test_the_carrier_does_what_it_is_told_and_writes_it_down(
    tmp_path: Path, mode: Mode, status: int, *, taken: bool, lied: bool
) -> None:
    with FakeCarrier(tmp_path) as carrier:
        carrier.report(Reports.NONE)
        carrier.behave(mode, times=1, retry_after=7)
        fields = {"to": PHONE, "text": "雪", "dlr-url": "http://127.0.0.1/status?message=12&status=%d"}
        try:
            answer = requests.get(carrier.send_url, params=fields, timeout=5)
        except requests.ConnectionError:
            answer = None
        assert (answer.status_code if answer is not None else 0) == status
        assert answer is None or answer.headers.get("Retry-After") == ("7" if mode is Mode.BUSY else None)
        assert requests.get(carrier.send_url, params=fields, timeout=5).status_code == 202
        first, second = carrier.hear()
    assert (first.message, first.recipient, first.text) == (12, PHONE, "雪")
    assert (first.taken, first.lied, second.taken) == (taken, lied, True)


def test_texts_are_held_back_until_they_are_let_go() -> None:
    texts = spread(["a", "b", "c", "d"], ["1", "2"], prefix="x")
    with fakes.FakeCarrier() as webhook, ThreadPoolExecutor(1) as pool:
        held = Carrier(webhook.url, texts, seed=1, give_up_after=1.0, pause=0.01)
        held.let_go(2)
        (posting,) = held.post_all(pool, 1)
        with pytest.raises(TimeoutError, match="x-2 was never let go"):
            posting.result()
    assert list(held.ledger) == ["x-0", "x-1"]


def test_blows_fall_in_the_order_that_the_seed_decides() -> None:
    planned = [plan([*Blow], 1.0, random.Random(seed)) for seed in (1, 1, 2)]  # noqa: S311
    assert planned[0] == planned[1] != planned[2]
    assert {stroke.blow for stroke in planned[0]} == set(Blow) == set(DONE)


def test_an_outcome_differs_where_something_is_missing_or_there_twice() -> None:
    was = {"cases": Counter({"a": 1, "b": 1})}
    assert difference(was, {"cases": Counter({"a": 2})}) == {"cases": ["missing: b", "extra: a"]}
    assert difference(was, was) == {}


def test_rows_of_tests_that_did_not_run_stay(tmp_path: Path) -> None:
    path = tmp_path / "results" / "latest.json"

    def report(row: Row) -> pytest.TestReport:
        kept = [(recorder.KEY, recorder.as_text(row))]
        return pytest.TestReport("a", ("a", 1, "a"), {}, "passed", None, "call", user_properties=kept)

    recorder.write([report(Row(fault="b", sent=1)), report(Row(fault="a", sent=2))], path)
    recorder.write([report(Row(fault="b", sent=3)), report(Row(fault="b", sent=4, variant="naive"))], path)
    found = [(row["fault"], row["variant"], row["sent"]) for row in recorder.read(path)]
    assert found == [("a", "ours", 2), ("b", "naive", 4), ("b", "ours", 3)]
