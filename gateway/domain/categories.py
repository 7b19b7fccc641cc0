"""Categories of cases and the departments that answer for them, read from categories.toml (design, section 6)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from gateway.domain.terms import Language

FALLBACK = "other"  # the category of a report that says nothing we know


@dataclass(frozen=True, kw_only=True, slots=True)
class Department:
    """A county department by its slug."""

    slug: str
    names: Mapping[Language, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Category:
    """One category; `department` and `second_responder` are slugs, `deadlines` a profile of ladder.toml."""

    id: str
    names: Mapping[Language, str]
    urgent: bool  # when nothing but the category is known
    department: str
    second_responder: str  # told in the same second when a case is urgent
    sensitive: bool  # the words of the report stay out of SMS to officials
    deadlines: str = "ordinary"


@cache
def departments() -> Mapping[str, Department]:
    """Departments by slug."""
    return MappingProxyType(
        {slug: Department(slug=slug, names=_names(row)) for slug, row in _data()["departments"].items()}
    )


@cache
def categories() -> Mapping[str, Category]:
    """Categories by id, in the order in which they win a tie; raises ValueError when one names no known department."""
    return MappingProxyType({id_: _category(id_, row) for id_, row in _data()["categories"].items()})


def _category(id_: str, row: Mapping[str, Any]) -> Category:
    for slug in (row["department"], row["second_responder"]):
        if slug not in departments():
            raise ValueError(f"category {id_} names the unknown department {slug}")
    return Category(
        id=id_,
        names=_names(row),
        urgent=row.get("urgent", False),
        department=row["department"],
        second_responder=row["second_responder"],
        sensitive=row.get("sensitive", False),
        deadlines=row.get("deadlines", "ordinary"),
    )


def _names(row: Mapping[str, Any]) -> Mapping[Language, str]:
    return MappingProxyType({language: row[language] for language in Language})


@cache
def _data() -> Mapping[str, Any]:
    text = resources.files("gateway.domain").joinpath("categories.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
