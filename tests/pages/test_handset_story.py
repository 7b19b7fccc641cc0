"""A session on the phones, saved as a story: the scenario runner plays it as it is, and its claims hold."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway import wiring
from gateway.clock import ManualClock
from gateway.handset.people import STRANGER
from gateway.settings import Settings
from gateway.wiring import Services
from tests.conftest import SECRET, _empty
from tests.pages.visiting import LEADER, LIAISON, Visitor
from tests.scenarios import runner, story
from tests.scenarios.county import number_of
from tests.scenarios.moments import work


class Player(Visitor):
    """A visitor whose page keeps a record, as its script does."""

    def __init__(self, client: FlaskClient, services: Services) -> None:
        super().__init__(client, services)
        self.steps: list[dict[str, Any]] = []

    def work(self) -> None:
        """Let the clock's tasks and the lanes do what there is to do."""
        work(self.services)

    def says(self, number: str, text: str, **fields: object) -> None:
        """Send a text, and keep record of it."""
        said = self.write(number, text, **fields)
        step = {"kind": "text", "at": said["at"], "id": said["id"], "number": number, "text": text}
        self.steps.append({"carrier": "simulator", **fields, **step})

    def calls(self, number: str, keys: list[str], *, drops: bool = False, carrier: str = "simulator") -> dict[str, Any]:
        """Dial, type, perhaps lose the line, and keep record of it; gives the last screen."""
        facts = {"from": number, "carrier": carrier}
        said = self.post("ussd", **facts, text="").get_json()
        began, asked = said["at"], []
        for place in range(len(keys)):
            asked.append(said["screen"]["asked"])
            said = self.post("ussd", **facts, session=said["session"], text="*".join(keys[: place + 1])).get_json()
        screen: dict[str, Any] = said["screen"]
        if drops:
            last = {"session": said["session"], "text": "*".join(keys), "status": "Failed", "began": began}
            assert self.post("ussd/end", **facts, **last).status_code == 200
        self.work()
        step = {"kind": "call", "at": said["at"], "session": said["session"], "number": number, "carrier": carrier}
        self.steps.append({**step, "dialled": "*384*7#", "keys": keys, "asked": asked, "drops": drops})
        self.steps[-1]["ends"] = not screen["more"]
        return screen

    def turns(self, number: str, fault: str) -> None:
        """Turn a switch, and keep record of it."""
        self.post("switch", number=number, fault=fault)
        now = self.services.clock.now().isoformat()
        self.steps.append({"kind": "switch", "at": now, "number": number, "fault": fault})

    def newest(self, number: str) -> str:
        """The text that came last to a phone."""
        return str(next(each["text"] for each in self.messages(number) if each["direction"] == "out"))

    def saved(self) -> str:
        """The story's file."""
        answer = self.post("story", steps=self.steps)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        assert answer.headers["Content-Disposition"].endswith('.toml"')
        return answer.get_data(as_text=True)


@pytest.fixture
def player(client: FlaskClient, demo: Services) -> Player:
    """Somebody who plays a story on the phones."""
    return Player(client, demo)


def retold(text: str, settings: Settings, services: Services) -> str:
    """The dialogue of a story when the runner tells it, on a database of its own."""
    told = story.from_toml(text)
    _empty(services.engine)
    clock = ManualClock(told.start)
    others = wiring.build(settings, clock=clock)
    try:
        return runner.run(told, others, clock, secret=SECRET)
    finally:
        others.close()


def test_a_report_from_the_first_word_to_fixed(
    player: Player, clock: ManualClock, test_settings: Settings, services: Services
) -> None:
    player.says(LIAISON, "3 房屋倒塌", carrier="kannel")
    clock.forward(seconds=40)
    player.says(LEADER, "1")
    number = player.newest(LIAISON).partition("号")[2][:6]
    code = player.newest(LEADER).partition(f"{number} 2 ")[2][:3]
    clock.forward(hours=2)
    player.work()
    player.says(LEADER, f"{number} 2 {code} 帐篷已送到")
    clock.forward(minutes=9)
    player.says(LIAISON, "1", twice=True)
    text = player.saved()
    assert 'text = "{a} 2 {code} 帐篷已送到"' in text
    assert 'state = "closed"' in text
    assert number not in text
    assert "case_opened" in text
    assert "[case_opened]" in retold(text, test_settings, services)


