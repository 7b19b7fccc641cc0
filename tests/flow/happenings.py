"""What can happen to cases: people write, time runs out, alerts are lost, posts are handed over."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from gateway.clock import ManualClock
from gateway.domain.messages import DeliveryReceipt, DeliveryStatus, Failure
from gateway.domain.terms import Purpose
from gateway.flow import handover, receipts
from gateway.store.base import OutboundState
from gateway.store.cases import Case, Deadline
from gateway.store.dialogue import reply_code
from gateway.store.outbound import Outbound
from gateway.store.people import Person, Post, current_posts
from tests.flow.talk import Talk
from tests.scenarios.county import who_has
from workers import tasks
from workers.drains import drain_inbound

PARTIES = (
    "liaison",
    "liaison_2",
    "resident",
    "grid_leader",
    "grid_deputy",
    "township_commander",
    "township_desk",
    "operator",
    "county_commander",
    "agriculture",
)
SUCCESSORS = {"grid_leader": "grid_deputy", "township_commander": "township_desk", "liaison": "liaison_2"}
OWNER, REPORTER = "owner", "reporter"
"""Whoever that is by then, of the newest case."""


@dataclass(frozen=True, kw_only=True)
class Writes:
    """Somebody writes; slots: number of the newest and of the first case, right and wrong code of the writer."""

    who: str
    text: str

    def happen(self, world: "World") -> None:
        """Put it in and handle it."""
        who = world.meant(self.who)
        world.write(who, world.fill(who, self.text))


@dataclass(frozen=True, kw_only=True)
class TimeRunsOut:
    """The clock jumps to the next deadline, and a little further."""

    minutes: int

    def happen(self, world: "World") -> None:
        """Miss everything that is due by then."""
        due = world.next_due()
        if due is not None and due > world.clock.now():
            world.clock.move_to(due)
        world.clock.forward(minutes=self.minutes)
        tasks.miss_deadlines(world.talk.services, world.clock.now())


@dataclass(frozen=True, kw_only=True)
class AlertIsLost:
    """A carrier reports that the newest alert did not arrive."""

    def happen(self, world: "World") -> None:
        """Apply the report to the newest alert that still could arrive."""
        with world.talk.services.sessions.begin() as session:
            row = session.scalars(
                select(Outbound)
                .where(Outbound.purpose == Purpose.ALERT, Outbound.state == OutboundState.QUEUED)
                .order_by(Outbound.id.desc())
            ).first()
            if row is None:
                return
            row.state, row.attempts, row.provider = OutboundState.SENT, 1, "kannel"
            lost = DeliveryReceipt(
                provider="kannel",
                provider_id="",
                message_id=row.id,
                status=DeliveryStatus.FAILED,
                word="16",
                final=True,
                failure=Failure.REJECTED,
            )
            now = world.clock.now()
            receipts.apply(session, receipts.stored(session, lost, now=now), now=now)


@dataclass(frozen=True, kw_only=True)
class HandsOver:
    """A post passes to its neighbour, or back."""

    who: str

    def happen(self, world: "World") -> None:
        """Hand over whatever the post's first holder holds now, or take it back."""
        pair = (self.who, SUCCESSORS[self.who])
        now = world.clock.now()
        with world.talk.services.sessions.begin() as session:
            people = [session.get_one(Person, person.id) for person in map(world.talk.person, pair)]
            day = now.astimezone(session.info["rules"].calendar.zone).date()
            held: list[Post] = [post for person in people for post in current_posts(person, day)]
            old = held[0]
            heir = people[1] if old.person_id == people[0].id else people[0]
            handover.hand_over(session, handover.prepare(session, old, heir, now=now), now=now)


Happening = Writes | TimeRunsOut | AlertIsLost | HandsOver


@dataclass(kw_only=True)
class World:
    """One example: the county, its clock, and everything that can happen in it."""

    talk: Talk
    clock: ManualClock

    def write(self, who: str, words: str) -> None:
        """Put a text in and handle it."""
        self.talk.put(who, words)
        drain_inbound(self.talk.services)
        self.talk.session.rollback()

    def meant(self, who: str) -> str:
        """The role of the newest case's owner or reporter, or the role itself."""
        known = self.talk.cases()
        if who not in {OWNER, REPORTER} or not known:
            return who
        case = known[-1]
        return who_has((case.owning_post.person if who == OWNER else case.reporter).phones[0].number)

    def fill(self, who: str, words: str) -> str:
        """The words with numbers as they stand now, and the code that an alert to the writer prints or would print."""
        known = self.talk.cases()
        if not known:
            return words.format(number="100013", first="100013", code="100", wrong="999")
        with self.talk.services.sessions.begin() as session:
            person, case = session.get_one(Person, self.talk.person(who).id), session.get_one(Case, known[-1].id)
            code = reply_code(session, person, case).code
        wrong = "999" if code != "999" else "998"
        return words.format(number=known[-1].number, first=known[0].number, code=code, wrong=wrong)

    def next_due(self) -> datetime | None:
        """The next moment at which a deadline passes."""
        return self.talk.session.scalar(select(func.min(Deadline.due_at)).where(Deadline.done_at.is_(None)))
