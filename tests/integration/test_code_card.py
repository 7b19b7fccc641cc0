"""`gateway code-card` as it is typed, and the word about an old card in the answers of those who hold one."""

import io
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from gateway.cards import paper
from gateway.cards.card import Side, card_of
from gateway.cards.paper import CannotPrint
from gateway.clock import ManualClock
from gateway.domain.terms import Language, Role
from gateway.store.cards import CodeCard
from gateway.store.households import Household, of_liaison
from gateway.store.outbound import Outbound
from gateway.store.people import Person, Phone, Post
from gateway.wiring import Services
from gateway.wording import part
from tests.integration.seeded import VILLAGE, Gateway, Write, holder, phone
from tests.printing import needs_printing

pytestmark = needs_printing


def newest(session: Session, post: Post) -> Outbound:
    """The newest text to somebody."""
    session.expire_all()
    return session.scalars(
        select(Outbound).where(Outbound.person_id == post.person_id).order_by(Outbound.id.desc())
    ).first() or pytest.fail("nothing was written")


def warned(session: Session, post: Post) -> bool:
    """Whether the newest text to somebody says that the card is old."""
    return part("part_card_old", post.person.language).strip() in newest(session, post).body


@pytest.fixture
def liaison(gande: Session) -> Post:
    """A liaison whose texts come in Chinese."""
    post = holder(gande, Role.LIAISON)
    post.person.language = Language.ZH
    gande.commit()
    return post


# ---- the command


def test_a_card_is_written_and_its_version_noted(
    gateway: Gateway, gande: Session, liaison: Post, clock: ManualClock, tmp_path: Path
) -> None:
    file = tmp_path / "card.pdf"
    result = gateway("code-card", liaison.person_id, "--out", file)
    noted = gande.scalars(select(CodeCard)).one()
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{file}: {liaison.person_id} {liaison.person.name}, version {noted.version}\n"
    assert noted.person_id == liaison.person_id
    pages = [page.extract_text() for page in PdfReader(file).pages]
    assert len(pages) == 2
    assert noted.version in pages[0]
    assert all(home.head_name[:2] in pages[0] for home in of_liaison(gande, liaison))
    for number in (phone(liaison), phone(liaison).removeprefix("+86"), of_liaison(gande, liaison)[0].number):
        assert number not in pages[0]
    day = clock.now().date()
    assert card_of(gande, liaison.person, day).version == noted.version
    assert card_of(gande, liaison.person, day.replace(day=day.day + 20)).version == noted.version


def test_somebody_is_named_by_id_by_number_or_by_a_name_that_nobody_else_has(
    gateway: Gateway, gande: Session, liaison: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    liaison.person.name = "只此一人"
    gande.commit()
    for named in (liaison.person_id, phone(liaison), phone(liaison).removeprefix("+86"), "只此一人"):
        assert gateway("code-card", named).stdout.startswith(f"code-card-{liaison.person_id}.pdf: ")
    assert [path.name for path in tmp_path.iterdir()] == [f"code-card-{liaison.person_id}.pdf"]


def test_who_cannot_be_found_or_needs_no_card_is_said_in_one_line(
    gateway: Gateway, gande: Session, liaison: Post, tmp_path: Path
) -> None:
    twin = Person(name=liaison.person.name, language=Language.ZH, phones=[Phone(number="+8619900009999", rank=1)])
    gande.add(twin)
    gande.commit()
    said = {
        "不在的人": "nobody is called 不在的人",
        "99999999": "nobody has the id or the number 99999999",
        str(twin.id): f"{twin.id} {twin.name} holds no post and belongs to no household",
    }
    for named, line in said.items():
        result = gateway("code-card", named, "--out", tmp_path / "x.pdf")
        assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"Error: {line}\n")
    shared = gateway("code-card", twin.name, "--out", tmp_path / "x.pdf")
    assert shared.exit_code == 1
    assert f"people are called {twin.name}: name one by id (" in shared.stderr
    assert list(tmp_path.iterdir()) == []
    assert gande.scalars(select(CodeCard)).all() == []


