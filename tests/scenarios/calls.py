"""A telephone on a carrier's USSD line: dials, types and hangs up through the real webhooks, in the carrier's shape."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.scenarios.story import CODE, BadStory

_GOES_ON, _ENDS = "CON ", "END "
_serial = count(1)


class CallFailed(AssertionError):
    """The webhook did not answer with a screen."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Screen:
    """What stands on the phone, and whether the call goes on."""

    text: str
    goes_on: bool


@dataclass(slots=True, kw_only=True)
class Call:
    """One call, from dialling to its end; every call has a carrier's session of its own."""

    client: FlaskClient
    secret: str
    sender: str  # E.164
    provider: str = "simulator"
    watch: Callable[[str, Screen], None] = lambda _typed, _screen: None  # hears of every turn
    session_id: str = field(default_factory=lambda: f"session-{next(_serial)}")
    typed: list[str] = field(default_factory=list)
    screen: Screen = Screen(text="", goes_on=False)

    def dial(self, string: str = CODE) -> Screen:
        """Dial the code, or a direct string behind it; raises CallFailed, or BadStory for another code."""
        inside = string.removeprefix(CODE.removesuffix("#")).removesuffix("#")
        if not string.startswith(CODE.removesuffix("#")) or not string.endswith("#"):
            raise BadStory(f"dial = {string!r} does not begin with {CODE.removesuffix('#')} and end with #")
        self.typed = [inside.removeprefix("*")] if inside else []
        return self._turn(string)

    def press(self, keys: str) -> Screen:
        """Type an answer and send it; raises CallFailed, also when the call is over."""
        if not self.screen.goes_on:
            raise CallFailed(f"the call is over, nobody can type {keys!r}: {self.screen.text}")
        self.typed.append(keys)
        return self._turn(keys)

    def again(self) -> Screen:
        """The carrier hands the last turn over once more."""
        return self._turn("")

    def hang_up(self) -> None:
        """The call ends, and the carrier says so."""
        answer = self._post("/end", self._farewell())
        if answer.status_code != 200:
            raise CallFailed(f"the end of the call was answered {answer.status_code}")

    def _turn(self, typed: str) -> Screen:
        text = "*".join(self.typed)
        match self.provider:
            case "simulator":
                answer = self._post("", {"session": self.session_id, "from": self.sender, "code": CODE, "text": text})
            case "africastalking":
                answer = self._post("", self._as_africastalking(text=text))
            case _:
                raise BadStory(f"no carrier {self.provider!r} for calls in stories")
        if answer.status_code != 200:
            raise CallFailed(f"the {self.provider} webhook answered {answer.status_code} to {text!r}")
        self.screen = self._read(answer)
        self.watch(typed, self.screen)
        return self.screen

    def _read(self, answer: TestResponse) -> Screen:
        if self.provider == "simulator":
            told = answer.get_json()
            return Screen(text=told["text"], goes_on=told["more"])
        text = answer.get_data(as_text=True)
        if not text.startswith((_GOES_ON, _ENDS)):
            raise CallFailed(f"neither CON nor END: {text}")
        return Screen(text=text[len(_GOES_ON) :], goes_on=text.startswith(_GOES_ON))

    def _farewell(self) -> Mapping[str, str]:
        if self.provider == "simulator":
            return {"session": self.session_id, "from": self.sender, "code": CODE, "status": "dropped"}
        return self._as_africastalking(
            date="2026-11-23 10:00:00",
            status="Incomplete",
            cost="0",
            durationInMillis="30000",
            hopsCount=str(len(self.typed) + 1),
            input="*".join(self.typed),
            lastAppResponse=self.screen.text,
            errorMessage="",
        )

    def _as_africastalking(self, **rest: str) -> Mapping[str, str]:
        shared = {"sessionId": self.session_id, "phoneNumber": self.sender, "networkCode": "46000", "serviceCode": CODE}
        return {**shared, **rest}

    def _post(self, event: str, fields: Mapping[str, str]) -> TestResponse:
        return self.client.post(f"/ussd/{self.provider}/{self.secret}{event}", data=fields)
