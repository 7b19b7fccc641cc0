"""One message of a registered person being handled: who, what, when, and the one answer to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from gateway.domain.rules import Rules
from gateway.flow import notify
from gateway.flow.scene import local_day, rules_of
from gateway.store.cases import Case
from gateway.store.inbound import Inbound
from gateway.store.people import Person, Post, current_posts
from gateway.wording import catalogue, part


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """What every step of handling a message sees; `answer` or `answer_about` is called exactly once."""

    session: Session
    message: Inbound
    person: Person
    now: datetime

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
        """Answer about a case; a rehearsal says so in front, a masked identity number is mentioned behind."""
        language = self.person.language
        said = catalogue().say(
            key,
            language,
            before=part("part_rehearsal", language) if rehearsal else "",
            after=part("part_masked", language) if self.message.masked else "",
            slots=slots,
        )
        notify.answer(self.session, self.message, said, now=self.now, case=case)
