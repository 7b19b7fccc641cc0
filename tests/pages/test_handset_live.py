"""News of the phones: told as they happen, to few streams, and to nobody for longer than they are read."""

import json
from collections.abc import Iterator
from dataclasses import replace

from flask import Flask
from flask.testing import FlaskClient

from gateway.app import create_app
from gateway.handset.live import OF_A_BROWSER, SPARE_THREADS
from gateway.wiring import Services
from tests.pages.visiting import LEADER, LIAISON, Visitor


def browser(app: Flask) -> FlaskClient:
    """A browser that has seen the page."""
    client = app.test_client()
    assert client.get("/phone").status_code == 200
    return client


def test_the_stream_tells_news_and_nothing_else(visitor: Visitor) -> None:
    stream = visitor.client.get("/phone/events", query_string={"number": LIAISON})
    assert (stream.status_code, stream.mimetype) == (200, "text/event-stream")
    told: Iterator[bytes] = iter(stream.response)
    assert json.loads(next(told).removeprefix(b"data: "))["phones"][LIAISON]["messages"] == []
    assert next(told) == b":\n\n"
    visitor.write(LIAISON, "3 房屋倒塌")
    newest, _ = json.loads(next(told).removeprefix(b"data: "))["phones"][LIAISON]["messages"]
    assert newest["direction"] == "out"
    stream.close()


def test_streams_leave_threads_for_others_and_give_their_place_back(app: Flask, demo: Services) -> None:
    most = demo.settings.web_threads - SPARE_THREADS
    open_ = [browser(app).get("/phone/events") for _ in range(most)]
    assert {answer.status_code for answer in open_} == {200}
    late = browser(app)
    assert late.get("/phone/events").status_code == 204  # a browser does not come back after it
    assert late.head("/phone/events").status_code == 204
    open_[0].close()
    again = late.get("/phone/events")
    assert again.status_code == 200
    open_[0].close()  # a second time: no place is given back twice
    assert browser(app).get("/phone/events").status_code == 204
    for answer in (*open_, again):
        answer.close()


def test_one_browser_keeps_connections_to_send_with(demo: Services) -> None:
    settings = demo.settings.model_copy(update={"web_threads": 8})
    one = browser(create_app(replace(demo, settings=settings)))
    open_ = [one.get("/phone/events") for _ in range(OF_A_BROWSER)]
    assert {answer.status_code for answer in open_} == {200}
    assert one.get("/phone/events").status_code == 204
    for answer in open_:
        answer.close()


def test_the_page_brings_what_is_there_already_so_that_the_rest_is_news(visitor: Visitor) -> None:
    visitor.write(LIAISON, "3 房屋倒塌")
    state = visitor.facts(unit="632623204203")["state"]
    assert set(state["phones"]) == {LIAISON, LEADER}
    assert [each["direction"] for each in state["phones"][LIAISON]["messages"]] == ["out", "in"]
    assert state["clock"]["pace"] == 1
