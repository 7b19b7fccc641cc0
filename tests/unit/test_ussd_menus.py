"""The menus as data: every screen can be reached, has words in every language, and nothing lies deeper than three."""

import re

import pytest

from gateway.domain.terms import Language
from gateway.sms.codebook import codebook
from gateway.sms.segments import Encoding, measure
from gateway.ussd import moves, report
from gateway.ussd.acts import ACTS
from gateway.ussd.answers import _ACTS, _QUESTIONS
from gateway.ussd.caller import Caller, Menu
from gateway.ussd.keys import ALWAYS
from gateway.ussd.menus import Kind, Screen, Takes, menus
from gateway.wording import SCREENS, screens

SCREEN = menus().screens
TEXTS = screens().entries
SLOT = re.compile(r"\{(\w+)\}")
TIBETAN = re.compile("[\u0f40-\u0fbc]")
CHINESE = re.compile("[\u4e00-\u9fff]")
OWN_NAME = {"item_speak_zh", "item_speak_bo", "item_speak_en"}  # every language is named in its own letters

each_screen = pytest.mark.parametrize("screen", SCREEN.values(), ids=SCREEN)


def below(screen: Screen) -> set[str]:
    """Screens one level down; another first screen is beside, not below."""
    leads = {target for target in screen.items.values() if target in SCREEN} | ({screen.leads} & SCREEN.keys())
    return {name for name in leads if not SCREEN[name].first}


def depth(name: str) -> int:
    """Levels of menus, lists and pages from here on."""
    return 1 + max((depth(each) for each in below(SCREEN[name])), default=0)


def test_everybody_has_a_first_screen_and_a_stranger_none() -> None:
    assert {name for name, screen in SCREEN.items() if screen.first} == set(Menu) - {Menu.STRANGER}


def test_no_menu_lies_deeper_than_three_levels() -> None:
    assert {name: depth(name) for name, screen in SCREEN.items() if screen.first} == {
        "liaison": 3,
        "resident": 3,
        "official": 3,
    }


@each_screen
def test_every_item_leads_to_a_screen_or_does_something(screen: Screen) -> None:
    assert set(screen.items.values()) <= SCREEN.keys() | _ACTS.keys()
    assert not SCREEN.keys() & _ACTS.keys()
    assert set(screen.only) <= set(screen.items)
    assert set(screen.only.values()) <= set(Caller.__dataclass_fields__)
    assert not screen.leads or screen.leads in SCREEN


@each_screen
def test_digits_are_single_and_leave_the_keys_that_mean_the_same_everywhere_alone(screen: Screen) -> None:
    assert all(re.fullmatch("[1-9]", digit) for digit in screen.items)
    assert not ALWAYS & screen.items.keys()


@each_screen
def test_every_kind_of_screen_says_what_its_kind_needs(screen: Screen) -> None:
    assert bool(screen.items) == (screen.kind is Kind.MENU)
    assert (screen.takes is not None) == (screen.kind is Kind.QUESTION)
    assert screen.kind is not Kind.QUESTION or screen.name in _QUESTIONS
    assert screen.kind is not Kind.LIST or bool(screen.leads) != (screen.name in report.CHOICES)
    assert not (screen.skip and screen.kind is not Kind.QUESTION)


def test_whatever_an_act_or_a_question_is_called_stands_in_the_menus() -> None:
    assert {target for screen in SCREEN.values() for target in screen.items.values()} >= ACTS.keys()
    assert SCREEN.keys() >= _QUESTIONS.keys() | report.CHOICES.keys()


def test_every_screen_can_be_reached() -> None:
    form = {*report.CHOICES, *report.ANSWERS, "urgent", "readback"}
    asked = {question for questions in menus().moves.values() for question in questions}
    pins = {name for name, screen in SCREEN.items() if screen.takes is Takes.PIN}
    reached = {"resume", "change", *Menu} - {Menu.STRANGER} | form | asked | pins
    reached |= {name for screen in SCREEN.values() for name in below(screen)}
    assert reached == SCREEN.keys()


def test_the_moves_of_a_case_are_the_digits_of_an_sms() -> None:
    digits = {codebook().verbs[verb].digit: verb for verb in menus().moves}
    assert "".join(sorted(digits)) == "123456789"
    assert set(moves.ANSWERS) == {name for asked in menus().moves.values() for name in asked} | {
        "pin",
        "new_pin",
        "new_pin_again",
    }


# ---- texts


def wanted() -> set[str]:
    """Every key that a screen, an item, an empty list or a move asks for."""
    items = {f"item_{target}" for screen in SCREEN.values() for target in screen.items.values()}
    opened = {target for screen in SCREEN.values() for target in screen.items.values() if target in SCREEN}
    empty = {f"none_{name}" for name in opened if SCREEN[name].kind is Kind.LIST}
    return {f"screen_{name}" for name in SCREEN} | items | empty | {f"move_{verb}" for verb in menus().moves}


def test_every_screen_item_empty_list_and_move_has_its_text_and_no_text_is_idle() -> None:
    others = {key for key in TEXTS if not key.startswith(("screen_", "item_", "none_", "move_"))}
    assert (
        wanted() | {"screen_resume_report", "screen_readback_urgent", "item_own_words", "item_no_household"} | others
        == TEXTS.keys()
    )
    idle = {key for key in others if not any(f'"{key}"' in path for path in SOURCES)}
    assert idle == {"key_back", "key_more", "key_skip"}  # said by the name of the key


@pytest.mark.parametrize("language", list(Language))
def test_every_text_has_words_in_every_language_with_exactly_its_slots(language: Language) -> None:
    for entry in TEXTS.values():
        assert entry.texts[language], entry.key
        assert set(SLOT.findall(entry.texts[language])) == set(entry.slots), entry.key
        assert set(entry.slots) <= screens().worst[language].keys(), entry.key


def test_every_language_is_written_in_its_own_letters() -> None:
    for entry in TEXTS.values():
        if entry.key in OWN_NAME:
            continue
        zh, bo, en = (SLOT.sub("", entry.texts[language]) for language in (Language.ZH, Language.BO, Language.EN))
        assert not TIBETAN.search(zh), entry.key
        assert not CHINESE.search(bo), entry.key
        assert measure(en).encoding is Encoding.GSM7, entry.key


def test_the_tibetan_texts_say_that_a_native_reader_has_not_seen_them() -> None:
    assert "AWAITING A NATIVE READER" in (SCREENS / "bo.toml").read_text("utf-8").partition("\n\n")[0]


SOURCES = [path.read_text("utf-8") for path in (SCREENS.parents[1] / "gateway" / "ussd").glob("*.py")]
