"""The places of the demo: Gande county as it is (gande.toml), and sample counties shaped like it."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from gateway.domain.categories import departments
from gateway.domain.terms import Language, UnitKind

COUNTIES_OF_A_PROVINCE = 45  # design, section 1
_SAMPLE_PREFIX = "99"  # no province of China has this code, so no sample county can be taken for a real one
_COUNTY_DIGITS = 6


class Size(StrEnum):
    """How much is built."""

    COUNTY = "county"
    PROVINCE = "province"


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """One unit; `path` holds the codes from the county down as ltree labels, coordinates are GCJ-02."""

    code: str
    kind: UnitKind
    path: str
    parent: str  # code, empty for a county
    names: Mapping[Language, str]
    slug: str = ""
    longitude: Decimal | None = None
    latitude: Decimal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Village:
    """A village and how many liaisons the demo gives it."""

    place: Place
    liaisons: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Township:
    """A township; `households` and `people` are totals to keep to, 0 where they are drawn."""

    place: Place
    villages: tuple[Village, ...]
    households: int = 0
    people: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class County:
    """A county with everything below it; `index` 0 is Gande."""

    index: int
    place: Place
    departments: tuple[Place, ...]
    townships: tuple[Township, ...]

    def places(self) -> Iterator[Place]:
        """All units, parents before children."""
        yield self.place
        yield from self.departments
        for township in self.townships:
            yield township.place
            yield from (village.place for village in township.villages)


def counties(size: Size) -> tuple[County, ...]:
    """The counties to build: Gande, and for a province 44 sample counties of the same shape."""
    return tuple(county(index) for index in range(COUNTIES_OF_A_PROVINCE if size is Size.PROVINCE else 1))


def county(index: int) -> County:
    """One county of the demo."""
    data = _data()
    code = f"{_SAMPLE_PREFIX}{index:04d}" if index else data["code"]
    names = _names(data)
    if index:
        names = {Language.ZH: f"样县{index}", Language.BO: "", Language.EN: f"Sample county {index}"}
    place = Place(
        code=code,
        kind=UnitKind.COUNTY,
        path=code,
        parent="",
        names=names,
        longitude=data["longitude"],
        latitude=data["latitude"],
    )
    return County(
        index=index,
        place=place,
        departments=tuple(_department(code, slug) for slug in departments()),
        townships=tuple(_township(code, row) for row in data["townships"]),
    )


def _department(county_code: str, slug: str) -> Place:
    return Place(
        code=f"{county_code}-{slug}",
        kind=UnitKind.DEPARTMENT,
        path=f"{county_code}.{county_code}_{slug}",
        parent=county_code,
        names=departments()[slug].names,
        slug=slug,
    )


def _township(county_code: str, row: Mapping[str, Any]) -> Township:
    code = _moved(row["code"], county_code)
    place = Place(
        code=code,
        kind=UnitKind.TOWNSHIP,
        path=f"{county_code}.{code}",
        parent=county_code,
        names=_names(row),
        longitude=row.get("longitude"),
        latitude=row.get("latitude"),
    )
    villages = tuple(_village(county_code, place, village) for village in row["villages"])
    return Township(place=place, villages=villages, households=row.get("households", 0), people=row.get("people", 0))


def _village(county_code: str, township: Place, row: Mapping[str, Any]) -> Village:
    code = _moved(row["code"], county_code)
    place = Place(
        code=code, kind=UnitKind.VILLAGE, path=f"{township.path}.{code}", parent=township.code, names=_names(row)
    )
    return Village(place=place, liaisons=row.get("liaisons", 0))


def _moved(code: str, county_code: str) -> str:
    return county_code + code[_COUNTY_DIGITS:]


def _names(row: Mapping[str, Any]) -> Mapping[Language, str]:
    return {language: row.get(language, "") for language in Language}


@cache
def _data() -> Mapping[str, Any]:
    text = resources.files("gateway.demo").joinpath("gande.toml").read_text(encoding="utf-8")
    return tomllib.loads(text, parse_float=Decimal)
