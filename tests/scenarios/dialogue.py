"""Watches both ends of the wire during a story: what was said, when it arrived, and how that reads as a dialogue."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from gateway.store.base import OutboundState
from gateway.store.outbound import Outbound
from gateway.wiring import Services
from tests.scenarios.calls import Screen
from tests.scenarios.county import label, number_of, who_has
from tests.scenarios.story import ZONE

_LONG_NUMBER = re.compile(r"\d{4,}")
_QUOTED = re.compile('“[^”]*”|"[^"]*"')
_AFTER_CODE = re.compile(r"(?:码|code |གསང་ཨང་)(\d{3})(?!\d)")
_THREE_DIGITS = re.compile(r"(?<!\d)\d{3}(?!\d)")
_TAKEN = frozenset({OutboundState.SENT, OutboundState.DELIVERED})


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """A message of ours that came to its end: arrived, or was lost, held back or taken back."""

    row: int
    at: datetime
    number: str
    body: str
    purpose: str
    template: str
    status: str
    case_id: int | None

    @property
    def role(self) -> str:
        """Whose phone."""
        return who_has(self.number)


@dataclass(slots=True)
class Dialogue:
    """Everything that was said so far."""

    services: Services
    lines: list[str] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    _known: dict[int, str] = field(default_factory=dict)
    _day: str = ""

    def said(self, role: str, text: str, *, phone: int = 1, times: int = 1) -> None:
        """Somebody wrote to us."""
        again = f"  ×{times}" if times > 1 else ""
        number = "" if phone == 1 else f" ({number_of(role, phone)})"
        self._line(self.services.clock.now(), f"{label(role)}{number} → 网关   {text}{again}")

    def turned(self, role: str, typed: str, screen: Screen) -> None:
        """Somebody typed something during a call, and a screen came."""
        now = self.services.clock.now()
        lines = " │ ".join(screen.text.splitlines())
        self._line(now, f"{label(role)} ⇢ {typed or '(handed over again)'}")
        self._line(now, f"{label(role)} ⇠ {lines}{'' if screen.goes_on else '  〔call over〕'}")

    def remark(self, text: str) -> None:
        """Something that is no message."""
        self._line(self.services.clock.now(), f"({text})")

    def listen(self) -> None:
        """Take down every message of ours that came to an end since the last time."""
        now = self.services.clock.now()
        for row, status in self._ended():
            if self._known.get(row.id) == status:
                continue
            self._known[row.id] = status
            heard = Heard(
                row=row.id,
                at=now,
                number=row.recipient,
                body=row.body,
                purpose=row.purpose.value,
                template=row.template,
                status=status,
                case_id=row.case_id,
            )
            self.heard.append(heard)
            lost = "" if status == "delivered" else f"  〔{status}〕"
            second = " (2)" if heard.number != number_or_self(heard.role) else ""
            self._line(now, f"网关 → {label(heard.role)}{second}   {row.body}  [{row.template}]{lost}")

    def waiting(self) -> list[Heard]:
        """Messages that are written and may not leave yet."""
        with self.services.sessions() as session:
            rows = session.scalars(
                select(Outbound)
                .where(Outbound.state == OutboundState.QUEUED, Outbound.not_before > self.services.clock.now())
                .order_by(Outbound.id)
            ).all()
        return [
            Heard(
                row=row.id,
                at=row.not_before,
                number=row.recipient,
                body=row.body,
                purpose=row.purpose.value,
                template=row.template,
                status="queued",
                case_id=row.case_id,
            )
            for row in rows
        ]

    def code(self, number: str, case_number: str) -> str | None:
        """The reply code that the last text about a case printed, read off the phone as its owner would."""
        for heard in reversed(self.heard):
            if heard.number != number or heard.status != "delivered" or case_number not in heard.body:
                continue
            plain = _QUOTED.sub("", heard.body)
            named = _AFTER_CODE.search(plain)
            if named:
                return named[1]
            bare = _THREE_DIGITS.search(_LONG_NUMBER.sub("", plain))
            if bare:
                return bare[0]
        return None

    def text(self) -> str:
        """The whole dialogue."""
        return "\n".join(self.lines)

    def _ended(self) -> Iterator[tuple[Outbound, str]]:
        with self.services.sessions() as session:
            rows = session.scalars(
                select(Outbound)
                .where(Outbound.state.not_in((OutboundState.QUEUED, OutboundState.SENDING, OutboundState.UNKNOWN)))
                .order_by(Outbound.changed_at, Outbound.id)
            ).all()
        for row in rows:
            yield row, "delivered" if row.state in _TAKEN else row.state.value

    def _line(self, at: datetime, text: str) -> None:
        local = at.astimezone(ZONE)
        day = f"{local:%Y-%m-%d %a}"
        if day != self._day:
            self._day = day
            self.lines.append(day)
        self.lines.append(f"  {local:%H:%M:%S}  {text}")


def number_or_self(role: str) -> str:
    """A role's first number; a bare number stands for itself."""
    return role if role.startswith("+") else number_of(role)
