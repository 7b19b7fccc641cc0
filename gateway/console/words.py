"""The words on the pages, in each language; roles, states and levels come from the catalogue of texts.

`templates/console/words/` holds one file a language, all with the same keys; other pages keep theirs the same way.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from gateway.domain.terms import Language

LANGUAGES = (Language.ZH, Language.BO, Language.EN)
"""Languages of the pages themselves; names, categories and texts are shown as they are."""

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


def words(language: Language) -> Mapping[str, str]:
    """All words of the officials' pages."""
    return read_words("console", language)


@cache
def read_words(pages: str, language: Language) -> Mapping[str, str]:
    """All words of one folder of pages in `templates`."""
    return tomllib.loads((TEMPLATES / pages / "words" / f"{language}.toml").read_text("utf-8"))
