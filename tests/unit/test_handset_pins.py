"""A screen that asks for a PIN is known by what it says, in whatever language and letters."""

import pytest

from gateway.domain.terms import Language
from gateway.handset.pins import asked_by
from gateway.ussd.latin import latin
from gateway.ussd.menus import Takes, menus
from gateway.ussd.pages import Sheet, lay
from gateway.ussd.steps import Room
from gateway.wording import screen

ASKING = [name for name, each in menus().screens.items() if each.takes is Takes.PIN]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("name", ASKING)
@pytest.mark.parametrize("room", [Room(septets=160, units=70), Room(septets=182, units=80), Room(septets=160, units=0)])
def test_a_screen_that_asks_for_a_pin_is_known(language: Language, name: str, room: Room) -> None:
    for lead in ("", screen("why_pin_differs", language), screen("why_pin_wrong", language, left=2)):
        sheet = Sheet(lead=lead, text=screen(f"screen_{name}", language), back=screen("key_back", language, digit="0"))
        if not room.units:
            sheet = Sheet(lead=latin(sheet.lead), text=latin(sheet.text), back=latin(sheet.back))
        following: int | None = 0
        while following is not None:  # a long question runs over two screens
            page = lay(sheet, room, following)
            assert asked_by(page.text) == name
            following = page.following


@pytest.mark.parametrize(
    "text", ["", "1 报事\n2 我报的事", "再输", "1 Once more", "没收到，请再输。", "密码是4到6位数字。"]
)
def test_any_other_screen_asks_for_none(text: str) -> None:
    assert asked_by(text) == ""
