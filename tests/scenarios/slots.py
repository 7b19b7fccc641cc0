"""What stands for something else in a story's texts: case numbers, reply codes, PINs (docs/scenarios.md)."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.store.cases import Case
from tests.scenarios.county import number_of, pin_of
from tests.scenarios.dialogue import Dialogue
from tests.scenarios.story import Step


class NoCode(AssertionError):
    """Nobody can read a reply code off this phone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Slots:
    """The slots of one step."""

    cases: Mapping[str, Case]
    about: str  # name of the case that is spoken of; may be nobody's
    step: Step
    dialogue: Dialogue

    @property
    def case(self) -> Case | None:
        """The case that is spoken of."""
        return self.cases.get(self.about)

    def values(self) -> dict[str, str]:
        """Case numbers by name; `number` is the one of the step, `mistyped` has its last digit wrong."""
        found = {name: case.number for name, case in self.cases.items()}
        if self.case is not None:
            number = self.case.number
            found["number"] = number
            found["mistyped"] = number[:-1] + str((int(number[-1]) + 1) % 10)
        return found

    def fill(self, text: str) -> str:
        """A text with its slots filled; raises NoCode."""
        for name, value in self.values().items():
            text = text.replace("{" + name + "}", value)
        if "pin}" in text:
            pin = pin_of(self.step.sender)
            text = text.replace("{pin}", pin).replace("{wrong_pin}", str(int(pin) + 1))
        if "code}" in text:
            code = self._code()
            text = text.replace("{code}", code).replace("{wrong_code}", f"{(int(code) + 1 - 100) % 900 + 100}")
        return text

    def _code(self) -> str:
        """The reply code, read off the sender's own phone."""
        sender, number = self.step.sender, self.values()["number"]
        code = self.dialogue.code(number_of(sender, self.step.phone), number)
        if code is None:
            raise NoCode(f"no text to {sender} printed a code for {number}")
        return code
