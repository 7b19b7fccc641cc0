"""200 people dial at once, and each reports a household in seven turns through the real webhook.

`make bench-ussd`. Starts granian with the gateway, and beside it granian with the same settings and an empty Flask
handler; both answer the same requests by turns, in the same run. Uses a demo county of its own in a temporary folder
and the loopback only. Exit code 1 when an answer was lost or a report is not exactly what its caller typed. Compare
the ratio between machines; the absolute figures are only this one's, and the callers' own work is in them. "work" is
the processor time of the web processes for an answer: it says the same when the machine is busy with other things.
"""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import requests
from flask import Flask
from sqlalchemy import select

from gateway import embedded, logs, wiring
from gateway.commands.seed_demo import seed_demo_once
from gateway.demo import ensure_demo_env
from gateway.domain.terms import Role
from gateway.embedded.processes import wait_for
from gateway.jobs import connect
from gateway.settings import Settings, as_environment, load_settings, process_environment
from gateway.sms.codebook import OTHER_FAMILY, codebook
from gateway.store import households, migrate
from gateway.store.inbound import Inbound
from gateway.store.people import Post
from gateway.wiring import Services

CALLERS = 200
CONNECTIONS = (200, 32)  # all at once; and what a carrier keeps open
ROUNDS = 2
MOST_SECONDS = 90
PATIENCE_SECONDS = 5
_HERE = Path(__file__).resolve().parent
_BIN = Path(sys.executable).parent
_TURNS = 7
_REPORT = "1"  # on a liaison's first screen
_YES, _NO = "1", "2"


@dataclass(frozen=True, kw_only=True, slots=True)
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


@dataclass(kw_only=True, slots=True)
class Heard:
    """What came back: seconds of each turn, the last screen by session, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    last: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    elapsed: float = 0.0
    worked: float = 0.0  # seconds of processor time that the server's processes took

    def add(self, other: "Heard") -> None:
        """Put the figures of another round to these."""
        self.seconds += other.seconds
        self.last |= other.last
        self.wrong += other.wrong
        self.elapsed += other.elapsed
        self.worked += other.worked


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """A granian with its web processes: where it answers, and the process group that they are."""

    url: str
    group: int

    def worked(self) -> float:
        """Seconds of processor time so far."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # it has just ended
                fields = stat.read_text().rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12]) if int(fields[2]) == self.group else 0
        return ticks / os.sysconf("SC_CLK_TCK")


def empty_app() -> Flask:
    """The peer: an application whose only page does nothing."""
    app = Flask(__name__)
    app.post("/")(lambda: ("CON -", {"Content-Type": "text/plain; charset=utf-8"}))
    return app


def main() -> int:
    """Print a table: what, connections, turns a second, p50, p99, the server's work, ratio; gives the exit code."""
    logs.set_up(level="ERROR", json=False)
    with tempfile.TemporaryDirectory(prefix="lianhu-bench-") as folder:
        var = Path(folder)
        ensure_demo_env(var)
        settings = load_settings(lianhu_var=var, port=_free_port(), log_level="ERROR")
        servers = embedded.start(settings)
        try:
            addresses = {"database_url": servers.database_url, "redis_url": servers.redis_url}
            settings = settings.model_copy(update=addresses)
            migrate.upgrade(settings.database_url)
            services = wiring.build(settings)
            seed_demo_once(services)
            with _serving(settings) as (gateway, empty):
                wrong = asyncio.run(asyncio.wait_for(_compare(services, gateway, empty), MOST_SECONDS))
            services.close()
        finally:
            servers.stop()
    for line in wrong[:20]:
        print(line, file=sys.stderr)
    print(f"{len(wrong)} lost or wrong answers" if wrong else "no answer lost, none wrong")
    return 1 if wrong else 0


async def _compare(services: Services, gateway: Server, empty: Server) -> list[str]:
    """Both applications by turns, once for each number of connections; returns what was wrong."""
    callers = _callers(services)
    warm = await _dial(gateway, _calls(callers, "warm-up"), min(CONNECTIONS))
    await _dial(empty, _calls(callers, "warm-up"), min(CONNECTIONS))
    if warm.wrong:
        return warm.wrong
    print(f"{'what':26} {'connections':>11} {'a second':>10} {'p50 ms':>8} {'p99 ms':>8} {'work ms':>8} {'ratio':>6}")
    wrong: list[str] = []
    for connections in CONNECTIONS:
        nothing, turns = Heard(), Heard()
        for round_ in range(ROUNDS):
            calls = _calls(callers, f"{connections}-{round_}")
            _forget_calls(services)
            nothing.add(await _dial(empty, calls, connections))
            heard = await _dial(gateway, calls, connections)
            heard.wrong += _compared(services, calls, heard)
            turns.add(heard)
        peer = len(nothing.seconds) / nothing.elapsed
        _row("empty handler (the peer)", connections, nothing, peer)
        _row("turn of a report by USSD", connections, turns, peer)
        wrong += turns.wrong
    return wrong


async def _dial(server: Server, calls: Sequence[Call], connections: int) -> Heard:
    """Make all calls, so many at once, each on a connection of its own."""
    heard, waiting = Heard(), iter(calls)
    connector = aiohttp.TCPConnector(limit=connections)
    async with aiohttp.ClientSession(connector=connector) as client:
        start, worked = time.perf_counter(), server.worked()
        await asyncio.gather(*(_line(client, server.url, waiting, heard) for _ in range(connections)))
        heard.elapsed, heard.worked = time.perf_counter() - start, server.worked() - worked
    return heard


