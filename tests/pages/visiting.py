"""Somebody with a browser who uses the demo's pages and phones, in the small county of the stories."""

import html
import json
import re
from dataclasses import replace
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from gateway.jobs import Lane
from gateway.wiring import Services
from tests.scenarios import county
from tests.scenarios.county import number_of
from workers import jobs

LIAISON, LEADER = number_of("liaison"), number_of("grid_leader")
HOSTILE = "<script>alert(1)</script> {{ 7*7 }} {0} %s ${x} <img src=x onerror=alert(2)> \"'&"


def demo_of(services: Services, session: Session) -> Services:
    """The same services as those of a demo with the county of the stories."""
    county.build(session, {})
    session.commit()
    settings = services.settings.model_copy(update={"lianhu_demo": True, "public_url": "http://localhost"})
    return replace(services, settings=settings)


class Visitor:
    """Somebody with a browser."""

    def __init__(self, client: FlaskClient, services: Services) -> None:
        self.client = client
        self.services = services

    def see(self, path: str, **query: str) -> str:
        """A page's text; the page is there and is HTML."""
        answer = self.client.get(path, query_string=query)
        assert (answer.status_code, answer.mimetype) == (200, "text/html")
        return answer.get_data(as_text=True)

    def facts(self, **query: str) -> dict[str, Any]:
        """What the page tells its script."""
        found = re.search(r"data-facts='([^']+)'", self.see("/phone", **query))
        assert found
        facts: dict[str, Any] = json.loads(html.unescape(found[1]))
        return facts

    def post(self, path: str, **fields: object) -> TestResponse:
        """What the page's script sends, with the page's token unless another is given."""
        body = {"token": self.facts()["token"], **fields} if "token" not in fields else fields
        return self.client.post(f"/phone/{path}", json=body)

    def write(self, number: str, text: str, **fields: object) -> dict[str, Any]:
        """Send a text from a phone and let the workers do all that follows; gives what the page is told."""
        answer = self.post("sms", **{"from": number, "carrier": "simulator", "text": text, **fields})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        self.work()
        said: dict[str, Any] = answer.get_json()
        return said

    def work(self) -> None:
        """Let the workers do what there is to do."""
        jobs.run(self.services, Lane.INBOUND)
        jobs.run(self.services, Lane.OUTBOUND)

    def messages(self, number: str) -> list[dict[str, Any]]:
        """What the page shows on a phone, newest first."""
        answer = self.client.get("/phone/messages", query_string={"number": number})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        rows: list[dict[str, Any]] = answer.get_json()["phones"][number]["messages"]
        return rows