def test_calls_of_both_and_a_dropped_line(
    player: Player, clock: ManualClock, test_settings: Settings, services: Services
) -> None:
    player.calls(LIAISON, ["1", "3"], drops=True)
    clock.forward(minutes=1)
    screen = player.calls(LIAISON, ["1", "2", "1", "1", "1"], carrier="africastalking")
    assert screen["more"] is False
    clock.forward(minutes=1)
    player.calls(LEADER, ["1", "1", "1"])
    text = player.saved()
    assert "drops = true" in text
    assert 'provider = "africastalking"' in text
    assert "⇢ 3" in retold(text, test_settings, services)


def test_a_pin_is_not_told(player: Player, clock: ManualClock, test_settings: Settings, services: Services) -> None:
    player.says(LIAISON, "3 水管坏了")
    clock.forward(minutes=1)
    first = player.calls(LEADER, ["1", "1", "2", "#", "1111", "2468", "8642", "2468", "2468"])
    assert first["more"] is False
    clock.forward(minutes=1)
    player.says(LIAISON, "4 停电了")
    clock.forward(minutes=1)
    assert player.calls(LEADER, ["1", "1", "2", "2469", "8642", "2468"])["more"] is False
    text = player.saved()
    assert '"#", "1111", "{pin}", "{wrong_pin}", "{pin}", "{pin}"]' in text  # easy ones are nobody's
    assert '"2469", "{wrong_pin}", "{pin}"]' in text  # as words it is no PIN
    assert "2468" not in text
    assert "8642" not in text
    retold(text, test_settings, services)


def test_a_pin_from_before_the_story_is_chosen_in_it(
    player: Player, clock: ManualClock, test_settings: Settings, services: Services
) -> None:
    player.says(LIAISON, "2 停电了")
    player.calls(LEADER, ["1", "1", "2", "#", "2468", "2468"])
    clock.forward(hours=1)
    player.steps.clear()
    player.says(LIAISON, "3 水管坏了")
    clock.forward(minutes=1)
    player.calls(LEADER, ["1", "1", "2", "#", "2468"])
    text = player.saved()
    assert 'keys = ["1", "1", "2", "#", "{pin}", "{pin}"]' in text
    retold(text, test_settings, services)


def test_a_phone_out_of_reach_and_two_cases(
    player: Player, clock: ManualClock, test_settings: Settings, services: Services
) -> None:
    player.turns(LEADER, "undelivered")
    clock.forward(seconds=5)
    player.says(LIAISON, "*3 房屋倒塌")
    clock.forward(minutes=1)
    player.turns(LEADER, "")
    clock.forward(minutes=1)
    player.says(number_of("liaison_2"), "1 狼吃羊了")
    text = player.saved()
    assert 'case = "b"' in text
    assert 'kind = "undelivered"' in text
    retold(text, test_settings, services)


def test_a_day_that_the_clock_leaps_over(
    player: Player, clock: ManualClock, test_settings: Settings, services: Services
) -> None:
    player.says(LIAISON, "3 水管坏了")
    clock.forward(hours=25)
    player.steps.append({"kind": "clock", "at": clock.now().isoformat()})
    player.work()
    clock.forward(seconds=30)
    player.says(number_of("township_commander"), "帮助")
    told = retold(player.saved(), test_settings, services)
    assert "township_commander" in told
    assert "climbed_rung" in told


def test_a_strangers_text_is_a_story_too(player: Player, test_settings: Settings, services: Services) -> None:
    player.says(STRANGER, '你好 "\\ {a}')
    assert "stranger" in retold(player.saved(), test_settings, services)


def test_what_makes_no_story_is_said_in_words(player: Player, clock: ManualClock) -> None:
    assert player.post("story", steps=[]).status_code == 400
    player.says(LIAISON, "3 房屋倒塌")
    number = player.newest(LIAISON).partition("号")[2][:6]
    clock.forward(hours=1)
    player.steps.clear()
    player.says(LIAISON, "3 房屋倒塌得更厉害了")
    refused = player.post("story", steps=player.steps)
    assert (refused.status_code, number in refused.get_json()["refused"]) == (409, True)
    player.steps.clear()
    for other in ("+8619900099998", "+8619900099997"):  # stories know one stranger
        player.says(other, "你好")
    refused = player.post("story", steps=player.steps)
    assert (refused.status_code, "+8619900099997" in refused.get_json()["refused"]) == (409, True)
