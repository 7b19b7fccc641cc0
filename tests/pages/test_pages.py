"""The demo's pages: what came and went, one case, one number, in three languages."""

import re

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.app import create_app
from gateway.console import words
from gateway.domain.lifecycle import Trigger
from gateway.domain.terms import Language, Purpose
from gateway.handset.words import words as handset_words
from gateway.store.base import InboundState, OutboundState
from gateway.store.cases import Case
from gateway.store.inbound import Inbound
from gateway.wiring import Services
from tests.conftest import SECRET
from tests.pages.visiting import HOSTILE, LEADER, LIAISON, Visitor
from tests.scenarios.county import number_of


def test_outside_the_demo_there_are_no_pages(services: Services) -> None:
    client = create_app(services).test_client()
    for path in ("/", "/?case=100014", "/phone", "/phone?number=1", "/phone/static/console.css", "/static/console.css"):
        answer = client.get(path)
        assert (answer.status_code, answer.mimetype) == (404, "text/plain"), path
        assert "not installed" in answer.get_data(as_text=True)


def test_an_empty_demo_says_so_and_leads_to_the_phone(visitor: Visitor) -> None:
    page = visitor.see("/")
    assert "还没有案件" in page
    assert 'href="/phone"' in page


def test_a_text_from_the_handset_goes_all_the_way(visitor: Visitor, session: Session) -> None:
    visitor.write(LIAISON, "3 房屋倒塌")
    message = session.scalars(select(Inbound)).one()
    assert (message.provider, message.sender, message.state) == ("simulator", LIAISON, InboundState.HANDLED)
    case = session.scalars(select(Case)).one()

    answer, report = visitor.messages(LIAISON)
    assert (report["text"], report["direction"]) == ("3 房屋倒塌", "in")
    assert f"{case.number} 9" in answer["text"]
    assert answer["status"] == "delivered"
    assert case.number in visitor.messages(LEADER)[0]["text"]

    page = visitor.see("/")
    assert f"/?case={case.number}" in page
    assert '<span class="light green"><span aria-hidden="true">●</span> 正常</span>' in page
    assert "网格长" in page


def test_a_case_shows_its_people_history_rungs_deadlines_and_messages(visitor: Visitor, session: Session) -> None:
    visitor.write(LIAISON, "3 房屋倒塌")
    case = session.scalars(select(Case)).one()
    page = visitor.see("/", case=case.number)
    for shown in (
        LIAISON,
        LEADER,
        "卓玛",
        "才让",
        "协隆村委会",
        "立案",
        "等人收下",
        "总期限",
        "请您知悉",
        "确认",
        "3户",
    ):
        assert shown in page, shown
    assert "房屋倒塌</q>" in page


def test_a_number_shows_whose_it_is_and_only_its_own_messages(visitor: Visitor) -> None:
    visitor.write(LIAISON, "3 房屋倒塌")
    visitor.write(number_of("liaison_4"), "1 狼吃羊了")
    page = visitor.see("/", phone=LIAISON)
    assert "卓玛" in page
    assert "3 房屋倒塌" in page
    assert "狼" not in page


def test_a_number_of_no_case_is_a_page_that_says_so(client: FlaskClient) -> None:
    for case in ("100015", "x", "\x00", "<b>", "1" * 5000):
        answer = client.get("/", query_string={"case": case})
        assert answer.status_code == 404, case
        assert "没有这个案号" in answer.get_data(as_text=True)
        assert b"<b></h1>" not in answer.data


def test_odd_addresses_break_no_page(visitor: Visitor) -> None:
    places = (("/", "phone"), ("/phone", "number"), ("/phone", "right"), ("/phone", "unit"), ("/", "lang"))
    for odd in ("\x00", "<script>x", "{{7*7}}", "١٢", "+" * 200, "%s", "0"):
        for path, name in places:
            assert "<script>x" not in visitor.see(path, **{name: odd}), (path, name, odd)


def test_hostile_text_is_shown_as_text_everywhere(visitor: Visitor, session: Session) -> None:
    visitor.write(LIAISON, "3 " + HOSTILE)
    case = session.scalars(select(Case)).one()
    pages = (visitor.see("/"), visitor.see("/", case=case.number), visitor.see("/", phone=LIAISON))
    for page in pages:
        assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }} {0} %s ${x} &lt;img" in page
        assert "<script" not in page
        assert "<img" not in page
        assert "onerror=alert(2)&gt;" in page


def test_an_identity_number_typed_on_the_handset_is_never_stored(visitor: Visitor, session: Session) -> None:
    visitor.write(LIAISON, "3 身份证 11010519491231002X 丢了")
    assert "11010519491231002X" not in visitor.see("/") + str(visitor.messages(LIAISON))
    assert session.scalars(select(Inbound.masked)).one() == 1


def test_pages_run_nothing_and_load_nothing_from_elsewhere(visitor: Visitor) -> None:
    visitor.write(LIAISON, "3 房屋倒塌")
    for path in ("/", "/phone"):
        page = visitor.see(path, number=LIAISON)
        page = page.replace('<script type="module" src="/phone/static/handset/main.js"></script>', "")
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:", page), path
        assert not re.search(r'(?:href|src|action)="(?!/|#)', page), path


def test_the_webhook_secret_is_on_no_page(visitor: Visitor) -> None:
    visitor.write(LIAISON, "3 房屋倒塌")
    assert SECRET not in visitor.see("/") + visitor.see("/phone", number=LIAISON)


def test_pages_speak_the_language_of_the_browser(client: FlaskClient) -> None:
    for asked, said in (
        ("en-GB", "Latest cases"),
        ("zh-CN,zh", "最新案件"),
        ("bo", "དོན་རྐྱེན་གསར་ཤོས"),
        ("fr", "最新案件"),
    ):
        assert said in client.get("/", headers={"Accept-Language": asked}).get_data(as_text=True), asked


def test_a_chosen_language_stays_chosen(client: FlaskClient) -> None:
    client.get("/?lang=en")
    page = client.get("/phone", headers={"Accept-Language": "zh"}).get_data(as_text=True)
    assert '<html lang="en">' in page
    assert "Two phones" in page


def test_the_pages_have_a_word_in_every_language_for_all_that_can_happen() -> None:
    needed = {f"event_{trigger}" for trigger in Trigger} | {f"for_{purpose}" for purpose in Purpose}
    needed |= {f"is_{state}" for state in (*InboundState, *OutboundState)}
    for vocabulary in (words.words, handset_words):
        tables = {language: vocabulary(language) for language in words.LANGUAGES}
        assert len({frozenset(table) for table in tables.values()}) == 1
        assert [key for table in tables.values() for key, word in table.items() if not word.strip()] == []
    assert needed - words.words(Language.ZH).keys() == set()
    assert set(words.LANGUAGES) == set(Language)
