"""A set of messages in one transaction: what the plain reports among them will ask is read ahead, then each is taken.

Plain is a report that has to do with nobody else's: from a registered phone that no question is open to, new words,
about a household without a live case. Taken together, two hundred of them cost the database hardly more than a few.
Everything else is left to a transaction of its own. Both go the same way through `intake.take` (decision 12).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from gateway.domain.ladder import limits
from gateway.domain.terms import Proof
from gateway.flow import intake, reports
from gateway.flow.notify import BRAKE_WINDOW
from gateway.flow.owners import foresee_places
from gateway.flow.turn import Turn
from gateway.sms.reading import Parsed, SubjectKind
from gateway.store import foresight
from gateway.store.ahead import foresee, foreseen, is_foreseen
from gateway.store.foresight import Windows
from gateway.store.households import Household
from gateway.store.inbound import Inbound
from gateway.store.people import Phone
from gateway.store.sets import SetSession


@dataclass(frozen=True, kw_only=True, slots=True)
class _Candidate:
    """A message that may be a plain report."""

    turn: Turn
    report: Parsed

    @property
    def message(self) -> Inbound:
        """The message."""
        return self.turn.message


def take_plain(session: SetSession, messages: Sequence[Inbound], *, now: datetime) -> list[Inbound]:
    """Take the plain reports of a locked set, and write them; returns what is left for transactions of its own."""
    plain = _plain(session, _candidates(session, messages, now), now)
    for candidate in plain:
        intake.take(session, candidate.message, candidate.report, now=now)
    session.write()
    taken = {candidate.message.id for candidate in plain}
    return [message for message in messages if message.id not in taken]


def _candidates(session: Session, messages: Sequence[Inbound], now: datetime) -> list[_Candidate]:
    """Reports of registered persons to whom no question is open, and who have not just said the same."""
    windows = Windows(same_text=limits().same_text, brake=BRAKE_WINDOW)
    foresee(session, foresight.unentangled(session, messages, windows, now))
    foresee(session, foresight.senders(session, [message.sender for message in messages]))
    found = []
    for message in messages:
        phone: Phone | None = foreseen(session, ("phone_of", message.sender), lambda: None)
        report = _report(session, message)
        if phone is not None and report is not None:
            turn = Turn(session=session, message=message, person=phone.person, now=now)
            found.append(_Candidate(turn=turn, report=report))
    return found


def _report(session: Session, message: Inbound) -> Parsed | None:
    """What a message says when it is words or a code, and nothing that was said or asked before can change it."""
    alone = is_foreseen(session, ("same_text_before", message.id))
    if not alone or message.opt_out is not None or message.proof is not Proof.NONE:
        return None
    parsed = intake.read(message)
    plain = isinstance(parsed, Parsed) and parsed.verb is None and not parsed.reply and not parsed.rehearsal
    return parsed if plain and isinstance(parsed, Parsed) else None


def _plain(session: Session, candidates: Sequence[_Candidate], now: datetime) -> list[_Candidate]:
    """The candidates whose household has no live case, and no other report in this set."""
    _foresee_households(session, candidates)
    homes = {each.message.id: reports.meant(each.turn, each.report) for each in candidates}
    ids = {home.id for home in homes.values() if home}
    foresee(session, foresight.without_live_case(session, ids, now - limits().follow_up))
    reserved = {each.message.reserved for each in candidates if each.message.reserved}
    foresee(session, foresight.free_numbers(session, reserved))
    plain, seen = [], set()
    for each in candidates:
        home = homes[each.message.id]
        if _stands_alone(session, each, home) and (home is None or home.id not in seen):
            plain.append(each)
            seen.add(home.id if home else 0)
    held = {post.unit_id for each in plain for post in each.turn.posts}
    foresee_places(session, held | {home.unit_id for home in homes.values() if home}, now)
    foresee(session, foresight.keys(session, [each.message for each in plain]))
    return plain


def _stands_alone(session: Session, candidate: _Candidate, home: Household | None) -> bool:
    reserved = candidate.message.reserved
    return (
        (home is not None or bool(candidate.turn.posts))
        and (home is None or is_foreseen(session, ("to_follow_up", home.id)))
        and (reserved is None or is_foreseen(session, ("case", reserved)))
    )


def _foresee_households(session: Session, candidates: Sequence[_Candidate]) -> None:
    """Everything that `reports.meant` will ask for."""
    subjects = [(each.turn, each.report.subject) for each in candidates if each.report.subject is not None]
    counted = [
        (tuple(sorted(post.id for post in turn.posts)), int(subject.number))
        for turn, subject in subjects
        if subject.kind is SubjectKind.ORDINAL
    ]
    numbers = [subject.number for _, subject in subjects if subject.kind is SubjectKind.HOUSEHOLD]
    contacts = [each.turn.person.id for each in candidates]
    foresee(session, foresight.households(session, counted, numbers, contacts))
