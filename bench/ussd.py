"""USSD: reports of seven turns through the real webhook, beside an empty Flask handler that gets the same requests.

Both are served as `gateway web` starts them and take turns in one run, on durable servers. Every call moves on when its
last screen has come, behind all the others: a phone's turns lie a while apart, as with people. After the run each
caller's report is compared with what was typed and with the number on that caller's last screen; a lost or wrong one
breaks the benchmark. "work" is what the web processes' own processor time makes of a turn.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from sqlalchemy import select

from bench.lab import EMPTY_HANDLER, SMALL, Lab, Served
from bench.table import Line
from bench.ussd_calls import Call, Heard
from gateway.sms.codebook import OTHER_FAMILY, codebook
from gateway.store.inbound import Inbound

CONNECTIONS = 32
"""What a carrier keeps open; the ratio is asked for here."""
AT_ONCE = 200
CALLS = 60 if SMALL else 300
"""Of one round, each from another phone; a phone calls once, so that no log holds an older call."""
ROUNDS = 1 if SMALL else 3
RATIO, MOST_MS = 0.45, 20.0
MOST_SECONDS = 60
_HOUSEHOLDS = 5
_ROOT = Path(__file__).resolve().parents[1]


class WrongAnswers(RuntimeError):
    """A report was lost or is not what its caller typed: the figures mean nothing."""


def measure(lab: Lab) -> Iterable[Line]:
    """A turn at 32 connections, beside the peer; and, for the record, at 200 callers at once."""
    lab.fresh()
    phones = lab.county(liaisons=CALLS * ROUNDS * 2 + CONNECTIONS, households=_HOUSEHOLDS).senders
    with lab.serve() as gateway, lab.serve(EMPTY_HANDLER) as empty:
        warm, used = _calls(phones[:CONNECTIONS], "warm"), CONNECTIONS
        _both(lab, gateway, empty, warm, CONNECTIONS)
        for connections in (CONNECTIONS, AT_ONCE):
            heard, peer = Heard(), Heard()
            for round_ in range(ROUNDS):
                calls = _calls(phones[used : used + CALLS], f"{connections}x{round_}")
                used += CALLS
                ours, theirs = _both(lab, gateway, empty, calls, connections)
                heard.add(ours)
                peer.add(theirs)
            yield from _lines(connections, heard, peer)


def _both(lab: Lab, gateway: Served, empty: Served, calls: Sequence[Call], connections: int) -> tuple[Heard, Heard]:
    """The same calls to both, one after the other; raises WrongAnswers."""
    theirs = _dial(lab, empty, "/", calls, connections)
    ours = _dial(lab, gateway, f"/ussd/africastalking/{lab.settings.webhook_secrets[0]}", calls, connections)
    wrong = [*ours.wrong, *_compared(lab, calls, ours)]
    if wrong:
        raise WrongAnswers(f"{len(wrong)} lost or wrong answers: " + "; ".join(wrong[:5]))
    return ours, theirs


def _dial(lab: Lab, served: Served, path: str, calls: Sequence[Call], connections: int) -> Heard:
    """Make the calls from a process of their own."""
    task = {"url": served.url, "path": path, "connections": connections, "calls": [asdict(call) for call in calls]}
    worked = _worked(served.group)
    done = subprocess.run(
        [sys.executable, "-m", "bench.ussd_calls"],
        input=json.dumps(task),
        env=lab.environment(),
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=MOST_SECONDS,
        check=True,
    )
    return Heard(**json.loads(done.stdout), worked=_worked(served.group) - worked)


def _lines(connections: int, heard: Heard, peer: Heard) -> Iterator[Line]:
    name, asked = f"USSD turn at {connections} connections", connections == CONNECTIONS
    note = (
        f"p50 {heard.percentile(0.5):.1f} ms, p99 {heard.percentile(0.99):.1f} ms; work {heard.work():.2f} ms a turn, "
        f"the peer's {peer.work():.2f} ms; {len(heard.last)} reports, none lost, none wrong"
    )
    yield Line(
        name=name,
        ours=heard.rate,
        unit="/s",
        beside="empty Flask handler",
        peer=peer.rate,
        reach=f"≥ {RATIO}" if asked else "",
        reached=heard.rate >= RATIO * peer.rate if asked else None,
        note=note,
    )
    if asked:
        p99 = heard.percentile(0.99)
        reach = f"≤ {MOST_MS:.0f} ms"
        yield Line(
            name=f"{name}, p99", ours=p99, unit="ms", beside="limit", peer=MOST_MS, reach=reach, reached=p99 <= MOST_MS
        )


def _compared(lab: Lab, calls: Sequence[Call], heard: Heard) -> list[str]:
    """What is lost or wrong: each caller's one row says what that caller typed, under the number on that screen."""
    wanted: dict[str, list[Inbound]] = {call.session_id: [] for call in calls}
    with lab.services().sessions() as session:
        for row in session.scalars(select(Inbound).where(Inbound.sender.in_({call.phone for call in calls}))):
            wanted[row.provider_id.rpartition(":")[0]].append(row)
    return [complaint for call in calls for complaint in _complaints(call, wanted[call.session_id], heard)]


def _complaints(call: Call, rows: Sequence[Inbound], heard: Heard) -> Iterator[str]:
    if len(rows) != 1:
        yield f"{call.session_id}: {len(rows)} reports instead of one"
        return
    row, screen = rows[0], heard.last.get(call.session_id, "")
    reading = row.reading or {}
    stored = (row.sender, reading.get("subject"), reading.get("code"), reading.get("urgent"))
    typed = (call.phone, {"kind": "ordinal", "number": call.household}, call.code, call.urgent)
    if stored != typed:
        yield f"{call.session_id}: stored {stored}, typed {typed}"
    if not screen.startswith("END ") or not row.reserved or row.reserved not in screen:
        yield f"{call.session_id}: reserved {row.reserved}, the screen says {screen!r}"


def _calls(phones: Sequence[str], name: str) -> list[Call]:
    """A call of each phone; household, code and urgency differ from neighbour to neighbour and from round to round."""
    codes = [code.code for code in codebook().codes.values() if not code.takes_count and code.family != OTHER_FAMILY]
    shift = sum(map(ord, name))
    return [
        Call(
            session_id=f"ATUid_{name}_{place}",
            phone=phone,
            household=str(1 + (place + shift) % _HOUSEHOLDS),
            code=codes[(place * 7 + shift) % len(codes)],
            urgent=(place + shift) % 3 == 0,
        )
        for place, phone in enumerate(phones)
    ]


def _worked(group: int) -> float:
    """Seconds of processor time of a process group so far."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has just ended
            fields = stat.read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12]) if int(fields[2]) == group else 0
    return ticks / os.sysconf("SC_CLK_TCK")