async def _line(client: aiohttp.ClientSession, url: str, waiting: Iterator[Call], heard: Heard) -> None:
    """One call after the other until none waits."""
    for call in waiting:
        for turn in range(_TURNS):
            start = time.perf_counter()
            screen = await _turn(client, url, call, "*".join(call.keys[:turn]))
            heard.seconds.append(time.perf_counter() - start)
            if not screen.startswith(("CON ", "END ")):
                heard.wrong.append(f"{call.session_id} turn {turn}: {screen[:200]!r}")
            heard.last[call.session_id] = screen


async def _turn(client: aiohttp.ClientSession, url: str, call: Call, text: str) -> str:
    """One callback in Africa's Talking's shape; the screen, or what went wrong."""
    body = {
        "sessionId": call.session_id,
        "phoneNumber": call.phone,
        "networkCode": "99999",
        "serviceCode": "*384*7#",
        "text": text,
    }
    try:
        async with client.post(url, data=body) as answer:
            said = await answer.text()
            return said if answer.status == requests.codes.ok else f"HTTP {answer.status} {said}"
    except aiohttp.ClientError as error:
        return f"{type(error).__name__}: {error}"


def _compared(services: Services, calls: Sequence[Call], heard: Heard) -> list[str]:
    """What is lost or wrong: each caller's one row says what that caller typed, under the number on that screen."""
    found: dict[str, list[Inbound]] = {}
    with services.sessions() as session:
        for row in session.scalars(select(Inbound).where(Inbound.provider == "africastalking")):
            found.setdefault(row.provider_id.rpartition(":")[0], []).append(row)
    return [complaint for call in calls for complaint in _complaints(call, found.get(call.session_id, []), heard)]


def _complaints(call: Call, rows: Sequence[Inbound], heard: Heard) -> Iterator[str]:
    if len(rows) != 1:
        yield f"{call.session_id}: {len(rows)} reports instead of one"
        return
    row, screen = rows[0], heard.last[call.session_id]
    reading = row.reading or {}
    stored = (row.sender, reading.get("subject"), reading.get("code"), reading.get("urgent"))
    typed = (call.phone, {"kind": "ordinal", "number": call.household}, call.code, call.urgent)
    if stored != typed:
        yield f"{call.session_id}: stored {stored}, typed {typed}"
    if not screen.startswith("END ") or not row.reserved or row.reserved not in screen:
        yield f"{call.session_id}: reserved {row.reserved}, the screen says {screen!r}"


def _forget_calls(services: Services) -> None:
    """Half an hour passes: nobody calls six times in it, and the log of a phone holds no older calls than that."""
    client = connect(services.settings.redis_url, timeout=PATIENCE_SECONDS)
    for key in client.scan_iter("lianhu:call:*", count=1000):
        client.delete(key)
    client.close()


def _callers(services: Services) -> list[tuple[str, int]]:
    """Phone of each caller, and how many households that liaison has."""
    with services.sessions() as session:
        posts = session.scalars(select(Post).where(Post.role == Role.LIAISON).order_by(Post.id)).unique()
        counted = [(post.person.phones[0].number, len(households.of_liaison(session, post))) for post in posts]
    return [caller for caller in counted if caller[1]][:CALLERS]


def _calls(callers: Sequence[tuple[str, int]], name: str) -> list[Call]:
    """A call of each caller; household, code and urgency differ from neighbour to neighbour and from run to run."""
    codes = [code.code for code in codebook().codes.values() if not code.takes_count and code.family != OTHER_FAMILY]
    shift = sum(map(ord, name))
    return [
        Call(
            session_id=f"ATUid_{name}_{place}",
            phone=phone,
            household=str(1 + (place + shift) % homes),
            code=codes[(place * 7 + shift) % len(codes)],
            urgent=(place + shift) % 3 == 0,
        )
        for place, (phone, homes) in enumerate(callers)
    ]


@contextmanager
def _serving(settings: Settings) -> Iterator[tuple[Server, Server]]:
    """The gateway's USSD webhook and the empty page, while both are served with the same settings."""
    port = _free_port()
    granian = [str(_BIN / "granian"), "--interface", "wsgi", "--factory", "--no-ws", "--no-log"]
    granian += ["--workers", str(settings.web_workers), "--blocking-threads", str(settings.web_threads)]
    granian += ["--host", settings.host, "--port", str(port), "bench_ussd:empty_app"]
    environment = {**process_environment(), **as_environment(settings)}
    base, peer = f"http://{settings.host}:{settings.port}", f"http://{settings.host}:{port}/"
    with _running([str(_BIN / "gateway"), "web"], environment) as web, _running(granian, environment) as empty:
        if not wait_for(lambda: _answers(f"{base}/healthz") and _answers(peer), 60):
            raise RuntimeError("the servers do not answer")
        webhook = f"{base}/ussd/africastalking/{settings.webhook_secrets[0]}"
        yield Server(url=webhook, group=web), Server(url=peer, group=empty)


@contextmanager
def _running(command: list[str], environment: Mapping[str, str]) -> Iterator[int]:
    """A command as a process group of its own, by its id."""
    with subprocess.Popen(command, env=dict(environment), cwd=_HERE, start_new_session=True) as process:
        try:
            yield process.pid
        finally:
            process.terminate()
            process.wait(30)


def _answers(url: str) -> bool:
    try:
        return bool(requests.get(url, timeout=2).status_code < requests.codes.server_error)
    except requests.RequestException:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _row(name: str, connections: int, heard: Heard, peer: float) -> None:
    count, spread = len(heard.seconds), sorted(heard.seconds)
    p50, p99 = (1000 * spread[int(count * share)] for share in (0.5, 0.99))
    rate, work = count / heard.elapsed, 1000 * heard.worked / count
    print(f"{name:26} {connections:11} {rate:10.0f} {p50:8.1f} {p99:8.1f} {work:8.2f} {rate / peer:6.2f}")


if __name__ == "__main__":
    sys.exit(main())
