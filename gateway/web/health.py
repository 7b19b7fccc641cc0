"""`/healthz` (the process lives) and `/readyz` (messages can be received, handled and sent)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from flask import Blueprint, Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from gateway.clock import Clock
from gateway.jobs import Lane
from gateway.logs import get_logger
from gateway.store import inbound, migrate, outbound, running
from gateway.web.boundary import plain
from gateway.wiring import Services

CLOCK_PROCESS = "clock"
CLOCK_SILENCE = timedelta(seconds=30)
INBOUND_PATIENCE = timedelta(seconds=60)
OUTBOUND_PATIENCE = timedelta(minutes=5)

log = get_logger(__name__)


class Verdict(StrEnum):
    """How well it goes; `DEGRADED` still answers 200."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILING = "failing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    ok: bool
    detail: str = ""
    vital: bool = True  # not vital: worth a look, but messages still come and go


def blueprint(services: Services) -> Blueprint:
    """The health pages."""
    pages = Blueprint("health", __name__)

    @pages.get("/healthz")
    def healthz() -> Response:
        return plain(200, "ok")

    @pages.get("/readyz")
    def readyz() -> tuple[Response, int]:
        checks = examine(services)
        verdict = judge(checks)
        body = {
            "status": verdict,
            "checks": {check.name: {"ok": check.ok, "detail": check.detail} for check in checks},
        }
        return jsonify(body), 503 if verdict is Verdict.FAILING else 200

    return pages


def judge(checks: list[Check]) -> Verdict:
    """Failing when a vital check fails, degraded when only another one does."""
    if any(check.vital and not check.ok for check in checks):
        return Verdict.FAILING
    return Verdict.OK if all(check.ok for check in checks) else Verdict.DEGRADED


def examine(services: Services) -> list[Check]:
    """Look at everything once; a database that is down leaves nothing else to look at.

    The queue is not vital: without it the clock finds every row within seconds (design, section 3, rule 2).
    """
    queue = Check(name="queue", ok=services.nudger.ping(), vital=False)
    looks: tuple[Callable[[Session, Clock], Check], ...] = (
        _migrations,
        _clock,
        _inbound,
        _outbound,
        _workers,
        _carriers,
    )
    try:
        with services.sessions() as session:
            session.execute(text("SELECT 1"))
            return [Check(name="database", ok=True), queue, *(look(session, services.clock) for look in looks)]
    except SQLAlchemyError as error:
        log.error("database_unwell", error=type(error).__name__)
        return [Check(name="database", ok=False, detail=type(error).__name__), queue]


def _migrations(session: Session, _time: Clock) -> Check:
    """A database that a newer version has migrated still serves this one, until that is started."""
    at, wanted = migrate.current(session.connection()), migrate.head()
    if at == wanted:
        return Check(name="migrations", ok=True, detail=at)
    newer = bool(at) and not migrate.knows(at)
    detail = f"at {at}, newer than this code" if newer else f"at {at}, code wants {wanted}"
    return Check(name="migrations", ok=False, detail=detail, vital=not newer)


def _clock(session: Session, time: Clock) -> Check:
    last = running.last_beat(session, CLOCK_PROCESS)
    if last is None:
        return Check(name="clock", ok=False, detail="never seen")
    age = (time.now() - last) / time.pace
    return Check(name="clock", ok=last >= time.ago(CLOCK_SILENCE), detail=f"{max(0, round(age.total_seconds()))} s ago")


def _inbound(session: Session, time: Clock) -> Check:
    count = inbound.waiting(session, time.ago(INBOUND_PATIENCE))
    return Check(name="inbound", ok=count == 0, detail=f"{count} waiting", vital=False)


def _outbound(session: Session, time: Clock) -> Check:
    count = outbound.stuck(session, time.ago(OUTBOUND_PATIENCE))
    return Check(name="outbox", ok=count == 0, detail=f"{count} stuck")


def _workers(session: Session, _time: Clock) -> Check:
    """Whether each lane's worker has come up at least once; whether it still works shows in what waits."""
    missing = [lane.value for lane in Lane if running.last_beat(session, f"worker-{lane}") is None]
    return Check(
        name="workers", ok=not missing, detail=", ".join(missing) + " not seen" if missing else "", vital=False
    )


def _carriers(session: Session, _time: Clock) -> Check:
    """A paused carrier needs an operator; others may carry its messages meanwhile."""
    paused = [name for name, state in running.carrier_states(session).items() if state.paused_since]
    return Check(
        name="carriers", ok=not paused, detail=", ".join(sorted(paused)) + " paused" if paused else "", vital=False
    )
