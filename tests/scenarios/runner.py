"""Runs stories: dated messages through the real webhooks, on a clock that jumps (docs/scenarios.md).

`python -m tests.scenarios.runner FILE …` prints each story as a dialogue and ends with 1 when a claim does not hold.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway import embedded, wiring
from gateway.app import create_app
from gateway.clock import ManualClock
from gateway.flow import handover
from gateway.settings import load_settings
from gateway.store import migrate, running
from gateway.store.cases import Case
from gateway.store.people import Person
from gateway.wiring import Services
from tests.scenarios import checks, county
from tests.scenarios.county import number_of
from tests.scenarios.dialogue import Dialogue
from tests.scenarios.moments import pass_time, work
from tests.scenarios.story import BadStory, Handover, Step, Story, moment, read

OURS = "106900"


class StoryFailed(AssertionError):
    """A claim of a story does not hold; the text is the dialogue so far and what is wrong."""


@dataclass(slots=True)
class Run:
    """One story being played."""

    story: Story
    services: Services
    clock: ManualClock
    client: FlaskClient
    secret: str
    dialogue: Dialogue
    people: Mapping[str, Person] = field(default_factory=dict)
    named: dict[str, int] = field(default_factory=dict)
    about: str = ""  # name of the case that was spoken of last

    def step(self, place: int, step: Step) -> None:
        """One moment, and what must have come of it; raises StoryFailed."""
        first = len(self.dialogue.heard)
        until = moment(step.at, self.clock.now())
        pass_time(self.services, self.clock, until, listen=self.dialogue.listen)
        if step.note:
            self.dialogue.remark(step.note)
        self._prepare(step)
        if step.sender:
            self._say(step)
        work(self.services)
        self.dialogue.listen()
        self._name_case(step)
        with self.services.sessions() as session:
            ending = checks.Ending(
                session=session,
                now=self.clock.now(),
                heard=self.dialogue.heard[first:],
                waiting=self.dialogue.waiting(),
                named=self.named,
                fill=self._numbers(session, step.case),
            )
            wrong = list(checks.failures(replace(step, case=step.case or self.about), ending))
        if wrong:
            raise StoryFailed(self._report(f"step {place}", wrong))

    def _report(self, where: str, wrong: Sequence[str]) -> str:
        lines = "\n".join(f"  ✗ {line}" for line in wrong)
        return f"{self.story.title}\n\n{self.dialogue.text()}\n\n{where}:\n{lines}"

    def _prepare(self, step: Step) -> None:
        with self.services.sessions.begin() as session:
            for fault in step.fault:
                running.set_fault(session, number_of(fault.to, fault.phone), fault.kind)
                self.dialogue.remark(f"{fault.to}: {fault.kind or 'reachable again'}")
            if step.handover is not None:
                self._hand_over(session, step.handover)

    def _hand_over(self, session: Session, passing: Handover) -> None:
        if not {passing.post, passing.to} <= self.people.keys():
            raise BadStory(f"handover: there is no {passing.post} or no {passing.to}")
        old = session.get_one(Person, self.people[passing.post].id).posts[-1]
        person = session.get_one(Person, self.people[passing.to].id)
        plan = handover.prepare(session, old, person, now=self.clock.now())
        handover.hand_over(session, plan, now=self.clock.now())
        self.dialogue.remark(f"{passing.post} hands over to {passing.to}")

    def _say(self, step: Step) -> None:
        with self.services.sessions() as session:
            text = self._filled(session, step)
        self.dialogue.said(step.sender, text, phone=step.phone, times=step.times)
        for _ in range(step.times):
            answer = _deliver(self.client, self.secret, replace(step, text=text))
            if answer != 200:
                raise StoryFailed(self._report(f"the {step.provider} webhook", [f"answered {answer}"]))

    def _filled(self, session: Session, step: Step) -> str:
        """The step's text with its slots; a code is read off the sender's own phone."""
        text = step.text
        for name, value in self._numbers(session, step.case).items():
            text = text.replace("{" + name + "}", value)
        if "code}" in text:
            number = self._numbers(session, step.case)["number"]
            code = self.dialogue.code(number_of(step.sender, step.phone), number)
            if code is None:
                raise StoryFailed(self._report("{code}", [f"no text to {step.sender} printed a code for {number}"]))
            text = text.replace("{code}", code).replace("{wrong_code}", f"{(int(code) + 1 - 100) % 900 + 100}")
        return text

    def _numbers(self, session: Session, case: str) -> dict[str, str]:
        """Case numbers by name; `number` is the one of the step, `mistyped` has its last digit wrong."""
        found = {name: session.get_one(Case, case_id).number for name, case_id in self.named.items()}
        about = case if case in self.named else self.about
        if about in found:
            number = found[about]
            found["number"] = number
            found["mistyped"] = number[:-1] + str((int(number[-1]) + 1) % 10)
        return found

    def _name_case(self, step: Step) -> None:
        """Give a new name to the newest case; an old name becomes what we speak of."""
        if step.case and step.case not in self.named:
            with self.services.sessions() as session:
                found = session.scalar(select(func.max(Case.id)))
            if found is None or found in self.named.values():
                raise StoryFailed(self._report("case", [f"no new case to be called {step.case!r}"]))
            self.named[step.case] = found
        self.about = step.case or self.about


def run(story: Story, services: Services, clock: ManualClock, *, secret: str) -> str:
    """Play a story on an empty, migrated database and a clock that stands at its start; gives the dialogue.

    Raises StoryFailed with the dialogue so far, or BadStory.
    """
    with services.sessions.begin() as session:
        people = county.build(session, story.people)
    playing = Run(
        story=story,
        services=services,
        clock=clock,
        client=create_app(services).test_client(),
        secret=secret,
        dialogue=Dialogue(services=services),
        people=people,
    )
    for place, step in enumerate(story.step, start=1):
        playing.step(place, step)
    return f"{story.title}\n\n{playing.dialogue.text()}"


def _deliver(client: FlaskClient, secret: str, step: Step) -> int:
    """Hand a text over as its carrier does; gives the HTTP status."""
    sender, path = number_of(step.sender, step.phone), f"/sms/{step.provider}/{secret}/inbound"
    fields = {"from": sender, "to": OURS, "text": step.text}
    if step.provider_id:
        fields["id"] = step.provider_id
    match step.provider:
        case "simulator":
            return client.post(path, json=fields).status_code
        case "africastalking":
            return client.post(path, data={"id": f"at-{step.text}", **fields}).status_code
        case "kannel":
            return client.get(path, query_string=fields).status_code
        case _:
            raise BadStory(f"no carrier {step.provider!r} in stories")


@contextmanager
def alone(story: Story) -> Iterator[tuple[Services, ManualClock, str]]:
    """Services for one story outside the tests: an embedded database of its own, and no queue."""
    folder = Path(tempfile.mkdtemp(prefix="lianhu-story-"))
    postgres = embedded.Postgres(folder, {"fsync": "off", "synchronous_commit": "off"})
    secret = "secret-of-a-story"
    try:
        url = postgres.start()
        migrate.upgrade(url)
        settings = load_settings(
            lianhu_var=folder,
            database_url=url,
            redis_url="",
            secret_key=secret,
            webhook_secret=secret,
            data_keys=secret,
            deliver_threads=2,
        )
        clock = ManualClock(story.start)
        services = wiring.build(settings, clock=clock)
        try:
            yield services, clock, secret
        finally:
            services.close()
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


def main(paths: Sequence[str]) -> int:
    """Print each story; gives the exit code."""
    if not paths:
        sys.stderr.write("usage: python -m tests.scenarios.runner FILE.toml …\n")
        return 2
    code = 0
    for path in paths:
        try:
            story = read(Path(path))
            with alone(story) as (services, clock, secret):
                sys.stdout.write(run(story, services, clock, secret=secret) + "\n\n")
        except (StoryFailed, BadStory, OSError) as error:
            sys.stdout.write(f"{error}\n\n")
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
