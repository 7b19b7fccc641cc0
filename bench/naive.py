"""The peer: how most projects write it, one RQ job and one ORM session for each message, doing the same work.

A message is one row by the ORM, committed, and one job that names it. The job parses, classifies, names the owner,
opens the case with its history, rung and reply code, confirms to the reporter, alerts the owner, tells the county
centre and writes the deadlines: the same rows and the same texts as the gateway's, read and written as the ORM does
it, in one transaction. Nothing is left out and nothing is done twice. There is no lane, no order of one sender's
messages, and nobody looks after a job that is lost.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

from redis import Redis
from rq import Queue, SimpleWorker
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from bench.lab import Lab
from bench.naive_case import report
from gateway.domain.messages import Channel, InboundMessage
from gateway.domain.phone import normalise
from gateway.domain.rules import Rules
from gateway.domain.terms import Role
from gateway.settings import load_settings
from gateway.sms.parser import parse
from gateway.sms.reading import Parsed
from gateway.store.base import InboundState
from gateway.store.inbound import Inbound
from gateway.store.people import Phone, Post
from gateway.wiring import build_rules

QUEUE = "naive"
MESSAGES = 300
WARM_UP = 20
PATIENCE_SECONDS = 90
TEXTS = (
    "3 房屋倒塌，老人没事 {}",
    "2*53*4 {}",
    "ཁང་བ་རལ་སོང་ {}",
    "1 the road to the pasture is gone {}",
    "4 水管冻裂 {}",
)


def naive_rate(lab: Lab, texts: Sequence[str] = TEXTS) -> float:
    """Messages a second that one SimpleWorker handles so, on the lab's present county; the queue is filled before."""
    sessions = sessionmaker(create_engine(lab.settings.database_url))
    queue = Queue(QUEUE, connection=Redis.from_url(lab.settings.redis_url))
    with sessions() as session:
        senders = session.scalars(
            select(Phone.number)
            .join(Post, Post.person_id == Phone.person_id)
            .where(Post.role == Role.LIAISON)
            .order_by(func.md5(Phone.number))
            .limit(MESSAGES + WARM_UP)
        ).all()
    for place in range(MESSAGES + WARM_UP):
        text = texts[place % len(texts)].format(place)
        receive(sessions, queue, _message(senders[place % len(senders)], text))
    sessions.kw["bind"].dispose()
    with lab.running("python", "-m", "bench.naive", str(WARM_UP), output=subprocess.PIPE) as process:
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    handled, seconds = map(float, output.split())
    if handled != MESSAGES:
        raise RuntimeError(f"the naive worker handled {handled:.0f} of {MESSAGES} messages")
    return handled / seconds


def receive(sessions: sessionmaker[Session], queue: Queue, message: InboundMessage) -> int:
    """What the naive webhook does: a row, a commit, a job; gives the row's id."""
    with sessions() as session:
        row = Inbound(
            channel=message.channel,
            provider=message.provider,
            provider_id=message.provider_id,
            sender=message.sender,
            recipient=message.recipient,
            text=message.text,
            raw={},
            received_at=message.received_at,
        )
        session.add(row)
        session.commit()
        queue.enqueue(handle, row.id)
        return row.id


def handle(inbound_id: int) -> None:
    """The job: everything that follows from one message."""
    sessions, rules = _worker()
    now = datetime.now(UTC)
    with sessions() as session:
        message = session.get_one(Inbound, inbound_id)
        phone = session.scalar(select(Phone).where(Phone.number == normalise(message.sender).number))
        parsed = parse(message.text)
        if phone is None or not isinstance(parsed, Parsed):
            message.state = InboundState.QUARANTINED
        else:
            message.person_id = phone.person_id
            report(session, message, parsed, rules, now)
            message.state = InboundState.HANDLED
        message.handled_at = now
        session.commit()


def _message(sender: str, text: str) -> InboundMessage:
    now = datetime.now(UTC)
    message = InboundMessage(
        channel=Channel.SMS, provider="simulator", provider_id="", sender=sender, recipient="106900", text=text,
        received_at=now,
    )  # fmt: skip
    return replace(message, provider_id=f"naive-{now.timestamp()}-{sender}")


@cache
def _worker() -> tuple[sessionmaker[Session], Rules]:
    """What a worker process keeps: its sessions and the county's rules."""
    settings = load_settings()
    return sessionmaker(create_engine(settings.database_url)), build_rules(settings)


def main(warm_up: int) -> None:
    """Work the queue until it is empty; prints how many jobs were done behind the first ones, and in how long."""
    connection: Redis = Redis.from_url(load_settings().redis_url)
    queue = Queue(QUEUE, connection=connection)
    SimpleWorker([queue], connection=connection).work(burst=True, max_jobs=warm_up, logging_level="ERROR")
    jobs, start = queue.count, time.perf_counter()
    SimpleWorker([queue], connection=connection).work(burst=True, logging_level="ERROR")
    print(jobs - queue.failed_job_registry.count, time.perf_counter() - start)


if __name__ == "__main__":
    main(int(sys.argv[1]))
