"""`python tests/faults/carrier_server.py PORT LOG`: a carrier with Kannel's sendsms that does wrong what it is told to.

Everything that reaches it stands in LOG, one JSON object a line, written before it answers: what the gateway says it
has sent is compared with that. `/control` sets what it does next (`Behaviour`); `tests/faults/fake_carrier.py` is the
other end.
"""

import json
import socket
import struct
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from enum import StrEnum
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

LONGEST_HANG_SECONDS = 120.0
REPORT_AGAIN_SECONDS = 0.3
REPORT_UNTIL_SECONDS = 180.0
REPORTERS = 8
HEARD_SECONDS = 3.0


class Mode(StrEnum):
    """What it does with a message."""

    OK = "ok"  # takes it and says so, after `seconds`
    ERROR = "error"  # 500, not taken
    BUSY = "busy"  # 429 with Retry-After, not taken
    REFUSE = "refuse"  # 403, not taken
    RUBBISH = "rubbish"  # 200 with a page of something else, not taken
    CLOSE = "close"  # takes it and hangs up before it answers: it lies
    HALF_OPEN = "half_open"  # never answers; whether it took it is `takes`


SAID = {
    Mode.OK: (HTTPStatus.ACCEPTED, "0: Accepted for delivery"),
    Mode.ERROR: (HTTPStatus.INTERNAL_SERVER_ERROR, "broken"),
    Mode.BUSY: (HTTPStatus.TOO_MANY_REQUESTS, "later"),
    Mode.REFUSE: (HTTPStatus.FORBIDDEN, "Authorization failed for sendsms"),
    Mode.RUBBISH: (HTTPStatus.OK, "<html><body>Welcome to the hotel's network</body></html>"),
}
"""Its answers; with the other modes it gives none."""


class Reports(StrEnum):
    """Which delivery reports follow a message that was taken."""

    NONE = "none"
    PROMPT = "prompt"  # handed over, then delivered, behind its answer
    EARLY = "early"  # delivered, before its answer: before the gateway has recorded anything
    DOUBLED = "doubled"  # each twice
    SHUFFLED = "shuffled"  # delivered, then handed over
    STRAY = "stray"  # as prompt, and beside them one for a message that is nobody's
    FAILED = "failed"  # never delivered


WORDS = {
    Reports.NONE: "",
    Reports.PROMPT: "81",
    Reports.EARLY: "1",
    Reports.DOUBLED: "8811",
    Reports.SHUFFLED: "18",
    Reports.STRAY: "8x1",
    Reports.FAILED: "82",
}
"""Kannel's words in their order; x is the stray one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Behaviour:
    """What it does: `seconds` before it answers, `takes` where the mode leaves it open, `times` 0 for ever."""

    mode: Mode = Mode.OK
    seconds: float = 0.0
    retry_after: int = 1
    takes: bool = False
    times: int = 0

    @property
    def takes_it(self) -> bool:
        """Whether the message is on its way to the phone."""
        return self.mode in {Mode.OK, Mode.CLOSE} or (self.mode is Mode.HALF_OPEN and self.takes)


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One message that reached it; `message` is the gateway's own id, `lied`: taken, and never said so."""

    message: int
    recipient: str
    text: str
    taken: bool
    lied: bool
    mode: Mode
    report_url: str


