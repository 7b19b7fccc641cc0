"""docs/kannel.md says what is so; that a real Kannel takes it is shown by `make test-peers`."""

import re

import pytest

from gateway.settings import Settings
from gateway.sms.providers import kannel
from tests.peers import page

GROUPS = re.findall(r"^group = (\S+)$", page.configuration(), re.MULTILINE)


def test_the_get_url_asks_for_what_the_adapter_reads() -> None:
    address = f'get-url = "https://gateway.example/sms/kannel/SECRET/inbound?{kannel.INBOUND_QUERY}"\n'
    assert address in page.configuration()


def test_the_configuration_has_each_group_once() -> None:
    assert GROUPS == ["core", "smsbox", "sendsms-user", "sms-service"]


def test_every_port_of_the_configuration_is_bound_to_loopback() -> None:
    ports = set(re.findall(r"^(\w+)-port = ", page.configuration(), re.MULTILINE)) - {"bearerbox"}
    bound = set(re.findall(r"^(\w+)-interface = 127\.0\.0\.1$", page.configuration(), re.MULTILINE))
    assert ports == bound


def test_the_account_on_both_sides_is_the_same() -> None:
    ours = dict(re.findall(r"^(KANNEL_\w+|PUBLIC_URL|SMS_PROVIDERS)=(\S+)", page.PAGE, re.MULTILINE))
    assert f"username = {ours['KANNEL_USERNAME']}\n" in page.configuration()
    assert f"password = {ours['KANNEL_PASSWORD']}\n" in page.configuration()
    assert "sendsms-port = 13013\n" in page.configuration()
    assert ":13013/" in ours["KANNEL_SEND_URL"]


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\b(KANNEL_\w+|PUBLIC_URL|WEBHOOK_SECRET)\b", page.PAGE))))
def test_every_setting_named_is_one_of_ours(name: str) -> None:
    assert name.lower() in Settings.model_fields


def test_no_text_of_a_phone_goes_into_a_log() -> None:
    levels = re.findall(r"^log-level = (\d)$", page.configuration(), re.MULTILINE)
    assert levels == ["2", "4"]
    assert "access-log =" not in page.configuration()
