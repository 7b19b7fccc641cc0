"""What tests of the flow do in the small county of the stories: write as somebody, let time pass, read what came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.clock import ManualClock
from gateway.domain.messages import Channel, InboundMessage
from gateway.domain.terms import Language, Purpose
from gateway.jobs import Lane
from gateway.store import arrivals, running
from gateway.store.base import OutboundState
from gateway.store.cases import Case
from gateway.store.dialogue import ReplyCode
from gateway.store.inbound import Inbound
from gateway.store.outbound import Outbound
from gateway.store.people import Person, Phone, Post
from gateway.wiring import Services
from tests.scenarios import county
from tests.scenarios.county import number_of
from tests.scenarios.moments import pass_time
from tests.scenarios.story import Part
from workers import jobs, tasks

OURS = "106900"


@dataclass(frozen=True, kw_only=True, slots=True)
class Talk:
    """A county at work; roles are those of tests/scenarios/county.py, everything is read afresh from the database."""

    services: Services
    session: Session
    clock: ManualClock

    def build(self, **parts: Part) -> Mapping[str, Post]:
        """Add the county; `parts` are people who are not as usual."""
        posts = county.build(self.session, parts)
        self.session.commit()
        return posts

    def put(self, sender: str, text: str, *, provider_id: str = "", provider: str = "simulator") -> None:
        """Store a text as a webhook does, and handle nothing; `sender` is a role or an address."""
        message = InboundMessage(
            channel=Channel.SMS,
            provider=provider,
            provider_id=provider_id,
            sender=number_of(sender) if sender in county.ROLES else sender,
            recipient=OURS,
            text=text,
            received_at=self.clock.now(),
        )
        with self.services.engine.begin() as connection:
            arrivals.store_texts(connection, message)

    def handle(self) -> None:
        """Handle every message received."""
        jobs.run(self.services, Lane.INBOUND)
        self.session.rollback()

    def send(self) -> None:
        """Send everything that may leave now."""
        jobs.run(self.services, Lane.OUTBOUND)
        self.session.rollback()

    def say(self, sender: str, text: str) -> Inbound:
        """Write, let both lanes work, and give the message as it was handled."""
        self.put(sender, text)
        self.handle()
        self.send()
        return self.inbound()[-1]

    def case_number_of(self, sender: str, text: str) -> str:
        """Report something, and give the number of the case that it became."""
        self.say(sender, text)
        return self.cases()[-1].number

    def file_forgotten(self) -> None:
        """Let the clock file words that nobody cleared up."""
        tasks.file_forgotten(self.services, self.clock.now())
        self.session.rollback()

    def wait(self, span: timedelta) -> None:
        """Let time pass, with everything that falls due in it: deadlines, messages that wait, the morning's digests."""
        pass_time(self.services, self.clock, self.clock.now() + span, listen=lambda: None)
        self.session.rollback()

    def fault(self, role: str, fault: str, *, phone: int = 1) -> None:
        """Let the simulator do something wrong with messages to somebody from now on; empty ends it."""
        running.set_fault(self.session, number_of(role, phone), fault)
        self.session.commit()

    def inbound(self) -> Sequence[Inbound]:
        """Every message received."""
        self.session.expire_all()
        return self.session.scalars(select(Inbound).order_by(Inbound.id)).all()

    def cases(self) -> Sequence[Case]:
        """Every case."""
        self.session.expire_all()
        return self.session.scalars(select(Case).order_by(Case.id)).all()

    def case(self) -> Case:
        """The only case."""
        (case,) = self.cases()
        return case

    def owner(self, case: Case) -> str:
        """The role of whoever owns a case."""
        return county.who_has(case.owning_post.person.phones[0].number)

    def rows(self, role: str = "", *, phone: int = 1) -> Sequence[Outbound]:
        """Every message to somebody, or to anybody."""
        self.session.expire_all()
        wanted = select(Outbound).order_by(Outbound.id)
        return self.session.scalars(
            wanted.where(Outbound.recipient == number_of(role, phone)) if role else wanted
        ).all()

    def heard(self, role: str) -> list[str]:
        """The templates of everything that was written to somebody on any phone, in order; digests left out."""
        found = sorted((*self.rows(role), *self.rows(role, phone=2)), key=lambda row: row.id)
        return [row.template for row in found if row.purpose is not Purpose.DIGEST]

    def answers(self, message: Inbound) -> Sequence[Outbound]:
        """Every answer to a message."""
        return self.session.scalars(select(Outbound).where(Outbound.reply_to_id == message.id)).all()

    def answer_to(self, message: Inbound) -> Outbound:
        """The one answer to a message."""
        (answer,) = self.answers(message)
        return answer

    def phone(self, role: str, phone: int = 1) -> Phone:
        """Somebody's phone."""
        self.session.expire_all()
        return self.session.scalars(select(Phone).where(Phone.number == number_of(role, phone))).one()

    def person(self, role: str) -> Person:
        """Somebody."""
        return self.phone(role).person

    def code(self, role: str, case: Case) -> str:
        """The reply code that somebody's alert printed; empty when none was printed."""
        found = self.session.scalar(
            select(ReplyCode.code).where(ReplyCode.case_id == case.id, ReplyCode.person_id == self.person(role).id)
        )
        return found or ""


def letter(
    to: str,
    now: datetime,
    *,
    body: str = "已收到",
    urgent: bool = False,
    purpose: Purpose = Purpose.RESULT,
    **facts: object,
) -> Outbound:
    """A message in the outbox that may leave now; `facts` replace columns."""
    row = Outbound(
        recipient=to,
        body=body,
        template="note_done",
        language=Language.ZH,
        segments=1,
        purpose=purpose,
        urgent=urgent,
        state=OutboundState.QUEUED,
        created_at=now,
        not_before=now,
        expires_at=now + timedelta(hours=24),
        changed_at=now,
    )
    for name, value in facts.items():
        setattr(row, name, value)
    return row
