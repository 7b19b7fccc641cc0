"""What is done to a gateway while messages flow: every kind of blow, in an order and at moments that a seed decides."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tests.survival.audit import Auditor, Progress
from tests.survival.deployment import Deployment, Victim

FROZEN_SECONDS = 3.0
LOOK_SECONDS = 0.1


class Blow(StrEnum):
    """What a process or the whole gateway suffers; the first eight are `kill -9`."""

    WEB = "the process that keeps the web processes"
    WEB_WORKER = "a web process"
    INBOUND = "the inbound worker"
    OUTBOUND = "the outbound worker"
    CLOCK = "the clock"
    VALKEY = "Valkey"
    VALKEY_AND_DATA = "Valkey, its data wiped"
    POSTGRES = "PostgreSQL"
    FLUSH = "FLUSHALL"
    FREEZE_INBOUND = "the inbound worker stands still for seconds"
    FREEZE_OUTBOUND = "the outbound worker stands still for seconds"
    POWER = "everything at once"


@dataclass(frozen=True, kw_only=True, slots=True)
class Stroke:
    """One blow, so many seconds after the texts that it is meant for began to come."""

    blow: Blow
    after: float


def _freeze(victim: Victim) -> Callable[[Deployment], object]:
    def freeze(deployment: Deployment) -> None:
        pid = deployment.freeze(victim)
        time.sleep(FROZEN_SECONDS)
        deployment.wake(pid)

    return freeze


def _cut_power(deployment: Deployment) -> None:
    deployment.cut_power()
    deployment.start()


DONE: Mapping[Blow, Callable[[Deployment], object]] = {
    Blow.WEB: lambda deployment: deployment.kill(Victim.WEB),
    Blow.WEB_WORKER: lambda deployment: deployment.kill(Victim.WEB_WORKER),
    Blow.INBOUND: lambda deployment: deployment.kill(Victim.INBOUND),
    Blow.OUTBOUND: lambda deployment: deployment.kill(Victim.OUTBOUND),
    Blow.CLOCK: lambda deployment: deployment.kill(Victim.CLOCK),
    Blow.VALKEY: lambda deployment: deployment.kill(Victim.VALKEY),
    Blow.VALKEY_AND_DATA: lambda deployment: deployment.kill(Victim.VALKEY_AND_DATA),
    Blow.POSTGRES: lambda deployment: deployment.kill(Victim.POSTGRES),
    Blow.FLUSH: Deployment.flush_queue,
    Blow.FREEZE_INBOUND: _freeze(Victim.INBOUND),
    Blow.FREEZE_OUTBOUND: _freeze(Victim.OUTBOUND),
    Blow.POWER: _cut_power,
}


def plan(blows: Iterable[Blow], seconds: float, chance: random.Random) -> list[Stroke]:
    """Every blow in a random order, each at a random moment within so many seconds."""
    strokes = [Stroke(blow=blow, after=chance.uniform(0.0, seconds)) for blow in blows]
    chance.shuffle(strokes)
    return strokes


def strike(
    deployment: Deployment, auditor: Auditor, planned: Sequence[Stroke], let_go: Callable[[], None]
) -> list[Progress]:
    """Do all that is planned, each while the texts come that were let go for it; gives how far all had come then."""
    looks = []
    for stroke in planned:
        let_go()
        time.sleep(stroke.after)
        while (seen := auditor.progress()) is None:
            time.sleep(LOOK_SECONDS)
        DONE[stroke.blow](deployment)
        looks.append(seen)
    let_go()
    return looks


def in_words(planned: Iterable[Stroke]) -> str:
    """How often each was done."""
    return ", ".join(f"{blow.name.lower()} {times}" for blow, times in sorted(Counter(s.blow for s in planned).items()))
