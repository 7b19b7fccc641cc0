"""`/phone`: the page with two phones, whom they can belong to, and the addresses that its script uses."""

import re
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, render_template, request

from gateway import wiring
from gateway.console import frame
from gateway.domain.phone import normalise
from gateway.flow.scene import local_day
from gateway.handset import acts, calls, card, door, live, people, story
from gateway.handset.people import STRANGER, Reader
from gateway.handset.words import words
from gateway.settings import Settings
from gateway.wiring import Services

EXAMPLES = (
    "3 房屋倒塌",
    "2*52 14",
    "*2 11",
    "1 གཡག་གསུམ་ཤི་སོང་།",
    "4 well is frozen, no water",
    "5 fang zi ta le",
)
"""Reports as liaisons write them: words, a code with a count, an urgent code, Tibetan, English, pinyin."""
TO_OFFICIALS = ("1", "帮助")
"""What officials write most: yes to the one open question; and the list of what they can write."""


def blueprint(services: Services) -> Blueprint:
    """The page `/phone` and everything below it."""
    phone = frame.blueprint("phone", services, frame.has_handset, prefix="/phone", static="/static")

    @phone.get("")
    def handset() -> Response:
        return make_response(render_template("handset/phone.html", **_page(services)))

    @phone.get("/people")
    def around() -> Response:
        with services.sessions() as session:
            found = people.around(session, _unit(request.args.get("unit", "")), _reader(services))
        return jsonify(found)

    for part in (acts, live, card, story):
        part.add_routes(phone, services)
    return phone


def _page(services: Services) -> dict[str, Any]:
    """What the template needs; `facts` is what the script gets to know."""
    settings, reader = services.settings, _reader(services)
    asked = [_number(settings, name) for name in ("number", "right")]
    with services.sessions() as session:
        village = _unit(request.args.get("unit", "")) or people.village_of(session, asked[0])
        around = people.around(session, village, reader)
        pair = [given or usual for given, usual in zip(asked, (around or {}).get("pair", ("", "")), strict=True)]
        owners = {number: people.owner(session, number, reader) for number in pair if number}
    facts = {
        "around": around,
        "pair": pair,
        "owners": owners,
        "state": live.state(services, [number for number in pair if number]),
        "stranger": STRANGER,
        "zone": settings.timezone,
        "token": door.token(settings),
        "code": settings.ussd_code,
        "own": settings.simulator_from,
        "console": frame.has_console(settings),
        "carriers": list(wiring.receivers(settings)),
        "ussd": list(calls.CARRIERS),
        "examples": {"reports": EXAMPLES, "officials": TO_OFFICIALS},
        "longest": acts.LONGEST,
        "quiet": [settings.quiet_from, settings.quiet_to],
        "words": dict(words(reader.language)),
    }
    return {"facts": facts, "h": words(reader.language), "around": around}


def _reader(services: Services) -> Reader:
    with services.sessions() as session:
        return Reader(language=frame.reader_language(), today=local_day(session, services.clock.now()))


def _number(settings: Settings, name: str) -> str:
    """A number that is asked for and may be used, as E.164; empty else."""
    number = normalise(request.args.get(name, ""), settings.region).number
    return number if number.startswith("+") and door.may_use(settings, number) else ""


def _unit(code: str) -> str:
    """A unit's code as it was asked for; empty when it is none."""
    return code if re.fullmatch("[0-9]{1,20}", code) else ""
