"""Health, metrics and the boundary around every request."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

from gateway import wiring
from gateway.app import create_app
from gateway.clock import ManualClock
from gateway.domain.messages import Channel, Failure, InboundMessage
from gateway.domain.terms import Language, Purpose
from gateway.flow import carriers
from gateway.settings import Settings
from gateway.store import running
from gateway.store.arrivals import Arrivals, store_texts
from gateway.store.outbound import Outbound
from gateway.web import boundary
from gateway.wiring import Services


def ready(client: FlaskClient) -> tuple[int, str, dict[str, bool]]:
    """Status code, verdict and checks of /readyz."""
    answer = client.get("/readyz")
    body = json.loads(answer.data)
    return answer.status_code, body["status"], {name: check["ok"] for name, check in body["checks"].items()}


def beat(session: Session, clock: ManualClock) -> None:
    """The clock and both workers were at work just now."""
    for process in ("clock", "worker-inbound", "worker-outbound"):
        running.beat(session, process, clock.now())
    session.commit()


def receive(session: Session, clock: ManualClock) -> None:
    """A message came in."""
    message = InboundMessage(
        channel=Channel.SMS, provider="simulator", provider_id="1", sender="+8619900001234", recipient="106900",
        text="3 房屋倒塌", received_at=clock.now(),
    )  # fmt: skip
    store_texts(session.connection(), message)
    session.commit()


def queue_one(session: Session, clock: ManualClock, *, not_before: timedelta = timedelta(0)) -> None:
    """A message stands in the outbox."""
    now = clock.now()
    session.add(
        Outbound(
            recipient="+8619900001234", body="已收到", template="test", language=Language.ZH, segments=1,
            purpose=Purpose.CONFIRMATION, created_at=now, changed_at=now, not_before=now + not_before,
            expires_at=now + timedelta(days=1),
        )
    )  # fmt: skip
    session.commit()


def test_a_process_that_lives_says_so_without_looking_at_anything(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.data) == (200, b"ok\n")


def test_everything_well_is_ready(client: FlaskClient, session: Session, clock: ManualClock) -> None:
    beat(session, clock)
    code, verdict, checks = ready(client)
    assert (code, verdict) == (200, "ok")
    assert checks == dict.fromkeys(
        ("database", "queue", "migrations", "clock", "inbound", "outbox", "workers", "carriers"), True
    )


def test_a_clock_never_seen_or_silent_for_half_a_minute_is_not_ready(
    client: FlaskClient, session: Session, clock: ManualClock
) -> None:
    assert ready(client)[:2] == (503, "failing")
    beat(session, clock)
    clock.forward(seconds=30)
    assert ready(client)[0] == 200
    clock.forward(seconds=1)
    code, _, checks = ready(client)
    assert (code, checks["clock"]) == (503, False)


def test_messages_that_wait_too_long_degrade_and_a_stuck_outbox_fails(
    client: FlaskClient, session: Session, clock: ManualClock
) -> None:
    receive(session, clock)
    clock.forward(seconds=61)
    beat(session, clock)
    assert ready(client)[:2] == (200, "degraded")
    queue_one(session, clock)
    queue_one(session, clock, not_before=timedelta(hours=9))
    assert ready(client)[2]["outbox"]
    clock.forward(minutes=5, seconds=1)
    beat(session, clock)
    code, verdict, checks = ready(client)
    assert (code, verdict, checks["outbox"]) == (503, "failing", False)


def test_a_worker_that_never_came_up_degrades(client: FlaskClient, session: Session, clock: ManualClock) -> None:
    running.beat(session, "clock", clock.now())
    running.beat(session, "worker-inbound", clock.now())
    session.commit()
    code, verdict, checks = ready(client)
    assert (code, verdict, checks["workers"]) == (200, "degraded", False)


def test_a_paused_carrier_degrades_until_an_operator_resumes_it(
    client: FlaskClient, session: Session, clock: ManualClock, gateway: Callable[..., Result]
) -> None:
    beat(session, clock)
    carriers.failed(session, "twilio", Failure.MISCONFIGURED, now=clock.now())
    session.commit()
    code, verdict, checks = ready(client)
    assert (code, verdict, checks["carriers"]) == (200, "degraded", False)
    assert carriers.open_for_traffic(session, ["twilio"], clock.now()) == []
    done = gateway("resume-carrier", "twilio")
    assert (done.exit_code, done.output) == (0, "twilio: works again\n")
    session.rollback()
    assert ready(client)[:2] == (200, "ok")
    assert carriers.open_for_traffic(session, ["twilio"], clock.now()) == ["twilio"]


def test_a_queue_that_is_down_degrades_only(
    session: Session, clock: ManualClock, services: Services, test_settings: Settings
) -> None:
    beat(session, clock)
    deaf = wiring.build(test_settings.model_copy(update={"redis_url": "unix:///nowhere/at/all.sock"}), clock=clock)
    code, verdict, checks = ready(create_app(deaf).test_client())
    assert (code, verdict, checks["queue"]) == (200, "degraded", False)
    deaf.close()
    assert services.nudger.ping()


@pytest.fixture
def without_database(test_settings: Settings, clock: ManualClock) -> Flask:
    """The application while its database is away."""
    away = wiring.build(test_settings, clock=clock)
    engine = create_engine("postgresql+psycopg://127.0.0.1:1/none", connect_args={"connect_timeout": 2})
    broken = replace(away, engine=engine, sessions=sessionmaker(engine), arrivals=Arrivals(engine))
    return create_app(broken)


def test_a_database_that_is_down_fails_and_webhooks_ask_to_be_repeated(without_database: Flask) -> None:
    client = without_database.test_client()
    code, verdict, checks = ready(client)
    assert (code, verdict, checks) == (503, "failing", {"database": False, "queue": True})
    secret = without_database.extensions["lianhu"].settings.webhook_secrets[0]
    answer = client.post(f"/sms/simulator/{secret}/inbound", json={"from": "+8619900001234", "to": "1", "text": "x"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_metrics_show_figures_and_nobody_s_number(client: FlaskClient, session: Session, clock: ManualClock) -> None:
    receive(session, clock)
    queue_one(session, clock)
    beat(session, clock)
    running.carrier_state(session, "twilio").paused_since = clock.now()
    session.commit()
    clock.forward(seconds=10)
    page = client.get("/metrics").get_data(as_text=True)
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }
    assert found["lianhu_inbound_waiting",] == 1
    assert found["lianhu_inbound_oldest_seconds",] == 10
    assert found["lianhu_inbound_last_hour", "simulator", "new"] == 1
    assert found["lianhu_outbound_in_hand", "queued"] == 1
    assert found["lianhu_heartbeat_age_seconds", "clock"] == 10
    assert found["lianhu_carrier_resting", "twilio"] == 1
    assert "1990000" not in page


def test_every_answer_carries_headers_and_an_id(client: FlaskClient) -> None:
    answer = client.get("/healthz", headers={"X-Request-Id": "trace-12345678"})
    assert answer.headers["X-Request-Id"] == "trace-12345678"
    assert set(boundary.HEADERS) <= set(answer.headers.keys())
    odd = client.get("/healthz", headers={"X-Request-Id": "bad id; rm"}).headers["X-Request-Id"]
    assert len(odd) == 32


@pytest.mark.parametrize(
    ("method", "path", "code"), [("GET", "/nothing/here", 404), ("POST", "/healthz", 405), ("GET", "/%ff", 404)]
)
def test_refusals_are_short_plain_text(client: FlaskClient, method: str, path: str, code: int) -> None:
    answer = client.open(path, method=method)
    assert answer.status_code == code
    assert answer.content_type.startswith("text/plain")
    assert len(answer.data) < 60
    assert code != 405 or "GET" in answer.headers["Allow"]


def test_a_body_over_64_kb_is_refused_whatever_it_says_about_its_length(client: FlaskClient) -> None:
    secret = client.application.extensions["lianhu"].settings.webhook_secrets[0]
    answer = client.post(f"/sms/simulator/{secret}/inbound", data=b"x" * (boundary.BODY_LIMIT + 1))
    assert answer.status_code == 413


def test_a_fault_of_ours_shows_an_id_and_nothing_of_the_inside(services: Services) -> None:
    app = create_app(services)
    app.add_url_rule("/sms/broken", view_func=lambda: {}["secret inside"])
    answer = app.test_client().get("/sms/broken")
    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] in answer.get_data(as_text=True)
    assert b"secret inside" not in answer.data


def test_the_signed_address_is_the_public_one_with_the_query_as_it_came(app: Flask, clock: ManualClock) -> None:
    with app.test_request_context(
        "/sms/twilio/a~b-1.2_c/status?message=7&q=%E4%B8%AD+a%2Fb", method="POST", data="a=%E4%B8%AD"
    ):
        raw = boundary.raw_request("https://gateway.example", received_at=clock.now())
    assert raw.url == "https://gateway.example/sms/twilio/a~b-1.2_c/status?message=7&q=%E4%B8%AD+a%2Fb"
    assert (raw.query, raw.body, raw.method) == ("message=7&q=%E4%B8%AD+a%2Fb", b"a=%E4%B8%AD", "POST")
