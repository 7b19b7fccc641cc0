"""`python -m tests.faults.naive_gateway run`: what most projects would build, whole, to be hit as ours is.

A webhook that writes a row and queues a job for it, and one RQ worker whose job does all that follows and calls the
carrier (bench/naive.py). Nothing is left out but what this project adds: no sweep, no outbox that outlives its
process, no look whether a message had left already. What dies is started again, as ours is.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

from flask import Flask, Response, request
from redis import Redis
from rq import Queue, SimpleWorker
from rq.job import Job
from sqlalchemy import create_engine, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.serving import run_simple

from bench import naive
from gateway import embedded, wiring
from gateway.domain.messages import Channel, InboundMessage, OutboundMessage
from gateway.folder import alone, announced
from gateway.settings import Settings, as_environment, load_settings, process_environment
from gateway.sms.providers.base import SmsProvider
from gateway.store import migrate
from gateway.store.base import OutboundState
from gateway.store.outbound import Outbound

COMMAND = (sys.executable, "-m", "tests.faults.naive_gateway")
PARTS: Sequence[Sequence[str]] = (("web",), ("workers.worker", "inbound"))  # named as ours, so that they are found
ROUND_SECONDS = 0.2
JOB = "tests.faults.naive_gateway.handle_and_send"


class OneJobEach(Queue):
    """Its jobs send, too."""

    def enqueue(self, f: object, *args: object, **kwargs: object) -> Job:
        """The same job, and the carrier's call behind it."""
        del f
        return super().enqueue(JOB, *args, **kwargs)


def create_app(settings: Settings) -> Flask:
    """The webhook."""
    app = Flask(__name__)
    sessions = sessionmaker(create_engine(settings.database_url))
    queue = OneJobEach(naive.QUEUE, connection=Redis.from_url(settings.redis_url))

    @app.post("/sms/simulator/<_secret>/inbound")
    def inbound(_secret: str) -> Response:
        told = request.get_json()
        message = InboundMessage(
            channel=Channel.SMS,
            provider="simulator",
            provider_id=told["id"],
            sender=told["from"],
            recipient=told["to"],
            text=told["text"],
            received_at=datetime.now(UTC),
        )
        try:
            naive.receive(sessions, queue, message)
        except IntegrityError:
            return Response("again")
        return Response("ok")

    return app


def handle_and_send(inbound_id: int) -> None:
    """The job."""
    naive.handle(inbound_id)
    sessions, carrier = _sending()
    with sessions() as session:
        _send(session, carrier, inbound_id)


@cache
def _sending() -> tuple[sessionmaker[Session], SmsProvider]:
    """What a worker process keeps."""
    settings = load_settings()
    engine = create_engine(settings.database_url)
    return sessionmaker(engine), wiring.build_carriers(settings, lambda _: None)["kannel"]


def _send(session: Session, carrier: SmsProvider, inbound_id: int) -> None:
    """Every text that the message brought about, each recorded when the carrier has it."""
    answered = select(Outbound.case_id).where(Outbound.reply_to_id == inbound_id).scalar_subquery()
    rows = session.scalars(
        select(Outbound).where(
            Outbound.state == OutboundState.QUEUED,
            or_(Outbound.reply_to_id == inbound_id, Outbound.case_id == answered),
        )
    ).all()
    for row in rows:
        carrier.send(
            OutboundMessage(
                id=row.id, recipient=row.recipient, body=row.body, purpose=row.purpose.value, expires_at=row.expires_at
            )
        )
        row.state, row.provider = OutboundState.SENT, "kannel"
        session.commit()


def run() -> None:
    """Servers and both parts, until SIGTERM; what dies is started again."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = load_settings()
    with alone(settings.lianhu_var):
        servers = embedded.start(settings)
        addresses = {"database_url": servers.database_url, "redis_url": servers.redis_url}
        settings = settings.model_copy(update=addresses)
        migrate.upgrade(settings.database_url)
        values = as_environment(settings)
        parts: list[subprocess.Popen[bytes] | None] = [None for _ in PARTS]
        try:
            with announced(settings.lianhu_var, values):
                sys.stdout.write("  stop with Ctrl-C\n")
                sys.stdout.flush()
                while True:
                    servers.ensure()
                    for place, part in enumerate(parts):
                        if part is None or part.poll() is not None:
                            parts[place] = subprocess.Popen(
                                [*COMMAND, *PARTS[place]], env={**process_environment(), **values}
                            )
                    time.sleep(ROUND_SECONDS)
        finally:
            for part in parts:
                if part is not None:
                    part.kill()
                    part.wait()
            servers.stop()


def main(arguments: Sequence[str]) -> None:
    """One part, or all."""
    settings = load_settings()
    if arguments == ["run"]:
        run()
    elif arguments == ["web"]:
        run_simple(settings.host, settings.port, create_app(settings), threaded=True)
    else:
        connection: Redis = Redis.from_url(settings.redis_url)
        SimpleWorker([Queue(naive.QUEUE, connection=connection)], connection=connection).work(logging_level="ERROR")


if __name__ == "__main__":
    main(sys.argv[1:])
