"""`kill -9` of every process, and of Valkey with its data wiped, while 2,000 messages flow: none is lost or doubled."""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from gateway.embedded.processes import wait_for
from tests.survival.audit import Auditor, Progress
from tests.survival.carrier import Carrier, spread
from tests.survival.deployment import Deployment, Victim

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("deployment"), pytest.mark.timeout(1800)]

MESSAGES = 2_000
CONNECTIONS = 6
QUIET_SECONDS = 1500.0
LOOK_SECONDS = 0.3

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Stroke:
    """One kill: at so many messages stored, or handled."""

    victim: Victim
    stored: int = 0
    handled: int = 0

    def is_due(self, seen: Progress) -> bool:
        """Whether the messages have come so far."""
        return seen.stored >= self.stored and seen.handled >= self.handled


def strokes(chance: random.Random) -> list[Stroke]:
    """Every kind several times at random places, in the order of their places.

    What takes messages in is hit while they come in. The outbound worker is hit in the first half: what it held is
    taken up again after a minute's lease, and the test would only wait for that.
    """
    coming = [
        Stroke(victim=victim, stored=chance.randrange(50, MESSAGES - 300))
        for victim in (*[Victim.WEB] * 2, *[Victim.WEB_WORKER] * 3, *[Victim.VALKEY] * 2, Victim.POSTGRES)
    ]
    going = [
        Stroke(victim=victim, stored=50, handled=chance.randrange(20, MESSAGES - 200))
        for victim in (*[Victim.INBOUND] * 4, *[Victim.CLOCK] * 2, *[Victim.VALKEY] * 2, Victim.POSTGRES)
    ]
    sending = [Stroke(victim=Victim.OUTBOUND, stored=50, handled=chance.randrange(20, MESSAGES // 2)) for _ in range(4)]
    return sorted([*coming, *going, *sending], key=lambda stroke: (stroke.handled, stroke.stored))


def words(chance: random.Random) -> list[str]:
    """Reports as liaisons write them."""
    return [
        chance.choice(WORDS).format(home=chance.randint(1, HOMES), serial=serial) for serial in range(1, MESSAGES + 1)
    ]


def strike(deployment: Deployment, auditor: Auditor, planned: Sequence[Stroke]) -> list[Progress]:
    """Kill what is due as the messages flow, until nothing is left to kill; gives how far they were each time."""
    waiting, looks = list(planned), []
    end = time.monotonic() + QUIET_SECONDS
    while waiting and time.monotonic() < end:
        seen = auditor.progress()
        due = next((stroke for stroke in waiting if seen is not None and stroke.is_due(seen)), None)
        if seen is None or due is None:
            time.sleep(LOOK_SECONDS)
            continue
        waiting.remove(due)
        deployment.kill(due.victim)
        looks.append(seen)
    return looks


def test_2000_messages_survive_kill_9_of_everything(deployment: Deployment, report: Callable[[str], None]) -> None:
    seed = random.randrange(1_000_000)  # noqa: S311 - repeated by --randomly-seed
    chance = random.Random(seed)  # noqa: S311
    auditor = Auditor(deployment)
    texts = spread(words(chance), auditor.liaisons(), prefix=f"kill-{seed}")
    planned = strokes(chance)
    carrier = Carrier(deployment.webhook("simulator"), texts, seed=seed, give_up_after=QUIET_SECONDS)
    begun = time.monotonic()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        postings = carrier.post_all(pool, CONNECTIONS)
        looks = strike(deployment, auditor, planned)
        for posting in postings:
            posting.result()
    auditor.wait_until_quiet(MESSAGES, QUIET_SECONDS)
    took = time.monotonic() - begun

    killed = ", ".join(f"{victim.name} {sum(s.victim is victim for s in planned)}" for victim in Victim)
    report(
        f"seed {seed}: {len(looks)} kills ({killed}) in {MESSAGES} messages, {took:.0f} s, {carrier.repeats} repeats"
    )
    report(f"{auditor.figures()}")
    assert len(looks) == len(planned)
    assert all(look.handled < MESSAGES for look in looks), "something was killed too late"
    assert set(carrier.ledger) == {text.id for text in texts}
    assert auditor.faults(carrier.ledger) == {}
    assert wait_for(deployment.is_ready, 120)
    assert all(deployment.pids(victim) for victim in Victim)
