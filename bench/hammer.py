"""A load generator in a process of its own: keep-alive connections over asyncio, little work for each request.

`Lab.hammer` starts it with a `Task` on its standard input and reads a `Hammered` from its standard output. In bodies
and paths `{serial}` becomes a number that never comes twice, so that a few bodies make many different messages.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count, zip_longest
from urllib.parse import urlsplit

SERIAL = b"{serial}"
DRAIN_SECONDS = 5.0
"""What is still unanswered so long after the end counts as not answered."""
_HEADER_END = b"\r\n\r\n"
_CHUNKED_END = b"0\r\n\r\n"


@dataclass(frozen=True, kw_only=True)
class Hammered:
    """What came back: `rate` is answers with 200 a second, `p50`, `p99` and `worst` are milliseconds.

    `statuses` counts answers by status; 0 is a connection that broke before its answer came. `wrong` counts answers
    with 200 whose body did not hold what was expected.
    """

    sent: int
    ok: int
    rate: float
    p50: float
    p99: float
    worst: float
    seconds: float
    statuses: Mapping[str, int]
    wrong: int = 0


@dataclass(frozen=True, kw_only=True)
class Task:
    """What to do: go round `bodies` over so many connections, for some seconds or so many requests.

    `rate`: requests a second that are begun whatever the answers do (None: the next as soon as the last is answered);
    the time of such a request counts from the moment at which it was due. `headers`: one line for each body, `Name: …`.
    """

    url: str
    bodies: list[str]
    connections: int
    seconds: float
    requests: int | None = None
    rate: float | None = None
    content_type: str = "application/x-www-form-urlencoded"
    method: str = "POST"
    expect: str = ""
    first_serial: int = 0
    headers: list[str] = field(default_factory=list)


class Load:
    """The shared counters of all connections."""

    def __init__(self, task: Task) -> None:
        self.task = task
        parts = urlsplit(task.url)
        self.target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or 80
        self.expect = task.expect.encode()
        self._serials = count(task.first_serial)
        pairs = list(zip_longest(task.bodies, task.headers, fillvalue="")) or [("", "")]
        self._requests = [self._request(body.encode(), header) for body, header in pairs]
        self.sent = 0
        self.wrong = 0
        self.times: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.began = time.perf_counter()
        self.last = self.began

    def next(self, now: float) -> tuple[bytes, float] | None:
        """The next request and the moment it was due; None when no more shall go out now."""
        if now - self.began >= self.task.seconds or (
            self.task.requests is not None and self.sent >= self.task.requests
        ):
            return None
        due = now if self.task.rate is None else self.began + self.sent / self.task.rate
        if due > now:
            return None
        head, body, numbered = self._requests[self.sent % len(self._requests)]
        self.sent += 1
        if not numbered:
            return head + body, due
        serial = b"%d" % next(self._serials)
        body = body.replace(SERIAL, serial)
        return head.replace(SERIAL, serial) + b"%d" % len(body) + _HEADER_END + body, due

    def over(self, now: float) -> bool:
        """Whether no request will ever go out again."""
        spent = self.task.requests is not None and self.sent >= self.task.requests
        return spent or now - self.began >= self.task.seconds

    def answered(self, status: int, body: bytes, due: float) -> None:
        """An answer has come (status 0: it never will)."""
        now = time.perf_counter()
        self.statuses[status] += 1
        if status == 200:  # noqa: PLR2004 - HTTP's OK
            self.last = now
            self.times.append(now - due)
            self.wrong += self.expect not in body

    def result(self) -> Hammered:
        """The figures."""
        spread, took = sorted(self.times), max(self.last - self.began, 1e-9)
        at = [spread[int(len(spread) * share)] * 1000 for share in (0.5, 0.99)] if spread else [0.0, 0.0]
        return Hammered(
            sent=self.sent,
            ok=len(spread),
            rate=len(spread) / took,
            p50=at[0],
            p99=at[1],
            worst=spread[-1] * 1000 if spread else 0.0,
            seconds=took,
            statuses={str(status): number for status, number in self.statuses.items()},
            wrong=self.wrong,
        )

    def _request(self, body: bytes, header: str) -> tuple[bytes, bytes, bool]:
        """Head and body, and whether a serial number goes in: then the length is still missing behind the head."""
        target = self.target if self.task.method == "POST" else f"{self.target}{body.decode()}"
        payload = body if self.task.method == "POST" else b""
        more = f"{header}\r\n" if header else ""
        head = (
            f"{self.task.method} {target} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n{more}"
            f"Content-Type: {self.task.content_type}\r\nContent-Length: "
        ).encode()
        if SERIAL in head + payload:
            return head, payload, True
        return head + b"%d" % len(payload) + _HEADER_END, payload, False


class Connection(asyncio.Protocol):
    """One keep-alive connection with one request at a time."""

    def __init__(self, load: Load, idle: "list[Connection]", gone: "list[Connection]") -> None:
        self._load, self._idle, self._gone = load, idle, gone
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self.due: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected: ask at once."""
        self._transport = transport  # type: ignore[assignment]
        self.ask()

    def ask(self) -> None:
        """Send the next request, or wait among the idle."""
        following = self._load.next(time.perf_counter())
        if following is None or self._transport is None:
            self._idle.append(self)
            return
        request, self.due = following
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Part of an answer, or all of it."""
        self._buffer = self._buffer + data if self._buffer else data
        end = self._buffer.find(_HEADER_END)
        if end < 0 or self.due is None:
            return
        head, body = self._buffer[:end].lower(), self._buffer[end + 4 :]
        if not _is_whole(head, body):
            return
        due, self.due, self._buffer = self.due, None, b""
        self._load.answered(int(head[9:12]), body, due)
        self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone: the request in hand was not answered, and somebody must connect again."""
        del exc
        if self.due is not None:
            self._load.answered(0, b"", self.due)
            self.due = None
        if self in self._idle:
            self._idle.remove(self)
        self._transport = None
        self._gone.append(self)

    def hang_up(self) -> None:
        """Close it; what is still unanswered never will be."""
        if self.due is not None:
            self._load.answered(0, b"", self.due)
            self.due = None
        if self._transport is not None:
            self._transport.close()


