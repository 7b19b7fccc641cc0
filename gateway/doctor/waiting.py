"""Looks at what wakes the workers: the queue, whether it takes nudges, and who listens on each lane."""

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker

from gateway.checks import PATIENCE_SECONDS
from gateway.doctor.finding import Finding, Verdict, fail, look, well
from gateway.jobs import Lane, connect
from gateway.settings import Settings

PROBE = "lianhu:doctor"
_AWAY = "texts are still stored and the clock handles them slowly; no USSD call can be taken"
_NOT_KEPT = "a full queue throws away calls and nudges"


def queue(settings: Settings) -> list[Finding]:
    """The queue's server and the workers of each lane; without an address `gateway run` is not there to ask."""
    if not settings.redis_url:
        return [well("queue", "embedded, started by gateway run")]
    try:
        client = connect(settings.redis_url, timeout=PATIENCE_SECONDS)
        client.ping()
    except (RedisError, ValueError) as error:
        seen = f"REDIS_URL: the server does not answer ({' '.join(str(error).split())}): {_AWAY}"
        return [fail("queue", seen, "start it; nothing has to be restored, what stood in it is not needed")]
    found = _takes_nudges(client)
    workers = [_workers(client, lane) for lane in Lane] if found.verdict is not Verdict.FAIL else []
    client.close()
    return [found, *workers]


def _takes_nudges(client: Redis) -> Finding:
    """Whether a nudge can be written, and whether a full server would refuse one rather than forget others."""
    try:
        client.set(PROBE, b"1", px=1000)
        policy = client.config_get("maxmemory-policy").get("maxmemory-policy", "noeviction")
    except RedisError as error:
        seen = f"the queue answers and takes no nudge ({' '.join(str(error).split())}): {_AWAY}"
        return fail("queue", seen, "free its memory or disk, or let REDIS_URL lead to the primary")
    if policy != "noeviction":
        return look("queue", f"maxmemory-policy is {policy}: {_NOT_KEPT}", "set maxmemory-policy noeviction")
    return well("queue", "answers and takes nudges")


def _workers(client: Redis, lane: Lane) -> Finding:
    """Whether anybody listens on a lane; a process that was killed or frozen is forgotten within two minutes."""
    try:
        count = Worker.count(queue=Queue(lane.queue_name, connection=client, serializer="json"))
    except RedisError as error:
        return look("workers", f"{lane}: could not be asked ({type(error).__name__})", "run gateway doctor again")
    if not count:
        seen = f"no worker listens on the lane {lane}: the clock only nudges, nobody does the work"
        return fail("workers", seen, f"start `python -m workers.worker {lane}`, and look why it ended")
    return well("workers", f"{lane}: {count}")
