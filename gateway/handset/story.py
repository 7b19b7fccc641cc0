"""Save as story: what was done on the phones becomes a file for tests/scenarios."""

import threading
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response

from gateway.console import frame
from gateway.flow.scene import local_day
from gateway.handset import cast, door, happened, pins, record, script
from gateway.handset.record import Moved, Step
from gateway.handset.words import words
from gateway.store.cases import Case
from gateway.wiring import Services

LOOKS, EVERY_SECONDS = 20, 0.25
"""How often it is looked whether the workers have done what the steps set off, before what there is is written."""


def add_routes(phone: Blueprint, services: Services) -> None:
    """Put `/story` on the page's blueprint; it takes the recorded steps and gives a file."""

    @phone.post("/story")
    def story() -> Response:
        return _story(services, door.asked(services.settings))


def _story(services: Services, given: Mapping[str, Any]) -> Response:
    said = words(frame.reader_language())
    try:
        steps = record.read(given.get("steps"))
    except record.Unreadable:
        door.refuse(HTTPStatus.BAD_REQUEST, "unreadable")
    actors = list(dict.fromkeys(step.number for step in steps if not isinstance(step, Moved)))
    if not actors:
        door.refuse(HTTPStatus.BAD_REQUEST, "story_empty")
    _let_settle(services, steps)
    now = services.clock.now()
    with services.sessions() as session:
        try:
            people = cast.cast(session, actors, local_day(session, now))
            for number in actors:
                people.who(number)
        except cast.NotInStories as error:
            return door.refusal(HTTPStatus.CONFLICT, said["story_stranger_role"].replace("{number}", str(error)))
        cases = list(happened.cases_of(session, steps))
        if older := _older(cases, steps):
            return door.refusal(HTTPStatus.CONFLICT, said["story_old_case"].replace("{number}", older))
        names = {case.number: script.name_of(place) for place, case in enumerate(cases)}
        outcomes = happened.outcomes(session, pins.hide(session, steps), people, now)
    zone = ZoneInfo(services.settings.timezone)
    title = said["story_title"].replace("{n}", str(len(steps)))
    text = script.write(outcomes, people, names, title=title, zone=zone)
    name = f"story-{steps[0].at.astimezone(zone):%Y%m%d-%H%M}.toml"
    return Response(
        text,
        content_type="application/toml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _let_settle(services: Services, steps: Sequence[Step]) -> None:
    """Wait for what the steps set off: whoever saves right after sending wants that in the story too."""
    pause = threading.Event()
    for _ in range(LOOKS):
        with services.sessions() as session:
            if not happened.is_under_way(session, steps, services.clock.now()):
                return
        pause.wait(EVERY_SECONDS)


def _older(cases: Sequence[Case], steps: Sequence[Step]) -> str:
    """The number of a case that was there before the first step; empty when all began in the story."""
    return next((case.number for case in cases if case.opened_at < steps[0].at), "")
