"""`/metrics` for Prometheus.

Figures come from the database, and those of calls from Redis, at the moment of asking: a counter in one of several web
processes would tell only that process's part.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from gateway.store import drafts
from gateway.store.base import InboundState, OutboundState
from gateway.store.cases import Case
from gateway.store.inbound import Inbound
from gateway.store.outbound import Outbound
from gateway.store.running import CarrierState, Heartbeat
from gateway.wiring import Services

HOUR = timedelta(hours=1)
IN_HAND = (OutboundState.QUEUED, OutboundState.SENDING, OutboundState.UNKNOWN)


def blueprint(services: Services) -> Blueprint:
    """The metrics page."""
    pages = Blueprint("metrics", __name__)

    @pages.get("/metrics")
    def metrics() -> Response:
        with services.sessions() as session:
            registry = collect(session, services.clock.now())
        add_calls(registry, services.exchange.calls.counts())
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    return pages


def collect(session: Session, now: datetime) -> CollectorRegistry:
    """Every figure, fresh."""
    registry = CollectorRegistry()
    since = now - HOUR
    waiting = session.scalar(select(func.count()).where(Inbound.state == InboundState.NEW)) or 0
    oldest = session.scalar(select(func.min(Inbound.received_at)).where(Inbound.state == InboundState.NEW))
    _one(registry, "lianhu_inbound_waiting", "Messages received and not yet handled", waiting)
    _one(registry, "lianhu_inbound_oldest_seconds", "Age of the oldest of them", _seconds(now, oldest))
    _many(
        registry, "lianhu_inbound_last_hour", "Messages received in the last hour", ("provider", "state"),
        _counts(session, (Inbound.provider, Inbound.state), Inbound.received_at >= since),
    )  # fmt: skip
    _many(
        registry, "lianhu_outbound_in_hand", "Messages that have not left for good", ("state",),
        _counts(session, (Outbound.state,), Outbound.state.in_(IN_HAND)),
    )  # fmt: skip
    _many(
        registry, "lianhu_outbound_last_hour", "Messages whose state changed in the last hour", ("provider", "state"),
        _counts(session, (Outbound.provider, Outbound.state), Outbound.changed_at >= since),
    )  # fmt: skip
    _many(registry, "lianhu_cases", "Cases", ("state",), _counts(session, (Case.state,)))
    beats = session.execute(select(Heartbeat.process, Heartbeat.at)).all()
    _many(
        registry, "lianhu_heartbeat_age_seconds", "Time since a process was last at work", ("process",),
        [((process,), _seconds(now, at)) for process, at in beats],
    )  # fmt: skip
    states = session.scalars(select(CarrierState)).all()
    _many(
        registry, "lianhu_carrier_resting", "1 while a carrier rests after failures or waits for an operator",
        ("provider",), [((state.provider,), float(_rests(state, now))) for state in states],
    )  # fmt: skip
    _one(registry, "lianhu_drafts", "Reports that a call broke off and that are kept", drafts.waiting(session))
    return registry


def add_calls(registry: CollectorRegistry, counts: Mapping[str, int]) -> None:
    """What every process has counted in Redis; it begins at nothing when Redis is emptied."""
    _one(registry, "lianhu_ussd_turns", "Turns of USSD calls", counts.get("turns", 0))
    ended = [((name.partition(":")[2],), float(count)) for name, count in counts.items() if name.startswith("ended:")]
    _many(registry, "lianhu_ussd_ended", "USSD calls that the carrier said are over", ("status",), ended)


def _rests(state: CarrierState, now: datetime) -> bool:
    return state.paused_since is not None or (state.open_until is not None and state.open_until > now)


def _counts(
    session: Session, columns: tuple[InstrumentedAttribute[str], ...] | tuple[InstrumentedAttribute[object], ...],
    *where: ColumnElement[bool],
) -> list[tuple[tuple[str, ...], float]]:  # fmt: skip
    rows = session.execute(select(*columns, func.count()).where(*where).group_by(*columns)).all()
    return [(tuple(str(value) for value in row[:-1]), float(row[-1])) for row in rows]


def _one(registry: CollectorRegistry, name: str, meaning: str, value: float) -> None:
    Gauge(name, meaning, registry=registry).set(value)


def _many(
    registry: CollectorRegistry, name: str, meaning: str, labels: tuple[str, ...],
    rows: Iterable[tuple[tuple[str, ...], float]],
) -> None:  # fmt: skip
    gauge = Gauge(name, meaning, labels, registry=registry)
    for values, figure in rows:
        gauge.labels(*values).set(figure)


def _seconds(now: datetime, then: datetime | None) -> float:
    return (now - then).total_seconds() if then else 0.0
