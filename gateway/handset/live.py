"""What happens on the phones: their messages and the clock, asked for once or told as it happens."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask import session as cookie

from gateway import listings
from gateway.console import frame, looks
from gateway.domain.messages import Channel
from gateway.handset import door, pace
from gateway.settings import Settings
from gateway.store import running
from gateway.views import View
from gateway.wiring import Services

MOST_PHONES = 4
LOOKS = 24
EVERY_SECONDS = 1.0
"""A stream looks so often and then ends; the browser comes back by itself. So no thread is held for longer."""
SPARE_THREADS = 2
"""Threads of a web process that no stream may take: somebody is waiting for a USSD screen."""
OF_A_BROWSER = 2
"""Streams of one browser in a web process: it opens six connections to an address, and needs some to send."""
_SHOWN = ("id", "direction", "from", "to", "text", "status", "segments", "at", "case")


def add_routes(phone: Blueprint, services: Services) -> None:
    """Put `/messages` and `/events` on the page's blueprint; both take the phones as `number`, one or several."""
    places = _Places(services.settings.web_threads - SPARE_THREADS)

    @phone.get("/messages")
    def messages() -> Response:
        return jsonify(state(services, _numbers(services.settings)))

    @phone.get("/events")
    def events() -> Response:
        numbers = _numbers(services.settings)
        leave = places.take(cookie.get("handset", "")) if request.method == "GET" else None
        if leave is None:
            return Response(status=HTTPStatus.NO_CONTENT)  # so a browser stops coming back: it asks for /messages
        stream = Response(_told(services, numbers, leave), content_type="text/event-stream; charset=utf-8")
        stream.headers["X-Accel-Buffering"] = "no"
        stream.call_on_close(leave)
        return stream


def state(services: Services, numbers: Sequence[str]) -> dict[str, Any]:
    """The clock, and each phone's newest texts (newest first) with what stands between it and the network."""
    own = listings.own_numbers(services.settings)
    with services.sessions() as session:
        phones = {
            number: {
                "fault": running.fault_for(session, number) or "",
                "messages": [
                    _message(row) for row in looks.texts_of(session, number, own) if row["channel"] == Channel.SMS
                ],
            }
            for number in numbers
        }
        return {"clock": pace.shown(services, session), "phones": phones}


def _told(services: Services, numbers: Sequence[str], leave: Callable[[], None]) -> Iterator[str]:
    """The state whenever it is another than before, as server-sent events."""
    pause, before = threading.Event(), ""
    try:
        for _ in range(LOOKS):
            now = state(services, numbers)
            sign = json.dumps([now["phones"], now["clock"]["sign"]])
            yield f"data: {json.dumps(now, ensure_ascii=False)}\n\n" if sign != before else ":\n\n"
            before = sign
            pause.wait(EVERY_SECONDS)
    finally:
        leave()


def _message(row: View) -> dict[str, Any]:
    return {name: row[name] for name in _SHOWN} | {
        "lang": row.get("language") or frame.tag_of(row["text"]),
        "purpose": row["purpose"] or "",
    }


def _numbers(settings: Settings) -> list[str]:
    asked = request.args.getlist("number")[:MOST_PHONES]
    return list(dict.fromkeys(door.number_of(settings, each) for each in asked if each))


class _Places:
    """The streams of this process: so many in all, few for one browser."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: Counter[str] = Counter()
        self._lock = threading.RLock()  # a stream may be collected, and leave, anywhere

    def take(self, browser: str) -> Callable[[], None] | None:
        """A place, given back by calling the answer (a stream ends by itself, its browser leaves, or both); or None."""
        with self._lock:
            if self._taken.total() >= self._most or self._taken[browser] >= OF_A_BROWSER:
                return None
            self._taken[browser] += 1
        held = [browser]

        def leave() -> None:
            with self._lock:
                if held:
                    self._taken -= Counter([held.pop()])  # keeps no browser that has left

        return leave
