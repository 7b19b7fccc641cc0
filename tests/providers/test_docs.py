"""docs/add-a-carrier.md says what is so."""

import re
from pathlib import Path

import pytest

from gateway.domain import messages
from gateway.domain.messages import Failure
from gateway.sms.providers import base, http, kannel, registry
from tests.providers import making, test_sending

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "add-a-carrier.md").read_text("utf-8")
WORDS = re.findall(r"`([^`\n]+)`", PAGE)
ELSEWHERE = {"SMS_PROVIDERS", "PUBLIC_URL", "None"}  # settings, and Python itself


@pytest.mark.parametrize("path", sorted({word for word in WORDS if re.fullmatch(r"[\w/]+\.(py|toml)", word)}))
def test_every_file_named_exists(path: str) -> None:
    assert (ROOT / path).is_file()


def test_the_contract_is_listed_whole() -> None:
    table = PAGE.partition("## The contract")[2].partition("## ")[0]
    listed = set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))
    kept = {*base.SmsProvider.__annotations__, *(name for name in vars(base.SmsProvider) if name[0] != "_")}
    assert listed == kept


def test_every_failure_is_listed() -> None:
    assert {Failure[name] for name in re.findall(r"^\| `Failure\.(\w+)`", PAGE, re.MULTILINE)} == set(Failure)


@pytest.mark.parametrize("name", sorted({word for word in WORDS if re.fullmatch(r"[a-z]+(_[a-z]+)+|[A-Z]\w+", word)}))
def test_every_name_in_the_text_is_one_of_the_code(name: str) -> None:
    places = (base, base.SmsProvider, http, kannel, registry, messages, making, test_sending, Failure)
    members = {*base.SmsProvider.__annotations__, *messages.InboundMessage.__annotations__, "retry_after"}
    assert name in members | ELSEWHERE or any(hasattr(place, name) for place in places)


def test_the_get_url_is_the_one_that_the_adapter_reads() -> None:
    assert f"/inbound?{kannel.INBOUND_QUERY}" in PAGE


@pytest.mark.parametrize("name", ["form", "present", "address", "refusal"])
def test_each_helper_named_is_there(name: str) -> None:
    assert f"`{name}`" in PAGE
    assert callable(getattr(http, name))
