"""What the parser can say about a text (design, section 5): always `Parsed` or `NotParsed`, never an exception."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class Verb(StrEnum):
    """Actions; the digit of each after a case or directive number stands in the codebook."""

    STATUS = "status"  # 0
    ACCEPT = "accept"  # 1
    DONE = "done"  # 2
    PASS_UP = "pass_up"  # 3  # noqa: S105 - no password
    NOT_MINE = "not_mine"  # 4
    EXTEND = "extend"  # 5
    NOTE = "note"  # 6
    FIXED = "fixed"  # 7
    NOT_FIXED = "not_fixed"  # 8
    UNDO = "undo"  # 9
    FORWARD = "forward"  # word only: county centre, to the department of a category
    MERGE = "merge"  # word only: county centre, into another case
    HELP = "help"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"


class SubjectKind(StrEnum):
    """What a message is about."""

    ORDINAL = "ordinal"  # a household of the sender's, 1 … 12
    CASE = "case"  # 1…
    HOUSEHOLD = "household"  # 2…
    DIRECTIVE = "directive"  # 3…


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """The thing a message names: an ordinal ("3") or a full number with its check digit ("148214")."""

    kind: SubjectKind
    number: str


class Reason(StrEnum):
    """Why a text was not read as a message."""

    EMPTY = "empty"  # no letter and no digit in it
    CHECK_DIGIT = "check_digit"  # starts with a number of ours whose check digit is wrong
    SUBJECT_ONLY = "subject_only"  # a number or ordinal and nothing else
    NOT_AN_ACTION = "not_an_action"  # a case number followed by digits that mean nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class Parsed:
    """A text that was read.

    Exactly one of these holds: `verb` is set (a command, on `subject` or on none for HELP, OPT_OUT, OPT_IN, or for a
    verb word typed without a number); or it is a report: `code` (two digits of the codebook) and/or `text`.
    `reply` is a bare digit or three-digit reply code sent alone ("1", "571"): the answer to an open question.
    """

    subject: Subject | None = None
    verb: Verb | None = None
    code: str = ""  # report code: two digits, or the one of a family
    values: tuple[int, ...] = ()  # how many, which; for EXTEND the days; for MERGE and FORWARD the other number or code
    reply_code: str = ""  # three digits after a consequential verb
    reply: str = ""
    text: str = ""  # the words as typed, minus what was read; whole text for a free report
    urgent: bool = False
    rehearsal: bool = False
    repairs: tuple[str, ...] = ()  # foldings that changed meaning-bearing characters, e.g. "O→0"

    def as_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Back from `as_json`, or from what went through JSON since."""
        subject, verb = data["subject"], data["verb"]
        return cls(
            **{
                **data,
                "subject": Subject(kind=SubjectKind(subject["kind"]), number=subject["number"]) if subject else None,
                "verb": Verb(verb) if verb else None,
                "values": tuple(data["values"]),
                "repairs": tuple(data["repairs"]),
            }
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class NotParsed:
    """A text that needs a question back; `token` is the part at fault, `near` the numbers it could have been.

    `text` keeps the words behind the token, so that they can still become a report.
    """

    reason: Reason
    token: str = ""
    near: tuple[str, ...] = ()
    text: str = ""
    urgent: bool = False
    rehearsal: bool = False


ParseResult = Parsed | NotParsed