def _is_whole(head: bytes, body: bytes) -> bool:
    """Whether all of the body has come; `head` is in small letters."""
    _, found, behind = head.partition(b"content-length:")
    if found:
        return len(body) >= int(behind.partition(b"\r\n")[0])
    return b"transfer-encoding: chunked" not in head or body.endswith(_CHUNKED_END)


class Crowd:
    """All connections: those without a request, and those that the server closed and that must connect again."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._everybody: list[Connection] = []
        self._idle: list[Connection] = []
        self._gone: list[Connection] = []
        self._missing = 0

    async def connect(self) -> None:
        """One more connection; one that is refused counts as not answered."""
        loop, load = asyncio.get_running_loop(), self._load
        try:
            _, made = await loop.create_connection(
                lambda: Connection(load, self._idle, self._gone), load.host, load.port
            )
            self._everybody.append(made)
        except OSError:
            load.statuses[0] += 1
            self._missing += 1

    def busy(self) -> bool:
        """Whether something still goes out or comes back."""
        return not self._load.over(time.perf_counter()) or any(each.due for each in self._everybody)

    async def tend(self) -> None:
        """Let the idle ask as far as requests are due, and connect for those that are gone."""
        for each in self._idle[:]:
            self._idle.remove(each)
            each.ask()
            if each in self._idle:
                break
        while self._gone:
            self._everybody.remove(self._gone.pop())
            self._missing += 1
        again, self._missing = self._missing, 0
        for _ in range(again):
            await self.connect()

    def hang_up(self) -> None:
        """Close everything."""
        for each in self._everybody:
            each.hang_up()


async def hammer(task: Task) -> Hammered:
    """Do it."""
    load = Load(task)
    crowd = Crowd(load)
    load.began = load.last = time.perf_counter()
    await asyncio.gather(*(crowd.connect() for _ in range(task.connections)))
    end = load.began + task.seconds + DRAIN_SECONDS
    while crowd.busy() and time.perf_counter() < end:
        await asyncio.sleep(0.001 if task.rate else 0.02)
        await crowd.tend()
    crowd.hang_up()
    return load.result()


def main() -> None:
    """Read a task, do it, print what came back."""
    task = Task(**json.load(sys.stdin))
    print(json.dumps(vars(asyncio.run(hammer(task)))))


if __name__ == "__main__":
    main()
