"""What the menus leave behind when somebody is through with them, without a screen: deeds with their origin."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from gateway.domain.terms import Proof
from gateway.sms.reading import Parsed, Subject, SubjectKind
from gateway.store import deeds, prompt
from gateway.store.deeds import Filing, Kept, Origin
from gateway.store.drafts import Draft
from gateway.store.inbound import Inbound
from gateway.store.pins import Pin
from gateway.ussd import caller
from tests.flow.talk import Talk
from tests.scenarios.county import number_of

CODE = "*384*7#"


def about_household(ordinal: int, **facts: Any) -> Parsed:  # noqa: ANN401 - any field of Parsed
    """A report about a household."""
    return Parsed(subject=Subject(kind=SubjectKind.ORDINAL, number=str(ordinal)), **facts)


def about_case(number: str, **facts: Any) -> Parsed:  # noqa: ANN401 - any field of Parsed
    """A command about a case."""
    return Parsed(subject=Subject(kind=SubjectKind.CASE, number=number), **facts)


def origin(talk: Talk, role: str, turn: str = "1", *, session_id: str = "S1") -> Origin:
    """A turn of somebody's call, now."""
    return Origin(
        provider="africastalking",
        session_id=session_id,
        turn_id=f"{session_id}:{turn}",
        sender=number_of(role),
        service_code=CODE,
        at=talk.clock.now(),
    )


def filed(talk: Talk, where: Origin, reading: Parsed, **facts: Any) -> str | None:  # noqa: ANN401 - of Filing
    """File a message from the menus; gives the number named on the screen."""
    given: Mapping[str, Any] = {
        "text": reading.text,
        "masked": 0,
        "proof": Proof.NONE,
        "new_pin": "",
        "reserves": reading.verb is None and not reading.rehearsal,
        "ends_draft": False,
        **facts,
    }
    filing = Filing(reading=reading.as_json(), **given)
    number: str | None = prompt.run(
        talk.services.exchange.engine, lambda connection: deeds.file(connection, where, filing)
    )
    return number


def told(talk: Talk, role: str, turn: str, reading: Parsed, **facts: Any) -> Inbound:  # noqa: ANN401 - of Filing
    """File a message from the menus, let both lanes work, and give it as it was handled."""
    filed(talk, origin(talk, role, turn), reading, **facts)
    talk.handle()
    talk.send()
    return talk.inbound()[-1]


def kept(talk: Talk, role: str, *, session_id: str = "S1", later: timedelta = timedelta(), **answers: Any) -> None:  # noqa: ANN401 - of Draft
    """Keep a report as far as it was told."""
    where = origin(talk, role, session_id=session_id)
    where = Origin(**{name: getattr(where, name) for name in where.__slots__} | {"at": where.at + later})
    report = Kept(origin=where, answers=caller.Draft(**answers).as_json())
    prompt.run(talk.services.exchange.engine, lambda connection: deeds.keep(connection, [report]))


def drafts(talk: Talk) -> list[Draft]:
    """Every kept report, those on their way included."""
    talk.services.exchange.keeping.settle()
    talk.session.rollback()
    talk.session.expire_all()
    return list(talk.session.scalars(select(Draft).order_by(Draft.id)))


def pin_of(talk: Talk, role: str) -> Pin | None:
    """Somebody's PIN as it stands."""
    talk.session.rollback()
    talk.session.expire_all()
    return talk.session.get(Pin, talk.person(role).id)
