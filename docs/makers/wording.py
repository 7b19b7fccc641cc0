"""Makes wording.md from the catalogue of texts."""

from collections.abc import Iterator

from gateway.domain.terms import Language
from gateway.sms.segments import measure
from gateway.wording import Catalogue, Entry, catalogue, part, say

PAGE = "wording.md"
HEAD = """# What we say

Made from `templates/messages/` by `make docs`: do not edit.

Every text that the gateway sends has a key, a purpose and a budget of segments. `{slot}` is filled in;
`[ … {slot} … ]` is left out when its slot is empty. A text that is too long loses from the slots under "shortened",
the first one first, only between words, syllables and numbers; then what was put behind it, then those slots as a
whole, and last what was put in front. Numbers, codes and dates are never shortened.

"Longest" is the cost with the longest slots that the text is planned for (the table at the end), after shortening:
units and alphabet, UCS-2 70 a segment, GSM-7 160. The Tibetan texts are awaiting a native reader.
"""


def render() -> str:
    """The page."""
    book = catalogue()
    return "\n".join([HEAD, *_texts(book), *_parts(book), *_worst(book)]) + "\n"


def _texts(book: Catalogue) -> Iterator[str]:
    yield "## Texts\n"
    for entry in book.entries.values():
        if entry.purpose is None:
            continue
        shortened = ", ".join(f"`{name}`" for name in entry.trim) or "nothing"
        budget = "1 segment" if entry.segments == 1 else f"{entry.segments} segments"
        yield f"### {entry.key}\n\nPurpose: {entry.purpose}. Budget: {budget}. Shortened: {shortened}.\n"
        yield "| | text | longest |\n|---|---|---|"
        for language in Language:
            yield f"| {language} | {_cell(entry.template(language))} | {_longest(book, entry, language)} |"
        yield ""


def _parts(book: Catalogue) -> Iterator[str]:
    yield "## Parts\n\nFragments that slots, and the front or the end of a text, are put together from.\n"
    yield f"| key | {' | '.join(Language)} | longest |\n|---|---|---|---|---|"
    for entry in book.entries.values():
        if entry.purpose is None:
            words = " | ".join(_cell(entry.template(language)) for language in Language)
            most = " / ".join(str(measure(_part(book, entry, language)).units) for language in Language)
            yield f"| {entry.key} | {words} | {most} |"
    yield ""


def _worst(book: Catalogue) -> Iterator[str]:
    yield f"## Longest slots\n\n| slot | {' | '.join(Language)} |\n|---|---|---|---|"
    for name in sorted(book.worst[Language.ZH]):
        yield f"| {name} | {' | '.join(_cell(book.worst[language][name]) for language in Language)} |"


def _longest(book: Catalogue, entry: Entry, language: Language) -> str:
    cost = measure(say(entry.key, language, **book.worst[language]).text)
    return f"{cost.units} {cost.encoding}"


def _part(book: Catalogue, entry: Entry, language: Language) -> str:
    return part(entry.key, language, **book.worst[language])


def _cell(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"
