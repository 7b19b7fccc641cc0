"""One message of a registered person being handled: who, what, when, and the one answer to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from gateway.domain.rules import Rules
from gateway.flow import code_cards, notify
from gateway.flow.scene import local_day, rules_of
from gateway.store.cases import Case
from gateway.store.inbound import Inbound
from gateway.store.people import Person, Post, current_posts
from gateway.wording import catalogue, part

_FROM_A_CARD = frozenset(
    {
        "help_liaison",
        "help_official",
        "household_ask",
        "not_understood",
        "not_understood_call",
        "nothing_open",
        "number_unknown",
    }
)
"""Answers to somebody who may have read a number or code off a card that is no longer right."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """What every step of handling a message sees; `answer` or `answer_about` is called exactly once."""

    session: Session
    message: Inbound
    person: Person
    now: datetime

    @property
    def by_menu(self) -> bool:
        """Whether it came through the menus, which have asked all that an open question could still be about."""
        return self.message.reading is not None

    @property
    def rules(self) -> Rules:
        """The county's rules."""
        return rules_of(self.session)

    @property
    def today(self) -> date:
        """The day in the county."""
        return local_day(self.session, self.now)

    @property
    def posts(self) -> list[Post]:
        """The posts that the person holds today."""
        return current_posts(self.person, self.today)

    def answer(self, key: str, /, **slots: str | int) -> None:
        """Answer in the person's language."""
        self.answer_about(None, key, slots)

    def answer_about(
        self, case: Case | None, key: str, slots: Mapping[str, str | int], *, rehearsal: bool = False
    ) -> None:
        """Answer about a case; a rehearsal says so in front, a masked identity number or an old card behind."""
        language = self.person.language
        said = catalogue().say(
            key,
            language,
            before=part("part_rehearsal", language) if rehearsal else "",
            after=self._mention(key),
            slots=slots,
        )
        notify.answer(self.session, self.message, said, now=self.now, case=case)

    def _mention(self, key: str) -> str:
        """One thing beside the answer that the sender should know, or nothing."""
        if self.message.masked:
            return part("part_masked", self.person.language)
        if key in _FROM_A_CARD and code_cards.is_old(self.session, self.person, self.posts):
            return part("part_card_old", self.person.language)
        return ""
