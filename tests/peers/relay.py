"""An HTTP relay between Kannel and the gateway: it counts the calls, and can lose an answer on request."""

import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.peers.boxes import SECRET

BAD_GATEWAY = 502


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One call of Kannel and the gateway's status."""

    path: str
    status: int


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Nothing: Kannel hangs up in mid-call when it is stopped."""


class Relay:
    """Passes every GET on to 127.0.0.1:`target` and its answer back."""

    def __init__(self, target: int) -> None:
        self.calls: list[Call] = []
        self.answers_to_lose = 0  # to the next calls with a text
        relay = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                relay.pass_on(self)

            def log_message(self, *_: object) -> None:
                """Nothing: the texts stand in the path."""

        self._target = target
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Its address, which stands for PUBLIC_URL."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def count(self, event: str, status: int) -> int:
        """How many calls of one webhook (`inbound`, `status`) with Kannel's secret had a status."""
        return sum(call.path == f"/sms/kannel/{SECRET}/{event}" and call.status == status for call in self.calls)

    def pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        """Make the gateway's answer the relay's own, or break off without one."""
        status, body, content_type = _answer(self._target, handler.path)
        path = handler.path.partition("?")[0]
        self.calls.append(Call(path=path, status=status))
        if self.answers_to_lose and path.endswith("/inbound"):
            self.answers_to_lose -= 1
            handler.close_connection = True
            return
        handler.send_response(status)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def close(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()


def _answer(port: int, path: str) -> tuple[int, bytes, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            return answer.status, answer.read(), answer.headers["Content-Type"]
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers["Content-Type"]
    except OSError:  # the gateway is away
        return BAD_GATEWAY, b"", "text/plain"