def test_a_village_is_printed_in_one_file(
    gateway: Gateway, gande: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader, liaison = holder(gande, Role.GRID_LEADER), holder(gande, Role.LIAISON)
    gande.execute(update(Post).where(Post.id.not_in([leader.id, liaison.id])).values(to_day=Post.from_day))
    gande.commit()
    monkeypatch.chdir(tmp_path)
    assert gateway("code-card", "--unit", VILLAGE).stdout == f"code-card-{VILLAGE}.pdf: 2 cards\n"
    fronts = [page.extract_text() for page in PdfReader(tmp_path / f"code-card-{VILLAGE}.pdf").pages][::2]
    for post, front in zip((leader, liaison), fronts, strict=True):
        assert post.person.name in front
    assert set(gande.scalars(select(CodeCard.person_id))) == {leader.person_id, liaison.person_id}
    assert gateway("code-card", "--unit", "999").stderr == "Error: no unit has the code 999\n"
    assert gateway("code-card").exit_code == gateway("code-card", "1", "--unit", VILLAGE).exit_code == 2


def test_a_place_that_cannot_be_written_to_notes_nothing(
    gateway: Gateway, gande: Session, liaison: Post, tmp_path: Path
) -> None:
    result = gateway("code-card", liaison.person_id, "--out", tmp_path / "no" / "card.pdf")
    assert result.exit_code == 1
    assert result.stderr == f"Error: cannot write {tmp_path}/no/card.pdf: No such file or directory\n"
    assert gande.scalars(select(CodeCard)).all() == []


def test_a_machine_without_pango_says_so_in_one_line(
    gateway: Gateway, gande: Session, liaison: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent() -> None:
        raise CannotPrint("PDF needs Pango (Debian: libpango-1.0-0): cannot load library")

    monkeypatch.setattr(paper, "engine", absent)
    result = gateway("code-card", liaison.person_id)
    assert (result.exit_code, result.stderr) == (
        1, "Error: PDF needs Pango (Debian: libpango-1.0-0): cannot load library\n",
    )  # fmt: skip
    assert gande.scalars(select(CodeCard)).all() == []


def test_doctor_looks_for_fonts_and_for_the_printing_library(gateway: Gateway) -> None:
    lines = [line.split() for line in gateway("doctor").stdout.splitlines()]
    assert [line[1] for line in lines if line[1] in {"fonts", "cards"}] == ["fonts", "fonts", "cards"]
    assert ["ok", "cards", "PDF", "can", "be", "made"] in lines


# ---- whose card it is


def test_everybody_gets_the_side_of_what_they_do(gande: Session, clock: ManualClock) -> None:
    day = clock.now().date()
    resident = gande.scalars(select(Household).where(Household.contact_id.is_not(None))).first()
    assert resident
    assert resident.contact
    for person, side, households in (
        (holder(gande, Role.LIAISON).person, Side.LIAISON, True),
        (holder(gande, Role.GRID_LEADER).person, Side.OFFICIAL, False),
        (holder(gande, Role.DEPARTMENT_OFFICER, "632623-health").person, Side.OFFICIAL, False),
        (resident.contact, Side.RESIDENT, False),
    ):
        card = card_of(gande, person, day)
        assert (card.side, bool(card.homes)) == (side, households)
        pages = PdfReader(io.BytesIO(paper.render([card]))).pages
        assert len(pages) == 2
        assert card.place.own.split()[-1] in pages[0].extract_text()


# ---- the word about an old card


def grow(session: Session, liaison: Post) -> None:
    """The head of a household changes."""
    of_liaison(session, liaison)[0].head_name = "新户主"
    session.commit()


@pytest.mark.parametrize("text", ["帮助", "3", "*", "200001", "9"])
def test_somebody_whose_card_is_old_hears_so_where_a_card_matters(
    gateway: Gateway, gande: Session, liaison: Post, write: Write, clock: ManualClock, text: str
) -> None:
    assert gateway("code-card", liaison.person_id, "--out", "/dev/null").exit_code == 0
    write(liaison, text)
    assert not warned(gande, liaison)
    grow(gande, liaison)
    clock.forward(minutes=20)
    write(liaison, text)
    assert warned(gande, liaison), newest(gande, liaison).body
    clock.forward(minutes=20)
    assert gateway("code-card", liaison.person_id, "--out", "/dev/null").exit_code == 0
    write(liaison, text)
    assert not warned(gande, liaison)


def test_who_was_never_given_a_card_hears_nothing_of_cards(gande: Session, liaison: Post, write: Write) -> None:
    grow(gande, liaison)
    write(liaison, "帮助")
    assert not warned(gande, liaison)


def test_other_messages_do_not_even_ask_for_the_card(
    gateway: Gateway, gande: Session, liaison: Post, write: Write, services: Services
) -> None:
    assert gateway("code-card", liaison.person_id, "--out", "/dev/null").exit_code == 0
    grow(gande, liaison)
    asked: list[str] = []
    event.listen(services.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    write(liaison, "3 房屋倒塌")
    assert not warned(gande, liaison)
    assert [statement for statement in asked if "code_cards" in statement] == []


@pytest.mark.parametrize("language", list(Language))
def test_the_word_about_an_old_card_fits_into_every_language(
    gateway: Gateway, gande: Session, liaison: Post, write: Write, language: Language
) -> None:
    assert gateway("code-card", liaison.person_id, "--out", "/dev/null").exit_code == 0
    grow(gande, liaison)
    liaison.person.language = language
    gande.commit()
    write(liaison, "*")
    assert warned(gande, liaison)
    assert newest(gande, liaison).segments == 1
    write(liaison, "帮助")
    assert warned(gande, liaison)
