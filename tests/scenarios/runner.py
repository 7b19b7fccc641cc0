"""Runs stories: dated messages and calls through the real webhooks, on a clock that jumps (docs/scenarios.md).

`python -m tests.scenarios.runner [--over ussd] FILE …` prints each story as a dialogue and ends with 1 when a claim
does not hold. Over USSD whoever can say something by menus does so instead of writing a text.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.app import create_app
from gateway.clock import ManualClock
from gateway.flow import handover
from gateway.store import dialogue, pins, running
from gateway.store.cases import Case
from gateway.store.people import Person
from gateway.wiring import Services
from tests.scenarios import checks, county
from tests.scenarios.alone import alone
from tests.scenarios.calls import CallFailed
from tests.scenarios.county import number_of
from tests.scenarios.dialogue import Dialogue
from tests.scenarios.moments import pass_time, work
from tests.scenarios.saying import Said, Speaker
from tests.scenarios.slots import NoCode, Slots
from tests.scenarios.story import SMS, USSD, BadStory, Handover, Step, Story, moment, read


class StoryFailed(AssertionError):
    """A claim of a story does not hold; the text is the dialogue so far and what is wrong."""


@dataclass(slots=True)
class Run:
    """One story being played."""

    story: Story
    services: Services
    clock: ManualClock
    dialogue: Dialogue
    speaker: Speaker
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
        said = self._say(step) if step.sender else Said(over=self.speaker.over)
        work(self.services)
        self.dialogue.listen()
        self._name_case(step)
        with self.services.sessions() as session:
            ending = checks.Ending(
                session=session,
                now=self.clock.now(),
                said=said,
                heard=self.dialogue.heard[first:],
                waiting=self.dialogue.waiting(),
                named=self.named,
                fill=self._slots(session, step).values(),
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
            if step.unlock:
                self._unlock(session, step.unlock)
            if step.handover is not None:
                self._hand_over(session, step.handover)

    def _unlock(self, session: Session, role: str) -> None:
        if role not in self.people:
            raise BadStory(f"unlock: there is no {role}")
        person = session.get_one(Person, self.people[role].id)
        dialogue.unlock(session, person)
        pins.unlock(session, person)
        self.dialogue.remark(f"the county centre unlocks {role}")

    def _hand_over(self, session: Session, passing: Handover) -> None:
        if not {passing.post, passing.to} <= self.people.keys():
            raise BadStory(f"handover: there is no {passing.post} or no {passing.to}")
        old = session.get_one(Person, self.people[passing.post].id).posts[-1]
        person = session.get_one(Person, self.people[passing.to].id)
        plan = handover.prepare(session, old, person, now=self.clock.now())
        handover.hand_over(session, plan, now=self.clock.now())
        self.dialogue.remark(f"{passing.post} hands over to {passing.to}")

    def _say(self, step: Step) -> Said:
        try:
            with self.services.sessions() as session:
                slots = self._slots(session, step)
                filled = replace(step, text=slots.fill(step.text), keys=tuple(slots.fill(each) for each in step.keys))
                return self.speaker.say(filled, slots.case)
        except NoCode as error:
            raise StoryFailed(self._report("{code}", [str(error)])) from error
        except CallFailed as error:
            raise StoryFailed(self._report("the call", [str(error)])) from error

    def _slots(self, session: Session, step: Step) -> Slots:
        name = step.case if step.case in self.named else self.about
        return Slots(
            cases={name: session.get_one(Case, case_id) for name, case_id in self.named.items()},
            about=name,
            step=step,
            dialogue=self.dialogue,
        )

    def _name_case(self, step: Step) -> None:
        """Give a new name to the newest case; an old name becomes what we speak of."""
        if step.case and step.case not in self.named:
            with self.services.sessions() as session:
                found = session.scalar(select(func.max(Case.id)))
            if found is None or found in self.named.values():
                raise StoryFailed(self._report("case", [f"no new case to be called {step.case!r}"]))
            self.named[step.case] = found
        self.about = step.case or self.about


def run(story: Story, services: Services, clock: ManualClock, *, secret: str, over: str = SMS) -> str:
    """Play a story on an empty, migrated database and a clock that stands at its start; gives the dialogue.

    `over` USSD says by menus whatever they offer. Raises StoryFailed with the dialogue so far, or BadStory.
    """
    with services.sessions.begin() as session:
        people = county.build(session, story.people)
    heard = Dialogue(services=services)
    speaker = Speaker(client=create_app(services).test_client(), secret=secret, dialogue=heard, over=over)
    playing = Run(story=story, services=services, clock=clock, dialogue=heard, speaker=speaker, people=people)
    for place, step in enumerate(story.step, start=1):
        playing.step(place, step)
    if over == USSD and not speaker.calls:
        raise BadStory("nothing of it was said over USSD: write sms_only")
    return f"{story.title}\n\n{heard.text()}"


def main(arguments: Sequence[str]) -> int:
    """Print each story; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.scenarios.runner", description="Plays stories.")
    parser.add_argument("--over", choices=(SMS, USSD), default=SMS, help="how people say what menus offer too")
    parser.add_argument("files", metavar="FILE.toml", type=Path, nargs="+")
    options = parser.parse_args(arguments)
    return max(_play(path, options.over) for path in options.files)


def _play(path: Path, over: str) -> int:
    try:
        story = read(path)
        if over == USSD and story.sms_only:
            sys.stdout.write(f"{story.title}\n\nby SMS only: {story.sms_only}\n\n")
            return 0
        with alone(story) as (services, clock, secret):
            sys.stdout.write(run(story, services, clock, secret=secret, over=over) + "\n\n")
    except (StoryFailed, BadStory, OSError) as error:
        sys.stdout.write(f"{error}\n\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
