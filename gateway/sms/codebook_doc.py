"""Renders `docs/code-book.md` from the code book: `python -m gateway.sms.codebook_doc > docs/code-book.md`."""

import sys
from collections.abc import Iterable, Iterator

from gateway.domain.terms import Language
from gateway.sms.codebook import Codebook, VerbEntry, codebook

_LANGUAGES = (Language.ZH, Language.BO, Language.EN)
_HEAD = """\
# The code book

Made from `gateway/sms/codebook.toml` by `python -m gateway.sms.codebook_doc`; a test compares the two. The grammar is
in `gateway/sms/parser.py`. All Tibetan here is awaiting a native reader.

A message is `[urgent] [household or number] [verb | code [values] | *family] [words]`. Words without any of it are a
report.

| typed | read as |
|---|---|
| `3 房屋倒塌` | household 3, in words |
| `3*21` | household 3, code 21 |
| `3 52 14` | household 3, code 52, 14 head |
| `3*5` | household 3, family 5: livestock and grassland, nothing closer |
| `3*5 羊跑了` | the same, with words |
| `3*9` | household 3, something else: we ask what happened |
| `*2 11` | urgent, household 2, code 11 |
| `148214 2 帐篷已送到` | case 148214: done, with words |
| `148214 5 3 571 路断了` | case 148214: 3 days more, reply code 571, reason |
| `148214 3 64 571` | case 148214: pass up as code 64, reply code 571 |
| `148214 转 64` | case 148214: forward to the department of code 64 |
| `148214 并 148223` | case 148214: merge into 148223 |
| `1`, `571` | answer to the open question, reply code |
"""


def render() -> str:
    """The whole page as Markdown."""
    book = codebook()
    parts = [_HEAD, *_codes(book), *_verbs(book), *_words(book)]
    return "\n".join(parts) + "\n"


def _codes(book: Codebook) -> Iterator[str]:
    yield "## Report codes\n"
    yield "Two digits behind a household. `n`: a number may follow. `!`: urgent by itself."
    yield "One digit, joined by `*` or `#`, names a whole family; no number follows it, words may, behind a space."
    for digit, names in book.families.items():
        yield f"\n### {digit} {' · '.join(names[language] for language in _LANGUAGES)}\n"
        yield f"`{digit}` alone is of the category {book.kind(digit).category}.\n"
        yield _row(["code", "zh", "bo", "en", "category", ""])
        yield "|---|---|---|---|---|---|"
        for code in book.codes.values():
            if code.family == digit:
                notes = " ".join(note for note, holds in (("!", code.urgent), ("n", code.takes_count)) if holds)
                labels = [code.labels[language] for language in _LANGUAGES]
                yield _row([code.code, *labels, code.category, notes])


def _verbs(book: Codebook) -> Iterator[str]:
    yield "\n## Verbs\n"
    yield "Behind a case or directive number. `#`: asks for the reply code of our alert by SMS."
    yield "The first word of each language is the one we print.\n"
    yield from _verb_table(entry for entry in book.verbs.values() if not entry.whole_only)
    yield "\nOnly as the whole message:\n"
    yield from _verb_table(entry for entry in book.verbs.values() if entry.whole_only)


def _verb_table(entries: Iterable[VerbEntry]) -> Iterator[str]:
    yield _row(["digit", "verb", "zh", "bo", "en", "pinyin, Wylie", ""])
    yield "|---|---|---|---|---|---|---|"
    for entry in entries:
        words = [", ".join(entry.words[language]) for language in _LANGUAGES]
        latin = ", ".join(entry.latin + entry.alone)
        yield _row([entry.digit, entry.verb.value, *words, latin, "#" if entry.reply_code else ""])


def _words(book: Codebook) -> Iterator[str]:
    yield "\n## Marks in front\n"
    yield f"- Urgent: {_quoted(book.urgent.characters + book.urgent.words)}"
    yield f"- Rehearsal, no case and no alert: {_quoted(book.rehearsal.words)}"
    yield "\n## Words around a household's ordinal\n"
    yield f"- Before: {_quoted(book.subject.before)}"
    yield f"- After: {_quoted(book.subject.after + book.subject.after_glued)}"


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |".replace("  ", " ")


if __name__ == "__main__":
    sys.stdout.write(render())
