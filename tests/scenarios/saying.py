"""How people of a story say something: as a text, in a call that the story spells out, or by menus on their own."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask.testing import FlaskClient

from gateway.domain.lifecycle import State
from gateway.store.cases import Case
from tests.scenarios import menus
from tests.scenarios.calls import Call, CallFailed, Screen
from tests.scenarios.county import RESIDENT, STRANGER, number_of, pin_of
from tests.scenarios.dialogue import Dialogue
from tests.scenarios.meant import Listener, Wish, meant
from tests.scenarios.story import CODE, SMS, USSD, BadStory, Step

OURS = "106900"
_FOR_CALLS = frozenset({"simulator", "africastalking"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """How a step was said, and every screen that came back."""

    over: str
    screens: Sequence[Screen] = ()


@dataclass(slots=True, kw_only=True)
class Speaker:
    """Carries what people say to the webhooks; `over` is how they say what menus offer as well."""

    client: FlaskClient
    secret: str
    dialogue: Dialogue
    over: str = SMS
    calls: int = field(default=0)

    def say(self, step: Step, case: Case | None) -> Said:
        """Say a step whose slots are filled; `case` is what is spoken of. Raises CallFailed, BadStory."""
        if step.calls:
            return self._spelled_out(step)
        wish = self._wish(step, case)
        if wish is None:
            return self._text(step)
        return self._by_menus(step, wish)

    def _wish(self, step: Step, case: Case | None) -> Wish | None:
        """What to say by menus; None for what stays a text. A redelivery is the carrier's own, and a text's."""
        if self.over != USSD or step.over == SMS or step.sender == STRANGER or step.times > 1:
            return None
        listener = Listener(
            reports=_reports(step.sender),
            households=step.sender != RESIDENT,
            about=case.number if case else "",
            asked=case is not None and case.state is State.RESOLVED,
            looks=bool(step.screen),
        )
        return meant(step.text, listener)

    def _text(self, step: Step) -> Said:
        self.dialogue.said(step.sender, step.text, phone=step.phone, times=step.times)
        for _ in range(step.times):
            status = self._deliver(step)
            if status != 200:
                raise CallFailed(f"the {step.provider} webhook answered {status}")
        return Said(over=SMS)

    def _spelled_out(self, step: Step) -> Said:
        screens: list[Screen] = []
        call = self._call(step, screens)
        call.dial(step.dial or CODE)
        for keys in step.keys:
            call.press(keys)
        for _ in range(1, step.times):
            call.again()
        if step.drops:
            call.hang_up()
            self.dialogue.remark("the line breaks")
        return Said(over=USSD, screens=screens)

    def _by_menus(self, step: Step, wish: Wish) -> Said:
        screens: list[Screen] = []
        provider = step.provider if step.provider in _FOR_CALLS else "simulator"
        call = self._call(Step(sender=step.sender, phone=step.phone, provider=provider), screens)
        menus.Caller(call=call, reports=_reports(step.sender), pin=pin_of(step.sender)).want(wish)
        return Said(over=USSD, screens=screens)

    def _call(self, step: Step, screens: list[Screen]) -> Call:
        def watch(typed: str, screen: Screen) -> None:
            self.dialogue.turned(step.sender, typed, screen)
            screens.append(screen)

        self.calls += 1
        return Call(
            client=self.client,
            secret=self.secret,
            sender=number_of(step.sender, step.phone),
            provider=step.provider,
            watch=watch,
        )

    def _deliver(self, step: Step) -> int:
        """Hand a text over as its carrier does; gives the HTTP status."""
        sender, path = number_of(step.sender, step.phone), f"/sms/{step.provider}/{self.secret}/inbound"
        fields = {"from": sender, "to": OURS, "text": step.text}
        if step.provider_id:
            fields["id"] = step.provider_id
        match step.provider:
            case "simulator":
                return self.client.post(path, json=fields).status_code
            case "africastalking":
                return self.client.post(path, data={"id": f"at-{step.text}", **fields}).status_code
            case "kannel":
                return self.client.get(path, query_string=fields).status_code
            case _:
                raise BadStory(f"no carrier {step.provider!r} in stories")


def _reports(role: str) -> bool:
    """Whether somebody gets the menus of people who report; everybody else is an official."""
    return role == RESIDENT or role.startswith("liaison")
