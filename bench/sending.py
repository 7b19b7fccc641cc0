"""Sending through a carrier that takes 100 ms for each message: how many, in which order, how evenly."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import requests
from sqlalchemy import text

from bench.lab import SMALL, Lab, free_port
from bench.table import Line
from gateway.jobs import Lane

CALL_SECONDS = 0.1
THREADS = 100
RATE = 200.0
WINDOW_SECONDS = 5.0
TO_EACH = 4
"""Messages that wait for each phone."""
MOST_SECONDS = 60.0
_QUEUE = text("""
INSERT INTO outbound (channel, recipient, body, template, language, segments, purpose, urgent, state, created_at,
                      not_before, expires_at, changed_at, attempts, provider, provider_id, cost, detail)
SELECT 'sms', '+8613' || lpad(CAST(n % :phones AS text), 9, '0'), CAST(n / :phones AS text), 'note_done', 'zh', 1,
       'result', false, 'queued', now(), now(), now() + interval '1 day', now(), 0, '', '', '', ''
FROM generate_series(0, :messages - 1) AS n
""")


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A message as it reached the carrier: when (seconds), for whom, which of that phone's."""

    at: float
    recipient: str
    place: int


def measure(lab: Lab) -> Iterator[Line]:
    """Messages a second from one process, then the rate that two processes keep together."""
    messages = 1_200 if SMALL else 12_000
    heard = _sent(lab, messages=messages, processes=1, rate=10_000.0)
    yield Line(
        name="sending, carriers that take 100 ms, one process",
        ours=_rate(heard),
        unit="messages/s",
        beside=f"{THREADS} calls of 100 ms side by side",
        peer=THREADS / CALL_SECONDS,
        reach="≥ 500/s",
        reached=_rate(heard) >= 500,  # noqa: PLR2004 - the issue's
        note=f"{len(heard)} messages to {len(heard) // TO_EACH} phones",
    )
    yield _once(heard, messages)
    paced = _sent(lab, messages=int(RATE * (7 if SMALL else 20)), processes=2, rate=RATE)
    off = _furthest_off(paced)
    yield Line(
        name=f"rate of {RATE:.0f}/s kept by two processes, worst window of {WINDOW_SECONDS:.0f} s",
        ours=off,
        unit="% off",
        reach="≤ 2 %",
        reached=off <= 2,  # noqa: PLR2004 - the issue's
        note=f"{len(paced)} messages",
    )


def _once(heard: Sequence[Heard], messages: int) -> Line:
    """A message that comes before the one ahead of it was answered is out of order, as is one that comes again."""
    wrong = abs(len(heard) - messages)
    last: dict[str, Heard] = {}
    for each in heard:
        before = last.get(each.recipient)
        wrong += (each.place != before.place + 1 or each.at - before.at < CALL_SECONDS) if before else each.place != 0
        last[each.recipient] = each
    return Line(
        name="messages lost, doubled or out of their phone's order",
        ours=float(wrong),
        unit="messages",
        reach="0",
        reached=wrong == 0,
    )


def _rate(heard: Sequence[Heard]) -> float:
    """Messages a second between the first and the last; the last of a phone's row wait for each other, not for us."""
    busy = heard[: len(heard) * 9 // 10]
    return len(busy) / (busy[-1].at - busy[0].at)


def _furthest_off(heard: Sequence[Heard]) -> float:
    """By how much the worst window misses the rate, in percent."""
    moments = [each.at for each in heard]
    worst = 0.0
    for start in moments:
        if start + WINDOW_SECONDS > moments[-1]:
            break
        count = sum(start <= moment < start + WINDOW_SECONDS for moment in moments)
        worst = max(worst, abs(count / (RATE * WINDOW_SECONDS) - 1) * 100)
    return worst


def _sent(lab: Lab, *, messages: int, processes: int, rate: float) -> list[Heard]:
    """Queue messages, let so many sending processes work, and give what the carrier heard."""
    port = free_port()
    lab.fresh()
    settings = lab.settings.model_copy(
        update={
            "sms_providers": "kannel",
            "kannel_send_url": f"http://127.0.0.1:{port}/cgi-bin/sendsms",
            "kannel_username": "lianhu",
            "kannel_password": "of-the-benchmark",
            "kannel_from": "106900",
            "kannel_rate": rate,
            "deliver_threads": THREADS,
        }
    )
    with lab.services().engine.begin() as connection:
        connection.execute(_QUEUE, {"messages": messages, "phones": messages // TO_EACH})
    with ExitStack() as running:
        running.enter_context(lab.running("python", "-m", "bench.carrier", str(port), str(CALL_SECONDS)))
        for _ in range(processes):
            running.enter_context(lab.running("python", "-m", "workers.worker", "outbound", settings=settings))
        _wait_until_sent(lab, messages)
        found = requests.get(f"http://127.0.0.1:{port}/heard", timeout=30).json()
    return [Heard(at=at, recipient=recipient, place=int(body)) for at, recipient, body in found]


def _wait_until_sent(lab: Lab, messages: int) -> None:
    services = lab.services()
    end = time.perf_counter() + MOST_SECONDS
    while time.perf_counter() < end:
        services.nudger.nudge(Lane.OUTBOUND)
        with services.engine.connect() as connection:
            sent = connection.scalar(text("SELECT count(*) FROM outbound WHERE state = 'sent'"))
        if sent == messages:
            return
        time.sleep(0.5)
    raise TimeoutError(f"{sent} of {messages} messages were sent in {MOST_SECONDS:.0f} s")
