"""The callers of the USSD benchmark, in a process of their own: a task on standard input, what was heard on output.

Keep-alive connections over asyncio that do little: what the callers cost is in the figures of both applications.
"""

import asyncio
import json
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

TURNS = 7
MOST_SECONDS = 45
_REPORT, _YES, _NO = "1", "1", "2"
_OK = 200
_HEADER_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call as it will be typed."""

    session_id: str
    phone: str
    household: str
    code: str
    urgent: bool

    @property
    def keys(self) -> tuple[str, ...]:
        """What is typed after dialling: report, household, family, which of the family, urgent?, send it."""
        return (_REPORT, self.household, self.code[0], self.code[1], _YES if self.urgent else _NO, _YES)


@dataclass(kw_only=True)
class Heard:
    """What came back: seconds of each turn, the last screen by session, what went wrong, seconds in all.

    `worked`: seconds of processor time that the server's processes took for it.
    """

    seconds: list[float] = field(default_factory=list)
    last: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    elapsed: float = 0.0
    worked: float = 0.0

    def add(self, other: "Heard") -> None:
        """Put the figures of another round to these."""
        self.seconds += other.seconds
        self.last |= other.last
        self.wrong += other.wrong
        self.elapsed += other.elapsed
        self.worked += other.worked

    @property
    def rate(self) -> float:
        """Turns a second."""
        return len(self.seconds) / self.elapsed

    def percentile(self, share: float) -> float:
        """Milliseconds in which such a share of the turns was answered."""
        return 1000 * sorted(self.seconds)[int(len(self.seconds) * share)]

    def work(self) -> float:
        """Milliseconds of the server's processor time for a turn."""
        return 1000 * self.worked / len(self.seconds)


class Exchange:
    """All calls on their way: whoever was answered waits behind the others for the next turn."""

    def __init__(self, path: str, host: str, calls: Sequence[Call]) -> None:
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            "Content-Length: "
        ).encode()
        self._waiting = deque((call, 0) for call in calls)
        self._left = len(calls) * TURNS
        self.idle: list[Line] = []
        self.heard = Heard()
        self.over = asyncio.get_running_loop().create_future()

    def next(self) -> "tuple[Call, int] | None":
        """The call that has waited longest, and its turn."""
        return self._waiting.popleft() if self._waiting else None

    def request(self, call: Call, turn: int) -> bytes:
        """A callback in Africa's Talking's shape."""
        fields = {"sessionId": call.session_id, "phoneNumber": call.phone, "networkCode": "99999"}
        body = urlencode({**fields, "serviceCode": "*384*7#", "text": "*".join(call.keys[:turn])}).encode()
        return self._head + b"%d" % len(body) + _HEADER_END + body

    def answered(self, call: Call, turn: int, status: int, screen: bytes) -> None:
        """A screen has come: the call goes on behind all others, or was its last."""
        if status != _OK:
            self.heard.wrong.append(f"{call.session_id} turn {turn}: HTTP {status}")
        self._left -= 1
        if turn + 1 < TURNS:
            self._waiting.append((call, turn + 1))
            if self.idle:
                self.idle.pop().ask()
        else:
            self.heard.last[call.session_id] = screen.decode()
        if not self._left and not self.over.done():
            self.over.set_result(None)


class Line(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._transport: asyncio.Transport | None = None
        self._turn: tuple[Call, int] | None = None
        self._asked = 0.0
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected: ask at once."""
        self._transport = transport  # type: ignore[assignment]
        self.ask()

    def ask(self) -> None:
        """Send the next turn, or wait until a call can go on."""
        self._turn = self._exchange.next()
        if self._turn is None or self._transport is None:
            self._exchange.idle.append(self)
            return
        request = self._exchange.request(*self._turn)
        self._asked = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Part of an answer, or all of it."""
        self._buffer += data
        head, end, body = self._buffer.partition(_HEADER_END)
        if not end or len(body) < int(head.lower().partition(_LENGTH)[2].partition(b"\r\n")[0]) or not self._turn:
            return
        self._exchange.heard.seconds.append(time.perf_counter() - self._asked)
        turn, self._turn, self._buffer = self._turn, None, b""
        self._exchange.answered(*turn, int(head[9:12]), body)
        self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        """A server that hangs up in the middle of a call has lost it."""
        if self._turn is not None and not self._exchange.over.done():
            self._exchange.over.set_exception(exc or ConnectionResetError(f"hung up on {self._turn[0].session_id}"))


async def dial(url: str, path: str, calls: Sequence[Call], connections: int) -> Heard:
    """Make all calls over so many connections."""
    at, loop = urlsplit(url), asyncio.get_running_loop()
    exchange = Exchange(path, at.netloc, calls)
    began = time.perf_counter()
    await asyncio.gather(
        *(loop.create_connection(lambda: Line(exchange), at.hostname, at.port) for _ in range(connections))
    )
    await asyncio.wait_for(exchange.over, MOST_SECONDS)
    exchange.heard.elapsed = time.perf_counter() - began
    return exchange.heard


def main() -> None:
    """Read a task, make its calls, print what was heard."""
    task = json.load(sys.stdin)
    calls = [Call(**call) for call in task.pop("calls")]
    heard = vars(asyncio.run(dial(calls=calls, **task)))
    heard.pop("worked")
    print(json.dumps(heard))


if __name__ == "__main__":
    main()
