"""A USSD call as each carrier tells it: a turn, the end, and what its answer says."""

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import urlencode

from gateway.handset.carriers import NETWORK
from gateway.handset.wire import JSON, Answer, Wire, posted
from gateway.settings import Settings

CARRIERS = ("simulator", "africastalking")
"""Carriers that bring USSD; a phone whose texts go through another one calls through the first."""


class Ending(StrEnum):
    """How a call ended, in the word that the carriers use."""

    SUCCESS = "Success"
    INCOMPLETE = "Incomplete"  # the caller hung up
    FAILED = "Failed"  # the line broke


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A call as far as it went; `text` is everything typed since dialling, joined by `*`."""

    carrier: str
    session: str
    caller: str  # E.164
    code: str  # as dialled without its direct string: *384*7#
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Screen:
    """What the phone shows, and whether it waits for an answer."""

    text: str
    goes_on: bool


def new_session(carrier: str) -> str:
    """A carrier's id of a new call."""
    made = uuid.uuid4().hex
    return f"ATUid_{made}" if carrier == "africastalking" else made


def turn(call: Call, settings: Settings) -> Wire:
    """The request that carries the caller's last answer."""
    path = f"/ussd/{call.carrier}/{settings.webhook_secrets[0]}"
    if call.carrier == "simulator":
        fields = {"session": call.session, "from": call.caller, "code": call.code, "text": call.text}
        return posted(path, json.dumps(fields, ensure_ascii=False), kind=JSON)
    return posted(
        path,
        urlencode(
            {
                "sessionId": call.session,
                "phoneNumber": call.caller,
                "networkCode": NETWORK,
                "serviceCode": call.code,
                "text": call.text,
            }
        ),
    )


def end(call: Call, ending: Ending, *, began: datetime, now: datetime, settings: Settings) -> Wire:
    """The event with which the carrier says that the call is over."""
    path = f"/ussd/{call.carrier}/{settings.webhook_secrets[0]}/end"
    if call.carrier == "simulator":
        told = {"session": call.session, "from": call.caller, "code": call.code, "status": ending.value}
        return posted(path, json.dumps(told, ensure_ascii=False), kind=JSON)
    fields = {
        "date": f"{now.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        "sessionId": call.session,
        "serviceCode": call.code,
        "networkCode": NETWORK,
        "phoneNumber": call.caller,
        "status": ending.value,
        "cost": "None",
        "durationInMillis": str(max(0, int((now - began).total_seconds() * 1000))),
        "hopsCount": str(call.text.count("*") + 1),
        "input": call.text,
        "lastAppResponse": "",
        "errorMessage": "",
    }
    return posted(path, urlencode(fields))


def screen_of(carrier: str, answer: Answer) -> Screen | None:
    """What an answer makes the phone show; None when a carrier could make nothing of it."""
    if answer.status != 200:  # noqa: PLR2004 - HTTP's own
        return None
    if carrier == "simulator":
        said = json.loads(answer.text)
        return Screen(text=said["text"], goes_on=said["more"])
    word, _, text = answer.text.partition(" ")
    return Screen(text=text, goes_on=word == "CON") if word in {"CON", "END"} else None
