"""The demo's pages: what came and went, one case, one number, and a handset whose texts take the real way in."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.app import create_app
from gateway.console import words
from gateway.console.handset import EXAMPLES, STRANGER
from gateway.domain.lifecycle import Trigger
from gateway.domain.terms import Language, Purpose
from gateway.jobs import Lane
from gateway.store.base import InboundState, OutboundState
from gateway.store.cases import Case
from gateway.store.inbound import Inbound
from gateway.wiring import Services
from tests.conftest import SECRET
from tests.scenarios import county
from tests.scenarios.county import number_of
from workers import jobs

LIAISON, LEADER = number_of("liaison"), number_of("grid_leader")
HOSTILE = "<script>alert(1)</script> {{ 7*7 }} {0} %s ${x} <img src=x onerror=alert(2)> \"'&"


@pytest.fixture
def demo(services: Services, session: Session) -> Services:
    """The services of a demo with the small county of the stories."""
    county.build(session, {})
    session.commit()
    settings = services.settings.model_copy(update={"lianhu_demo": True, "public_url": "http://localhost"})
    return replace(services, settings=settings)


@pytest.fixture
def app(demo: Services) -> Flask:
    """The application of the demo."""
    return create_app(demo)


class Visitor:
    """Somebody with a browser who uses the demo's phones."""

    def __init__(self, client: FlaskClient, services: Services) -> None:
        self.client = client
        self.services = services

    def see(self, path: str, **query: str) -> str:
        """A page's text; the page is there and is HTML."""
        answer = self.client.get(path, query_string=query)
        assert (answer.status_code, answer.mimetype) == (200, "text/html")
        return answer.get_data(as_text=True)

    def token(self, number: str) -> str:
        """The token in the form of a phone."""
        found = re.search(r'name="token" value="([^"]+)"', self.see("/phone", number=number))
        assert found
        return found[1]

    def write(self, number: str, text: str) -> None:
        """Send a text from a phone and let the workers do all that follows."""
        form = {"token": self.token(number), "number": number, "text": text}
        answer = self.client.post("/phone", data=form)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        assert answer.location == "/phone?number=%2B" + number.removeprefix("+")
        jobs.run(self.services, Lane.INBOUND)
        jobs.run(self.services, Lane.OUTBOUND)


@pytest.fixture
def visitor(client: FlaskClient, demo: Services) -> Visitor:
    """A visitor of the demo."""
    return Visitor(client, demo)


def test_outside_the_demo_there_are_no_pages(services: Services) -> None:
    client = create_app(services).test_client()
    for path in ("/", "/?case=100014", "/phone", "/phone?number=1", "/phone/thread", "/static/console.css"):
        answer = client.get(path)
        assert (answer.status_code, answer.mimetype) == (404, "text/plain"), path
        assert "not installed" in answer.get_data(as_text=True)


def test_outside_the_demo_no_phone_can_be_written_on(services: Services, session: Session) -> None:
    answer = create_app(services).test_client().post("/phone", data={"number": LIAISON, "text": "3 房屋倒塌"})
    assert answer.status_code == 404
    assert session.scalar(select(func.count()).select_from(Inbound)) == 0


def test_an_empty_demo_says_so_and_leads_to_the_phone(visitor: Visitor) -> None:
    page = visitor.see("/")
    assert "还没有案件" in page
    assert 'href="/phone"' in page


def test_a_text_from_the_handset_goes_all_the_way(visitor: Visitor, session: Session) -> None:
    visitor.write(LIAISON, "3 房屋倒塌")
    message = session.scalars(select(Inbound)).one()
    assert (message.provider, message.sender, message.state) == ("simulator", LIAISON, InboundState.HANDLED)
    case = session.scalars(select(Case)).one()

    thread = visitor.see("/phone/thread", number=LIAISON)
    assert "3 房屋倒塌" in thread
    assert f"{case.number} 9" in thread
    assert "已送达" in thread
    assert case.number in visitor.see("/phone/thread", number=LEADER)

    page = visitor.see("/")
    assert f"/?case={case.number}" in page
    assert '<span class="light green"><span aria-hidden="true">●</span> 正常</span>' in page
    assert "网格长" in page


def test_an_official_takes_the_case_on_another_handset(visitor: Visitor, session: Session) -> None:
    visitor.write(LIAISON, "3 房屋倒塌")
    visitor.write(LEADER, "1")
    case = session.scalars(select(Case)).one()
    assert case.events[-1].event is Trigger.ACCEPTED


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
    places = (("/", "phone"), ("/phone", "number"), ("/phone", "unit"), ("/phone/thread", "number"), ("/", "lang"))
    for odd in ("\x00", "<script>x", "{{7*7}}", "١٢", "+" * 200, "%s", "0"):
        for path, name in places:
            assert "<script>x" not in visitor.see(path, **{name: odd}), (path, name, odd)


def test_hostile_text_is_shown_as_text_everywhere(visitor: Visitor, session: Session) -> None:
    visitor.write(LIAISON, "3 " + HOSTILE)
    case = session.scalars(select(Case)).one()
    pages = (visitor.see("/"), visitor.see("/", case=case.number), visitor.see("/", phone=LIAISON))
    for page in (*pages, visitor.see("/phone/thread", number=LIAISON)):
        assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }} {0} %s ${x} &lt;img" in page
        assert "<script" not in page
        assert "<img" not in page
        assert "onerror=alert(2)&gt;" in page


