"""What the page does: send a text, dial and answer, hang up, turn a switch, move the clock."""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, current_app, jsonify

from gateway import listings, wiring
from gateway.handset import calls, carriers, door, pace, pins, signal, wire
from gateway.handset.calls import Call, Ending
from gateway.handset.door import text_of
from gateway.settings import Settings
from gateway.wiring import Services

LONGEST = 1000
"""Characters; a text of ten parts is as long as a plain phone writes."""
LONGEST_CALL = 2000
"""Characters of all that is typed in one call."""


def add_routes(phone: Blueprint, services: Services) -> None:
    """Put the addresses that act on the page's blueprint; each takes and gives a JSON object."""

    @phone.post("/sms")
    def text() -> Response:
        return _text(services, door.asked(services.settings))

    @phone.post("/ussd")
    def turn() -> Response:
        return _turn(services, door.asked(services.settings))

    @phone.post("/ussd/end")
    def hang_up() -> Response:
        return _hang_up(services, door.asked(services.settings))

    @phone.post("/switch")
    def switch() -> Response:
        given = door.asked(services.settings)
        number = door.number_of(services.settings, text_of(given, "number"))
        return jsonify({"fault": signal.turn(services, number, text_of(given, "fault"))})

    @phone.post("/clock")
    def clock() -> Response:
        given = door.asked(services.settings)
        return jsonify(pace.change(services, to=text_of(given, "to"), times=given.get("pace")))


def _text(services: Services, given: Mapping[str, Any]) -> Response:
    """Send a text, once or twice with the same id, through the carrier that was picked."""
    settings = services.settings
    carrier, said = text_of(given, "carrier"), text_of(given, "text")
    if carrier not in wiring.receivers(settings):
        door.refuse(HTTPStatus.BAD_REQUEST, "unreadable")
    if not said.strip():
        door.refuse(HTTPStatus.BAD_REQUEST, "empty_text")
    if len(said) > LONGEST:
        door.refuse(HTTPStatus.BAD_REQUEST, "too_long")
    now = services.clock.now()
    text = carriers.Text(
        sender=door.number_of(settings, text_of(given, "from")),
        recipient=listings.own_numbers(settings).get(carrier) or settings.simulator_from,
        text=said,
        at=now,
        id=carriers.new_id(carrier),
    )
    request = carriers.request_of(carrier, text, settings)
    shown = [
        wire.exchange(settings, carrier, request, wire.send(current_app, settings, request))
        for _ in range(2 if given.get("twice") is True else 1)
    ]
    return jsonify({"at": now.isoformat(), "id": text.id, "exchanges": shown})


def _turn(services: Services, given: Mapping[str, Any]) -> Response:
    """Dial, or answer the last screen; a new call gets its id here."""
    now, call = services.clock.now(), _call(services.settings, given)
    request = calls.turn(call, services.settings)
    answer = wire.send(current_app, services.settings, request)
    screen = calls.screen_of(call.carrier, answer)
    return jsonify(
        {
            "at": now.isoformat(),
            "session": call.session,
            "screen": None if screen is None else _shown(screen),
            "exchanges": [wire.exchange(services.settings, call.carrier, request, answer)],
        }
    )


def _shown(screen: calls.Screen) -> dict[str, Any]:
    """A screen for the page, which keeps what it `asked` beside the answer: a story must not tell a PIN."""
    return {"text": screen.text, "more": screen.goes_on, "asked": pins.asked_by(screen.text)}


def _hang_up(services: Services, given: Mapping[str, Any]) -> Response:
    """Tell the gateway that a call is over, and how."""
    now, call = services.clock.now(), _call(services.settings, given)
    try:
        ending, began = Ending(text_of(given, "status")), datetime.fromisoformat(text_of(given, "began"))
    except ValueError:
        door.refuse(HTTPStatus.BAD_REQUEST, "unreadable")
    request = calls.end(call, ending, began=_aware(began), now=now, settings=services.settings)
    answer = wire.send(current_app, services.settings, request)
    return jsonify({"exchanges": [wire.exchange(services.settings, call.carrier, request, answer)]})


def _call(settings: Settings, given: Mapping[str, Any]) -> Call:
    carrier, text = text_of(given, "carrier"), text_of(given, "text")
    if carrier not in calls.CARRIERS:
        carrier = calls.CARRIERS[0]
    if len(text) > LONGEST_CALL:
        door.refuse(HTTPStatus.BAD_REQUEST, "too_long")
    return Call(
        carrier=carrier,
        session=text_of(given, "session")[:100] or calls.new_session(carrier),
        caller=door.number_of(settings, text_of(given, "from")),
        code=settings.ussd_code,
        text=text,
    )


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