class Exchange:
    """What the carrier is told to do, its log, and the reports it owes."""

    def __init__(self, log: Path) -> None:
        self.over = threading.Event()
        self.in_hand = 0  # connections whose first request has not been answered
        self._log = log.open("a", encoding="utf-8")
        self._lock = threading.Lock()
        self._behaviour = Behaviour()
        self._left = 0
        self._reports = Reports.PROMPT
        self._reporters = ThreadPoolExecutor(REPORTERS)

    def control(self, asked: dict[str, str]) -> None:
        """Do something else from now on; raises ValueError, KeyError, TypeError on words that mean nothing.

        `heard`: answer only when everything has been noted that was sent before.
        """
        if "heard" in asked:
            end = time.monotonic() + HEARD_SECONDS
            while self.in_hand > 1 and time.monotonic() < end:
                time.sleep(0.005)
            return
        with self._lock:
            if "reports" in asked:
                self._reports = Reports(asked["reports"])
                return
            told = json.loads(asked["behaviour"])
            self._behaviour = Behaviour(**{**told, "mode": Mode(told["mode"])})
            self._left = self._behaviour.times

    def count(self, step: int) -> None:
        """One connection more or less in hand."""
        with self._lock:
            self.in_hand += step

    def take(self, fields: dict[str, str]) -> Behaviour:
        """Note one message and say what is to be done with it."""
        with self._lock:
            done = self._behaviour
            if done.times and self._left == 0:
                done = self._behaviour = Behaviour()
            self._left = max(0, self._left - 1)
            url = fields.get("dlr-url", "")
            call = Call(
                message=int(parse_qs(urlsplit(url).query).get("message", ["0"])[0]),
                recipient=fields.get("to", ""),
                text=fields.get("text", ""),
                taken=done.takes_it,
                lied=done.takes_it and done.mode is not Mode.OK,
                mode=done.mode,
                report_url=url,
            )
            self._log.write(json.dumps(asdict(call), ensure_ascii=False) + "\n")
            self._log.flush()
            reports = self._reports
        if done.takes_it and reports is Reports.EARLY:
            self._report(url, WORDS[reports])
        elif done.takes_it and WORDS[reports]:
            self._reporters.submit(self._report, url, WORDS[reports])
        return done

    def _report(self, url: str, words: str) -> None:
        for word in words:
            if word == "x":
                stray = url.replace("message=", "message=9999")
                self._tell(stray.replace("%d", "1").replace("%A", ""))
            else:
                self._tell(url.replace("%d", word).replace("%A", ""))

    def _tell(self, url: str) -> None:
        """Call until it is taken, as carriers do for some time."""
        end = time.monotonic() + REPORT_UNTIL_SECONDS
        while not self.over.is_set() and time.monotonic() < end:
            try:
                with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - the gateway's own address
                    if answer.status == HTTPStatus.OK:
                        return
            except OSError:
                pass  # it is down, or refuses: said again below
            self.over.wait(REPORT_AGAIN_SECONDS)


class Handler(BaseHTTPRequestHandler):
    """One connection of the gateway's."""

    protocol_version = "HTTP/1.1"
    exchange: ClassVar[Exchange]
    is_new = True

    def handle_one_request(self) -> None:
        """Count the connection as in hand until this is done for the first time."""
        try:
            super().handle_one_request()
        finally:
            if self.is_new:
                self.is_new = False
                self.exchange.count(-1)

    def do_GET(self) -> None:
        """Take one message, or an order."""
        address = urlsplit(self.path)
        fields = {name: values[0] for name, values in parse_qs(address.query, keep_blank_values=True).items()}
        if address.path == "/control":
            self.exchange.control(fields)
            self._say(HTTPStatus.OK, "done")
            return
        done = self.exchange.take(fields)
        self.exchange.over.wait(done.seconds)
        if done.mode in SAID:
            self._say(*SAID[done.mode], retry_after=done.retry_after)
            return
        if done.mode is Mode.HALF_OPEN:
            self.exchange.over.wait(LONGEST_HANG_SECONDS)
        self._hang_up()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Keep the test's output clean."""

    def _say(self, status: HTTPStatus, text: str, *, retry_after: int = 0) -> None:
        body = text.encode()
        self.send_response(status)
        if status is HTTPStatus.TOO_MANY_REQUESTS:
            self.send_header("Retry-After", str(retry_after))
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _hang_up(self) -> None:
        """Close with a reset, as a front end does that dies."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.shutdown(socket.SHUT_RDWR)


class Server(ThreadingHTTPServer):
    """Answers many side by side, and ends at once."""

    daemon_threads = True
    request_queue_size = 128

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Count a connection when it comes, in the order of coming."""
        Handler.exchange.count(1)
        super().process_request(request, client_address)

    def handle_error(self, request: object, client_address: object) -> None:
        """A gateway that was killed in the middle of a call is no news here."""


def main(arguments: list[str]) -> int:
    """Serve until killed; gives the exit code."""
    Handler.exchange = Exchange(Path(arguments[1]))
    Server(("127.0.0.1", int(arguments[0])), Handler).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