def test_an_identity_number_typed_on_the_handset_is_never_stored(visitor: Visitor, session: Session) -> None:
    visitor.write(LIAISON, "3 身份证 11010519491231002X 丢了")
    assert "11010519491231002X" not in visitor.see("/") + visitor.see("/phone/thread", number=LIAISON)
    assert session.scalars(select(Inbound.masked)).one() == 1


def test_a_stranger_gets_the_strangers_answer(visitor: Visitor) -> None:
    visitor.write(STRANGER, "你好")
    thread = visitor.see("/phone/thread", number=STRANGER)
    assert "还没登记" in thread
    assert "待认人" in thread


REFUSED = (
    ({"token": ""}, 403),
    ({"token": "forged"}, 403),
    ({"number": "+8613800138000"}, 400),
    ({"number": "106900"}, 400),
    ({"text": "  "}, 400),
    ({"text": "长" * 1001}, 400),
)


def test_what_must_not_be_sent_is_refused_in_plain_words(visitor: Visitor, session: Session) -> None:
    right = {"token": visitor.token(LIAISON), "number": LIAISON, "text": "3 房屋倒塌"}
    for wrong, status in REFUSED:
        answer = visitor.client.post("/phone", data=right | wrong)
        assert (answer.status_code, answer.mimetype) == (status, "text/plain"), wrong
    assert session.scalar(select(func.count()).select_from(Inbound)) == 0


def test_a_token_of_another_browser_does_not_fit(visitor: Visitor, app: Flask, session: Session) -> None:
    form = {"token": visitor.token(LIAISON), "number": LIAISON, "text": "3 房屋倒塌"}
    assert app.test_client().post("/phone", data=form).status_code == 403
    assert session.scalar(select(func.count()).select_from(Inbound)) == 0


def test_the_phone_page_offers_everybody_on_the_way_of_a_report(visitor: Visitor) -> None:
    page = visitor.see("/phone", unit="632623204203")
    for role in ("liaison", "grid_leader", "grid_deputy", "township_commander", "operator", "health", "resident"):
        assert number_of(role) in page, role
    assert STRANGER in page
    assert number_of("liaison_4") not in page  # of another village


def test_the_phone_page_stays_in_the_village_of_the_phone(visitor: Visitor) -> None:
    page = visitor.see("/phone", number=number_of("liaison_4"))
    assert number_of("grid_leader_3") in page
    assert LEADER not in page


def test_ready_made_texts_are_reports_for_liaisons_only(visitor: Visitor) -> None:
    offered = f'name="text" value="{EXAMPLES[0]}"'
    assert offered in visitor.see("/phone", number=LIAISON)
    assert offered not in visitor.see("/phone", number=LEADER)


def test_every_ready_made_text_opens_a_case(visitor: Visitor, session: Session) -> None:
    for example in EXAMPLES:
        visitor.write(LIAISON, example)
    results = session.scalars(select(Inbound.result)).all()
    assert set(results) <= {"report", "follow_up"}
    assert len(results) == len(EXAMPLES)


def test_pages_run_nothing_and_load_nothing_from_elsewhere(visitor: Visitor) -> None:
    visitor.write(LIAISON, "3 房屋倒塌")
    for path in ("/", "/phone", "/phone/thread"):
        page = visitor.see(path, number=LIAISON)
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:", page), path
        assert not re.search(r'(?:href|src|action)="(?!/|#)', page), path


def test_only_the_conversation_may_stand_in_a_frame_and_only_in_ours(client: FlaskClient) -> None:
    thread, page = client.get("/phone/thread"), client.get("/phone")
    assert thread.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in thread.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


def test_the_webhook_secret_is_on_no_page(visitor: Visitor) -> None:
    visitor.write(LIAISON, "3 房屋倒塌")
    assert SECRET not in visitor.see("/") + visitor.see("/phone", number=LIAISON)


def test_each_text_is_tagged_with_its_language(visitor: Visitor) -> None:
    visitor.write(LIAISON, "1 གཡག་གསུམ་ཤི་སོང་།")
    visitor.write(LIAISON, "4 well is frozen, no water")
    thread = visitor.see("/phone/thread", number=LIAISON)
    assert '<p lang="bo">1 གཡག་གསུམ་ཤི་སོང་།</p>' in thread
    assert '<p lang="en">4 well is frozen, no water</p>' in thread


def test_pages_speak_the_language_of_the_browser(client: FlaskClient) -> None:
    for asked, said in (("en-GB,en", "Latest cases"), ("zh-CN,zh", "最新案件"), ("fr", "最新案件")):
        assert said in client.get("/", headers={"Accept-Language": asked}).get_data(as_text=True), asked


def test_a_chosen_language_stays_chosen(client: FlaskClient) -> None:
    client.get("/?lang=en")
    page = client.get("/phone", headers={"Accept-Language": "zh"}).get_data(as_text=True)
    assert '<html lang="en">' in page
    assert "Pick a phone" in page


def test_the_pages_have_a_word_in_every_language_for_all_that_can_happen() -> None:
    needed = {f"event_{trigger}" for trigger in Trigger} | {f"for_{purpose}" for purpose in Purpose}
    needed |= {f"is_{state}" for state in (*InboundState, *OutboundState)}
    for language in words.LANGUAGES:
        table = words.words(language)
        assert needed - table.keys() == set()
        assert [key for key, word in table.items() if not word.strip()] == []
    assert Language.ZH in words.LANGUAGES
