"""Units: the administrative tree, and questions about places in it."""

from decimal import Decimal

from sqlalchemy import ForeignKey, Index, Numeric, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from gateway.domain.terms import Language, UnitKind
from gateway.store.ahead import foreseen
from gateway.store.base import Ltree, Row


class Unit(Row):
    """A county, department, township, village or group; `path` holds the codes from the county down."""

    __tablename__ = "units"
    __table_args__ = (Index("ix_units_path", "path", postgresql_using="gist"),)

    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[UnitKind]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), index=True)
    path: Mapped[str] = mapped_column(Ltree())
    name_zh: Mapped[str]
    name_bo: Mapped[str] = mapped_column(default="")
    name_en: Mapped[str] = mapped_column(default="")
    slug: Mapped[str] = mapped_column(default="")  # departments: emergency, health, … (domain/categories.toml)
    longitude: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))  # GCJ-02, for the schematic map
    latitude: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))

    parent: Mapped["Unit | None"] = relationship(remote_side="Unit.id")

    def name(self, language: Language) -> str:
        """Name in a language, in Chinese where there is none."""
        return {Language.BO: self.name_bo, Language.EN: self.name_en}.get(language, self.name_zh) or self.name_zh


def by_code(session: Session, code: str) -> Unit | None:
    """The unit of an official code."""
    return session.scalar(select(Unit).where(Unit.code == code))


def county_of(unit: Unit) -> Unit:
    """The county that a unit lies in."""
    return next(each for each in at_and_above(unit) if each.kind is UnitKind.COUNTY)


def at_and_above(unit: Unit) -> list[Unit]:
    """The unit and its ancestors, lowest first."""
    line = [unit]
    while line[-1].parent is not None:
        line.append(line[-1].parent)
    return line


def department(session: Session, county: Unit, slug: str) -> Unit | None:
    """A county's department by its slug in categories.toml."""

    def ask() -> Unit | None:
        return session.scalar(
            select(Unit).where(Unit.kind == UnitKind.DEPARTMENT, Unit.slug == slug, Unit.parent_id == county.id)
        )

    return foreseen(session, ("department", county.id, slug), ask)
