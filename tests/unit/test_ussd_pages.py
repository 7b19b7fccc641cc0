"""No screen is ever larger than the carrier's: every screen, language and alphabet with the longest there can be."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.terms import Language
from gateway.sms.codebook import codebook
from gateway.sms.reading import Verb
from gateway.sms.segments import Encoding, measure
from gateway.ussd.caller import Draft, Menu
from gateway.ussd.menus import menus
from gateway.ussd.options import options
from gateway.ussd.pages import MOST_ITEMS, Page, Sheet, close, lay
from gateway.ussd.screens import _even, _sheet, render
from gateway.ussd.session import Move, Place, Report, Session
from gateway.ussd.steps import NUMBER, Room
from gateway.wording import part, screens
from tests.unit.dialling import words, worst

ROOMS = (Room(septets=160, units=70), Room(septets=182, units=80), Room(septets=160, units=0))
NOTICES = [entry for entry in screens().entries.values() if entry.key.startswith(("why_", "none_"))]
GOODBYES = tuple(
    key
    for key in screens().entries
    if not key.startswith(("option", "key_", "screen_", "item_", "move_", "why_", "none_"))
)
NAMING = ("filed", "practised")  # by a number that is not known yet

each_room = pytest.mark.parametrize("room", ROOMS, ids=lambda room: f"{room.septets}/{room.units}")
each_language = pytest.mark.parametrize("language", list(Language))
each_alphabet = pytest.mark.parametrize("alphabet", ["own", "latin"])


def holds(room: Room, text: str) -> bool:
    """Counted by itself, with the longest case number."""
    size = measure(text.replace(NUMBER, "1" * 9))
    return size.units <= (room.septets if size.encoding is Encoding.GSM7 else room.units)


def pages(sheet: Sheet, room: Room) -> Iterator[Page]:
    """Every page of a sheet."""
    start: int | None = 0
    while start is not None:
        page = lay(sheet, room, start)
        assert page.following is None or page.following > start
        yield page
        start = page.following


def reports(screen: str, language: Language) -> Iterator[Report]:
    """The longest report; every family for the list of its codes."""
    longest = Draft(household="12", code="53", count=9999, text=words(language, 160), urgent=True)
    families = codebook().families if screen == "code" else ()
    for draft in [longest, *(Draft(household="12", code=family) for family in families)]:
        yield Report(draft=draft, practise=True)


def sessions(language: Language, room: Room, *, latin: bool) -> Iterator[Session]:
    """Every screen with the most on it."""
    caller = worst(Menu.OFFICIAL, language, latin=latin)
    for screen in menus().screens.values():
        about = {"home": "12", "order": "9"}.get(screen.name, caller.late[39].number)
        first = Place(screen="liaison" if screen.first else "official")
        for report in reports(screen.name, language):
            place = Place(screen=screen.name, about=about, report=report, move=Move(verb=Verb.EXTEND, number=about))
            yield Session(room=room, caller=caller, trail=(first, place), held=(place,))


def leads(language: Language) -> list[str]:
    """The longest words of why a screen is shown again, filled in."""
    book = screens()
    return [entry.template(language).format(**book.worst[language]) for entry in NOTICES]


@each_room
@each_language
@each_alphabet
def test_no_page_of_any_screen_is_too_large_and_every_item_is_on_one(
    room: Room, language: Language, alphabet: str
) -> None:
    longest = max(leads(language), key=lambda lead: measure(lead).units)
    for session in sessions(language, room, latin=alphabet == "latin"):
        shown: list[str] = []
        for lead in ("", longest):
            sheet = _sheet(replace(session, notice=lead))
            for page in pages(sheet, room):
                assert holds(room, page.text), (session.here.screen, page.text)
                shown += page.text.splitlines()
        keys = {line.split(" ")[0] for line in shown}
        assert {option.key for option in options(session)} <= keys, session.here.screen


@each_room
@each_language
@each_alphabet
def test_every_word_of_why_leaves_room_for_the_screen(room: Room, language: Language, alphabet: str) -> None:
    session = next(sessions(language, room, latin=alphabet == "latin"))
    for lead in leads(language):
        sheet = replace(_sheet(replace(session, notice=lead)), text="x" * 300, skip="# skip")
        page = lay(sheet, room)
        assert holds(room, page.text)
        assert page.text.startswith(sheet.lead)
        assert "x" * 20 in page.text, lead


@each_room
@each_language
@each_alphabet
@pytest.mark.parametrize("key", GOODBYES)
def test_every_last_screen_fits_whole(key: str, room: Room, language: Language, alphabet: str) -> None:
    caller = worst(Menu.LIAISON, language, latin=alphabet == "latin")
    slots = dict(screens().worst[language]) | {"number": NUMBER if key.startswith(NAMING) else "1" * 9}
    session = Session(room=room, caller=caller)
    reply = render(session.end(key, **slots))

    assert holds(room, reply.text)
    assert not reply.goes_on
    assert not reply.text.endswith(("…", "..."))
    assert (NUMBER in reply.text) == key.startswith(NAMING)


@each_language
def test_a_screen_holds_at_most_five_items_and_they_keep_their_digits(language: Language) -> None:
    session = Session(room=ROOMS[1], caller=worst(Menu.LIAISON, language, latin=False))
    sheet = replace(_sheet(session.enter(Place(screen="liaison"))), text="")
    shown = [page.text.splitlines()[:-1] for page in pages(replace(sheet, more="#", back="0"), ROOMS[1])]

    assert all(len(lines) <= MOST_ITEMS for lines in shown)
    assert [line.split()[0] for lines in shown for line in lines] == [str(digit) for digit in range(1, 9)]


@each_room
def test_leafing_through_a_long_text_shows_every_word_of_it(room: Room) -> None:
    for language, latin in product(Language, (False, True)):
        sheet = replace(_sheet(next(sessions(language, room, latin=latin))), text=words(language, 500), items=())
        if not room.units and language is not Language.EN:
            continue
        told = "".join("".join(page.text.splitlines()[:-1]) for page in pages(sheet, room))
        assert told.replace(" ", "") == words(language, 500).replace(" ", "")


def test_tibetan_is_cut_behind_a_syllable_and_a_number_never() -> None:
    text = "ཁ་སང་མཚན་མོ་གངས་ཆེན་པོ་བབས་ནས་ཁང་པ་ཕྱེད་ཀ་བརྡིབས་སོང་148214།" * 5
    for page in list(pages(Sheet(text=text, more="#"), Room()))[:-1]:
        assert page.text.splitlines()[0][-1] in "་།4"


def test_the_words_below_are_only_those_that_do_something() -> None:
    sheet = Sheet(text="x", back="0 back", more="# more", skip="# skip")
    assert lay(sheet, Room()).text == "x\n0 back # skip"
    assert lay(replace(sheet, skip=""), Room()).text == "x\n0 back"
    assert lay(replace(sheet, text="x " * 160), Room()).text.endswith("\n0 back # more")


@settings(max_examples=150, deadline=None)
@given(
    lead=st.text(max_size=15),
    text=st.text(max_size=300),
    items=st.lists(st.text(max_size=200), max_size=9),
    room=st.sampled_from(ROOMS[:2]),
)
def test_nothing_that_anybody_writes_makes_a_screen_too_large(
    lead: str, text: str, items: list[str], room: Room
) -> None:
    sheet = Sheet(lead=lead, text=text, items=tuple(items), back="0返回", more="#更多", skip="#跳过")
    for page in pages(sheet, room):
        assert holds(room, page.text)


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=400), st.sampled_from(ROOMS[:2]))
def test_a_last_screen_is_cut_rather_than_too_large(text: str, room: Room) -> None:
    assert holds(room, close(text, room))


def test_a_rehearsal_is_marked_on_every_screen_of_the_form() -> None:
    session = next(sessions(Language.ZH, ROOMS[0], latin=False))
    for name in ("household", "family", "code", "count", "words", "details", "urgent", "readback"):
        place = Place(screen=name, report=Report(practise=True))
        assert render(session.enter(place)).text.startswith(part("part_rehearsal", Language.ZH))


def test_what_is_left_to_tell_stands_behind_the_items() -> None:
    sheet = Sheet(text="148214", items=("1 收下", "2 办好了"), rest="等人收下。\n电199", back="0返回", more="#更多")
    assert lay(sheet, Room()).text == "148214\n1 收下\n2 办好了\n等人收下。\n电199\n0返回"
    first, second = pages(replace(sheet, rest="长" * 60), Room())
    assert first.text.startswith("148214\n1 收下\n2 办好了\n长")
    assert second.text.startswith("长")


@pytest.mark.parametrize(("count", "most"), [(1, 1), (5, 5), (6, 3), (7, 4), (8, 4), (9, 5)])
def test_the_pages_of_a_menu_are_alike(count: int, most: int) -> None:
    assert _even(count) == most


@pytest.mark.parametrize("end", ["，倒了。", "“倒了”。", "（两家）", "4།ཁང་", ', "fell".', "148214。"])
def test_no_page_begins_with_a_mark_that_ends_something_or_ends_with_one_that_begins_it(end: str) -> None:
    for size in range(30, 80):
        for page in pages(Sheet(text="房" * size + end + "房" * 40, more="#"), Room()):
            body = page.text.removesuffix("\n#")
            assert body[0] not in "，。”）།,.", body
            assert not body.endswith(("“", "（", ' "')), body


def test_a_page_ends_where_the_words_pause_if_that_is_near() -> None:
    first, second = pages(Sheet(text="房" * 62 + "。老人小孩都在邻居家里住着", more="#"), Room())
    assert (first.text, second.text) == ("房" * 62 + "。\n#", "老人小孩都在邻居家里住着")
    first, second = pages(Sheet(text="房" * 40 + "。" + "老" * 40, more="#"), Room())
    assert (first.text, second.text) == ("房" * 40 + "。" + "老" * 27 + "\n#", "老" * 13)
