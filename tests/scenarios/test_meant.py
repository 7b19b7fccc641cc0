"""What the stories' people mean by a text, and what they leave a text because no menu offers it."""

import pytest

from gateway.domain.numbers import Kind, make
from gateway.sms.reading import Verb
from tests.scenarios.meant import Listener, Look, Move, Report, Wish, meant

CASE = make(Kind.CASE, 1)
LIAISON = Listener(reports=True, households=True, about=CASE, asked=False, looks=False)
ASKED = Listener(reports=True, households=True, about=CASE, asked=True, looks=False)
LOOKING = Listener(reports=True, households=True, about=CASE, asked=False, looks=True)
RESIDENT = Listener(reports=True, households=False, about="", asked=False, looks=False)
OFFICIAL = Listener(reports=False, households=True, about=CASE, asked=False, looks=False)


def report(
    household: str = "",
    *,
    code: str = "",
    values: tuple[int, ...] = (),
    words: str = "",
    urgent: bool = False,
    practise: bool = False,
) -> Report:
    return Report(household=household, code=code, values=values, words=words, urgent=urgent, practise=practise)


@pytest.mark.parametrize(
    ("text", "listener", "wish"),
    [
        ("3 房屋倒塌", LIAISON, report("3", words="房屋倒塌")),
        ("*3*52 14", LIAISON, report("3", code="52", values=(14,), urgent=True)),
        ("练 2*11", LIAISON, report("2", code="11", practise=True)),
        ("3 房子漏雨", RESIDENT, report(words="3 房子漏雨")),
        ("1", LIAISON, Move(number=CASE, verb=Verb.FIXED)),
        ("2", LIAISON, Move(number=CASE, verb=Verb.NOT_FIXED)),
        ("1", OFFICIAL, Move(number=CASE, verb=Verb.ACCEPT)),
        ("收到", OFFICIAL, Move(number=CASE, verb=Verb.ACCEPT)),
        (f"{CASE} 5 3 571 等材料", OFFICIAL, Move(number=CASE, verb=Verb.EXTEND, days=3, words="等材料")),
        (f"{CASE} 6 水还在流", LIAISON, Move(number=CASE, verb=Verb.NOTE, words="水还在流")),
        ("没好，还缺证明", ASKED, Move(number=CASE, verb=Verb.NOT_FIXED, words="还缺证明")),
        ("没好，还缺证明", LIAISON, report(words="没好，还缺证明")),
        ("查", LOOKING, Look(number=CASE)),
    ],
)
def test_what_menus_offer_is_meant_the_same_way(text: str, listener: Listener, wish: Wish) -> None:
    assert meant(text, listener) == wish


@pytest.mark.parametrize(
    ("text", "listener"),
    [
        (f"{CASE[:-1]}{(int(CASE[-1]) + 1) % 10} 羊丢了", LIAISON),  # a wrong digit
        (f"{CASE} 2 办完了", OFFICIAL),  # no code: a way to be asked for it
        ("571", OFFICIAL),  # a code alone
        ("2", OFFICIAL),  # no such answer
        ("1", RESIDENT),  # about nothing
        (f"{CASE} 转 31 571", OFFICIAL),
        ("退订", LIAISON),
        ("查", LIAISON),  # and no page to read it from
        (f"练 {CASE} 9", LIAISON),
        ("收到，马上去", OFFICIAL),  # officials have no menu for words alone
    ],
)
def test_what_no_menu_offers_stays_a_text(text: str, listener: Listener) -> None:
    assert meant(text, listener) is None
