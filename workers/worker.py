"""`python -m workers.worker LANE`: the process of one lane.

It listens on one queue only, since RQ moves a job reliably only then (FACTS: RQ), and stays when the queue's server
goes away: the clock's sweep handles rows meanwhile.
"""

import sys
import time
from types import FrameType

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker

from gateway import lifeline, logs, wiring
from gateway.jobs import Lane
from gateway.settings import BadSettings
from workers import booted

PAUSE_SECONDS = 1.0
WORKER_TTL_SECONDS = 45
MAINTENANCE_SECONDS = 60

log = logs.get_logger(__name__)


class LaneWorker(SimpleWorker):
    """RQ's worker, which remembers that it was asked to stop and never waits long for the queue's server."""

    max_connection_wait_time = PAUSE_SECONDS
    asked_to_stop = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """SIGTERM or SIGINT: finish the job in hand, then leave."""
        self.asked_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


def serve(lane: Lane, redis_url: str) -> None:
    """Work on a lane until asked to stop; comes back whenever the queue's server does."""
    connection: Redis = Redis.from_url(redis_url, socket_connect_timeout=PAUSE_SECONDS, health_check_interval=15)
    while True:
        try:
            worker = LaneWorker(
                [Queue(lane.queue_name, connection=connection, serializer="json")],
                connection=connection,
                serializer="json",
                worker_ttl=WORKER_TTL_SECONDS,
                maintenance_interval=MAINTENANCE_SECONDS,
                job_monitoring_interval=5,
                log_job_description=False,
            )
            worker.work(logging_level="WARNING")
            if worker.asked_to_stop:
                return
            log.warning("worker_left_its_loop", lane=lane.value)
        except RedisError as error:
            log.warning("queue_down", lane=lane.value, error=str(error))
        time.sleep(PAUSE_SECONDS)


def main(arguments: list[str]) -> int:
    """Start the process; gives its exit code."""
    if len(arguments) != 1 or arguments[0] not in set(Lane):
        print(f"usage: python -m workers.worker {'|'.join(Lane)}", file=sys.stderr)
        return 2
    try:
        services = booted.services()
    except BadSettings as error:
        print(f"worker: {error}", file=sys.stderr)
        return 2
    settings = services.settings
    wiring.warm_up()
    logs.set_up(level=settings.log_level, json=settings.log_json)
    logs.bind(lane=arguments[0])
    lifeline.hold_on(settings)
    booted.report(services, arguments[0])
    serve(Lane(arguments[0]), settings.redis_url)
    services.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
