"""What each effect of the lifecycle table does: one function for each, looked up by `advance`."""

from collections.abc import Callable, Mapping

from gateway.domain.lifecycle import Effect
from gateway.domain.terms import Purpose
from gateway.flow import alerts, answers, news, owners
from gateway.flow.scene import Scene
from gateway.store import outbound
from gateway.store.dialogue import close_for_case

_STALE = (Purpose.ALERT, Purpose.REMINDER, Purpose.ASK)


def cancel_stale(scene: Scene) -> None:
    """Take back what waits to leave and asks for something that has passed; forget the questions."""
    outbound.cancel_for_case(scene.session, scene.case.id, _STALE, scene.now)
    close_for_case(scene.session, scene.case, scene.now)


def extend_clock(scene: Scene) -> None:
    """The owner's extension moves the stage and the whole; the day it was opened never changes."""
    case, days = scene.case, scene.event.days
    case.stage_extra_days += days
    case.extended_days += days
    case.due_at = scene.rules.calendar.add_working_days(case.due_at, days)


EFFECTS: Mapping[Effect, Callable[[Scene], None]] = {
    Effect.NAME_OWNER: owners.name_owner,
    Effect.CONFIRM_REPORTER: answers.confirm_reporter,
    Effect.ALERT_OWNER: alerts.alert_owner,
    Effect.TELL_RESPONDERS: alerts.tell_responders,
    Effect.COPY_COUNTY: alerts.copy_county,
    Effect.TELL_FORMER: news.tell_former,
    Effect.TAKE: owners.take,
    Effect.NEXT_RUNG_OWNS: owners.next_rung_owns,
    Effect.RUNG_OR_CENTRE_OWNS: owners.rung_or_centre_owns,
    Effect.DEPARTMENT_OWNS: owners.department_owns,
    Effect.STAND_IN_OWNS: owners.stand_in_owns,
    Effect.HAND_OVER: owners.hand_over,
    Effect.CLIMB: alerts.climb,
    Effect.CLIMB_TO_COUNTY: alerts.climb_to_county,
    Effect.REMIND: alerts.remind,
    Effect.EXTEND_CLOCK: extend_clock,
    Effect.ASK_REPORTER: news.ask_reporter,
    Effect.TELL_REPORTER: news.tell_reporter,
    Effect.TELL_OWNER: news.tell_owner,
    Effect.CALL_OFF: alerts.call_off,
    Effect.CANCEL_STALE: cancel_stale,
    Effect.TELL_LATE: answers.tell_late,
    Effect.ACKNOWLEDGE: answers.acknowledge,
}
