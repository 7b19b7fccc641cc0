"""Where trials take place: the prepared databases of one test run, and what happens between a death and the audit."""

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from sqlalchemy import make_url

from gateway import wiring
from gateway.app import create_app
from gateway.clock import ManualClock
from gateway.settings import Settings
from gateway.store import migrate
from tests.conftest import START
from tests.faults.fake_carrier import Call, FakeCarrier, Reports
from tests.faults.trials import Copy, End, Nursery, Prepared, clone, difference, folder, order, outcome, remove
from tests.faults.waiting_work import BEGINS, CALL, KINDS, Request, tell
from tests.flow.talk import Talk
from tests.survival.audit import Auditor

DELIVERED = "1"
LATE = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What became of one: how the process ended, what is not as it must be, and what the carrier heard."""

    end: End
    outcome: Mapping[str, Counter[str]]
    faults: Mapping[str, list[object]]
    texts: int
    calls: int

    def wrong(self, undisturbed: "Trial") -> dict[str, object]:
        """Everything that differs from the run in which nobody died, or must never be."""
        found: dict[str, object] = {**difference(undisturbed.outcome, self.outcome), **self.faults}
        if self.calls != undisturbed.calls:
            found["calls of the carrier"] = (self.calls, undisturbed.calls)
        return found


class Stage:
    """The prepared databases on a server, the nursery of doomed processes and the carrier."""

    def __init__(self, settings: Settings, carrier: FakeCarrier, folder_: Path) -> None:
        self._settings = settings
        self._carrier = carrier
        self._folder = folder_
        self._nursery = Nursery(folder_ / "doomed.log")
        self._story = f"{make_url(settings.database_url).database}_story"
        self._prepared: dict[str, Prepared] = {}

    def open(self) -> None:
        """Write the story that every kind of work begins with."""
        clone(self._settings, self._story, "template1")
        settings = self._at(self._settings, self._story)
        migrate.upgrade(settings.database_url)
        with _talk(settings, ManualClock(BEGINS)) as talk:
            tell(talk)

    def close(self) -> None:
        """Leave nothing behind."""
        self._nursery.close()
        for prepared in self._prepared.values():
            prepared.close()
        remove(self._settings, self._story)

    def trial(self, kind: str, at: int) -> Trial:
        """One process that dies at a point, or with 0 at none, and a healthy gateway afterwards."""
        heard = len(self._carrier.calls())
        with self._prepare(kind).copy() as copy:
            requests = KINDS[kind].requests(copy)
            ledger = self._folder / f"{kind}-{at}.ledger"
            ledger.touch()
            KINDS[kind].wake(copy)
            end = self._nursery.run(order(copy, kind, at, requests, str(ledger)), lambda: KINDS[kind].is_done(copy))
            client = create_app(copy.services).test_client()
            faults = _taken_and_lost(copy, ledger.read_text().split())
            _post(client, requests)
            for call in self._carrier.hear()[heard:]:
                _report(client, call)
            copy.settle()
            calls = self._carrier.hear()[heard:]
            faults |= Auditor(copy).faults({}, calls if kind == "outbound" else None, only_reports=False)
            return Trial(
                end=end,
                outcome=outcome(copy),
                faults=faults,
                texts=copy.count("SELECT count(*) FROM inbound WHERE received_at >= now() - interval '20 years'"),
                calls=len(calls),
            )

    def _prepare(self, kind: str) -> Prepared:
        if kind not in self._prepared:
            name = f"{self._story}_{kind}"
            settings = self._at(self._settings, name)
            if kind != "clock":
                settings = settings.model_copy(update={"digest_hour": LATE})  # the clock's business, and its alone
            if kind == "outbound":
                told = {key.lower(): value for key, value in self._carrier.environment().items()}
                settings = settings.model_copy(update={**told, "kannel_rate": 1000.0, "quiet_from": 0, "quiet_to": 0})
            clone(self._settings, name, self._story)
            with _talk(settings, ManualClock(START)) as talk:
                KINDS[kind].prepare(talk)
            self._prepared[kind] = Prepared(settings, name, START)
        return self._prepared[kind]

    @staticmethod
    def _at(settings: Settings, name: str) -> Settings:
        url = make_url(settings.database_url).set(database=name).render_as_string(hide_password=False)
        return settings.model_copy(update={"database_url": url})


@contextmanager
def staged(settings: Settings) -> Iterator[Stage]:
    """A stage, and nothing of it left afterwards."""
    place = folder()
    with FakeCarrier(place) as carrier:
        carrier.report(Reports.NONE)
        stage = Stage(settings, carrier, place)
        try:
            stage.open()
            yield stage
        finally:
            stage.close()
            shutil.rmtree(place)


@contextmanager
def _talk(settings: Settings, clock: ManualClock) -> Iterator[Talk]:
    services = wiring.build(settings, clock=clock)
    try:
        with services.sessions() as session:
            yield Talk(services=services, session=session, clock=clock)
            session.commit()
    finally:
        services.close()


def _taken_and_lost(copy: Copy, taken: Sequence[str]) -> dict[str, list[object]]:
    """What got its 200 from the doomed process must be there before anybody helps."""
    with copy.database() as connection:
        rows = connection.execute(
            "SELECT CASE channel WHEN 'ussd' THEN %s ELSE provider_id END FROM inbound", [CALL]
        ).fetchall()
    lost = sorted(set(taken) - {row[0] for row in rows})
    return {"taken and lost": list(lost)} if lost else {}


def _post(client: FlaskClient, requests: Sequence[Request]) -> None:
    """Everything again, as carriers do who got no answer; also what was answered, as they do who lost it."""
    for request in requests:
        answer = client.open(**{name: value for name, value in request.items() if name != "note"})  # type: ignore[arg-type]
        assert answer.status_code == 200, answer.text


def _report(client: FlaskClient, call: Call) -> None:
    """The carrier's delivery report, which comes when the web is back."""
    address = urlsplit(call.report_url.replace("%d", DELIVERED).replace("%A", ""))
    if call.taken:
        assert client.get(f"{address.path}?{address.query}").status_code == 200
