"""The two phones in a real browser: a report from the first key to "fixed", for everybody, and nothing left out."""

import json
import os
import re
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from gateway.clock import SystemClock
from gateway.sms.segments import measure
from tests.browser.conftest import Open, Shoot
from tests.browser.phones import Desk

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("deployment"), pytest.mark.timeout(600)]

TEXTS = (
    "", "3 房屋倒塌", "a" * 160, "a" * 161, "a" * 306, "a" * 307, "€" * 80, "a" * 152 + "€" + "a" * 152, "`",
    "房" * 70, "房" * 71, "ཁང་པ་རྡིབ་སོང་།", "😀" * 35, "😀" * 36, "房" * 66 + "😀" + "房" * 66, "{[~]}|^\\",
)  # fmt: skip


def vectors() -> list[str]:
    """The project's own texts, and the shared ones of a carrier where they are at hand."""
    root = os.environ.get("LIANHU_SHARED") or str(Path(__file__).parents[3] / "shared")
    shared = Path(root) / "data" / "segments" / "twilio_segments_dev.json"
    return [*TEXTS, *(each["body"] for each in json.loads(shared.read_text("utf-8")))] if shared.exists() else [*TEXTS]


def to_a_working_day(desk: Desk) -> None:
    """By night everything but urgent waits: go on to 10:00 on the next Wednesday."""
    today = SystemClock().now() + timedelta(hours=8)
    day = today + timedelta(days=(2 - today.weekday()) % 7 or 7)
    desk.jump(f"{day:%Y-%m-%d}T10:00")


def test_a_report_by_menus_is_accepted_on_the_other_phone_done_with_a_pin_and_fixed(
    open_page: Open, shoot: Shoot
) -> None:
    desk = open_page()
    to_a_working_day(desk)
    desk.page.click("#anew")
    shoot(desk.page, "1-two-phones")

    desk.left.dial()
    shoot(desk.page, "2-menu")
    desk.left.answer("1", "3", "6", "1", "2", "1")  # report, household 3, water, not urgent, right
    number = re.search(r"1\d{5}", desk.left.screen.inner_text())
    assert number
    shoot(desk.page, "3-reported")
    assert number[0] in desk.left.read_newest()

    assert number[0] in desk.right.read_newest()  # without any reload
    shoot(desk.page, "4-alert")
    desk.right.write("1")
    assert number[0] in desk.left.read_newest()

    desk.right.dial()
    desk.right.answer("2", "1", "2", "#", "2468", "2468")  # mine, the first, done, no words, a new PIN twice
    shoot(desk.page, "5-done-with-pin")
    assert number[0] in desk.left.read_newest()
    desk.left.write("1")
    expect(desk.right.status.locator(".unread")).to_be_visible(timeout=30_000)
    shoot(desk.page, "6-fixed")

    desk.page.goto(f"{desk.page.url.partition('/phone')[0]}/?case={number[0]}")
    expect(desk.page.locator("body")).to_contain_text("报事人说办好了")


def test_what_was_done_is_saved_as_a_story(open_page: Open, tmp_path: Path) -> None:
    desk = open_page()
    desk.left.write("*4 三头牦牛掉进冰河")
    desk.left.read_newest()
    desk.right.read_newest()
    desk.right.write("1")
    desk.left.read_newest()  # word that the case is accepted: until then the story has nothing to say of it
    expect(desk.page.locator("#steps")).to_contain_text("2")
    with desk.page.expect_download() as download:
        desk.page.click("#save")
    download.value.save_as(tmp_path / "story.toml")
    first, second = tomllib.loads((tmp_path / "story.toml").read_text("utf-8"))["step"]
    assert (first["from"], first["text"], first["case"]) == ("liaison", "*4 三头牦牛掉进冰河", "a")
    assert {expect_["to"] for expect_ in first["expect"]} >= {"liaison", "grid_leader"}
    assert second["facts"][0]["state"] == "accepted"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["zh", "bo", "en"])
def test_axe_finds_nothing_serious(open_page: Open, shoot: Shoot, lang: str, scheme: str) -> None:
    desk = open_page(lang=lang, scheme=scheme)
    desk.left.dial()
    desk.page.click(".drawer > summary")
    desk.right.press("soft1")
    assert serious(desk.page) == []
    shoot(desk.page, f"axe-{lang}-{scheme}")
    desk.left.press("end")
    desk.right.press("soft2", "soft2")
    desk.right.field.fill("3 房屋倒塌")
    assert serious(desk.page) == []


