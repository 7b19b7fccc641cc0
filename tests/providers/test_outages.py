"""Carriers that are away, slow, broken or out of patience: every way in which a call can end has its decision."""

import pytest

from gateway.domain.messages import Accepted, Failure
from gateway.sms.providers import http
from tests.providers.fakes import Answer, FakeCarrier, answer_json, nobody
from tests.providers.making import outbound
from tests.providers.reaching import GOOD, NETWORKED, failure_of, reaching

SHORT = 0.3  # seconds that an adapter waits for a carrier that hangs


@pytest.mark.parametrize("name", NETWORKED)
def test_where_nobody_listens_the_message_surely_did_not_leave(name: str) -> None:
    assert failure_of(reaching(name, nobody())).failure is Failure.UNREACHABLE


@pytest.mark.parametrize("name", NETWORKED)
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(hang_up=True), id="hangs up after reading"),
        pytest.param(Answer(hang=True), id="does not answer in time"),
        pytest.param(Answer(status=201, body="{", cut=True), id="breaks off in its answer"),
        pytest.param(Answer(status=500, body="<html>oops</html>"), id="fails"),
        pytest.param(Answer(status=502, body=""), id="its front end fails"),
        pytest.param(Answer(status=200, body="<html>Welcome to the hotel's WLAN</html>"), id="answers rubbish"),
        pytest.param(Answer(status=200, body="[]"), id="answers an empty list"),
        pytest.param(Answer(status=200, body="7"), id="answers a number"),
    ],
)
def test_where_the_request_left_and_no_plain_answer_came_the_outcome_is_unknown(name: str, answer: Answer) -> None:
    with FakeCarrier(answer) as fake:
        error = failure_of(reaching(name, fake.url, timeout=SHORT if answer.hang else 5.0))
    assert error.failure is Failure.OUTCOME_UNKNOWN
    assert len(fake.seen) == 1  # and nothing was tried twice behind the flow's back


@pytest.mark.parametrize("name", NETWORKED)
@pytest.mark.parametrize(("header", "seconds"), [("17", 17.0), ("Wed, 25 Nov 2026 07:28:00 GMT", None), ("", None)])
def test_a_carrier_that_asks_for_patience_says_for_how_long(name: str, header: str, seconds: float | None) -> None:
    with FakeCarrier(answer_json({"code": 20429, "message": "Too Many"}, 429, Retry_After=header)) as fake:
        error = failure_of(reaching(name, fake.url))
    assert (error.failure, error.retry_after) == (Failure.THROTTLED, seconds)


@pytest.mark.parametrize("name", NETWORKED)
@pytest.mark.parametrize("status", [401, 403, 404, 302])
def test_a_refused_account_or_a_wrong_address_pauses_the_channel(name: str, status: int) -> None:
    with FakeCarrier(Answer(status=status, body="no")) as fake:
        assert failure_of(reaching(name, fake.url)).failure is Failure.MISCONFIGURED


@pytest.mark.parametrize("name", NETWORKED)
def test_an_address_that_is_none_pauses_the_channel(name: str) -> None:
    assert failure_of(reaching(name, "gopher://x")).failure is Failure.MISCONFIGURED


@pytest.mark.parametrize("name", NETWORKED)
def test_no_failure_tells_a_secret(name: str) -> None:
    with FakeCarrier(Answer(hang_up=True)) as fake:
        told = str(failure_of(reaching(name, fake.url))) + str(failure_of(reaching(name, nobody())))
    for secret in ("pass word", "pass+word", "token-of-the-account", "s%2Fecret", "254711000111", "已收到"):
        assert secret not in told


@pytest.mark.parametrize("name", NETWORKED)
def test_an_adapter_sends_again_after_a_failure(name: str) -> None:
    with FakeCarrier(Answer(hang_up=True), GOOD[name]()) as fake:
        adapter = reaching(name, fake.url)
        failure_of(adapter)
        assert isinstance(adapter.send(outbound()), Accepted)


@pytest.mark.parametrize("name", NETWORKED)
def test_a_connection_is_used_again_unless_it_has_rested_too_long(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeCarrier(GOOD[name](), keep_alive=True) as fake:
        adapter = reaching(name, fake.url)
        for _ in range(3):
            adapter.send(outbound())
        assert fake.connections == 1
        monkeypatch.setattr(http, "LONGEST_REST", -1.0)
        adapter.send(outbound())
        assert fake.connections == 2
    assert len(fake.seen) == 4
