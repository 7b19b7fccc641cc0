"""A text to any carrier's webhook is answered, and so are 2,033 texts that people really sent in disasters."""

import csv
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from twilio.request_validator import RequestValidator

from gateway.embedded.processes import wait_for
from tests.survival.audit import Auditor
from tests.survival.carrier import Carrier, spread
from tests.survival.deployment import Deployment

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("deployment"), pytest.mark.timeout(1800)]

SHARED = Path(os.environ.get("LIANHU_SHARED") or Path(__file__).resolve().parents[3] / "shared")
TEXTS = SHARED / "data" / "disaster_sms" / "validation_direct.csv"
ANSWER_SECONDS = 60.0
QUIET_SECONDS = 1500.0
CONNECTIONS = 4
WORDS = "2 水管冻裂了，没有水"


def by_simulator(url: str, sender: str, _deployment: Deployment) -> requests.Response:
    return requests.post(url, json={"id": "s-1", "from": sender, "to": "106900", "text": WORDS}, timeout=30)


def by_africastalking(url: str, sender: str, _deployment: Deployment) -> requests.Response:
    form = {"id": "a-1", "from": sender, "to": "28901", "text": WORDS, "date": "2026-11-23 06:04:45", "linkId": ""}
    return requests.post(url, data=form, timeout=30)


def by_twilio(url: str, sender: str, deployment: Deployment) -> requests.Response:
    form = {"MessageSid": "SM1", "AccountSid": "AC1", "From": sender, "To": "+15005550006", "Body": WORDS}
    signature = RequestValidator(deployment.settings.twilio_auth_token).compute_signature(url, form)
    return requests.post(url, data=form, headers={"X-Twilio-Signature": signature}, timeout=30)


def by_kannel(url: str, sender: str, _deployment: Deployment) -> requests.Response:
    query = {"id": "k-1", "from": sender, "to": "106900", "text": WORDS, "charset": "UTF-8", "coding": "2"}
    return requests.get(url, params=query, timeout=30)


Post = Callable[[str, str, Deployment], requests.Response]
CARRIERS: Mapping[str, Post] = {
    "simulator": by_simulator,
    "africastalking": by_africastalking,
    "twilio": by_twilio,
    "kannel": by_kannel,
}


def answer_to(deployment: Deployment, sender: str) -> tuple[str, str] | None:
    """State and text of the answer to a phone that has sent one message."""
    with deployment.database() as connection:
        return connection.execute(
            "SELECT o.state, o.body FROM outbound o JOIN inbound i ON i.id = o.reply_to_id WHERE o.recipient = %s",
            [sender],
        ).fetchone()


@pytest.mark.parametrize("provider", CARRIERS)
def test_a_text_by_any_carrier_is_answered(
    deployment: Deployment, provider: str, report: Callable[[str], None]
) -> None:
    sender = Auditor(deployment).liaisons()[-1 - list(CARRIERS).index(provider)]
    begun = time.monotonic()
    assert CARRIERS[provider](deployment.webhook(provider), sender, deployment).status_code == 200
    assert wait_for(lambda: answer_to(deployment, sender) is not None, ANSWER_SECONDS)
    took = time.monotonic() - begun
    assert wait_for(lambda: (answer_to(deployment, sender) or ("", ""))[0] == "delivered", ANSWER_SECONDS)
    gone = time.monotonic() - begun
    report(f"answered through {provider} after {took:.2f} s (wanted: 2 s), delivered after {gone:.2f} s")


def test_texts_are_spread_so_that_no_phone_meets_the_brake_or_says_the_same_twice() -> None:
    texts = spread(["a", "a", "b"], ["1", "2"], prefix="x", most_each=2)
    assert [(text.id, text.sender, text.text) for text in texts] == [
        ("x-0", "1", "a"),
        ("x-1", "2", "a"),
        ("x-2", "1", "b"),
    ]
    with pytest.raises(ValueError, match="too many"):
        spread(["a", "b", "c"], ["1"], prefix="x", most_each=2)


@pytest.mark.skipif(not TEXTS.exists(), reason=f"the texts are not here: {TEXTS}")
def test_every_real_text_is_stored_answered_once_and_becomes_a_case(
    deployment: Deployment, report: Callable[[str], None]
) -> None:
    auditor = Auditor(deployment)
    with TEXTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    words = [row[name] for name in ("message", "original") for row in rows if row[name].strip()]
    before = auditor.figures()
    texts = spread(words, auditor.liaisons()[: -len(CARRIERS)], prefix="disaster")
    carrier = Carrier(deployment.webhook("simulator"), texts, seed=1, give_up_after=QUIET_SECONDS)
    begun = time.monotonic()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for posting in carrier.post_all(pool, CONNECTIONS):
            posting.result()
    auditor.wait_until_quiet(len(texts) + int(str(before["stored"])), QUIET_SECONDS)
    took = time.monotonic() - begun
    figures = auditor.figures()
    report(f"{len(rows)} rows, {len(words)} texts from {len({text.sender for text in texts})} liaisons in {took:.0f} s")
    report(f"{figures}, of them before: {before['stored']} texts, {before['cases']} cases")
    assert set(carrier.ledger) == {text.id for text in texts}
    assert auditor.faults(carrier.ledger) == {}
