"""`/phone`: a plain handset of the demo; what is written on it goes through the simulated network's real webhook."""

import re
import secrets
from http import HTTPStatus

from flask import Blueprint, Flask, Response, current_app, g, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response as Answer

from gateway import listings
from gateway.console import frame, looks
from gateway.console.words import words
from gateway.domain.phone import is_demo, normalise
from gateway.flow.scene import local_day
from gateway.settings import Settings
from gateway.wiring import Services

STRANGER = "+8619900099999"
"""A number of the demo that nobody is ever given: the last of the last block."""
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
LONGEST = 1000
"""Characters; a text of ten parts is as long as a plain phone writes."""
TOKEN_SECONDS = 12 * 3600

_FRAMED = {
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'",
}
"""The conversation stands in a frame of our own page, so that its refreshing never disturbs somebody who writes."""


def blueprint(services: Services) -> Blueprint:
    """The pages `/phone` (people, handset, form) and `/phone/thread` (the conversation in it)."""
    phone = frame.blueprint("phone", services, prefix="/phone")
    settings = services.settings

    @phone.get("")
    def handset() -> Response:
        return _handset(services, _number(settings))

    @phone.get("/thread")
    def thread() -> Response:
        return _thread(services, _number(settings))

    @phone.post("")
    def write() -> Response:
        number, text = _number(settings), request.form.get("text", "").strip()
        refusal = _refusal(settings, number, text)
        if refusal:
            status, word = refusal
            return frame.plain(status, words(frame.reader_language())[word])
        answer = submit(current_app, settings, sender=number, text=text)
        if answer.status_code != HTTPStatus.OK:
            return frame.plain(answer.status_code, answer.get_data(as_text=True).strip())
        here = url_for("phone.handset", number=number, unit=_unit(request.form.get("unit", "")) or None)
        return make_response(redirect(here, HTTPStatus.SEE_OTHER))

    return phone


def submit(app: Flask, settings: Settings, *, sender: str, text: str) -> Answer:
    """The webhook's answer to a text: an inner request, so that it is checked, masked and stored like any other."""
    inner = EnvironBuilder(
        method="POST",
        path=url_for("sms.inbound", provider="simulator", secret=settings.webhook_secrets[0]),
        json={"from": sender, "to": settings.simulator_from, "text": text},
        headers=[("X-Request-Id", g.request_id)],
    )
    return Answer.from_app(app.wsgi_app, inner.get_environ(), buffered=True)


def _handset(services: Services, number: str) -> Response:
    now = services.clock.now()
    with services.sessions() as session:
        person = looks.person_of(session, number) if number else None
        village = _unit(request.args.get("unit", "")) or looks.village_code(person)
        page = render_template(
            "console/phone.html",
            number=number,
            person=person,
            around=looks.neighbourhood(session, village, local_day(session, now)),
            recent=looks.recent_phones(session),
            stranger=STRANGER,
            examples=EXAMPLES if looks.reports(person) else TO_OFFICIALS,
            longest=LONGEST,
            writable=is_demo(number),
            departments=looks.departments(session),
            own_number=services.settings.simulator_from,
            token=_token(services.settings),
        )
    return make_response(page)


def _thread(services: Services, number: str) -> Response:
    with services.sessions() as session:
        messages = looks.texts_of(session, number, listings.own_numbers(services.settings))
    response = make_response(render_template("console/thread.html", messages=messages))
    response.headers.update(_FRAMED)
    return response


def _number(settings: Settings) -> str:
    """The number that is asked for, as E.164; empty when none is."""
    return normalise(request.values.get("number", ""), settings.region).number


def _unit(code: str) -> str:
    """A unit's code as it was asked for; empty when it is none."""
    return code if re.fullmatch("[0-9]{1,20}", code) else ""


def _refusal(settings: Settings, number: str, text: str) -> tuple[int, str] | None:
    """Status and word of what stands against sending, None when nothing does."""
    if not _is_ours(settings, request.form.get("token", "")):
        return HTTPStatus.FORBIDDEN, "stale"
    if not is_demo(number):
        return HTTPStatus.BAD_REQUEST, "not_demo_number"
    if not text:
        return HTTPStatus.BAD_REQUEST, "empty_text"
    return (HTTPStatus.BAD_REQUEST, "too_long") if len(text) > LONGEST else None


def _token(settings: Settings) -> str:
    """Proof for the form that it comes from our page in this browser: signed, and bound to the browser's cookie."""
    cookie.setdefault("handset", secrets.token_urlsafe(16))
    return _signer(settings).dumps(cookie["handset"])


def _is_ours(settings: Settings, token: str) -> bool:
    try:
        signed = _signer(settings).loads(token, max_age=TOKEN_SECONDS)
    except BadData:
        return False
    return bool(signed) and signed == cookie.get("handset")


def _signer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.secret_key, salt="handset")
