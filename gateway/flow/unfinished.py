"""Reports that a call broke off: filed by themselves when they cannot wait, else their reporter hears how to finish."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gateway.domain.categories import categories
from gateway.domain.classify import classify
from gateway.domain.messages import Channel
from gateway.domain.terms import Language
from gateway.flow import asking
from gateway.flow.notify import About, tell
from gateway.flow.reports import household_of
from gateway.flow.scene import rules_of
from gateway.flow.turn import Turn
from gateway.sms.reading import Parsed
from gateway.store import drafts
from gateway.store.dialogue import close_draft
from gateway.store.drafts import Draft
from gateway.store.inbound import Inbound
from gateway.ussd import caller
from gateway.ussd.drafts import as_reading, as_text, in_words, is_urgent
from gateway.ussd.steps import RESUMABLE
from gateway.wording import say

FILED_AFTER = timedelta(minutes=5)
"""Without a turn, for what cannot wait."""
TOLD_AFTER_HANGING_UP = timedelta(minutes=2)
"""Somebody whose line broke dials again at once, and needs no text meanwhile."""
KEPT_FOR = timedelta(days=7)


def left_alone(session: Session, *, now: datetime) -> Sequence[int]:
    """Ids of kept reports that `look_after` may have something to do about."""
    return drafts.left_alone(
        session, idle_since=now - FILED_AFTER, hung_up_before=now - TOLD_AFTER_HANGING_UP, old=now - KEPT_FOR
    )


def look_after(session: Session, draft_id: int, *, now: datetime) -> None:
    """File, tell about, or forget one kept report, whichever it is time for."""
    draft = drafts.lock(session, draft_id)
    if draft is None:
        return
    answers, idle = caller.Draft(**draft.answers), now - draft.touched_at
    hung_up = draft.hung_up_at is not None and now - draft.hung_up_at >= TOLD_AFTER_HANGING_UP
    if idle >= KEPT_FOR:
        _end(session, draft, now)
    elif answers.fileable and _cannot_wait(answers):
        if idle >= FILED_AFTER:
            _file(session, draft, answers, now)
    elif draft.told_at is None and (hung_up or idle >= RESUMABLE):
        _tell(session, draft, answers, now)


def taken_up(turn: Turn, draft_id: int) -> Parsed | None:
    """The kept report that a bare 1 files, which is kept no longer; None when it is gone."""
    draft = drafts.lock(turn.session, draft_id)
    if draft is None or draft.person_id != turn.person.id:
        return None
    parsed = as_reading(caller.Draft(**draft.answers))
    _end(turn.session, draft, turn.now)
    if household_of(turn, parsed.subject) is None:  # the household has another liaison by now: the words stay
        parsed = replace(parsed, subject=None)
    return parsed


def _file(session: Session, draft: Draft, answers: caller.Draft, now: datetime) -> None:
    reading = as_reading(answers)
    session.add(
        Inbound(
            channel=Channel.USSD,
            provider=draft.provider,
            provider_id=f"draft-{draft.id}",
            sender=draft.sender,
            recipient=rules_of(session).ussd_code,
            text=as_text(answers),
            raw={},
            received_at=now,
            reading=reading.as_json(),
            unfinished=True,
        )
    )
    _end(session, draft, now)


def _tell(session: Session, draft: Draft, answers: caller.Draft, now: datetime) -> None:
    person, dial = draft.person, rules_of(session).ussd_code
    if answers.fileable:
        said = say("draft_kept", person.language, what=_saved(answers, person.language), dial=dial)
        asking.ask_draft(session, person, draft.id, now=now, until=draft.touched_at + KEPT_FOR)
    else:
        said = say("draft_begun", person.language, ordinal=answers.household, dial=dial)
    tell(session, person, said, About(), now=now)
    draft.told_at = now


def _end(session: Session, draft: Draft, now: datetime) -> None:
    close_draft(session, draft.person_id, now)
    session.delete(draft)


def _cannot_wait(answers: caller.Draft) -> bool:
    """As the caller said, else as the problem's kind or words do: the line may have broken before that question."""
    if answers.urgent is not None:
        return answers.urgent
    return is_urgent(answers)


def _saved(answers: caller.Draft, language: Language) -> str:
    """What was told so far, in words; those about health or poverty stay out of texts (design, decision 10)."""
    category = categories()[classify(answers.text).category]
    if answers.text and category.sensitive:
        answers = replace(answers, text=category.names[language])
    return in_words(answers, language)
