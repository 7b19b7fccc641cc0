"""A running gateway and a real Chromium; pages must not complain, and their pictures are kept."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.phones import Desk
from tests.survival.deployment import Deployment, deployed

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDE, NARROW = {"width": 1280, "height": 1060}, {"width": 390, "height": 844}

Shoot = Callable[[Page, str], None]
Open = Callable[..., Desk]


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    """A gateway with a fresh demo county, shared by the tests of one file."""
    with deployed() as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (Debian: chromium)")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield started
        started.close()


@pytest.fixture
def nothing_open(deployment: Deployment) -> None:
    """Leaves the people of a shared county nothing that an earlier test began: a bare 1 must mean this test's case."""
    with deployment.database() as connection, connection.transaction():
        connection.execute("UPDATE questions SET answered_at = now() WHERE answered_at IS NULL")
        connection.execute("UPDATE outbound SET state = 'cancelled' WHERE state = 'queued'")
        connection.execute("UPDATE deadlines SET done_at = now() WHERE done_at IS NULL")
        connection.execute(
            """UPDATE cases SET state = 'withdrawn', closed_at = now()
               WHERE state IN ('new', 'open', 'accepted', 'resolved')"""
        )


@pytest.fixture
def open_page(browser: Browser, deployment: Deployment, nothing_open: None) -> Iterator[Open]:  # noqa: ARG001 - done first
    """Opens `/phone` in a fresh browser, or `beside` another page in the same one.

    A script's error or a refused resource fails the test at its end.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(*, lang: str = "zh", scheme: str = "light", narrow: bool = False, beside: Desk | None = None) -> Desk:
        if beside is None:
            look = {"viewport": NARROW if narrow else WIDE, "color_scheme": scheme, "has_touch": narrow}
            contexts.append(browser.new_context(**look))
        page = beside.page.context.new_page() if beside else contexts[-1].new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.goto(f"{deployment.settings.public_url}/phone?lang={lang}")
        page.wait_for_selector("#handsets[data-ready=true]")
        return Desk(page)

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def shoot(tmp_path: Path) -> Shoot:
    """Keeps pictures of pages, in the folder LIANHU_SHOTS or the test's own."""
    folder = Path(os.environ.get("LIANHU_SHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return lambda page, name: page.screenshot(path=folder / f"{name}.png", full_page=True) and None
