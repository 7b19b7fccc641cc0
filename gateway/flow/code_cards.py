"""Which version of the printed code card a person should hold: what is printed on it, in four letters."""

import hashlib
from collections.abc import Sequence

from sqlalchemy.orm import Session

from gateway.flow.scene import rules_of
from gateway.sms.codebook import codebook
from gateway.store import households
from gateway.store.cards import printed_version
from gateway.store.people import Person, Post

Home = tuple[int, str]
"""A household on the card: ordinal, name of its head."""

_LETTERS = "34679CDFGHJKLMNPQRTVWXY"  # none that is taken for another one, and none that makes words
_LENGTH = 3


def homes_of(session: Session, posts: Sequence[Post]) -> tuple[Home, ...]:
    """The households that the holder of these posts calls by ordinal; two of one ordinal: the one that a text means."""
    homes: dict[int, str] = {}
    for household in households.called_by(session, posts):
        homes.setdefault(household.ordinal, household.head_name)
    return tuple(sorted(homes.items()))


def version_of(session: Session, homes: Sequence[Home]) -> str:
    """The code book's version, and a mark that changes with the households and with the numbers to write and call."""
    rules = rules_of(session)
    printed = repr((rules.sms_number, rules.ussd_code, rules.centre_phone, tuple(homes)))
    rest = int.from_bytes(hashlib.sha256(printed.encode()).digest())
    mark = ""
    for _ in range(_LENGTH):
        rest, place = divmod(rest, len(_LETTERS))
        mark += _LETTERS[place]
    return f"{codebook().version}-{mark}"


def is_old(session: Session, person: Person, posts: Sequence[Post]) -> bool:
    """Whether the card printed last for a person says something that is no longer so; nobody without a card."""
    printed = printed_version(session, person.id)
    return printed is not None and printed != version_of(session, homes_of(session, posts))
