"""The declarative base: how Python types become columns, and how constraints are named."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import BigInteger, DateTime, Enum, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from gateway.domain.ladder import DeadlineKind
from gateway.domain.lifecycle import State, Trigger
from gateway.domain.messages import Channel, DeliveryStatus, Failure
from gateway.domain.terms import Language, Level, Proof, Purpose, Role, UnitKind


class Ltree(UserDefinedType[str]):
    """PostgreSQL's ltree: the path of a unit in the tree, labels joined by dots."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The type's name in DDL."""
        return "LTREE"


class InboundState(StrEnum):
    """Where a received message stands."""

    NEW = "new"
    HANDLED = "handled"
    QUARANTINED = "quarantined"  # sender unknown: kept for the county centre
    IGNORED = "ignored"  # from a short code, an alphanumeric sender or ourselves: kept, not answered
    FAILED = "failed"  # handling broke again and again: shown to the county centre, tried again on request


class OutboundState(StrEnum):
    """Where a message to send stands."""

    QUEUED = "queued"
    SENDING = "sending"  # claimed; the carrier may have it
    SENT = "sent"  # the carrier took it
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"  # the call broke off: look up before repeating
    EXPIRED = "expired"
    CANCELLED = "cancelled"  # the case moved on before it left
    SUPPRESSED = "suppressed"  # opted out, or the reply-loop brake


def stored_as_text(kind: type[StrEnum]) -> Enum:
    """Text with values, not a PostgreSQL enum: a new word needs no lock on a live table."""
    return Enum(
        kind, native_enum=False, create_constraint=False, length=40, values_callable=lambda k: [m.value for m in k]
    )


_ENUMS: tuple[type[StrEnum], ...] = (
    Channel, DeadlineKind, DeliveryStatus, Failure, InboundState, Language, Level, OutboundState, Proof, Purpose, Role,
    State, Trigger, UnitKind,
)  # fmt: skip


class Base(DeclarativeBase):
    """All tables of Lianhu."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        str: Text(),
        int: BigInteger(),
        dict[str, Any]: JSONB(),
        list[Any]: JSONB(),
        **{kind: stored_as_text(kind) for kind in _ENUMS},
    }


class Row(Base):
    """A table whose key is a number in order of arrival."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True, sort_order=-1)
