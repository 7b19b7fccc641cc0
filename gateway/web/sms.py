"""SMS webhooks: verify, translate, store, ask for a nudge, answer; nothing else happens in the request."""

from collections.abc import Callable
from dataclasses import replace

from flask import Blueprint, Response, abort, request

from gateway.domain.identity import mask_identity_numbers
from gateway.domain.messages import BadPayload, InboundMessage, NotAuthentic
from gateway.domain.phone import normalise
from gateway.jobs import Lane
from gateway.logs import get_logger
from gateway.raw import RawRequest
from gateway.sms.providers.base import SmsProvider
from gateway.store.arrivals import derived_id
from gateway.web.boundary import answer, plain, raw_request
from gateway.web.secret import is_live
from gateway.wiring import Services

_GET_TOO = frozenset({"kannel"})

log = get_logger(__name__)


def blueprint(services: Services) -> Blueprint:
    """The routes `/sms/<provider>/<secret>/inbound` and `/status` over some services."""
    blue = Blueprint("sms", __name__, url_prefix="/sms")

    @blue.route("/<provider>/<secret>/inbound", methods=["GET", "POST"])
    def inbound(provider: str, secret: str) -> Response:
        return _accept(services, provider, secret, _store_texts)

    @blue.route("/<provider>/<secret>/status", methods=["GET", "POST"])
    def status(provider: str, secret: str) -> Response:
        return _accept(services, provider, secret, _store_receipts)

    return blue


def _accept(
    services: Services, name: str, secret: str, store: Callable[[Services, SmsProvider, RawRequest], None]
) -> Response:
    """What both webhooks share: 404 for a bad secret or carrier, 403 for a forged request, 400 for a broken one."""
    carrier = services.carriers.get(name)
    if not is_live(services.settings, secret) or carrier is None:
        abort(404)
    if request.method != "POST" and not (request.method == "GET" and name in _GET_TOO):  # HEAD brings nothing either
        abort(405)
    raw = raw_request(services.settings.public_url, received_at=services.clock.now())
    try:
        carrier.verify(raw)
        store(services, carrier, raw)
    except NotAuthentic as error:
        log.warning("webhook_forged", provider=name, reason=str(error))
        return plain(403, "403 not authentic")
    except BadPayload as error:
        log.warning("webhook_unreadable", provider=name, reason=str(error))
        return plain(400, f"400 {error}")
    return answer(carrier.acknowledge())


def _store_texts(services: Services, carrier: SmsProvider, raw: RawRequest) -> None:
    region = services.settings.region
    services.arrivals.store_texts([_clean(message, region) for message in carrier.parse_inbound(raw)])
    services.nudger.nudge_behind(Lane.INBOUND)


def _clean(message: InboundMessage, region: str) -> InboundMessage:
    """The sender in one spelling, since order is kept by sender, and no identity number in any field.

    Adapters keep the text itself out of `raw`. A derived id is taken while two texts can still be told apart.
    """
    sender = normalise(message.sender, region).number
    text, masked = mask_identity_numbers(message.text)
    return replace(
        message,
        provider_id=message.provider_id or derived_id(replace(message, sender=sender)),
        sender=sender,
        text=text,
        masked=masked,
        raw={name: mask_identity_numbers(value)[0] for name, value in message.raw.items()},
    )


def _store_receipts(services: Services, carrier: SmsProvider, raw: RawRequest) -> None:
    services.arrivals.store_reports(carrier.parse_receipts(raw), now=services.clock.now())
    services.nudger.nudge_behind(Lane.OUTBOUND)
