"""Prints docs/categories.md from the tables: `python -m gateway.domain.categories_doc > docs/categories.md`."""

import sys
from collections.abc import Iterator

from gateway.domain.categories import Category, Department, categories, departments
from gateway.domain.lexicon import Entry, Meaning, Part, lexicon
from gateway.domain.spelling import Script
from gateway.domain.terms import Language

_EXAMPLES = 3
_CRY = ""  # the category of words that only make a report urgent


def render() -> str:
    """The whole page as Markdown, ending in a newline."""
    return "\n".join([*_head(), *_categories(), *_departments(), *_words(), ""])


def _head() -> Iterator[str]:
    yield "# Categories and the words that decide them"
    yield ""
    yield "Made from `gateway/domain/categories.toml` and `gateway/domain/words/` by"
    yield "`python -m gateway.domain.categories_doc`; a test compares. All Tibetan awaits a native reader."
    yield ""
    yield "A report's category is the one whose meanings weigh most. Where lives are at stake only categories with"
    yield "such a meaning can win. A negator beside a word (没有, no one, མེད), a word that says it is over (火灭了,"
    yield "was found) or in the past (去年) takes its urgency away. A typed code decides the category; words can"
    yield "still add urgency."
    yield ""


def _categories() -> Iterator[str]:
    yield "## Categories"
    yield ""
    yield "Urgent: when nothing but the category is known. Sensitive: the words of the report stay out of SMS."
    yield ""
    yield "| id | 中文 | བོད་ཡིག | English | urgent | department | told when urgent | sensitive |"
    yield "|---|---|---|---|---|---|---|---|"
    yield from map(_category, categories().values())
    yield ""


def _category(category: Category) -> str:
    urgent, sensitive = ("yes" if flag else "" for flag in (category.urgent, category.sensitive))
    names = " | ".join(category.names[language] for language in Language)
    return f"| {category.id} | {names} | {urgent} | {category.department} | {category.second_responder} | {sensitive} |"


def _departments() -> Iterator[str]:
    yield "## Departments"
    yield ""
    yield "| slug | 中文 | བོད་ཡིག | English |"
    yield "|---|---|---|---|"
    yield from map(_department, departments().values())
    yield ""


def _department(department: Department) -> str:
    return f"| {department.slug} | " + " | ".join(department.names[language] for language in Language) + " |"


def _words() -> Iterator[str]:
    words = [entry for entry in lexicon().entries if entry.part is Part.WORD]
    yield "## Words"
    yield ""
    counts = ", ".join(f"{sum(entry.script is script for entry in words)} {script}" for script in Script)
    yield f"{len(words)} listed words ({counts}; Wylie is made from the Tibetan) and {len(lexicon().told)} frames:"
    yield "pairs of words near each other that say a meaning together (`frames.toml`)."
    yield ""
    yield "| category | meaning | weight | life and limb | words | such as |"
    yield "|---|---|---|---|---|---|"
    meanings = dict.fromkeys(meaning for entry in words for meaning in entry.meanings)
    order = [*categories(), _CRY]
    for meaning in sorted(meanings, key=lambda each: (order.index(each.category), -each.weight, each.name)):
        yield _meaning(meaning, [entry for entry in words if meaning in entry.meanings])
    yield ""


def _meaning(meaning: Meaning, entries: list[Entry]) -> str:
    by_script = [
        [entry.word for entry in entries if entry.script is script] for script in (Script.ZH, Script.BO, Script.EN)
    ]
    shown = [word for words in by_script for word in words[:_EXAMPLES]]
    life = "yes" if meaning.life_and_limb else "urgent" if meaning.urgent else ""
    category = meaning.category or "(any)"
    return f"| {category} | {meaning.name} | {meaning.weight:g} | {life} | {len(entries)} | {', '.join(shown)} |"


if __name__ == "__main__":
    sys.stdout.write(render())
