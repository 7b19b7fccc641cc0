"""The code card holds what the code book says, reads as the parser reads, fits its sheet, and trusts no name."""

import io
import re
import tomllib
from dataclasses import replace
from itertools import pairwise

import pytest
from markupsafe import escape
from pypdf import PdfReader
from sqlalchemy.orm import Session

from gateway.cards.card import Card, Home, Side
from gateway.cards.paper import CannotPrint, render
from gateway.cards.sheet import html_of
from gateway.cards.words import FOLDER, Pair, words
from gateway.domain.rules import Rules
from gateway.domain.terms import Language
from gateway.flow.code_cards import version_of
from gateway.sms.codebook import codebook
from gateway.sms.parser import parse
from gateway.sms.reading import Parsed, Verb
from tests.printing import needs_printing

pytestmark = needs_printing

A6 = (105, 148)  # mm
MM = 72 / 25.4
LONG = ("才让卓玛措", "扎西东知加", "欧阳才让项欠太", "བསོད་ནམས་རྡོ་རྗེ", "Tsering Dolma", "索南")
TYPED = re.compile(r'<span class="typed(?: bo)?" lang="[\w-]+">([^<]+)</span>')
TIBETAN = re.compile("[\u0f40-\u0fbc]")

CARD = Card(
    person_id=331,
    name="才让卓玛",
    language=Language.ZH,
    side=Side.LIAISON,
    role=Pair(own="联户员", bo="ཁྱིམ་འབྲེལ་པ"),
    place=Pair(own="江千乡 隆吉村", bo="རྐྱང་ཆེན་ཤང ལུང་སྐྱིད"),
    homes=tuple(Home(ordinal=at, head=f"{LONG[at % len(LONG)]}") for at in range(1, 13)),
    sms_number="106900",
    ussd_code="*384*7#",
    centre_phone="0975-8300000",
    version="1-7KQ",
)
OFFICIAL = replace(CARD, side=Side.OFFICIAL, homes=(), role=Pair(own="乡镇指挥长", bo="ཤང་གི་བཀོད་འདོམས་པ"))
RESIDENT = replace(CARD, side=Side.RESIDENT, homes=())

each_language = pytest.mark.parametrize("language", list(Language))


