"""What goes into a turn of a USSD call and what comes out of it (design, section 10)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.domain.terms import Language, Proof
from gateway.sms.reading import Parsed
from gateway.ussd.caller import Caller, Draft

RESUMABLE = timedelta(minutes=10)
"""A call that broke off goes on where it was for so long."""
NUMBER = "{number}"
"""Stands in the last screen of a report for the case number, which is named when the report is stored."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """What a screen of a carrier holds: GSM-7 septets, UCS-2 units; without UCS-2 everything is written in Latin."""

    septets: int = 160
    units: int = 70


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One callback of the carrier; `text` holds all that was typed since dialling, joined by `*`.

    The first entry of a carrier's session brings the caller with it; one that has none and belongs to no session is
    passed over.
    """

    at: datetime
    session_id: str
    text: str
    caller: Caller | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """Take this as a message of the caller's: what the menus read, and how the same is written in a text."""

    reading: Parsed
    text: str
    proof: Proof = Proof.NONE
    new_pin: str = ""  # NEW_PIN: the digits that were chosen
    ends_draft: bool = False  # it was the report that the kept draft is about


@dataclass(frozen=True, kw_only=True, slots=True)
class Keep:
    """Keep the report as far as it was told."""

    draft: Draft


@dataclass(frozen=True, kw_only=True, slots=True)
class Drop:
    """Forget the kept report: the caller begins anew."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Speak:
    """The caller chose a language, and whether the phone draws Latin letters only."""

    language: Language
    latin: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class WrongPin:
    """A wrong PIN was typed; the third one in a row locks it."""


Deed = File | Keep | Drop | Speak | WrongPin
"""What the gateway does because of a turn; each may be done twice and counts once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """A screen that fits, and whether the call goes on (CON) or ends (END)."""

    text: str
    goes_on: bool
