"""Services of a worker process, made on first use and kept: a job must not pay for connecting."""

from functools import cache

from gateway import wiring
from gateway.domain.classify import classify
from gateway.settings import load_settings
from gateway.sms.parser import parse
from gateway.store import running
from gateway.wiring import Services
from gateway.wording import catalogue


@cache
def services() -> Services:
    """The services of this process."""
    return wiring.build(load_settings())


def warm_up() -> None:
    """Read words, codes and texts now: the first report of the day must not wait for them."""
    parse("1 雪")
    classify("雪")
    catalogue()


def report(services: Services, lane: str) -> None:
    """Say that the worker of a lane is there."""
    with services.sessions.begin() as session:
        running.beat(session, f"worker-{lane}", services.clock.now())
