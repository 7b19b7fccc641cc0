"""A carrier's request as it would come over the wire, and the gateway's answer to it, both fit to be shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, g
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from gateway.raw import FORM
from gateway.settings import Settings

JSON = "application/json"
HIDDEN = "…"
"""Stands for the secret part of a webhook's address wherever an exchange is shown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wire:
    """One request of a carrier; `path` ends before the query, `query` and `body` are as the carrier escapes them."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the gateway answered."""

    status: int
    text: str
    shown: str  # status line, headers and body


def send(app: Flask, settings: Settings, wire: Wire) -> Answer:
    """Hand a request to the web application as if it had come from outside: checked, masked, stored like any other."""
    inner = EnvironBuilder(
        method=wire.method,
        base_url=settings.public_url,
        path=wire.path,
        query_string=wire.query,
        data=wire.body,
        headers=[*wire.headers.items(), ("X-Request-Id", g.request_id)],
    )
    response = Response.from_app(app.wsgi_app, inner.get_environ(), buffered=True)
    text = response.get_data(as_text=True)
    head = [f"HTTP/1.1 {response.status}", f"Content-Type: {response.headers.get('Content-Type', '')}"]
    return Answer(status=response.status_code, text=text, shown="\n".join([*head, "", text]).rstrip())


def shown(settings: Settings, wire: Wire) -> str:
    """A request as text for developers, without the secret of its address."""
    target = wire.path + (f"?{wire.query}" if wire.query else "")
    head = [f"{wire.method} {target} HTTP/1.1", f"Host: {urlsplit(settings.public_url).netloc}"]
    head += [f"{name}: {value}" for name, value in wire.headers.items()]
    text = "\n".join([*head, "", wire.body.decode("utf-8")]).rstrip()
    for secret in settings.webhook_secrets:
        text = text.replace(f"/{secret}/", f"/{HIDDEN}/").replace(f"/{secret} ", f"/{HIDDEN} ")
    return text


def exchange(settings: Settings, carrier: str, wire: Wire, answer: Answer) -> dict[str, Any]:
    """A request and its answer as the page's drawer takes them."""
    return {"carrier": carrier, "request": shown(settings, wire), "answer": answer.shown, "status": answer.status}


def posted(path: str, body: str, *, kind: str = FORM, headers: Mapping[str, str] | None = None) -> Wire:
    """A POST with a body of a kind."""
    return Wire(method="POST", path=path, headers={"Content-Type": kind, **(headers or {})}, body=body.encode())
