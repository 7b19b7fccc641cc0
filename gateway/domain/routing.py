"""Who answers for a case: the first reachable post in a fixed order, never nobody (design, section 6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.terms import Level


class Skip(StrEnum):
    """Why somebody earlier in the order was passed over; the case's history says so."""

    VACANT = "vacant"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A post that could own a case; candidates come in the order in which they are asked."""

    post_id: int
    level: Level
    deputy: bool
    reachable: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """The post that owns a case, its level, and why it is not the one first meant."""

    post_id: int
    level: Level
    skipped: tuple[tuple[Level, Skip], ...] = ()
    deputy: bool = False


class NobodyAnswers(Exception):
    """No post at all exists for a case: a county without a county centre, which `gateway doctor` finds."""


def choose(candidates: Iterable[Candidate], *, first: Level) -> Choice:
    """The first reachable candidate from level `first` up, the last one when no phone works: never empty.

    Asks for no candidate beyond the one it takes. Raises NobodyAnswers only when there is no candidate at all.
    """
    skipped: list[tuple[Level, Skip]] = []
    last: Candidate | None = None
    for candidate in candidates:
        if last is None and candidate.level is not first:
            skipped.append((first, Skip.VACANT))
        last = candidate
        if candidate.reachable:
            break
        skipped.append((candidate.level, Skip.UNREACHABLE))
    if last is None:
        raise NobodyAnswers(f"no post answers from {first} upwards")
    return Choice(post_id=last.post_id, level=last.level, skipped=tuple(skipped), deputy=last.deputy)