def pages(*cards: Card) -> list[str]:
    """The text of every page."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(render(cards))).pages]


# ---- the sheet


def test_a_card_is_one_sheet_of_a6_with_two_sides() -> None:
    found = PdfReader(io.BytesIO(render([CARD]))).pages
    sizes = [(round(page.mediabox.width / MM), round(page.mediabox.height / MM)) for page in found]
    assert sizes == [A6, A6]


def test_the_front_says_who_where_and_which_household_is_which() -> None:
    front, _ = pages(CARD)
    for text in (CARD.name, CARD.place.own, CARD.version, CARD.sms_number, CARD.ussd_code, CARD.centre_phone):
        assert text in front
    for home in CARD.homes:
        assert re.search(rf"\b{home.ordinal}\s*\n?{home.head[:2]}", front), home


def test_the_back_holds_every_code_of_the_book() -> None:
    _, back = pages(CARD)
    for code in codebook().codes.values():
        assert re.search(rf"\b{code.code}\b", back), code
        assert code.labels[Language.ZH] in back.replace("\n", ""), code


@each_language
@pytest.mark.parametrize("card", [CARD, OFFICIAL, RESIDENT], ids=lambda card: card.side.value)
def test_the_code_book_alone_says_what_stands_on_the_back(card: Card, language: Language) -> None:
    html = html_of(replace(card, language=language), "roomy")
    own = Language.EN if language is Language.EN else Language.ZH
    for meant in codebook().kinds.values():
        assert f">{meant.labels[own]}</span>" in html
        assert f">{meant.labels[Language.BO]}</span>" in html
        assert bool(re.search(rf">{meant.code}</b><small>\*", html)) == meant.takes_count
        if len(meant.code) > 1:
            assert (f'<b class="urgent">{meant.code}</b>' in html) == meant.urgent


@each_language
@pytest.mark.parametrize(
    "card",
    [
        CARD,
        replace(CARD, homes=CARD.homes[:1]),
        OFFICIAL,
        replace(OFFICIAL, homes=CARD.homes),
        RESIDENT,
        replace(CARD, name="欧阳才让项欠太 བསོད་ནམས་རྡོ་རྗེ", sms_number="10690123456789012", ussd_code="*384*123*45#"),
    ],
    ids=["liaison", "one household", "official", "official with households", "resident", "long"],
)
def test_everybodys_card_fits_its_sheet(card: Card, language: Language) -> None:
    assert len(pages(replace(card, language=language))) == 2


def test_more_households_than_a_liaison_can_have_are_said_and_not_cut_off() -> None:
    many = replace(CARD, homes=tuple(Home(ordinal=at, head="才让卓玛措") for at in range(1, 61)))
    with pytest.raises(CannotPrint, match="331 才让卓玛: 60 households do not fit"):
        render([many])


def test_cards_of_a_village_stand_behind_each_other_in_one_file() -> None:
    found = pages(CARD, OFFICIAL)
    assert [("才让" in page, "47" not in page) for page in found] == [(True, True), (False, True)] * 2
    with pytest.raises(CannotPrint, match="no card"):
        render([])


def test_a_number_that_the_county_does_not_have_leaves_no_empty_line() -> None:
    assert "发短信" not in html_of(replace(CARD, sms_number=""), "roomy")


# ---- what it teaches


@each_language
@pytest.mark.parametrize(
    ("card", "read"),
    [
        (CARD, [("3", ""), ("3", ""), ("3", "21"), ("3", "21"), ("3", "5"), ("3", "52")]),
        (RESIDENT, [("", "")] * 4),
    ],
    ids=["liaison", "resident"],
)
def test_what_a_reporter_learns_from_it_is_read_as_meant(
    card: Card, read: list[tuple[str, str]], language: Language
) -> None:
    found = [parse(text) for text in TYPED.findall(html_of(replace(card, language=language), "roomy"))]
    assert all(isinstance(each, Parsed) for each in found)
    told = [(each.subject.number if each.subject else "", each.code) for each in found if isinstance(each, Parsed)]
    assert told == read
    assert any(each.urgent for each in found)
    if card.homes:
        assert found[-1].values == (14,)


@each_language
def test_what_an_official_learns_from_it_is_read_as_meant(language: Language) -> None:
    found = [parse(text) for text in TYPED.findall(html_of(replace(OFFICIAL, language=language), "roomy"))]
    assert [each.verb for each in found if isinstance(each, Parsed)] == [Verb.DONE, Verb.DONE, Verb.PASS_UP]
    assert {each.reply_code for each in found if isinstance(each, Parsed)} == {"571"}


def test_examples_name_a_household_that_the_liaison_has() -> None:
    only = replace(CARD, homes=(Home(ordinal=8, head="索南"),))
    assert {text[0] for text in TYPED.findall(html_of(only, "roomy"))} == {"8", "*"}


@pytest.mark.parametrize(
    ("card", "digits"), [(CARD, ["1", "2", "0", "7", "8", "9"]), (OFFICIAL, ["1", "2", "3", "4", "5", "6", "0"])]
)
def test_the_digits_behind_a_case_are_those_of_the_code_book(card: Card, digits: list[str]) -> None:
    html = html_of(card, "roomy").partition('class="back"')[0]
    steps = html[html.index('class="steps') :]
    assert re.findall(r'<td class="digit">(\d)</td>', steps) == digits


# ---- words and drawings


def test_the_cards_own_words_stand_in_every_language() -> None:
    data = tomllib.loads((FOLDER / "words.toml").read_text("utf-8"))
    for key, entry in data.items():
        assert set(entry) == set(Language), key
        assert TIBETAN.search(entry["bo"]), key
        assert entry["en"].isascii(), key
        assert len({tuple(re.findall(r"\{\w+\}", text)) for text in entry.values()}) == 1, key


def test_the_tibetan_words_say_that_a_native_reader_has_not_seen_them() -> None:
    assert "AWAITING A NATIVE READER" in (FOLDER / "words.toml").read_text("utf-8").partition("\n\n")[0]


def test_somebody_who_reads_english_gets_english_beside_the_tibetan() -> None:
    assert words("homes", Language.EN) == Pair(own="My households", bo=words("homes", Language.ZH).bo)
    assert words("homes", Language.BO) == words("homes", Language.ZH)


def test_every_family_and_every_step_has_a_drawing_of_its_own() -> None:
    files = {path.stem: path.read_text("utf-8") for path in (FOLDER / "pictograms").glob("*.svg")}
    assert {f"family-{digit}" for digit in codebook().families} <= set(files)
    assert {entry.verb.value for entry in codebook().verbs.values() if entry.digit} <= set(files)
    assert all(one != other for one, other in pairwise(sorted(files.values())))
    assert all(re.search("url|href|script|<image", text) is None for text in files.values())


# ---- hostile names, nothing from outside


@pytest.mark.parametrize(
    "name", ["<img src=http://127.0.0.1/x>", "<script>1</script>", "</td></table>{{ 7*7 }}", '"&<b>', "{{ w }}"]
)
def test_a_name_is_never_read_as_anything_but_a_name(name: str) -> None:
    hostile = replace(CARD, name=name, homes=(Home(ordinal=1, head=name),), place=Pair(own=name, bo=name))
    html = html_of(hostile, "roomy")
    assert html.count(str(escape(name))) == 3
    assert name not in html.replace(str(escape(name)), "")
    assert "".join(name.split()) in "".join(pages(hostile)[0].split())


def test_a_card_asks_for_nothing_from_outside() -> None:
    text = html_of(CARD, "roomy") + (FOLDER / "card.css").read_text("utf-8")
    assert re.search(r"url\(|@import|src=|href=|https?://(?!www\.w3\.org/2000/svg)", text) is None


# ---- the version


def version(*homes: tuple[int, str], **numbers: str) -> str:
    return version_of(Session(info={"rules": Rules(**numbers)}), homes)  # type: ignore[arg-type]


def test_the_version_changes_with_the_households_and_the_numbers_to_call() -> None:
    plain = version((1, "索南"), (2, "才让"))
    assert version((1, "索南"), (2, "才让")) == plain
    others = {
        plain,
        version((1, "索南")),
        version((1, "才让"), (2, "索南")),
        version((1, "索南"), (3, "才让")),
        version((1, "索南"), (2, "才让"), centre_phone="1"),
        version((1, "索南"), (2, "才让"), sms_number="1"),
        version((1, "索南"), (2, "才让"), ussd_code="*1#"),
    }
    assert len(others) == 7


def test_the_version_begins_with_the_code_books_and_cannot_be_misread() -> None:
    for at in range(50):
        number, mark = version((at, "索南")).split("-")
        assert number == str(codebook().version)
        assert re.fullmatch("[34679CDFGHJKLMNPQRTVWXY]{3}", mark)
