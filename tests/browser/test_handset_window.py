"""The page in its window: several of them, narrow ones, another language, keys and fields that stay in sight."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from playwright.sync_api import Locator, Route, expect

from tests.browser.conftest import Open, Shoot
from tests.browser.phones import Desk
from tests.survival.deployment import Deployment

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("deployment"), pytest.mark.timeout(600)]

PAGES, CALLS = 6, 20


def call(deployment: Deployment, place: int) -> str:
    """What somebody sees who dials."""
    settings = deployment.settings
    fields = {"session": f"many-{place}", "from": f"+86199000{place:05d}", "code": settings.ussd_code, "text": ""}
    address = f"{settings.public_url}/ussd/simulator/{settings.webhook_secrets[0]}"
    answer = requests.post(address, json=fields, timeout=60)
    return str(answer.json()["text"])


@pytest.mark.parametrize("in_one_browser", [True, False])
def test_with_many_pages_open_calls_and_texts_still_go(
    open_page: Open, deployment: Deployment, *, in_one_browser: bool
) -> None:
    desks = [open_page(lang="en")]
    while len(desks) < PAGES:
        desks.append(open_page(lang="en", beside=desks[0] if in_one_browser else None))
    with ThreadPoolExecutor(CALLS) as callers:
        screens = list(callers.map(lambda place: call(deployment, place), range(CALLS)))
    assert all(screens)
    for desk in desks:
        desk.left.dial()
        desk.left.press("end")
    desks[-1].left.write("练 3 雪")
    for desk in desks:  # streamed or asked for: everybody hears of it
        expect(desk.left.status.locator(".unread")).to_be_visible()


def test_a_page_that_nobody_sees_holds_no_stream(open_page: Open) -> None:
    desk = open_page(lang="en")
    expect(desk.page.locator("#live")).to_have_text("Live")
    hide = """(hidden) => {
        Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url) if "/phone/events" in request.url else None)
    desk.page.evaluate(hide, True)  # noqa: FBT003 - the script's own argument
    other = open_page(lang="en", beside=desk)
    other.left.write("练 4 雪")
    expect(other.left.status.locator(".unread")).to_be_visible()
    assert asked == []
    expect(desk.left.status.locator(".unread")).to_have_count(0)
    desk.page.evaluate(hide, False)  # noqa: FBT003
    expect(desk.left.status.locator(".unread")).to_be_visible()


def test_on_a_narrow_screen_one_phone_stands_below_the_other(open_page: Open, shoot: Shoot) -> None:
    for lang in ("zh", "bo", "en"):
        desk = open_page(lang=lang, narrow=True)
        assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        left, right = desk.left.kit.bounding_box(), desk.right.kit.bounding_box()
        assert left
        assert right
        assert right["y"] >= left["y"] + left["height"]
        desk.left.kit.locator(".example").first.tap()
        expect(desk.left.field).to_be_in_viewport(ratio=1)
        desk.left.press("soft1")
        expect(desk.left.screen.locator(".hour")).to_be_visible()
        shoot(desk.page, f"8-narrow-{lang}")


def is_inside(inner: Locator, outer: Locator) -> bool:
    """Whether something lies in something else, all of it."""
    here, around = inner.bounding_box(), outer.bounding_box()
    assert here
    assert around
    return (
        here["y"] >= around["y"] and here["y"] + here["height"] <= around["y"] + around["height"] + 1
    )  # a border's width


def test_the_field_for_the_answer_stays_in_sight_under_the_longest_menu(open_page: Open, shoot: Shoot) -> None:
    for lang in ("zh", "bo", "en"):
        desk = open_page(lang=lang)
        for phone in (desk.left, desk.right):
            phone.dial()
            phone.screen.locator(".ussd").evaluate(
                "(node) => { node.textContent += '\\n6 ཁྱིམ་འབྲེལ།\\n7 ཁྱིམ་འབྲེལ།\\n8 ཁྱིམ་འབྲེལ།'; }"
            )
            assert is_inside(phone.field, phone.kit.locator(".screen"))
            shown = phone.screen.locator(".ussd")
            before = shown.evaluate("(node) => node.scrollTop")
            phone.press("down", "down", "down")
            assert shown.evaluate("(node) => node.scrollTop") >= before
        shoot(desk.page, f"field-{lang}")


def test_another_language_keeps_the_phones(open_page: Open) -> None:
    desk = open_page(lang="zh")
    picked = choose(desk, "left", 1), choose(desk, "right", 2)
    for tag in ("en", "bo", "zh-Hans"):
        desk.page.click(f"a[hreflang={tag}]")
        desk.page.wait_for_selector("#handsets[data-ready=true]")
        assert desk.page.locator("html").get_attribute("lang") == tag
        for side, number in zip(("left", "right"), picked, strict=True):
            expect(desk.page.locator(f"#{side}-person")).to_have_value(number)


def choose(desk: Desk, side: str, group: int) -> str:
    """Give a phone to the second one of a group of people."""
    select = desk.page.locator(f"#{side}-person")
    number = select.locator("optgroup").nth(group).locator("option").last.get_attribute("value")
    assert number
    select.select_option(number)
    return number


def test_drawn_keys_and_the_computers_keyboard_go_together(open_page: Open) -> None:
    desk = open_page(lang="en")
    desk.left.press("call", "soft1")
    expect(desk.left.screen).to_contain_text("1 ")
    desk.page.keyboard.type("9")
    expect(desk.left.field).to_have_value("9")
    desk.left.press("clear", "1")
    expect(desk.left.field).to_have_value("1")
    before = desk.left.screen.inner_text()
    desk.page.keyboard.press("Enter")
    expect(desk.left.screen).not_to_have_text(before, use_inner_text=True)
    desk.left.kit.locator(".softs span").last.click()  # the word above the right key
    expect(desk.left.screen.locator(".hour")).to_be_visible()


def test_tab_walks_from_the_clock_over_each_screen_to_the_drawer(open_page: Open) -> None:
    desk = open_page(lang="en")
    desk.page.locator("#village").focus()
    seen: list[str] = []
    name = """() => {
        const { activeElement: here } = document;
        return [here.closest("#left, #right")?.id ?? "", here.className || here.tagName];
    }"""
    while not seen or seen[-1] != json.dumps(["", "SUMMARY"]):
        desk.page.keyboard.press("Tab")
        seen.append(json.dumps(desk.page.evaluate(name)))
        assert len(seen) < 60
    screens = [seen.index(json.dumps([side, "view"])) for side in ("left", "right")]
    assert screens == sorted(screens)
    assert not any('"key' in each for each in seen)  # their work is done by the keyboard's own keys


def test_a_switch_follows_the_hand_however_late_the_gateway_answers(open_page: Open) -> None:
    desk = open_page(lang="en")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)
        if len(held) > 1:
            route.continue_()

    desk.page.route("**/phone/switch", hold)
    box = desk.left.option("Has no signal")
    box.check()
    desk.left.press("soft2")
    desk.right.write("练 5 雪")  # news arrive, and say that the gateway knows of no fault
    desk.right.read_newest()
    expect(box).to_be_checked()
    box.uncheck()
    box.check()
    held[0].continue_()
    expect(desk.page.locator("#steps")).to_contain_text("4")
    expect(box).to_be_checked()
    box.uncheck()
    expect(desk.page.locator("#steps")).to_contain_text("5")
