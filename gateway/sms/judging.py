"""What a report is about and whether it cannot wait, from its code and its words (design, section 6)."""

from gateway.domain.classify import Classification, classify
from gateway.sms.codebook import codebook

SURE = 0.5
"""Below this confidence the county centre sorts the case; it is routed by place all the same."""


def judge(code: str, text: str) -> Classification:
    """By the code; behind a family alone clear words may choose among the categories of its codes.

    The code's own urgency is not in it: see `is_urgent`. A code that the book does not have says nothing.
    """
    book = codebook()
    kind = book.kinds.get(code)
    if kind is not None and kind.code in book.families:
        found = classify(text)
        if found.confidence >= SURE and found.category in book.categories_of(kind.code):
            return found
    return classify(text, hint=kind.category if kind else "")


def is_urgent(code: str, found: Classification) -> bool:
    """Whether the kind of problem or the words judged say that it cannot wait, whatever its reporter answers."""
    kind = codebook().kinds.get(code)
    return found.urgent or (kind is not None and kind.urgent)
