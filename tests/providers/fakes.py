"""Fake carriers: HTTP servers on 127.0.0.1 with real sockets, which answer what a test tells them to."""

import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

LONGEST_HANG = 10  # seconds; only reached when a client does not give up by itself


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the carrier does with one request: answer it, hang until the test ends, or hang up after reading it."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: bool = False
    hang_up: bool = False
    cut: bool = False  # promise more body than is sent


def answer_json(data: object, status: int = 200, **headers: str) -> Answer:
    """An answer in JSON; `headers` with underscores for dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, body=json.dumps(data), headers={"Content-Type": "application/json", **named})


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One request as it came in."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    form: Mapping[str, str]


class FakeCarrier:
    """A carrier that gives the queued answers in turn, the last one again and again, and remembers the requests."""

    def __init__(self, *answers: Answer, keep_alive: bool = False) -> None:
        self.answers = deque(answers or (Answer(),))
        self.seen: list[Seen] = []
        self.connections = 0
        self._protocol = "HTTP/1.1" if keep_alive else "HTTP/1.0"
        self._over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        """Address of the carrier, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        carrier = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = carrier._protocol
            timeout = LONGEST_HANG

            def setup(self) -> None:
                carrier.connections += 1
                super().setup()

            def do_GET(self) -> None:
                carrier.serve(self)

            def do_POST(self) -> None:
                carrier.serve(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Keep the test's output clean."""

        return Handler

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """Note one request and do what the next answer says."""
        address = urlsplit(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        self.seen.append(
            Seen(
                method=handler.command,
                path=address.path,
                query=dict(parse_qsl(address.query, keep_blank_values=True)),
                headers={name.lower(): value for name, value in handler.headers.items()},
                form=dict(parse_qsl(body.decode(), keep_blank_values=True)),
            )
        )
        answer = self.answers.popleft() if len(self.answers) > 1 else self.answers[0]
        if answer.hang:
            self._over.wait(LONGEST_HANG)
        if answer.hang or answer.hang_up:
            _reset(handler)
            return
        content = answer.body.encode()
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content) + (100 if answer.cut else 0)))
        handler.end_headers()
        handler.wfile.write(content)
        if answer.cut:
            handler.wfile.flush()
            handler.connection.shutdown(socket.SHUT_RDWR)


def _reset(handler: BaseHTTPRequestHandler) -> None:
    """Close with a reset, as a carrier's front end does that dies."""
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.shutdown(socket.SHUT_RDWR)


def nobody() -> str:
    """An address on 127.0.0.1 where nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"
