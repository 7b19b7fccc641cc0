"""Adapters that reach a fake carrier, what a carrier answers when it takes a message, and how a send failed."""

from collections.abc import Callable

import pytest

from gateway.domain.messages import SendError
from gateway.sms.providers.base import SmsProvider
from tests.providers.fakes import Answer, answer_json
from tests.providers.making import carrier, outbound


def reaching(name: str, url: str, timeout: float = 5.0) -> SmsProvider:
    where = {"send_url": f"{url}/cgi-bin/sendsms"} if name == "kannel" else {"base_url": url}
    return carrier(name, timeout=timeout, **where)


def recipients(**recipient: object) -> Answer:
    named = {"statusCode": 101, "number": "+254711000111", "status": "Success", "cost": "KES 0.8000", **recipient}
    answer = {"SMSMessageData": {"Message": "Sent to 1/1", "Recipients": [{"messageId": "ATXid_1", **named}]}}
    return answer_json(answer, 201)


def created(**fields: object) -> dict[str, object]:
    message = {"sid": "SM1", "status": "queued", "to": "+254711000111", "body": "已收到 148214", "error_code": None}
    return {**message, "date_created": "Mon, 23 Nov 2026 06:05:00 +0000", "price": None, "price_unit": "USD", **fields}


GOOD: dict[str, Callable[[], Answer]] = {
    "twilio": lambda: answer_json(created(), 201),
    "africastalking": recipients,
    "kannel": lambda: Answer(status=202, body="0: Accepted for delivery"),
}
NETWORKED = sorted(GOOD)


def failure_of(adapter: SmsProvider) -> SendError:
    with pytest.raises(SendError) as caught:
        adapter.send(outbound())
    return caught.value
