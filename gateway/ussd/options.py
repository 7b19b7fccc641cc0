"""What can be chosen on a screen: the key to press, what it says, what it stands for."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.sms.codebook import OTHER_FAMILY, codebook
from gateway.ussd.caller import Caller, Matter
from gateway.ussd.menus import Kind, Screen, menus
from gateway.ussd.session import Place, Session

NO_HOUSEHOLD = "99"
"""Beside the households of a report: what happened belongs to none. No household ever has this ordinal."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """`value` is where a menu leads, a household's ordinal, a case's number, an order's place, a family or a code."""

    key: str
    title: str
    value: str


def options(session: Session) -> tuple[Option, ...]:
    """Everything that can be chosen where the caller is, of all its pages."""
    screen = menus().screens[session.here.screen]
    if screen.kind is Kind.LIST:
        return tuple(_listed(session))
    if screen.name == "case":
        return tuple(_moves(session))
    return tuple(
        Option(key=digit, title=session.say(f"item_{target}"), value=target)
        for digit, target in screen.items.items()
        if _has(session.caller, screen, digit)
    )


def chosen(offered: Iterable[Option], key: str) -> Option | None:
    """The option of a key; one that stands for a number can be chosen by the number as well."""
    return next((option for option in offered if key in {option.key, option.value}), None)


def is_empty(session: Session, name: str) -> bool:
    """Whether a screen is a list without anything in it for this caller."""
    return menus().screens[name].kind is Kind.LIST and not options(session.enter(Place(screen=name)))


def matter_of(caller: Caller, number: str) -> Matter | None:
    """A case that the caller may see; the list that lets the caller do most with it speaks for it."""
    lists = (caller.waiting, caller.mine, caller.unconfirmed, caller.reported, caller.late)
    found = [matter for each in lists for matter in each if matter.number == number]
    return max(found, key=lambda matter: len(matter.moves), default=None)


def _has(caller: Caller, screen: Screen, digit: str) -> bool:
    return digit not in screen.only or bool(getattr(caller, screen.only[digit]))


def _listed(session: Session) -> Iterable[Option]:
    caller, name = session.caller, session.here.screen
    if name == "homes":
        return _homes(caller)
    if name == "household":
        return (_no_household(session), *_homes(caller))
    if name == "family":
        return _families(session)
    if name == "code":
        return _codes(session)
    if name == "orders":
        return (Option(key=str(at), title=text, value=str(at)) for at, text in enumerate(caller.orders, start=1))
    return _matters(getattr(caller, name))


def _matters(matters: Sequence[Matter]) -> Iterable[Option]:
    """Cases of one household and kind are told apart by their numbers, which stand in the texts about them."""
    alike = Counter(matter.title for matter in matters)
    for at, matter in enumerate(matters, start=1):
        title = f"{matter.title} {matter.number}" if alike[matter.title] > 1 else matter.title
        yield Option(key=str(at), title=title, value=matter.number)


def _homes(caller: Caller) -> Iterable[Option]:
    return (Option(key=str(home.ordinal), title=home.title, value=str(home.ordinal)) for home in caller.homes)


def _no_household(session: Session) -> Option:
    """Stands first, since the last page of twelve households is far away when snow has come down on the pass."""
    return Option(key=NO_HOUSEHOLD, title=session.say("item_no_household"), value=NO_HOUSEHOLD)


def _families(session: Session) -> Iterable[Option]:
    for digit, labels in codebook().families.items():
        if digit != OTHER_FAMILY:
            yield Option(key=digit, title=labels[session.caller.language], value=digit)
    yield _own_words(session)


def _codes(session: Session) -> Iterable[Option]:
    family = session.here.report.draft.code[:1]
    for code in codebook().codes.values():
        if code.family == family:
            yield Option(key=code.code[1], title=code.labels[session.caller.language], value=code.code)
    yield _own_words(session)


def _own_words(session: Session) -> Option:
    """Beside families and codes alike: something else, in my own words."""
    return Option(key=OTHER_FAMILY, title=session.say("item_own_words"), value=OTHER_FAMILY)


def _moves(session: Session) -> Iterable[Option]:
    matter = matter_of(session.caller, session.here.about)
    for verb in matter.moves if matter else ():
        yield Option(key=codebook().verbs[verb].digit, title=session.say(f"move_{verb}"), value=verb.value)
