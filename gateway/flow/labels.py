"""How cases, places and people are named in a text, in the reader's language."""

from datetime import datetime, tzinfo

from gateway.domain.categories import categories
from gateway.domain.lifecycle import ENDED, State
from gateway.domain.terms import Language
from gateway.sms.codebook import codebook
from gateway.store.cases import Case
from gateway.store.people import Post
from gateway.wording import part


def kind_of_problem(category: str, code: str, language: Language) -> str:
    """What happened, in words: the code's label where a code was typed, else the category's name."""
    return codebook().label(code, language) if code else categories()[category].names[language]


def what_for_reporter(case: Case, language: Language) -> str:
    """What was understood: urgent mark, household by the reporter's own ordinal, problem, count."""
    return _urgent(case, language) + _household(case, language) + problem(case, language)


def what_for_news(case: Case, language: Language) -> str:
    """The same to the reporter later on, in the middle of a sentence: without the urgent mark."""
    return _household(case, language) + problem(case, language)


def what_for_official(case: Case, language: Language) -> str:
    """The case in a few words: village, household ordinal, problem, count."""
    place = part("part_place", language, place=short_name(case.unit.name(language)))
    return place + _household(case, language) + problem(case, language)


def what_with_urgency(case: Case, language: Language) -> str:
    """The same behind the urgent mark, for texts that say nothing else about urgency."""
    return _urgent(case, language) + what_for_official(case, language)


def problem(case: Case, language: Language) -> str:
    """The problem and, where a code carried one, how many."""
    named = kind_of_problem(case.category, case.code, language)
    counted = "".join(" " + part("part_count", language, n=int(value)) for value in case.values[:1])
    return named + counted


def words_for_official(case: Case, *, said: str = "") -> str:
    """What was `said` about it last, else the report's words; none about health or poverty (design, decision 10)."""
    return "" if categories()[case.category].sensitive else said or case.text


def caller(case: Case) -> str:
    """The number to ring the reporter back on; a household's own stays out where the category is health or poverty."""
    resident = case.household is not None and case.household.contact_id == case.reporter_id
    if resident and categories()[case.category].sensitive:
        return ""
    numbers = [phone.number for phone in case.reporter.phones]  # who wants no texts can still be called
    return numbers[0].removeprefix("+86") if numbers else ""


def owner(post: Post, language: Language) -> str:
    """An official by role and name; a name that Latin letters cannot write would cost an English text half its room."""
    name = post.person.name if language is not Language.EN or post.person.name.isascii() else ""
    return f"{part(f'part_role_{post.role}', language)} {name}".strip()


def owner_now(case: Case, language: Language) -> str:
    """Who answers for a case now; nobody for one that is over."""
    return "" if case.state in ENDED else owner(case.owning_post, language)


def state(case: Case, language: Language) -> str:
    """Where the case stands, in a word."""
    silent = case.state is State.CLOSED and case.confirmed is False
    return part("part_state_closed_silent" if silent else f"part_state_{case.state}", language)


def due(zone: tzinfo, moment: datetime, *, urgent: bool, language: Language) -> str:
    """A deadline as a date, for urgent cases with the hour."""
    local = moment.astimezone(zone)
    day = part("part_date", language, month=local.month, day=local.day)
    return f"{day} {local:%H:%M}" if urgent else day


def short_name(name: str) -> str:
    """A unit's name without the words that every one of its kind carries."""
    return name.removesuffix("村委会").removesuffix("居委会") if len(name) > len("村委会") else name


def _urgent(case: Case, language: Language) -> str:
    return part("part_urgent", language) if case.urgent else ""


def _household(case: Case, language: Language) -> str:
    return part("part_household", language, ordinal=case.household.ordinal) + " " if case.household else ""
