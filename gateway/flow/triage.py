"""A report becomes a case: classify, look whether it is known already, open it (design, sections 5 and 6)."""

from dataclasses import dataclass

from gateway.domain import numbers
from gateway.domain.classify import Classification, Evidence
from gateway.domain.ladder import limits, pace
from gateway.domain.lifecycle import State, Trigger
from gateway.flow import labels, notify
from gateway.flow.advance import advance, open_case
from gateway.flow.owners import first_level, route
from gateway.flow.scene import Event
from gateway.flow.turn import Turn
from gateway.sms.judging import SURE, is_urgent, judge
from gateway.store import cases
from gateway.store.ahead import foreseen
from gateway.store.cases import Case
from gateway.store.households import Household
from gateway.store.people import Post
from gateway.store.units import Unit
from gateway.wording import say


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a registered person says has happened."""

    turn: Turn
    unit: Unit
    household: Household | None = None
    code: str = ""
    values: tuple[int, ...] = ()
    text: str = ""
    urgent: bool = False
    rehearsal: bool = False
    answered: bool = False  # the message has had its one answer already; the sender is told by a message of its own


def triage(report: Report) -> str:
    """Open a case or add to one, and answer; returns what the message was taken for."""
    turn, found = report.turn, judge(report.code, report.text)
    if report.rehearsal:
        _rehearse(report, found)
        return "rehearsal"
    known = _known(report, found)
    case = known or _new_case(report, found)
    trigger = Trigger.FOLLOWED_UP if known else Trigger.OPENED
    event = Event(trigger=trigger, text=report.text, inbound=None if report.answered else turn.message)
    if known:
        advance(turn.session, case.id, event, actor=turn.person, now=turn.now)
    else:
        open_case(turn.session, case, event, actor=turn.person, now=turn.now)
    turn.message.case_id = case.id
    if report.answered:
        _confirm_late(turn, case)
    return "follow_up" if known else "report"


def _confirm_late(turn: Turn, case: Case) -> None:
    """The message has had its one answer; what became of it is told in a message of its own."""
    language = turn.person.language
    said = say(
        "case_opened",
        language,
        what=labels.what_for_reporter(case, language),
        number=case.number,
        owner=labels.owner(case.owning_post, language),
    )
    notify.tell(turn.session, turn.person, said, notify.About(case=case, urgent=case.urgent), now=turn.now)


def _is_urgent(report: Report, found: Classification) -> bool:
    return report.urgent or is_urgent(report.code, found)


def _known(report: Report, found: Classification) -> Case | None:
    """The open case that this report adds to; an urgent report never disappears in an ordinary case."""
    unsure = not report.code and found.confidence < SURE
    if report.household is None or unsure:
        return None  # two things that nobody could sort are not one thing
    since = report.turn.message.received_at - limits().follow_up
    case = cases.to_follow_up(report.turn.session, report.household, found.category, since)
    if case is not None and _is_urgent(report, found) and not case.urgent:
        return None
    return case


def _new_case(report: Report, found: Classification) -> Case:
    turn, urgent = report.turn, _is_urgent(report, found)
    opened = turn.message.received_at
    case_id, number = _key(turn)
    return Case(
        id=case_id,
        number=number,
        state=State.NEW,
        category=found.category,
        code=report.code,
        values=list(report.values),
        urgent=urgent,
        confidence=found.confidence,
        reasons=[_reason(evidence) for evidence in found.reasons],
        to_sort=not report.code and found.confidence < SURE,
        unfinished=turn.message.unfinished,
        text=report.text,
        household=report.household,
        household_id=report.household.id if report.household else None,
        unit=report.unit,
        unit_id=report.unit.id,
        reporter=turn.person,
        reporter_id=turn.person.id,
        inbound_id=turn.message.id,
        level=first_level(report.unit),
        opened_at=opened,
        due_at=opened + pace(urgent=urgent).overall,
        alerted_at=opened,
        stage_from=opened,
        stage_misses=0,
        stage_extra_days=0,
        extended_days=0,
        climbs=0,
        reminders=0,
        bounces=0,
    )


def _key(turn: Turn) -> tuple[int, str]:
    """Id and number: the number that a screen has named already, unless a case has it; else the next one."""
    ((case_id, number),) = foreseen(turn.session, ("keys", turn.message.id), lambda: cases.next_keys(turn.session))
    reserved = turn.message.reserved
    free = reserved is not None and cases.by_number(turn.session, reserved) is None
    return case_id, reserved if reserved is not None and free else number


def _reason(evidence: Evidence) -> str:
    """A word that decided, for the case's page: what it speaks for, how much, and what weakened it."""
    lowered = f" ({evidence.lowered_by})" if evidence.lowered_by else ""
    return f"{evidence.word}→{evidence.category or 'urgent'} {evidence.weight:+g}{lowered}"


def _rehearse(report: Report, found: Classification) -> None:
    """The same answer as for a real report, with a specimen number; no row but the answer."""
    turn, language = report.turn, report.turn.person.language
    specimen = Case(
        number=numbers.make(numbers.Kind.CASE, 0),
        category=found.category,
        code=report.code,
        values=list(report.values),
        urgent=_is_urgent(report, found),
    )
    with turn.session.no_autoflush:
        specimen.household, specimen.unit = report.household, report.unit
        choice = route(turn.session, specimen, first_level(report.unit), now=turn.now)
        slots = {
            "what": labels.what_for_reporter(specimen, language),
            "number": specimen.number,
            "owner": labels.owner(turn.session.get_one(Post, choice.post_id), language),
        }
    turn.answer_about(None, "case_opened", slots, rehearsal=True)
