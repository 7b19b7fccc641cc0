"""The page with two phones, as a test uses it: by its keys, its screen and the computer's keyboard."""

import re

from playwright.sync_api import Locator, Page, expect


class Phone:
    """One of the two phones."""

    def __init__(self, page: Page, side: str) -> None:
        self.page = page
        self.kit = page.locator(f"#{side}")
        self.screen = self.kit.locator(".view")
        self.field = self.kit.locator(".set textarea, .set input")
        self.status = self.kit.locator(".status")

    def press(self, *keys: str) -> None:
        """Click keys of the drawn keypad."""
        for key in keys:
            self.kit.locator(f'[data-key="{key}"]').click()

    def answer(self, *answers: str) -> None:
        """Answer screens of a call, each when the one before has gone."""
        for typed in answers:
            before = self.screen.inner_text()
            expect(self.field).to_be_visible()
            for key in typed:
                self.press(key)
            self.press("soft1")
            expect(self.screen).not_to_have_text(before, use_inner_text=True)
            expect(self.screen).to_have_text(re.compile(r"\d"))  # past "calling…"

    def dial(self) -> None:
        """The green key offers the code; once more dials it."""
        self.press("call", "soft1")
        expect(self.field).to_be_visible()
        expect(self.screen).to_contain_text("1 ")

    def write(self, text: str) -> None:
        """Write a text on the computer's keyboard and send it."""
        self.press("end", "soft2")
        self.field.fill(text)
        self.field.press("Enter")
        expect(self.screen.locator(".hour")).to_be_visible()

    def read_newest(self) -> str:
        """Wait for a text that was not read yet, and open it; gives what the screen says."""
        expect(self.status.locator(".unread")).to_be_visible(timeout=30_000)
        self.press("end", "soft1", "soft1")
        return self.screen.locator(".said").inner_text()

    def option(self, word: str) -> Locator:
        """A switch beside the phone, by its label."""
        return self.kit.get_by_role("checkbox", name=word)


class Desk:
    """The page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.left = Phone(page, "left")
        self.right = Phone(page, "right")

    def jump(self, local: str) -> None:
        """Move the county's clock to a local moment, and wait until the page shows it."""
        self.page.fill("#jump-to", local)
        self.page.click("#jump button")
        expect(self.page.locator("#now")).to_contain_text(local[-5:-1], timeout=20_000)
