"""What the running processes leave for each other: heartbeats, carriers' state, digests sent, faults, their clock."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from gateway.clock import REAL_TIME, Pace
from gateway.store.base import Base


class Heartbeat(Base):
    """When a process was last seen at work."""

    __tablename__ = "heartbeats"

    process: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class CarrierState(Base):
    """A carrier's circuit: failures in a row, until when it rests, and whether an operator must look."""

    __tablename__ = "carrier_states"

    provider: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    open_until: Mapped[datetime | None]
    paused_since: Mapped[datetime | None]
    detail: Mapped[str] = mapped_column(default="")


class DigestSent(Base):
    """One digest per person, kind and period; the key keeps two clocks from sending it twice."""

    __tablename__ = "digests_sent"

    person_id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class SimulatorFault(Base):
    """A fault that the simulator plays for a recipient, on request."""

    __tablename__ = "simulator_faults"

    recipient: Mapped[str] = mapped_column(primary_key=True)
    fault: Mapped[str]


_CLOCK = 1  # there is one row


class RehearsalClock(Base):
    """How a rehearsal's time runs: at `real_at` it showed `shown_at`, and since then it runs `pace` times as fast."""

    __tablename__ = "rehearsal_clock"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    real_at: Mapped[datetime]
    shown_at: Mapped[datetime]
    pace: Mapped[float]


def beat(session: Session, process: str, now: datetime) -> None:
    """Say that a process is at work."""
    statement = insert(Heartbeat).values(process=process, at=now)
    session.execute(statement.on_conflict_do_update(index_elements=["process"], set_={"at": now}))


def last_beat(session: Session, process: str) -> datetime | None:
    """When a process was last at work."""
    return session.scalar(select(Heartbeat.at).where(Heartbeat.process == process))


def forget_beats(session: Session) -> None:
    """Nobody has been seen: what an earlier run left says nothing about this one."""
    session.execute(delete(Heartbeat))


def carrier_states(session: Session) -> Mapping[str, CarrierState]:
    """The state of every carrier that ever failed."""
    return {state.provider: state for state in session.scalars(select(CarrierState))}


def carrier_state(session: Session, provider: str) -> CarrierState:
    """The state of one carrier, locked; made when it is new."""
    session.execute(insert(CarrierState).values(provider=provider, failures=0, detail="").on_conflict_do_nothing())
    return session.scalars(
        select(CarrierState)
        .where(CarrierState.provider == provider)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def resting_carriers(session: Session, now: datetime) -> set[str]:
    """The carriers whose circuit is open."""
    return set(session.scalars(select(CarrierState.provider).where(CarrierState.open_until > now)))


def close_circuits(session: Session, providers: Collection[str]) -> Sequence[str]:
    """These carriers work; gives those of them that did not before."""
    failing = or_(CarrierState.failures > 0, CarrierState.paused_since.is_not(None))
    return session.scalars(
        update(CarrierState)
        .where(CarrierState.provider.in_(providers), failing)
        .values(failures=0, open_until=None, paused_since=None, detail="")
        .returning(CarrierState.provider)
    ).all()


def digests_sent(session: Session, kind: str, period: str) -> set[int]:
    """Persons whose digest of a period has been dealt with."""
    return set(
        session.scalars(select(DigestSent.person_id).where(DigestSent.kind == kind, DigestSent.period == period))
    )


def claim_digest(session: Session, person_id: int, kind: str, period: str, now: datetime) -> bool:
    """True for the one caller that may send this digest."""
    statement = insert(DigestSent).values(person_id=person_id, kind=kind, period=period, at=now)
    claimed = session.scalar(statement.on_conflict_do_nothing().returning(DigestSent.person_id))
    return claimed is not None


def fault_for(session: Session, recipient: str) -> str | None:
    """The fault that was asked for a recipient."""
    return session.scalar(select(SimulatorFault.fault).where(SimulatorFault.recipient == recipient))


def set_fault(session: Session, recipient: str, fault: str) -> None:
    """Play a fault for a recipient from now on; an empty one ends it."""
    found = session.get(SimulatorFault, recipient)
    if found is not None:
        session.delete(found)
        session.flush()
    if fault:
        session.add(SimulatorFault(recipient=recipient, fault=fault))


def rehearsal_pace(session: Session) -> Pace:
    """How the rehearsal's time runs."""
    row = session.get(RehearsalClock, _CLOCK, populate_existing=True)
    return _pace(row) if row else REAL_TIME


def lock_rehearsal_pace(session: Session) -> Pace:
    """The same, for the one who will change it."""
    values = {"id": _CLOCK, "real_at": REAL_TIME.real_at, "shown_at": REAL_TIME.shown_at, "pace": REAL_TIME.pace}
    session.execute(insert(RehearsalClock).values(values).on_conflict_do_nothing())
    return _pace(session.get_one(RehearsalClock, _CLOCK, populate_existing=True, with_for_update=True))


def set_rehearsal_pace(session: Session, pace: Pace) -> None:
    """From now on time runs like this; `lock_rehearsal_pace` comes first."""
    row = session.get_one(RehearsalClock, _CLOCK)
    row.real_at, row.shown_at, row.pace = pace.real_at, pace.shown_at, pace.pace
    session.flush()


def _pace(row: RehearsalClock) -> Pace:
    return Pace(real_at=row.real_at, shown_at=row.shown_at, pace=row.pace)
