"""Services of a worker process, made on first use and kept: a job must not pay for connecting."""

from functools import cache

from gateway import wiring
from gateway.settings import load_settings
from gateway.store import running
from gateway.wiring import Services


@cache
def services() -> Services:
    """The services of this process."""
    return wiring.build(load_settings())


def report(services: Services, lane: str) -> None:
    """Say that the worker of a lane is there."""
    with services.sessions.begin() as session:
        running.beat(session, f"worker-{lane}", services.clock.now())
