"""The words on the phones and around them, in each language (`templates/handset/words/`)."""

from collections.abc import Mapping

from gateway.console.words import read_words
from gateway.domain.terms import Language


def words(language: Language) -> Mapping[str, str]:
    """All words of the page of the phones."""
    return read_words("handset", language)
