"""What adapters share about HTTP: reading webhook fields, and judging how a call to a carrier failed."""

import json
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from time import monotonic
from typing import Generic, TypeVar

import requests
import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    LocationValueError,
    MaxRetryError,
    NewConnectionError,
    ProxyError,
    SSLError,
)

from gateway.domain.messages import BadPayload, Failure, SendError
from gateway.raw import FORM, RawRequest

MAX_NAME = 200  # characters of an address or id; carriers' own stay far below, a table's column must hold it
MAX_OWN_ID = 18  # digits that a PostgreSQL bigint surely holds
CONNECT_TIMEOUT = 3.05  # seconds; a little over a multiple of 3, the first retransmission of TCP
OK_STATUSES = range(200, 300)
LONGEST_REST = 10.0
"""Seconds after which a connection is not used again: what lies between may have forgotten it without a word."""


T = TypeVar("T")


class Lines(Generic[T]):
    """An adapter's connections to its carrier, kept alive: each thread that calls has its own."""

    def __init__(self, make: Callable[[], T], close: Callable[[T], None]) -> None:
        self._make = make
        self._close = close
        self._own = threading.local()

    def own(self) -> T:
        """Those of this thread, which `make` made; closed and made anew if the last call was long ago."""
        line: T | None = getattr(self._own, "line", None)
        if line is not None and monotonic() - self._own.used_at > LONGEST_REST:
            self._close(line)
            line = None
        if line is None:
            line = self._own.line = self._make()
        self._own.used_at = monotonic()
        return line


def session_for(url: str) -> requests.Session:
    """A session for an SDK; the environment's proxies and certificates for `url` are asked once, not at each call."""
    session = requests.Session()
    ways = session.merge_environment_settings(url, {}, None, None, None)
    session.proxies, session.verify, session.cert = ways["proxies"], ways["verify"], ways["cert"]
    session.trust_env = False
    return session


def form(request: RawRequest) -> dict[str, str]:
    """Cleaned fields of query and form body; raises BadPayload when the body is no form or not UTF-8."""
    if request.body and request.content_type != FORM:
        raise BadPayload(f"content type must be {FORM}")
    return {clean(name): clean(value) for name, value in _read(request, "utf-8").items()}


def records(request: RawRequest) -> list[dict[str, str]]:
    """Cleaned fields of a form, of a JSON object or of a list of them; raises BadPayload."""
    if request.content_type != "application/json":
        return [form(request)]
    try:
        data = json.loads(request.body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadPayload("body is not UTF-8") from error
    except (ValueError, RecursionError) as error:  # thousands of nested brackets
        raise BadPayload("body is not JSON") from error
    return [_strings(record) for record in (data if isinstance(data, list) else [data])]


def _strings(record: object) -> dict[str, str]:
    """Fields of one JSON object as cleaned strings; null is absent, whole numbers are taken as typed."""
    if not isinstance(record, dict):
        raise BadPayload("body is no JSON object and no list of them")
    fields: dict[str, str] = {}
    for name, value in record.items():
        if isinstance(value, bool) or not isinstance(value, str | int | None):
            raise BadPayload(f"field is no text: {clean(name)}")
        if value is not None:
            fields[clean(name)] = clean(str(value))
    return fields


def octets(request: RawRequest) -> dict[str, bytes]:
    """Fields of query and form body as the octets that were escaped, for carriers that do not escape UTF-8."""
    try:
        return {clean(name): value.encode("latin-1") for name, value in _read(request, "latin-1").items()}
    except UnicodeEncodeError as error:
        raise BadPayload("fields must be percent-escaped") from error


def _read(request: RawRequest, encoding: str) -> dict[str, str]:
    try:
        return request.fields(encoding)
    except UnicodeDecodeError as error:
        raise BadPayload("fields are not UTF-8") from error
    except ValueError as error:
        raise BadPayload("too many fields") from error


def clean(text: str) -> str:
    """Text as PostgreSQL can store it: without NUL, half surrogate pairs replaced."""
    text = text.replace("\0", "")
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def present(fields: Mapping[str, str], name: str) -> str:
    """Value of a field that must be there but may be empty; raises BadPayload."""
    if name not in fields:
        raise BadPayload(f"missing field: {name}")
    return fields[name]


def address(fields: Mapping[str, str], name: str, *, empty: bool = False) -> str:
    """Stripped value of a field that holds an address or an id, at most 200 characters; raises BadPayload."""
    value = present(fields, name).strip()
    if not value and not empty:
        raise BadPayload(f"empty field: {name}")
    if len(value) > MAX_NAME:
        raise BadPayload(f"field too long: {name}")
    return value


def own_id(text: str) -> int | None:
    """Our outbound id as a status address carried it; None when it is none of ours."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_OWN_ID else None


def carrier_time(text: str) -> datetime | None:
    """A carrier's ISO 8601 time as aware UTC, a time without a zone taken as UTC; None when it is no such time."""
    try:
        time = datetime.fromisoformat(text.strip())
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header; None when absent or a date."""
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    return float(value) if value.isascii() and value.isdigit() else None


# What a refusal says when the carrier's own code does not: 5xx may come after the message has left.
REFUSALS: Mapping[int, Failure] = {
    401: Failure.MISCONFIGURED,
    403: Failure.MISCONFIGURED,
    404: Failure.MISCONFIGURED,
    405: Failure.MISCONFIGURED,
    408: Failure.OUTCOME_UNKNOWN,
    429: Failure.THROTTLED,
}


def refusal(status: int) -> Failure:
    """Decision for an HTTP status that is not 2xx."""
    if status in REFUSALS:
        return REFUSALS[status]
    if 300 <= status < 400:  # noqa: PLR2004 - HTTP's own ranges
        return Failure.MISCONFIGURED
    return Failure.REJECTED if 400 <= status < 500 else Failure.OUTCOME_UNKNOWN  # noqa: PLR2004


BAD_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    LocationValueError,  # urllib3's for all three
)


def lost_call(error: requests.RequestException | urllib3.exceptions.HTTPError) -> SendError:
    """SendError for a call that got no answer: never connected, or nobody knows.

    Only the kind of error is told on: the text of such an exception holds the address, and with it passwords.
    """
    if isinstance(error, BAD_ADDRESS):
        failure = Failure.MISCONFIGURED
    else:
        failure = Failure.UNREACHABLE if _never_connected(error) else Failure.OUTCOME_UNKNOWN
    return SendError(failure, type(error).__name__)


def _never_connected(error: requests.RequestException | urllib3.exceptions.HTTPError) -> bool:
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    cause: object = error
    if isinstance(error, requests.RequestException):
        cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, NewConnectionError | ConnectTimeoutError | ProxyError | SSLError)
