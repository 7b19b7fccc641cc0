"""Every recorded webhook of tests/providers/cases/*.toml reads as its row says."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.messages import BadPayload, NotAuthentic
from gateway.raw import FORM, RawRequest
from gateway.sms.providers.registry import ADAPTERS
from tests.providers.making import NOW, carrier, request

CASES = Path(__file__).parent / "cases"


def rows(kind: str) -> list[Any]:
    return [
        pytest.param(path.stem, row, id=f"{path.stem}: {row['name']}")
        for path in sorted(CASES.glob("*.toml"))
        for row in tomllib.loads(path.read_text("utf-8")).get(kind, [])
    ]


def as_request(row: Mapping[str, Any]) -> RawRequest:
    body = bytes.fromhex(row["hex"]) if "hex" in row else row.get("body", urlencode(row.get("form", {}))).encode()
    return request(
        method=row.get("method", "POST"),
        query=row.get("query", ""),
        body=body,
        content_type=row.get("content_type", FORM),
    )


def check(found: object, expected: Mapping[str, Any]) -> None:
    for name, value in expected.items():
        assert getattr(found, name) == value, name


@pytest.mark.parametrize(("name", "row"), rows("inbound"))
def test_an_inbound_text_reads_as_its_row_says(name: str, row: dict[str, Any]) -> None:
    adapter = carrier(name)
    if "error" in row:
        with pytest.raises(BadPayload) as caught:
            adapter.parse_inbound(as_request(row))
        assert str(caught.value) == row["error"]
        return
    found = adapter.parse_inbound(as_request(row))
    assert len(found) == len(row["expect"])
    defaults = {"provider": name, "channel": "sms", "received_at": NOW}
    for message, expected in zip(found, row["expect"], strict=True):
        check(message, {**defaults, **expected})
        assert message.opt_out is expected.get("opt_out")
        if "sent_at" not in expected:
            assert message.sent_at is None


@pytest.mark.parametrize(("name", "row"), rows("status"))
def test_a_delivery_report_reads_as_its_row_says(name: str, row: dict[str, Any]) -> None:
    adapter = carrier(name)
    if "error" in row:
        with pytest.raises(BadPayload) as caught:
            adapter.parse_receipts(as_request(row))
        assert str(caught.value) == row["error"]
        return
    found = adapter.parse_receipts(as_request(row))
    assert len(found) == len(row["expect"])
    for receipt, expected in zip(found, row["expect"], strict=True):
        check(receipt, {"provider": name, "failure": None, **expected})
        assert receipt.message_id == expected.get("message_id")


def test_every_carrier_has_a_table_of_webhooks() -> None:
    assert {path.stem for path in CASES.glob("*.toml")} == set(ADAPTERS)


@pytest.mark.parametrize("name", ADAPTERS)
def test_every_table_holds_good_bad_and_unknown_webhooks(name: str) -> None:
    table = tomllib.loads((CASES / f"{name}.toml").read_text("utf-8"))
    assert any("error" in row for row in table["inbound"])
    assert any("error" in row for row in table["status"])
    assert any(one.get("status") == "unknown" for row in table["status"] for one in row.get("expect", []))


@pytest.mark.parametrize("body", [b"[" * 60_000, b'{"a":' * 10_000, b"9" * 10_000, b"\xef\xbb\xbf{}", b"null"])
def test_hostile_json_is_bad_payload_and_nothing_else(body: bytes) -> None:
    with pytest.raises(BadPayload):
        carrier("simulator").parse_inbound(request(body=body, content_type="application/json"))


@pytest.mark.parametrize("name", ADAPTERS)
def test_a_form_of_thousands_of_fields_is_bad_payload(name: str) -> None:
    with pytest.raises(BadPayload, match="too many fields"):
        carrier(name).parse_inbound(request(body=b"a=1&" * 2000))


NAMES = [
    "MessageSid",
    "From",
    "To",
    "Body",
    "MessageStatus",
    "from",
    "to",
    "text",
    "id",
    "status",
    "message",
    "charset",
]
VALUES = st.binary(max_size=12) | st.sampled_from([b"UTF-16BE", b"utf-7", b"1", b"%d8%00", b"9" * 30, "雪".encode()])
BODIES = st.binary() | st.dictionaries(st.sampled_from(NAMES), VALUES).map(
    lambda fields: b"&".join(name.encode() + b"=" + value for name, value in fields.items())
)


@pytest.mark.parametrize("name", ADAPTERS)
@settings(max_examples=100, deadline=None)
@given(body=BODIES, content_type=st.sampled_from([FORM, "application/json", "text/plain", ""]))
def test_whatever_comes_in_is_read_or_refused_and_never_fails(name: str, body: bytes, content_type: str) -> None:
    adapter, webhook = carrier(name), request(body=body, content_type=content_type, x_twilio_signature="x")
    for read in (adapter.verify, adapter.parse_inbound, adapter.parse_receipts):
        try:
            found = read(webhook)
        except (BadPayload, NotAuthentic):
            continue
        for one in found or ():
            repr(one).encode()  # PostgreSQL's text: UTF-8 without NUL
            assert "\0" not in getattr(one, "text", "")
