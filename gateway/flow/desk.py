"""A command on its way: what was asked, by whom, about which case."""

from dataclasses import dataclass

from gateway.flow.turn import Turn
from gateway.sms.reading import Parsed, Verb
from gateway.store.cases import Case


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A command as it was read, from words on the wire or from a stored option."""

    verb: Verb
    number: str
    text: str = ""
    values: tuple[int, ...] = ()
    code: str = ""  # the reply code that came with it
    rehearsal: bool = False

    @classmethod
    def of(cls, parsed: Parsed, verb: Verb, number: str) -> "Command":
        """The command in a text."""
        return cls(
            verb=verb, number=number, text=parsed.text, values=parsed.values, code=parsed.reply_code,
            rehearsal=parsed.rehearsal,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """One command on its way: the message that brought it, and the case that it is about."""

    turn: Turn
    case: Case

    def answer(self, key: str, /, *, rehearsal: bool = False, **slots: str | int) -> None:
        """Give the one answer."""
        self.turn.answer_about(self.case, key, slots, rehearsal=rehearsal)
