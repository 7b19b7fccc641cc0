"""The gateway that the world does wrong: one deployment and one fake carrier for all these tests, and their ledger."""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import LiteralString

import pytest

from tests.faults.fake_carrier import FakeCarrier
from tests.survival.audit import Auditor, Losses
from tests.survival.carrier import Carrier, Text
from tests.survival.deployment import Deployment

QUIET_SECONDS = 150.0
GIVE_UP_SECONDS = 120.0
TAKING_SECONDS = 20.0
CONNECTIONS = 4
MOST_EACH = 20  # texts of a phone; the brake of this gateway lets as many answers pass
FEWEST_PHONES = 3
HOMES = 4  # ordinals that every liaison of the county has
WORDS = (
    "{home} 水管冻了没有水 {serial}号表",
    "{home} 房子漏雨 第{serial}天",
    "路断了，{serial}号桩那里",
    "no power since day {serial}",
)

SETTINGS = {
    "WEBHOOK_SECRET": "hook-of-today,hook-of-yesterday",
    "TWILIO_AUTH_TOKEN": "token-of-the-tests",  # so that Twilio may hand in messages, too
    "CARRIER_TIMEOUT": "3",
    "ANSWERS_PER_10_MINUTES": str(MOST_EACH + 4),
    "SWEEP_SECONDS": "0.5",
}

_STATES: LiteralString = "SELECT count(*) FROM outbound WHERE state = ANY(%s)"
_HURRY: LiteralString = """
    UPDATE outbound SET not_before = now() WHERE state = 'queued' AND not_before > now()"""
_OPEN: LiteralString = "UPDATE carrier_states SET open_until = now() WHERE open_until > now()"


@dataclass(kw_only=True)
class World:
    """A gateway under test, what was handed to it, and what it must have become."""

    deployment: Deployment
    carrier: FakeCarrier
    auditor: Auditor
    full: bool
    environment: Mapping[str, str]  # of its processes, beyond their settings
    ledger: dict[str, Text] = field(default_factory=dict)
    braked: set[str] = field(default_factory=set)  # most of their answers stay with us, as they should
    _serial: Iterator[int] = field(default_factory=itertools.count)
    _phones: Iterator[str] = field(default_factory=lambda: iter(()))

    def only_in_full(self, *, unless: bool = False) -> None:
        """Leave this test to `make test-faults`, unless it is one that `make test` has time for."""
        if not (self.full or unless):
            pytest.skip("in make test-faults")

    def size(self, short: int, full: int) -> int:
        """How many messages: in `make test`, and in `make test-faults`."""
        return full if self.full else short

    def phones(self, count: int) -> list[str]:
        """Liaisons that no other test writes from, so that nobody meets the brake."""
        found = list(itertools.islice(self._phones, count))
        assert len(found) == count, "the county has no more liaisons"
        return found

    def texts(self, count: int) -> list[Text]:
        """Reports from as many phones as it needs: the county has fewer than four hundred."""
        phones = self.phones(max(min(count, FEWEST_PHONES), -(-count // MOST_EACH)))
        return [self.text(phones[place % len(phones)]) for place in range(count)]

    def text(self, phone: str, words: str = "") -> Text:
        """One text of a phone that nobody has sent before."""
        serial = next(self._serial)
        words = words or WORDS[serial % len(WORDS)].format(home=1 + serial % HOMES, serial=serial)
        return Text(id=f"world-{serial}", sender=phone, text=words)

    @contextmanager
    def in_flight(self, texts: Sequence[Text]) -> Iterator[None]:
        """Texts are posted while the body goes on, each until it is taken; afterwards they stand in the ledger."""
        url = self.deployment.webhook("simulator")
        carrier = Carrier(url, texts, seed=1, give_up_after=GIVE_UP_SECONDS)
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            postings = carrier.post_all(pool, CONNECTIONS)
            yield
            for posting in postings:
                posting.result()
        assert set(carrier.ledger) == {text.id for text in texts}
        self.ledger |= carrier.ledger

    def wait(self, condition: Callable[[], bool], seconds: float = TAKING_SECONDS) -> None:
        """Wait for something; raises AssertionError when it does not come."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"nothing came of it in {seconds} s:\n{self.deployment.said()[-3000:]}"
            time.sleep(0.1)

    def settle(self) -> None:
        """The world is well again: wait until all is handled and gone, without waiting for back-off and leases."""
        end = time.monotonic() + QUIET_SECONDS
        while time.monotonic() < end:
            seen = self.auditor.progress()
            if seen is not None and seen.stored == seen.handled and not self._in_hand():
                return
            if seen is not None:
                self._hurry()
            time.sleep(0.3)
        raise AssertionError(f"it does not come to rest: {self.auditor.figures()}")

    def audit(self) -> Losses:
        """Compare everything with the ledger and with the carrier's log; raises AssertionError."""
        faults = self.auditor.faults(self.ledger, self.carrier.calls(), only_reports=False)
        if faults:
            raise AssertionError(faults)
        losses = self.auditor.losses(self.ledger, self.carrier.calls())
        if losses.lost or losses.doubled or losses.unanswered:
            raise AssertionError(losses)
        if missing := set(self.ledger) - self._answered() - self.braked:
            raise AssertionError(f"not answered: {missing}")
        return losses

    def set_clock(self, seconds: float) -> None:
        """Every process of the gateway goes by a clock that is so far off from now on."""
        file = Path(self.environment["LIANHU_TESTS_SHIFT"])
        draft = file.with_suffix(".new")
        draft.write_text(str(seconds), encoding="utf-8")
        draft.replace(file)

    def count(self, query: LiteralString, *values: object) -> int:
        """One number out of the database."""
        with self.deployment.database() as connection:
            row = connection.execute(query, values).fetchone()
        return int(row[0]) if row else 0

    def _in_hand(self) -> int:
        return self.count(_STATES, ["queued", "sending", "unknown"])

    def _hurry(self) -> None:
        """What waits for a back-off or a look-up need not wait longer for a test; claims under way are left alone."""
        with self.deployment.database() as connection:
            connection.execute(_OPEN)
            connection.execute(_HURRY)
            connection.execute("UPDATE outbound SET not_before = now() WHERE state = 'unknown' AND not_before > now()")

    def _answered(self) -> set[str]:
        """Texts of the ledger whose answer has left."""
        with self.deployment.database() as connection:
            rows = connection.execute("""
                SELECT i.provider_id FROM inbound i JOIN outbound o ON o.reply_to_id = i.id
                WHERE o.state IN ('sent', 'delivered')""").fetchall()
        return {str(row[0]) for row in rows} & set(self.ledger)