def serious(page: Page) -> list[str]:
    """Serious and critical findings of axe, with the place."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:200]}"
        for each in found
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]


def test_the_page_counts_segments_as_the_gateway_does(open_page: Open) -> None:
    page = open_page().page
    script = """async (texts) => {
        const { measure } = await import("/phone/static/handset/segments.js");
        return texts.map((text) => { const m = measure(text); return [m.encoding, m.units, m.segments]; });
    }"""
    texts = vectors()
    expected = [[size.encoding.value, size.units, size.segments] for size in map(measure, texts)]
    assert page.evaluate(script, texts) == expected


def test_everything_can_be_done_on_the_computers_keyboard(open_page: Open) -> None:
    desk = open_page(lang="en")
    desk.left.screen.focus()
    desk.page.keyboard.type("*384*7#")
    expect(desk.left.field).to_have_value("*384*7#")
    desk.page.keyboard.press("Enter")
    expect(desk.left.screen).to_contain_text("#")
    desk.page.keyboard.press("Escape")  # hangs up
    expect(desk.left.screen.locator(".hour")).to_be_visible()
    desk.page.keyboard.press("Enter")
    expect(desk.left.kit.locator(".caption")).to_have_text("Messages")
    desk.page.keyboard.press("Escape")
    expect(desk.left.screen.locator(".hour")).to_be_visible()


def test_twelve_keys_write_letters_and_the_count_follows(open_page: Open) -> None:
    desk = open_page(lang="en")
    left = desk.left
    left.press("soft2", "3", "0")
    expect(left.field).to_have_value("30")
    left.press("clear", "#", "0", "2", "2", "2", "9", "9")
    expect(left.field).to_have_value("3 cx")
    left.press("#", "4")
    expect(left.field).to_have_value("3 cxG")
    left.field.fill("3 房屋倒塌")
    expect(left.kit.locator(".count")).to_contain_text("1 SMS 6/70")


def test_a_wrong_code_and_a_lost_signal_are_said_on_the_screen(open_page: Open) -> None:
    desk = open_page()
    desk.left.screen.focus()
    desk.page.keyboard.type("*100#")
    desk.page.keyboard.press("Enter")
    expect(desk.left.screen).to_have_text("号码不对，请拨 *384*7#")
    desk.left.press("end")
    desk.left.dial()
    desk.left.option("没有信号").check()
    expect(desk.left.screen).to_have_text("通话断了")
    desk.left.press("end", "soft2")
    desk.left.field.fill("3 房屋倒塌")
    desk.left.press("soft1")
    expect(desk.left.screen).to_have_text("没有信号")
    desk.left.option("没有信号").uncheck()
    desk.left.press("soft1")
    expect(desk.left.field).to_have_value("3 房屋倒塌")


def test_a_spoofer_writes_with_anothers_number_and_receives_nothing(open_page: Open) -> None:
    desk = open_page()
    victim = desk.left.kit.locator(".who .figures").inner_text()
    desk.right.kit.get_by_label("谁的手机").select_option("spoofer")
    desk.right.kit.get_by_label("冒用谁的号码").select_option(victim)
    desk.right.write("练 2 冒名写的")
    desk.left.read_newest()
    desk.right.press("soft1")
    expect(desk.right.screen).to_contain_text("收不到")
    desk.left.press("soft2", "down")
    expect(desk.left.screen).to_contain_text("练 2 冒名写的")


def test_a_phone_without_tibetan_shows_boxes(open_page: Open, shoot: Shoot) -> None:
    desk = open_page()
    desk.left.write("*2 ཁང་པ་རྡིབ་སོང་། <img src=x onerror=alert(1)>")
    desk.left.read_newest()
    desk.left.option("显示不了藏文").check()
    desk.left.press("soft2", "down")
    expect(desk.left.screen.locator(".begin").nth(1)).to_contain_text("*2 ▯▯▯▯▯▯▯▯▯▯▯▯ <img src=x onerror=alert(1)>")
    shoot(desk.page, "7-boxes")


def test_every_carriers_request_and_answer_lie_in_the_drawer(open_page: Open, shoot: Shoot) -> None:
    desk = open_page(lang="en")
    desk.page.click(".drawer > summary")
    for carrier, mark in (
        ("kannel", "charset=UTF-16BE&coding=2"),
        ("twilio", "X-Twilio-Signature: "),
        ("africastalking", "networkCode="),
    ):
        desk.left.kit.get_by_label("Carrier").select_option(carrier)
        desk.left.write("练 3 雪")
        newest = desk.page.locator("#exchanges > li").first
        expect(newest).to_contain_text(mark)
        expect(newest).to_contain_text(f"/sms/{carrier}/…/inbound")
        expect(newest.locator("summary b")).to_have_text("200")
    shoot(desk.page, "9-drawer")
