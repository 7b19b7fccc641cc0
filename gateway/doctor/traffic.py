"""Looks at the traffic: the clock that keeps it going, the inbox, the outbox, the carriers and their reports."""

from collections.abc import Iterator
from datetime import timedelta

from gateway.doctor.finding import Finding, Patient, fail, look, well
from gateway.domain.phone import mask
from gateway.flow.receipts import GIVE_UP_AFTER
from gateway.store import condition, inbound, outbound, running
from gateway.store.base import OutboundState

CLOCK_SILENCE = timedelta(seconds=30)
SET_BACK = timedelta(minutes=1)
INBOX_PATIENCE = timedelta(seconds=60)
OUTBOX_PATIENCE = timedelta(minutes=5)
REPORT_PATIENCE = timedelta(hours=1)
LATELY = timedelta(minutes=10)
FLOOD = 100  # texts of one phone in that time; a busy liaison writes ten
_STRANGE_REPORTS = 100


def clock(patient: Patient) -> Finding:
    """Whether the clock is at work: it is the net under every nudge, and moves the deadlines."""
    ahead = condition.ahead_of(patient.session, patient.clock.now())
    if ahead > SET_BACK:
        seen = f"rows of the last hours lie {round(ahead.total_seconds())} s ahead: the machine's clock was set back"
        return look(
            "clock", seen, "let NTP set it; what waits for a moment ahead waits until then, or until it is put right"
        )
    last = running.last_beat(patient.session, "clock")
    remedy = "start `python -m workers.clock` (one is enough, two do no harm), and look why it ended"
    if last is not None and last >= patient.clock.ago(CLOCK_SILENCE):
        return well("clock", "at work")
    if not patient.expected:
        return look("clock", "does not run, and neither does anything else here", "gateway run")
    if last is None:
        return fail("clock", "no clock has been seen: deadlines stand still, stranded messages stay", remedy)
    silent = round((patient.clock.now() - last).total_seconds())
    return fail("clock", f"silent for {silent} s: deadlines stand still, stranded messages stay", remedy)


def inbox(patient: Patient) -> Finding:
    """Whether messages wait too long, or broke their handler for good."""
    oldest, broken = condition.oldest_waiting(patient.session), inbound.failed(patient.session)
    now = patient.clock.now()
    if oldest is not None and oldest < now - INBOX_PATIENCE:
        waiting = inbound.waiting(patient.session, now)
        seen = f"{waiting} messages wait, the oldest for {round((now - oldest).total_seconds())} s"
        return fail("inbox", seen, "see queue, workers and locks; when these are well, start another inbound worker")
    if broken:
        seen = f"{broken} messages broke their handler five times and are kept for the county centre"
        return look(
            "inbox", seen, "`gateway messages --json` shows them (status failed): act by hand, report the fault"
        )
    return well("inbox", "nothing waits, everything was handled")


def flood(patient: Patient) -> Finding:
    """Whether one phone writes more than people do."""
    talker = condition.busiest(patient.session, patient.clock.now() - LATELY)
    if talker is None or talker.texts < FLOOD:
        return well("flood", "no phone writes too much")
    seen = (
        f"{mask(talker.sender)} sent {talker.texts} texts in 10 minutes, {talker.waiting} of them wait; others go ahead"
    )
    return look("flood", seen, "call the person; ask the operator to stop the phone when it is nobody's wish")


def outbox(patient: Patient) -> Finding:
    """Whether messages leave."""
    session, now = patient.session, patient.clock.now()
    stuck, unknown = outbound.stuck(session, now - OUTBOX_PATIENCE), condition.unknown(session)
    lost = condition.lost_since(session, now - REPORT_PATIENCE)
    if stuck:
        seen = f"{stuck} messages should have left more than 5 minutes ago"
        return fail("outbox", seen, "see carriers and workers; they leave by themselves when these are well")
    if unknown:
        seen = f"{unknown} messages: nobody knows yet whether the carrier has them"
        return look("outbox", seen, "nothing: they are looked up, and repeated only when the carrier never had them")
    if lost:
        failed, expired = lost.get(OutboundState.FAILED, 0), lost.get(OutboundState.EXPIRED, 0)
        seen = f"in the last hour {failed} messages were refused and {expired} became stale before they left"
        return look("outbox", seen, "see carriers; alerts among them went to the next person or to the county centre")
    return well("outbox", "everything leaves")


def carriers(patient: Patient) -> Iterator[Finding]:
    """Which carriers rest after failures, and which wait for an operator."""
    states, now = running.carrier_states(patient.session), patient.clock.now()
    for name in patient.settings.providers:
        state = states.get(name)
        if state is not None and state.paused_since:
            seen = f"{name} is paused since {state.paused_since:%d.%m. %H:%M} UTC: {state.detail}"
            yield fail("carriers", seen, f"put the account right, then: gateway resume-carrier {name}")
        elif state is not None and state.open_until is not None and state.open_until > now:
            seen = f"{name} rests after {state.failures} failures: {state.detail}"
            yield look("carriers", seen, "nothing: it is tried again by itself; call the carrier when it lasts")
        else:
            yield well("carriers", f"{name} is open")


def reports(patient: Patient) -> Finding:
    """Whether delivery reports find their messages."""
    strange = condition.unmatched_reports(patient.session, patient.clock.now() - REPORT_PATIENCE)
    if strange >= _STRANGE_REPORTS:
        days = GIVE_UP_AFTER.days
        seen = f"{strange} delivery reports of the last {days} day(s) are about messages that are not ours"
        return look("reports", seen, "another system may use our address or account: ask the carrier where they belong")
    return well("reports", "they find their messages")
