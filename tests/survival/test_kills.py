"""`kill -9` of every process and of all at once while messages flow in and out: none is lost, none is doubled."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from gateway.embedded.processes import wait_for
from tests.faults import naive_gateway
from tests.faults.fake_carrier import FakeCarrier
from tests.faults.recorder import Record
from tests.survival.audit import Auditor, Progress
from tests.survival.carrier import Carrier, Text, spread
from tests.survival.deployment import Deployment, Victim, deployed
from tests.survival.strokes import Blow, Stroke, in_words, plan, strike

pytestmark = [pytest.mark.slow, pytest.mark.faults, pytest.mark.xdist_group("deployment"), pytest.mark.timeout(1800)]

CONNECTIONS = 6
QUIET_SECONDS = 300.0
GIVE_UP_SECONDS = 900.0
PAUSE_SECONDS = 0.15
BLOW_WITHIN_SECONDS = 1.0
STILL_SECONDS = 20
FAULT = "kill -9, FLUSHALL and SIGSTOP at random moments"
NAIVE_LACKS = {Blow.WEB_WORKER, Blow.OUTBOUND, Blow.CLOCK, Blow.FREEZE_OUTBOUND}

# Most of these texts are about a household, where a second report of one kind is a follow-up.
WORDS = (
    "{home} 水管冻了没有水 {serial}号表",
    "{home} 房子漏雨 第{serial}天",
    "{home} 52 {home}",
    "{home} 孩子没有户口 {serial}",
    "{home} mei dian le {serial}",
    "*{home} 房子塌了，有人受伤 {serial}",
    "村口的桥有裂缝，车{serial}不敢过",
    "路断了，{serial}号桩那里",
    "ང་ཚོའི་སྡེ་བར་ཆུ་མི་འདུག {serial}",
    "no power since day {serial}",
)
HOMES = 4  # ordinals that every liaison of the demo has


@pytest.fixture(scope="module")
def carrier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeCarrier]:
    """The carrier that everything leaves through."""
    with FakeCarrier(tmp_path_factory.mktemp("carrier")) as running:
        yield running


@pytest.fixture(scope="module")
def deployment(carrier: FakeCarrier) -> Iterator[Deployment]:
    """A gateway that sends through it."""
    with deployed(carrier) as running:
        yield running


def words(count: int, chance: random.Random) -> list[str]:
    """Reports as liaisons write them."""
    return [chance.choice(WORDS).format(home=chance.randint(1, HOMES), serial=serial) for serial in range(1, count + 1)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Storm:
    """What came of messages that flowed while blows fell; `looks` says how far they were at each."""

    posting: Carrier
    texts: Sequence[Text]
    planned: Sequence[Stroke]
    looks: Sequence[Progress]
    seconds: float


def storm(deployment: Deployment, blows: Iterable[Blow], messages: int, report: Callable[[str], None]) -> Storm:
    """Post messages and hit the gateway with all these blows meanwhile, until every message has its 200."""
    seed = random.randrange(1_000_000)  # noqa: S311 - repeated by --randomly-seed
    chance = random.Random(seed)  # noqa: S311
    auditor = Auditor(deployment)
    texts = spread(words(messages, chance), auditor.liaisons(), prefix=f"kill-{seed}")
    planned = plan(blows, BLOW_WITHIN_SECONDS, chance)
    report(f"seed {seed}: {in_words(planned)}")
    begun = time.monotonic()
    posting = Carrier(
        deployment.webhook("simulator"), texts, seed=seed, give_up_after=GIVE_UP_SECONDS, pause=PAUSE_SECONDS
    )
    share = -(-messages // (len(planned) + 1))
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        posted = posting.post_all(pool, CONNECTIONS)
        try:
            looks = strike(deployment, auditor, planned, lambda: posting.let_go(share))
        finally:
            posting.let_go(messages)
        for each in posted:
            each.result()
    return Storm(posting=posting, texts=texts, planned=planned, looks=looks, seconds=time.monotonic() - begun)


def test_messages_survive_kill_9_of_everything(
    deployment: Deployment,
    carrier: FakeCarrier,
    full: bool,  # noqa: FBT001 - a fixture
    record: Record,
    report: Callable[[str], None],
) -> None:
    messages, rounds = (2_000, 3) if full else (400, 1)
    auditor = Auditor(deployment)
    came = storm(deployment, [*Blow] * rounds, messages, report)
    begun = time.monotonic()
    auditor.wait_until_quiet(messages, QUIET_SECONDS, leases=False)
    calls = carrier.calls()
    record(
        fault=FAULT,
        sent=messages,
        kills=len(came.looks),
        seconds=came.seconds + time.monotonic() - begun,
        note=in_words(came.planned),
        **asdict(auditor.losses(came.posting.ledger, calls)),
    )
    report(f"{came.posting.repeats} repeats by the carrier, {len(calls)} calls of the other; {auditor.figures()}")
    assert all(look.handled < messages for look in came.looks), "something was hit too late"
    assert set(came.posting.ledger) == {text.id for text in came.texts}
    assert auditor.faults(came.posting.ledger, calls) == {}
    assert wait_for(deployment.is_ready, 120)
    assert all(deployment.pids(victim) for victim in Victim)


def test_a_naive_gateway_does_not_survive_them(
    full: bool,  # noqa: FBT001 - a fixture
    record: Record,
    report: Callable[[str], None],
    tmp_path: Path,
) -> None:
    """Proves that the blows are heavy enough to tell; ours is measured by the same ones."""
    if not full:
        pytest.skip("in make test-faults")
    with FakeCarrier(tmp_path) as carrier, deployed(carrier, command=[*naive_gateway.COMMAND, "run"]) as deployment:
        auditor = Auditor(deployment)
        came = storm(deployment, [blow for blow in Blow if blow not in NAIVE_LACKS] * 3, 2_000, report)
        begun = time.monotonic()
        _wait_until_nothing_moves(auditor)
        losses = auditor.losses(came.posting.ledger, carrier.calls())
        record(
            fault=FAULT,
            variant="naive",
            sent=len(came.texts),
            kills=len(came.looks),
            seconds=came.seconds + time.monotonic() - begun,
            note=in_words(came.planned),
            **asdict(losses),
        )
        assert losses.lost + losses.doubled + losses.unanswered > 0


def _wait_until_nothing_moves(auditor: Auditor) -> None:
    """Nobody sweeps there: what has not moved for a while never will."""
    seen, still = None, 0
    while still < STILL_SECONDS:
        time.sleep(1.0)
        now = auditor.progress()
        still = still + 1 if now == seen else 0
        seen = now
