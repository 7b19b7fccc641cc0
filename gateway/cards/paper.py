"""Cards as one PDF: A6, two sides each, set by WeasyPrint, which is loaded when the first card is made."""

import logging
from collections.abc import Sequence
from typing import Any

from gateway.cards.card import Card
from gateway.cards.sheet import html_of
from gateway.cards.words import FOLDER

SIDES = 2
SIZES = ("roomy", "close")
"""Settings of card.css, the most legible first."""


class CannotPrint(Exception):
    """The PDF cannot be made; the text is one line that says why."""


def render(cards: Sequence[Card]) -> bytes:
    """A PDF with two A6 pages a card, in the order of `cards`; raises CannotPrint."""
    weasyprint = engine()
    style = weasyprint.CSS(string=(FOLDER / "card.css").read_text("utf-8"))
    documents = [_set(weasyprint, style, card) for card in cards]
    if not documents:
        raise CannotPrint("there is no card to print")
    pages = [page for document in documents for page in document.pages]
    pdf: bytes = documents[0].copy(pages).write_pdf()
    return pdf


def engine() -> Any:  # noqa: ANN401 - ships no types
    """WeasyPrint, ready to work; raises CannotPrint where the system lacks Pango."""
    try:
        import weasyprint  # noqa: PLC0415 - takes a second and needs libraries that a gateway without printer may lack
    except (ImportError, OSError) as error:
        reason = " ".join(str(error).split())
        message = f"PDF needs Pango (Debian: libpango-1.0-0, libpangoft2-1.0-0, libharfbuzz-subset0): {reason}"
        raise CannotPrint(message) from error
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    return weasyprint


def _set(weasyprint: Any, style: Any, card: Card) -> Any:  # noqa: ANN401
    """A card in the largest size in which each side is one page; the page may fetch nothing, from nowhere."""
    for size in SIZES:
        closed = weasyprint.URLFetcher(allowed_protocols=(), fail_on_errors=True)
        page = weasyprint.HTML(string=html_of(card, size), url_fetcher=closed)
        document = page.render(stylesheets=[style])
        if len(document.pages) == SIDES:
            return document
    raise CannotPrint(f"{card.person_id} {card.name}: {len(card.homes)} households do not fit on a card")
