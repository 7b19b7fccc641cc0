"""Whether this machine can print cards: tests that do are skipped, with the reason, where it cannot."""

import pytest

from gateway.cards.paper import CannotPrint, engine
from gateway.checks import font_for


def _lacking() -> str:
    """What is missing, empty when nothing is."""
    for language, package in (("zh", "fonts-noto-cjk"), ("bo", "fonts-noto-core")):
        if not font_for(language):
            return f"no font for {language} (Debian: {package})"
    try:
        engine()
    except CannotPrint as error:
        return str(error)
    return ""


_LACKING = _lacking()
needs_printing = pytest.mark.skipif(bool(_LACKING), reason=_LACKING)
