"""Messages, cases and people as plain values, for `--json` (names: design, section 11); times are ISO 8601 in UTC."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from gateway.domain.ladder import light
from gateway.domain.terms import Role
from gateway.sms.segments import measure
from gateway.store.cases import Case, CaseEvent, Rung
from gateway.store.households import Household
from gateway.store.inbound import Inbound
from gateway.store.outbound import Outbound
from gateway.store.people import Person, Post, current_posts

View = dict[str, Any]


def received(message: Inbound, case_number: str | None) -> View:
    """A message received; `purpose` is what it was taken for, `id` is unique within a direction."""
    return {
        "id": message.id,
        "direction": "in",
        "from": message.sender,
        "to": message.recipient,
        "text": message.text,
        "channel": message.channel.value,
        "provider": message.provider,
        "status": message.state.value,
        "segments": measure(message.text).segments,
        "purpose": message.result or None,
        "case": case_number,
        "at": _iso(message.received_at),
    }


def to_send(message: Outbound, case_number: str | None, own_numbers: Mapping[str, str]) -> View:
    """A message of ours; `own_numbers` is what each carrier sends from, `provider` is None until one was chosen."""
    return {
        "id": message.id,
        "direction": "out",
        "from": own_numbers.get(message.provider, ""),
        "to": message.recipient,
        "text": message.body,
        "channel": message.channel.value,
        "provider": message.provider or None,
        "status": message.state.value,
        "segments": message.segments,
        "purpose": message.purpose.value,
        "case": case_number,
        "at": _iso(message.created_at),
        "template": message.template,
        "language": message.language.value,
        "reply_to": message.reply_to_id,
        "failure": message.failure.value if message.failure else None,
    }


def case(found: Case, *, now: datetime, today: date) -> View:
    """A case with its people, its rungs and its history."""
    household = found.household
    return {
        "number": found.number,
        "state": found.state.value,
        "level": found.level.value,
        "category": found.category,
        "urgent": found.urgent,
        "owner": _holder(found.owner) if found.owner else None,
        "reporter": _reporter(found, today),
        "household": _household(household) | {"unit": household.unit.code} if household else None,
        "opened_at": _iso(found.opened_at),
        "due_at": _iso(found.due_at),
        "light": light(found.facts(), now).value,
        "events": [_event(entry) for entry in found.events],
        "unit": found.unit.code,
        "code": found.code or None,
        "values": found.values,
        "text": found.text,
        "to_sort": found.to_sort,
        "confidence": found.confidence,
        "reasons": found.reasons,
        "confirmed": found.confirmed,
        "rungs": [_rung(rung) for rung in found.rungs],
    }


def post(held: Post, homes: Sequence[Household]) -> View:
    """Somebody in a post, with the households that a liaison looks after."""
    view = _holder(held)
    return view | {
        "language": held.person.language.value,
        "households": [_household(household) for household in homes],
        "phones": [phone.number for phone in held.person.phones],
        "deputy": held.deputy,
        "post": held.id,
    }


def contact(household: Household, person: Person) -> View:
    """A resident who may write for a household."""
    return _person(person, Role.RESIDENT, household.unit.code) | {
        "language": person.language.value,
        "households": [_household(household)],
        "phones": [phone.number for phone in person.phones],
        "deputy": False,
        "post": None,
    }


def _person(person: Person, role: Role, unit_code: str) -> View:
    return {
        "id": person.id,
        "name": person.name,
        "role": role.value,
        "unit": unit_code,
        "phone": person.phones[0].number if person.phones else None,
    }


def _holder(held: Post) -> View:
    return _person(held.person, held.role, held.unit.code)


def _reporter(found: Case, today: date) -> View:
    """Who reported, in the post of the case's own place where there are several."""
    person = found.reporter
    posts = sorted(current_posts(person, today), key=lambda held: (held.unit_id != found.unit_id, held.id))
    return _holder(posts[0]) if posts else _person(person, Role.RESIDENT, found.unit.code)


def _household(household: Household) -> View:
    return {"number": household.number, "ordinal": household.ordinal}


def _event(entry: CaseEvent) -> View:
    return {
        "at": _iso(entry.at),
        "event": entry.event.value,
        "from": entry.source.value,
        "to": entry.target.value,
        "actor": {"id": entry.actor.id, "name": entry.actor.name} if entry.actor else None,
        "text": entry.text,
    }


def _rung(rung: Rung) -> View:
    return {"at": _iso(rung.at), "level": rung.level.value, "why": rung.why, **_holder(rung.post)}


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
