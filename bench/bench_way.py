"""What a report costs, beside the cheapest thing that could be called storing it, in the same run.

`make bench`. Uses a demo county of its own in a temporary folder; nothing leaves the machine. Compare ratios between
machines; the absolute figures are only this one's.
"""

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from gateway import embedded, logs, wiring
from gateway.commands.seed_demo import seed_demo_once
from gateway.demo import ensure_demo_env
from gateway.domain.classify import classify
from gateway.domain.messages import Channel, InboundMessage
from gateway.domain.terms import Role
from gateway.settings import load_settings
from gateway.sms.parser import parse
from gateway.store import inbound, migrate
from gateway.store.people import Post
from gateway.wiring import Services
from workers.drains import drain_inbound, drain_outbound

REPORTS = 300
TEXTS = (
    "3 房屋倒塌，老人没事",
    "2*53*4",
    "ཁང་བ་རལ་སོང་",
    "the road to the pasture is gone",
    "sa yom langs song",
    "昨天夜里下大雪，牛羊冻死十几头",
)


def main() -> None:
    """Print a table: what, how many a second, beside what, ratio."""
    logs.set_up(level="ERROR", json=False)
    with tempfile.TemporaryDirectory(prefix="lianhu-bench-") as folder:
        var = Path(folder)
        ensure_demo_env(var)
        settings = load_settings(lianhu_var=var)
        servers = embedded.start(settings)
        try:
            addresses = {"database_url": servers.database_url, "redis_url": servers.redis_url}
            settings = settings.model_copy(update=addresses)
            migrate.upgrade(settings.database_url)
            services = wiring.build(settings)
            seed_demo_once(services)
            _run(services)
            services.close()
        finally:
            servers.stop()


def _run(services: Services) -> None:
    with services.sessions() as session:
        posts = session.scalars(select(Post).where(Post.role == Role.LIAISON)).unique().all()
        senders = [post.person.phones[0].number for post in posts]
    stored = _rate(REPORTS, lambda n: _store(services, senders[n % len(senders)], n))
    print(f"{'what':44} {'a second':>10} {'ratio':>8}")
    _row("one inbound row, committed (the peer)", stored, stored)
    _row("parse", _rate(3000, lambda n: parse(TEXTS[n % len(TEXTS)])), stored)
    _row("classify", _rate(3000, lambda n: classify(TEXTS[n % len(TEXTS)])), stored)
    with ThreadPoolExecutor(services.settings.deliver_threads) as pool:
        _row("report handled: case, alert, copy, deadlines", _drained(drain_inbound, services, pool), stored)
        _row("outbox to the simulator", _drained(drain_outbound, services, pool), stored)


def _store(services: Services, sender: str, number: int) -> None:
    text = f"{TEXTS[number % len(TEXTS)]} {number}"
    message = InboundMessage(
        channel=Channel.SMS,
        provider="simulator",
        provider_id=f"bench-{number}",
        sender=sender,
        recipient="106900",
        text=text,
        received_at=datetime.now(UTC),
    )
    with services.engine.begin() as connection:
        inbound.store(connection, message, text=text, masked=0)


def _rate(times: int, act: Callable[[int], object]) -> float:
    start = time.perf_counter()
    for number in range(times):
        act(number)
    return times / (time.perf_counter() - start)


def _drained(
    drain: Callable[[Services, ThreadPoolExecutor], int], services: Services, pool: ThreadPoolExecutor
) -> float:
    start, handled = time.perf_counter(), 0
    while done := drain(services, pool):
        handled += done
    return handled / (time.perf_counter() - start)


def _row(name: str, rate: float, peer: float) -> None:
    print(f"{name:44} {rate:10.0f} {rate / peer:8.2f}")


if __name__ == "__main__":
    main()
