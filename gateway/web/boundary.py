"""What holds for every request: size, ids, headers, plain errors, and its way out of Flask."""

import random
import re
from datetime import datetime
from urllib.parse import quote

import structlog
from flask import Flask, Response, g, request
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from gateway.logs import get_logger
from gateway.raw import RawRequest, RawResponse

BODY_LIMIT = 64 * 1024
"""Bytes; a webhook of any carrier is below 8 kB."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
}
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

log = get_logger(__name__)


def install(app: Flask) -> None:
    """Put the boundary around an application."""
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    app.config["MAX_FORM_MEMORY_SIZE"] = BODY_LIMIT
    app.before_request(_begin)
    app.after_request(_finish)
    app.register_error_handler(HTTPException, _refuse)
    app.register_error_handler(OperationalError, _ask_to_come_again)
    app.register_error_handler(PoolTimeout, _ask_to_come_again)
    app.register_error_handler(Exception, _break)


def raw_request(public_url: str, *, received_at: datetime) -> RawRequest:
    """The current request without Flask; raises RequestEntityTooLarge when its body is over the limit.

    The server hands over the path decoded only. Our webhook paths hold nothing but unreserved characters
    (settings.py refuses other secrets), so quoting gives back the path as the carrier signed it; the query comes raw.
    """
    path = quote(request.environ.get("PATH_INFO", "/").encode("latin-1"), safe="/-._~!$&'()*+,;=:@")
    query = request.environ.get("QUERY_STRING", "")
    return RawRequest(
        method=request.method,
        url=f"{public_url}{path}" + (f"?{query}" if query else ""),
        query=query,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.get_data(cache=True, parse_form_data=False),
        received_at=received_at,
    )


def answer(response: RawResponse) -> Response:
    """A carrier's answer as Flask's."""
    return Response(
        response.body, status=response.status, content_type=response.content_type, headers=dict(response.headers)
    )


def plain(status: int, text: str) -> Response:
    """A short plain text."""
    return Response(text + "\n", status=status, content_type="text/plain; charset=utf-8")


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    # Only to find lines of a log by: nothing secret, so it need not ask the operating system, which takes its time.
    g.request_id = given if _REQUEST_ID.fullmatch(given) else f"{random.getrandbits(128):032x}"
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _finish(response: Response) -> Response:
    set_already = {name.lower() for name, _ in response.headers}
    for name, value in HEADERS.items():
        if name.lower() not in set_already:
            response.headers.add(name, value)
    response.headers["X-Request-Id"] = g.get("request_id", "")
    return response


def _refuse(error: HTTPException) -> Response:
    response = plain(error.code or 500, f"{error.code} {error.name}")
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response


def _ask_to_come_again(error: Exception) -> Response:
    """The database does not answer: nothing was stored, and carriers repeat what got a 503."""
    log.error("database_down", endpoint=request.endpoint, error=type(error).__name__)
    response = plain(503, "503 Service Unavailable, please repeat")
    response.headers["Retry-After"] = "5"
    return response


def _break(error: Exception) -> Response:
    """The process loop of the web: logs with the request id, shows nothing of the inside."""
    log.error("request_failed", method=request.method, endpoint=request.endpoint, exc_info=error)
    return plain(500, f"500 Internal Server Error, request {g.get('request_id', '')}")
