"""Texts and delivery reports as each carrier posts them, by plain HTTP, so that they can be as wrong as one likes."""

import http.client
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from twilio.request_validator import RequestValidator

from gateway.settings import Settings

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One request as it goes over the wire."""

    path: str
    body: bytes = b""
    method: str = "POST"
    content_type: str = FORM
    signature: str = ""


def post(settings: Settings, request: Request) -> int:
    """Send it; gives the status of the answer."""
    address = urlsplit(f"http://{settings.host}:{settings.port}").netloc
    headers = {"Content-Type": request.content_type}
    headers |= {"X-Twilio-Signature": request.signature} if request.signature else {}
    with closing(http.client.HTTPConnection(address, timeout=PATIENCE_SECONDS)) as connection:
        with suppress(BrokenPipeError):  # it has refused before it has read everything, and says so below
            connection.request(request.method, request.path, request.body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status


def path(settings: Settings, provider: str, event: str = "inbound", secret: str = "") -> str:
    """A webhook's path; `secret` instead of the first live one."""
    return f"/sms/{provider}/{secret or settings.webhook_secrets[0]}/{event}"


def by_simulator(settings: Settings, number: str, sender: str, text: str) -> Request:
    """As the simulator's handset posts."""
    fields = {"id": number, "from": sender, "to": "106900", "text": text}
    return Request(path=path(settings, "simulator"), body=_form(fields))


def by_africastalking(settings: Settings, number: str, sender: str, text: str) -> Request:
    """As Africa's Talking posts."""
    fields = {"id": number, "from": sender, "to": "28901", "text": text, "date": "2026-11-23 06:04:45", "linkId": ""}
    return Request(path=path(settings, "africastalking"), body=_form(fields))


def by_twilio(settings: Settings, number: str, sender: str, text: str) -> Request:
    """As Twilio posts, signed."""
    fields = {"MessageSid": number, "AccountSid": "AC1", "From": sender, "To": "+15005550006", "Body": text}
    where = path(settings, "twilio")
    signature = RequestValidator(settings.twilio_auth_token).compute_signature(f"{settings.public_url}{where}", fields)
    return Request(path=where, body=_form(fields), signature=signature)


def by_kannel(settings: Settings, number: str, sender: str, text: str) -> Request:
    """As Kannel's get-url calls."""
    fields = {"id": number, "from": sender, "to": "106900", "text": text, "charset": "UTF-8", "coding": "2"}
    return Request(path=f"{path(settings, 'kannel')}?{urlencode(fields, errors='surrogatepass')}", method="GET")


CARRIERS: Mapping[str, Callable[[Settings, str, str, str], Request]] = {
    "simulator": by_simulator,
    "africastalking": by_africastalking,
    "twilio": by_twilio,
    "kannel": by_kannel,
}


def _form(fields: Mapping[str, str]) -> bytes:
    return urlencode(fields, errors="surrogatepass").encode()
