"""USSD webhooks: whoever dials waits for the answer, so the whole turn happens in the request (flow/calling.py)."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from flask import Blueprint, Response, abort

from gateway.domain.messages import BadPayload
from gateway.domain.phone import SenderKind, normalise
from gateway.flow import calling
from gateway.logs import get_logger
from gateway.raw import RawRequest
from gateway.ussd.providers.base import Callback, Ended, UssdProvider
from gateway.ussd.providers.registry import ADAPTERS
from gateway.web.boundary import answer, plain, raw_request
from gateway.web.secret import is_live
from gateway.wiring import Services

_STATUS = re.compile(r"[A-Za-z_-]{1,30}")
_Told = TypeVar("_Told", Callback, Ended)

log = get_logger(__name__)


def blueprint(services: Services) -> Blueprint:
    """The routes `/ussd/<provider>/<secret>` and `/ussd/<provider>/<secret>/end` over some services."""
    blue = Blueprint("ussd", __name__, url_prefix="/ussd")

    @blue.post("/<provider>/<secret>")
    def turn(provider: str, secret: str) -> Response:
        def take(carrier: UssdProvider, raw: RawRequest) -> Response:
            callback = _known(services, carrier.read(raw))
            return answer(carrier.answer(calling.take(services.exchange, carrier.name, callback, now=raw.received_at)))

        return _accept(services, provider, secret, take)

    @blue.post("/<provider>/<secret>/end")
    def end(provider: str, secret: str) -> Response:
        def hang_up(carrier: UssdProvider, raw: RawRequest) -> Response:
            ended = _known(services, carrier.read_end(raw))
            ended = replace(ended, status=ended.status if _STATUS.fullmatch(ended.status) else "other")
            log.info("call_ended", provider=carrier.name, status=ended.status)
            calling.hang_up(services.exchange, carrier.name, ended, now=raw.received_at)
            return plain(200, "ok")

        return _accept(services, provider, secret, hang_up)

    return blue


def _accept(
    services: Services, name: str, secret: str, work: Callable[[UssdProvider, RawRequest], Response]
) -> Response:
    """What both webhooks share: 404 for a bad secret or carrier, 400 for a broken request."""
    carrier = ADAPTERS.get(name)
    if not is_live(services.settings, secret) or carrier is None:
        abort(404)
    try:
        return work(carrier, raw_request(services.settings.public_url, received_at=services.clock.now()))
    except BadPayload as error:
        log.warning("webhook_unreadable", provider=name, reason=str(error))
        return plain(400, f"400 {error}")


def _known(services: Services, told: _Told) -> _Told:
    """With the caller's number in one spelling; raises BadPayload for what is no telephone, which cannot dial."""
    sender = normalise(told.sender, services.settings.region)
    if sender.kind is not SenderKind.MOBILE_OR_FIXED:
        raise BadPayload("the caller's number is none")
    return replace(told, sender=sender.number)
