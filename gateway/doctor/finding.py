"""The word that all looks share: what was looked at, how it stands, what was seen and what to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from gateway.clock import Clock
from gateway.settings import Settings


class Verdict(StrEnum):
    """How a thing stands; `LOOK` wants a person's eye soon, `FAIL` now."""

    OK = "ok"
    LOOK = "look"
    FAIL = "fail"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing looked at; `subject` is its name in docs/runbook.md."""

    subject: str
    verdict: Verdict
    seen: str
    remedy: str = ""  # what to do; empty when all is well


@dataclass(frozen=True, kw_only=True, slots=True)
class Patient:
    """A migrated database and what is needed to judge it; `expected`: processes should be at work here."""

    settings: Settings
    session: Session
    clock: Clock
    expected: bool


def well(subject: str, seen: str) -> Finding:
    """A thing that is as it should be."""
    return Finding(subject=subject, verdict=Verdict.OK, seen=seen)


def look(subject: str, seen: str, remedy: str) -> Finding:
    """A thing that wants a person's eye, while messages still come and go."""
    return Finding(subject=subject, verdict=Verdict.LOOK, seen=seen, remedy=remedy)


def fail(subject: str, seen: str, remedy: str) -> Finding:
    """A thing that keeps messages from coming in, being handled or leaving."""
    return Finding(subject=subject, verdict=Verdict.FAIL, seen=seen, remedy=remedy)


def worst(findings: Iterable[Finding]) -> Verdict:
    """The gravest verdict among some findings."""
    order = list(Verdict)
    return max((finding.verdict for finding in findings), key=order.index, default=Verdict.OK)
