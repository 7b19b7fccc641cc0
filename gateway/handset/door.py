"""Who may use the phones: a page of ours in this browser, and only numbers that nobody real is called by."""

import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NoReturn

from flask import Response, abort, jsonify, make_response, request
from flask import session as cookie
from itsdangerous import BadData, URLSafeTimedSerializer

from gateway.console import frame
from gateway.domain.phone import SenderKind, is_demo, normalise
from gateway.handset.words import words
from gateway.settings import Settings

TOKEN_SECONDS = 12 * 3600


def token(settings: Settings) -> str:
    """Proof that a request comes from our page in this browser: signed, and bound to the browser's cookie."""
    cookie.setdefault("handset", secrets.token_urlsafe(16))
    return _signer(settings).dumps(cookie["handset"])


def asked(settings: Settings) -> Mapping[str, Any]:
    """The JSON object of a request that may act; ends it with 403 without our token, with 400 when it is no object."""
    given = request.get_json(silent=True)
    if not isinstance(given, dict):
        refuse(HTTPStatus.BAD_REQUEST, "unreadable")
    if not _is_ours(settings, text_of(given, "token")):
        refuse(HTTPStatus.FORBIDDEN, "stale")
    return given


def text_of(given: Mapping[str, Any], name: str) -> str:
    """A field as text; empty when it is absent or none."""
    value = given.get(name, "")
    return value if isinstance(value, str) else ""


def number_of(settings: Settings, raw: str) -> str:
    """A number that may be used here, as E.164; ends the request with 400 when it may not."""
    sender = normalise(raw, settings.region)
    if not may_use(settings, sender.number) or sender.kind is not SenderKind.MOBILE_OR_FIXED:
        refuse(HTTPStatus.BAD_REQUEST, "not_demo_number")
    return sender.number


def may_use(settings: Settings, number: str) -> bool:
    """In the demo its own numbers only; in a rehearsal everybody's, since nothing leaves the machine there either."""
    return is_demo(number) or not settings.lianhu_demo


def refuse(status: HTTPStatus, word: str) -> NoReturn:
    """End the request with a word of the page in the reader's language."""
    abort(refusal(status, words(frame.reader_language())[word]))


def refusal(status: HTTPStatus, text: str) -> Response:
    """An answer that the page shows as it is."""
    return make_response(jsonify({"refused": text}), status)


def _is_ours(settings: Settings, given: str) -> bool:
    try:
        signed = _signer(settings).loads(given, max_age=TOKEN_SECONDS)
    except BadData:
        return False
    return bool(signed) and signed == cookie.get("handset")


def _signer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.secret_key, salt="handset")
