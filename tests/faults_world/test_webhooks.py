"""Webhooks that come twice, a day late, forged, or with the wrong secret."""

import time
from dataclasses import replace

import pytest

from tests.faults.recorder import Record
from tests.faults_world.posting import CARRIERS, Request, path, post
from tests.faults_world.world import World

pytestmark = [
    *(pytest.mark.slow, pytest.mark.faults),
    *(pytest.mark.xdist_group("faults_world"), pytest.mark.timeout(400)),
]


def test_a_webhook_that_comes_twice_and_again_a_day_later_is_one_message(world: World, record: Record) -> None:
    begun, settings = time.monotonic(), world.deployment.settings
    texts, requests = [], []
    for number, text in enumerate(world.texts(world.size(16, 160))):
        provider = list(CARRIERS)[number % len(CARRIERS)]
        texts.append(replace(text, id=f"{provider}-{text.id}"))
        requests.append(CARRIERS[provider](settings, texts[-1].id, text.sender, text.text))
    assert {post(settings, each) for each in (*requests, *requests)} == {200}
    world.ledger |= {text.id: text for text in texts}
    world.settle()
    with world.deployment.database() as connection:
        connection.execute(
            """UPDATE inbound SET received_at = received_at - interval '1 day',
                                  handled_at = handled_at - interval '1 day' WHERE provider_id = ANY(%s)""",
            [[text.id for text in texts]],
        )
    assert {post(settings, each) for each in requests} == {200}
    world.settle()
    world.audit()
    record(fault="webhooks doubled, and replayed a day later", sent=len(texts), seconds=time.monotonic() - begun)


@pytest.mark.parametrize("provider", CARRIERS)
def test_only_live_secrets_open_the_door(world: World, provider: str) -> None:
    settings = world.deployment.settings
    request = CARRIERS[provider](settings, f"{provider}-secret-1", world.phones(1)[0], "3 房屋倒塌")
    first, old = settings.webhook_secrets
    before = world.count("SELECT count(*) FROM inbound")
    for wrong in ("hook-of-tomorrow", first[:-1], f"{first}x", first.upper(), "%00", "hook", f"{first},{old}"):
        assert post(settings, replace(request, path=request.path.replace(first, wrong))) == 404, wrong
    assert world.count("SELECT count(*) FROM inbound") == before
    if provider != "twilio":  # signed for its own address
        assert post(settings, replace(request, path=request.path.replace(first, old))) == 200
        assert world.count("SELECT count(*) FROM inbound") == before + 1


@pytest.mark.parametrize("forged", ["", "AAAA", "x" * 4000])
def test_a_signature_that_is_not_twilio_s(world: World, forged: str) -> None:
    settings = world.deployment.settings
    request = CARRIERS["twilio"](settings, "forged-1", world.phones(1)[0], "3 房屋倒塌")
    before = world.count("SELECT count(*) FROM inbound")
    assert post(settings, replace(request, signature=forged)) == 403
    assert post(settings, replace(request, body=request.body.replace(b"3", b"4", 1))) == 403
    assert world.count("SELECT count(*) FROM inbound") == before


def test_a_report_for_a_carrier_with_the_wrong_secret_changes_nothing(world: World) -> None:
    settings = world.deployment.settings
    before = world.count("SELECT count(*) FROM receipts")
    for provider in CARRIERS:
        where = path(settings, provider, "status", "wrong") + "?message=1&status=2"
        assert post(settings, Request(path=where, body=b"id=1&status=Failed")) == 404
    assert world.count("SELECT count(*) FROM receipts") == before
