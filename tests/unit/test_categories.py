"""Categories and departments are complete, and their page is made from them."""

from pathlib import Path

import pytest

from gateway.domain.categories import FALLBACK, Category, categories, departments
from gateway.domain.categories_doc import render
from gateway.domain.terms import Language

_ROOT = Path(__file__).resolve().parents[2]
_CATEGORIES = "disaster safety dispute health housing livestock utilities welfare schooling work policy other"
_DEPARTMENTS = "emergency health housing agriculture transport civil police education labour justice utilities petition"


def test_the_category_ids_are_the_agreed_ones() -> None:
    assert set(categories()) == set(_CATEGORIES.split())


def test_the_department_slugs_are_the_agreed_ones() -> None:
    assert set(departments()) == set(_DEPARTMENTS.split())


def test_the_fallback_is_a_category() -> None:
    assert FALLBACK in categories()


@pytest.mark.parametrize("category", categories().values(), ids=lambda category: category.id)
def test_a_category_has_a_name_in_every_language_and_known_departments(category: Category) -> None:
    assert set(category.names) == set(Language)
    assert all(category.names.values())
    assert len(category.names[Language.ZH]) <= 6
    assert category.department in departments()
    assert category.second_responder in departments()
    assert category.deadlines == "ordinary"


def test_every_department_has_a_name_in_every_language() -> None:
    assert all(set(each.names) == set(Language) and all(each.names.values()) for each in departments().values())


def test_names_are_not_shared() -> None:
    for language in Language:
        names = [category.names[language] for category in categories().values()]
        assert len(set(names)) == len(names)


def test_health_and_welfare_alone_are_sensitive() -> None:
    assert {category.id for category in categories().values() if category.sensitive} == {"health", "welfare"}


def test_only_a_disaster_is_urgent_by_its_category() -> None:
    assert {category.id for category in categories().values() if category.urgent} == {"disaster"}


def test_health_reports_reach_the_health_bureau_and_violence_the_police() -> None:
    assert categories()["health"].second_responder == "health"
    assert categories()["dispute"].second_responder == "police"


def test_the_page_is_made_from_the_tables() -> None:
    page = (_ROOT / "docs" / "categories.md").read_text(encoding="utf-8")
    assert page == render(), "run: python -m gateway.domain.categories_doc > docs/categories.md"
