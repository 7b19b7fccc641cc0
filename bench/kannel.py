"""Sending through the real Kannel, beside a client that does nothing but submit to the same Kannel.

Debian's bearerbox, smsbox and fakesmsc run with the configuration of docs/kannel.md, in a network of their own: their
SMSC ports listen on every interface. In there this module runs once more as a process (`python -m bench.kannel`), with
the lab's servers, which it reaches over unix sockets. Both sides send the same texts, over as many connections, and
have their delivery reports sent to the same gateway.
"""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, text

from bench import alone
from bench.bare_client import submit
from bench.lab import SMALL, Lab
from bench.table import Line
from gateway import wiring
from gateway.jobs import Lane
from gateway.settings import Settings, load_settings
from tests.peers import boxes
from tests.peers.air import FAKESMSC
from tests.peers.children import Child
from tests.peers.waiting import until

NAME = "sending through Kannel, reports matched"
CONNECTIONS = 32
MESSAGES = 500 if SMALL else 4_000
REACH = 0.8
PORT = 8080
MOST_SECONDS = 100
_NEEDED = (boxes.BEARERBOX, boxes.SMSBOX, FAKESMSC)
_QUEUE = text("""
INSERT INTO outbound (channel, recipient, body, template, language, segments, purpose, urgent, state, created_at,
                      not_before, expires_at, changed_at, attempts, provider, provider_id, cost, detail)
SELECT 'sms', '+86138' || lpad(CAST(n AS text), 8, '0'), '已收到 148214 房屋倒塌', 'note_done', 'zh', 1, 'result',
       false, :state, now(), now(), now() + interval '1 day', now(), 1, 'kannel', '', '', ''
FROM generate_series(1, :messages) AS n
RETURNING id
""")
_STATES = text("SELECT state, count(*) FROM outbound WHERE id = ANY (:ids) GROUP BY state")


def measure(lab: Lab) -> Iterator[Line]:
    """Messages a second that Kannel takes from us, and whether every report found its message."""
    reach = f"≥ {REACH}"
    lacking = [Path(path).name for path in _NEEDED if not Path(path).exists()] or alone.lacking()
    if lacking:
        note = f"not installed: {', '.join(lacking)}"
        yield Line(name=NAME, ours=0.0, unit="messages/s", reach=reach, note=note)
        return
    lab.fresh()
    found = alone.run("bench.kannel", seconds=MOST_SECONDS, environment=lab.environment(_settings(lab)))
    yield Line(
        name=NAME,
        ours=found["ours"],
        unit="messages/s",
        beside="a bare client's submits to the same Kannel",
        peer=found["bare"],
        reach=reach,
        reached=found["ours"] >= REACH * found["bare"] and found["delivered"] == MESSAGES,
        note=f"{found['delivered']} of {MESSAGES} reported as delivered, the last {found['later']:.1f} s behind it all",
    )


def _settings(lab: Lab) -> Settings:
    """Those of a gateway whose only carrier is that Kannel."""
    return lab.settings.model_copy(
        update={
            "port": PORT,
            "public_url": f"http://127.0.0.1:{PORT}",
            "sms_providers": "kannel",
            "kannel_send_url": boxes.SEND_URL,
            "kannel_username": boxes.USERNAME,
            "kannel_password": boxes.PASSWORD,
            "kannel_from": "106900",
            "kannel_rate": 10_000.0,
            "webhook_secret": boxes.SECRET,
            "deliver_threads": CONNECTIONS,
        }
    )


def inside() -> dict[str, float]:
    """Everything that happens in the network of its own."""
    settings = load_settings()
    engine = create_engine(settings.database_url)
    folder = Path(tempfile.mkdtemp(prefix="lianhu-kannel-"))
    with ExitStack() as over:
        over.callback(shutil.rmtree, folder, ignore_errors=True)
        kannel = boxes.Boxes(folder / "kannel", settings.public_url, log_level=2)
        over.callback(kannel.stop)
        kannel.start()
        _child(over, folder, "gateway", "web")
        phone = [FAKESMSC, "-H", "127.0.0.1", "-r", str(boxes.FAKE_PORT), "-i", "0.1", "-m", "0", "0 0 text nothing"]
        over.callback(Child(phone, folder / "phone.out").stop)
        _child(over, folder, "python", "-m", "workers.worker", "outbound")
        services = wiring.build(settings)
        over.callback(services.close)
        _ours(engine, services.nudger.nudge, messages=100)  # both sides have connected once
        bare = _bare(engine, settings)
        ours, later, delivered = _ours(engine, services.nudger.nudge, messages=MESSAGES)
    return {"bare": bare, "ours": ours, "later": later, "delivered": delivered}


def _child(over: ExitStack, folder: Path, program: str, *arguments: str) -> None:
    command = [str(Path(sys.executable).parent / program), *arguments]
    over.callback(Child(command, folder / f"{program}.out").stop)


def _bare(engine: Engine, settings: Settings) -> float:
    """Submits a second of the bare client; what it sends stands in the outbox as sent, so its reports are matched."""
    with engine.begin() as connection:
        ids = _queued(connection, "sent", MESSAGES)
    seconds = submit(settings, ids, CONNECTIONS)
    _reported(engine, ids)
    return len(ids) / seconds


def _ours(engine: Engine, nudge: Callable[[Lane], object], *, messages: int) -> tuple[float, float, float]:
    """Messages a second until all are recorded as taken, seconds until all reports were in, how many said delivered."""
    with engine.begin() as connection:
        ids = _queued(connection, "queued", messages)
    begun = time.perf_counter()
    nudge(Lane.OUTBOUND)
    until(lambda: not _in(engine, ids, "queued", "sending", "unknown"), "everything is sent")
    sent = time.perf_counter()
    delivered = _reported(engine, ids)
    return messages / (sent - begun), time.perf_counter() - sent, delivered


def _reported(engine: Engine, ids: list[int]) -> int:
    until(lambda: _in(engine, ids, "delivered") == len(ids), "everything is reported as delivered", seconds=40)
    return _in(engine, ids, "delivered")


def _queued(connection: Connection, state: str, messages: int) -> list[int]:
    return list(connection.scalars(_QUEUE, {"state": state, "messages": messages}))


def _in(engine: Engine, ids: list[int], *states: str) -> int:
    with engine.connect() as connection:
        return sum(count for state, count in connection.execute(_STATES, {"ids": ids}) if state in states)


if __name__ == "__main__":
    print(json.dumps(inside()))
