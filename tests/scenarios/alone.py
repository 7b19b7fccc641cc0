"""Services for stories outside the tests: an embedded database and Valkey of their own, and a clock that jumps."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway import embedded, wiring
from gateway.clock import ManualClock
from gateway.settings import load_settings
from gateway.store import migrate
from gateway.wiring import Services
from tests.scenarios.story import Story


@contextmanager
def alone(story: Story) -> Iterator[tuple[Services, ManualClock, str]]:
    """Services, clock and the webhooks' secret for one story; everything is gone when it ends."""
    folder = Path(tempfile.mkdtemp(prefix="lianhu-story-"))
    postgres = embedded.Postgres(folder, {"fsync": "off", "synchronous_commit": "off"})
    valkey = embedded.Valkey(folder)
    secret = "secret-of-a-story"
    try:
        url, redis_url = postgres.start(), valkey.start()
        migrate.upgrade(url)
        settings = load_settings(
            lianhu_var=folder,
            database_url=url,
            redis_url=redis_url,
            secret_key=secret,
            webhook_secret=secret,
            data_keys=secret,
            deliver_threads=2,
        )
        clock = ManualClock(story.start)
        services = wiring.build(settings, clock=clock)
        try:
            yield services, clock, secret
        finally:
            services.close()
    finally:
        valkey.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
