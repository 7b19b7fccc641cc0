"""A session as a story's file (docs/scenarios.md): TOML that the scenario runner takes as it is."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from string import ascii_lowercase
from zoneinfo import ZoneInfo

from gateway.domain.terms import Language
from gateway.handset.cast import Cast, Part
from gateway.handset.happened import Outcome, Stood, Told
from gateway.handset.record import Call, Moved, Switch, Text

_PLAYED, _CALLED = frozenset({"africastalking", "kannel"}), frozenset({"africastalking"})
"""Carriers of texts and of calls that the runner knows beside the simulator, which plays all others."""
_CODE = re.compile(r"(?<!\d)\d{3}(?!\d)")

Line = tuple[str, object]


def name_of(place: int) -> str:
    """What a story calls its first and second case, and so on: a, b, to z, then a2."""
    rounds, letter = divmod(place, len(ascii_lowercase))
    return ascii_lowercase[letter] + (str(rounds + 1) if rounds else "")


def write(outcomes: Sequence[Outcome], cast: Cast, names: Mapping[str, str], *, title: str, zone: ZoneInfo) -> str:
    """The file; `names` are the story's names of cases by number."""
    start = _second(outcomes[0].step.at)
    lines = [f"title = {_value(title)}", f"start = {start.astimezone(zone):%Y-%m-%dT%H:%M:%S}"]
    seen = {told.role for outcome in outcomes for told in outcome.told}
    seen |= {cast.who(each.step.number)[0] for each in outcomes if not isinstance(each.step, Moved)}
    for role, part in cast.parts.items():
        if role in seen or part.absent:
            lines += _person(role, part)
    before = start
    for outcome in outcomes:
        now = _second(outcome.step.at)
        lines += _step(outcome, cast, names, _span(now - before), zone)
        before = max(before, now)
    return "\n".join(lines) + "\n"


def _second(moment: datetime) -> datetime:
    """The runner's clock knows whole seconds; rounded from the beginning, so that no fraction adds up."""
    return moment.replace(microsecond=0)


def _person(role: str, part: Part) -> Iterator[str]:
    usual = Part()
    fields = [(name, getattr(part, name)) for name in ("language", "second_phone", "absent")]
    unusual = [(name, value) for name, value in fields if value != getattr(usual, name)]
    if unusual:
        yield f"\n[people.{role}]"
        yield from (f"{name} = {_value(value)}" for name, value in unusual)


def _step(outcome: Outcome, cast: Cast, names: Mapping[str, str], at: str, zone: ZoneInfo) -> Iterator[str]:
    yield "\n[[step]]"
    step = outcome.step
    if isinstance(step, Moved):
        yield f"at = {_value(f'{_second(step.at).astimezone(zone):%Y-%m-%dT%H:%M:%S}')}"
    elif at:
        yield f"at = {_value(at)}"
    yield from (f"{name} = {_value(value)}" for name, value in _said(outcome, cast, names))
    if outcome.stood is not None:
        yield f"case = {_value(names[outcome.stood.number])}"
    if isinstance(step, Switch):
        role, phone = cast.who(step.number)
        yield "[[step.fault]]"
        yield from (f"{name} = {_value(value)}" for name, value in _fault(role, phone, step.fault))
    for told in outcome.told:
        yield from _expect(told, names)
    if outcome.stood is not None:
        yield from _facts(outcome.stood)


def _said(outcome: Outcome, cast: Cast, names: Mapping[str, str]) -> Iterator[Line]:
    """Who wrote or dialled what."""
    step = outcome.step
    if isinstance(step, Text | Call):
        role, phone = cast.who(step.number)
        yield "from", role
        if phone != 1:
            yield "phone", phone
        yield from _written(step, names, outcome.codes) if isinstance(step, Text) else _dialled(step, names)


def _written(step: Text, names: Mapping[str, str], codes: Sequence[str]) -> Iterator[Line]:
    yield "text", _slots(step.text, names, codes)
    foreign = step.carrier in _PLAYED
    if foreign:
        yield "provider", step.carrier
    if foreign or step.twice:
        yield "provider_id", step.id
    if step.twice:
        yield "times", 2


def _dialled(step: Call, names: Mapping[str, str]) -> Iterator[Line]:
    yield "dial", step.dialled
    if step.keys:
        yield "keys", [_slots(key, names, ()) for key in step.keys]
    if step.drops:
        yield "drops", True
    if step.carrier in _CALLED:
        yield "provider", step.carrier
    yield "ends", step.ends


def _fault(role: str, phone: int, kind: str) -> Iterator[Line]:
    yield "to", role
    yield "kind", kind
    if phone != 1:
        yield "phone", phone


def _expect(told: Told, names: Mapping[str, str]) -> Iterator[str]:
    yield "[[step.expect]]"
    yield f"to = {_value(told.role)}"
    yield f"template = {_value(told.template)}"
    yield f"purpose = {_value(told.purpose)}"
    if told.number in names:
        yield f"contains = {_value('{' + names[told.number] + '}')}"
    if told.count != 1:
        yield f"count = {told.count}"
    if told.status != "delivered":
        yield f"status = {_value(told.status)}"


def _facts(stood: Stood) -> Iterator[str]:
    yield "[[step.facts]]"
    facts: dict[str, object] = {"state": stood.state, "level": stood.level, "owner": stood.owner, **stood.opened}
    yield from (f"{name} = {_value(value)}" for name, value in facts.items() if value != "")


def _slots(text: str, names: Mapping[str, str], codes: Sequence[str]) -> str:
    """Numbers of cases and reply codes are others each time a story is told."""
    for number, name in names.items():
        text = text.replace(number, "{" + name + "}")
    return _CODE.sub(lambda found: "{code}" if found[0] in codes else found[0], text)


def _span(passed: timedelta) -> str:
    """A time that passed, as stories write it; empty for none."""
    seconds = max(0, int(passed.total_seconds()))
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        parts.append(f"{count}{unit}" if count else "")
    return "+" + "".join(parts) if any(parts) else ""


def _value(value: object) -> str:
    """A value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    if isinstance(value, int):
        return str(value)
    return json.dumps(str(value.value if isinstance(value, Language) else value), ensure_ascii=False).replace(
        "\x7f", "\\u007f"
    )
