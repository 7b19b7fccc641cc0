"""The seeded county, the commands on it, and texts that go all the way."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from gateway.cli import cli
from gateway.commands.seed_demo import seed_demo_once
from gateway.jobs import Lane
from gateway.store.people import Post
from gateway.wiring import Services
from tests.conftest import SECRET
from tests.integration.examined import Doctor
from tests.integration.seeded import Gateway, phone
from workers import jobs


@pytest.fixture
def gande(services: Services, session: Session) -> Session:
    """A session on the seeded county."""
    assert seed_demo_once(services)
    return session


@pytest.fixture
def gateway(services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """Runs `gateway …` on the test's database; what it does to logging and in the common folder is put back."""
    settings = services.settings
    names = ("database_url", "redis_url", "secret_key", "webhook_secret", "data_keys", "lianhu_var", "public_url")
    for name in names:
        monkeypatch.setenv(name.upper(), str(getattr(settings, name)))
    monkeypatch.delenv("LIANHU_DEMO", raising=False)
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield lambda *words: CliRunner().invoke(cli, [str(word) for word in words])
    (settings.lianhu_var / "demo.env").unlink(missing_ok=True)  # of `seed-demo`: it would be read by every later test
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**before)


@pytest.fixture
def write(client: FlaskClient, services: Services) -> Callable[[Post, str], None]:
    """Sends a text through the webhook and lets the workers do all that follows."""

    def write(post: Post, text: str) -> None:
        body = {"from": phone(post), "to": "106900", "text": text}
        assert client.post(f"/sms/simulator/{SECRET}/inbound", json=body).status_code == 200
        jobs.run(services, Lane.INBOUND)
        jobs.run(services, Lane.OUTBOUND)

    return write


@pytest.fixture
def doctor(gateway: Gateway) -> Doctor:
    """What `gateway doctor --json` finds about some subjects."""

    def ask(*subjects: str) -> list[dict[str, Any]]:
        answer = json.loads(gateway("doctor", "--json").stdout)
        return [found for found in answer["findings"] if found["subject"] in subjects]

    return ask
