"""Every story holds; a story that lies is found out, with the dialogue."""

from pathlib import Path

import pytest

from gateway.clock import ManualClock
from gateway.wiring import Services
from tests.conftest import SECRET
from tests.scenarios import runner
from tests.scenarios.county import ROLES
from tests.scenarios.story import TABLES, USSD, BadStory, Story, from_toml, meanings, read

HERE = Path(__file__).resolve().parent
STORIES = sorted(HERE.glob("*.toml"))
OVER_USSD = [path for path in STORIES if not (read(path).sms_only or any(step.calls for step in read(path).step))]
MOST_BY_SMS_ONLY = 5
PAGE = HERE.parents[1] / "docs" / "scenarios.md"

HONEST = """
title = "a report"
start = 2026-03-10T10:00:00
[[step]]
from = "liaison"
text = "3 房屋倒塌"
case = "a"
"""
CALL = """
title = "a report by menus"
start = 2026-03-10T10:00:00
[[step]]
from = "liaison"
keys = ["1", "3", "9", "房屋倒塌", "1", "1"]
case = "a"
"""


@pytest.fixture
def story(request: pytest.FixtureRequest) -> Story:
    """The story of this test."""
    given = getattr(request, "param", HONEST)
    return read(given) if isinstance(given, Path) else from_toml(given)


@pytest.fixture
def clock(story: Story) -> ManualClock:
    """The clock stands where the story begins."""
    return ManualClock(story.start)


@pytest.mark.parametrize("story", STORIES, ids=lambda path: path.stem, indirect=True)
def test_the_story_holds(story: Story, services: Services, clock: ManualClock) -> None:
    runner.run(story, services, clock, secret=SECRET)


@pytest.mark.parametrize("story", OVER_USSD, ids=lambda path: path.stem, indirect=True)
def test_the_story_holds_when_people_use_menus_where_they_can(
    story: Story, services: Services, clock: ManualClock
) -> None:
    runner.run(story, services, clock, secret=SECRET, over=USSD)


def test_few_stories_are_about_texts_only() -> None:
    assert sum(bool(read(path).sms_only) for path in STORIES) <= MOST_BY_SMS_ONLY


@pytest.mark.parametrize(
    ("story", "complaint"),
    [
        (CALL + 'screen = "火灾"\n', "the last screen should say '火灾'"),
        (CALL + "ends = false\n", "the call should go on"),
        (CALL + "cases = 2\n", "there should be 2 rows of cases, there are 1"),
        (CALL.replace('"1", "1"]', '"1", "1", "1"]'), "the call is over, nobody can type '1'"),
    ],
    indirect=["story"],
)
def test_a_wrong_claim_about_a_call_fails_with_the_screens(
    story: Story, complaint: str, services: Services, clock: ManualClock
) -> None:
    with pytest.raises(runner.StoryFailed) as failed:
        runner.run(story, services, clock, secret=SECRET)
    report = str(failed.value)
    assert complaint in report
    assert "2026-03-10 Tue\n  10:00:00  liaison 卓玛 ⇢ *384*7#\n  10:00:00  liaison 卓玛 ⇠ " in report
    assert "〔call over〕" in report


@pytest.mark.parametrize(
    ("story", "complaint"),
    [
        (HONEST + '[[step.expect]]\nto = "grid_leader"\ncontains = "火灾"\n', "grid_leader should get 1"),
        (HONEST + '[[step.expect]]\nto = "grid_leader"\nnot_contains = "{number}"\n', "grid_leader should not read"),
        (HONEST + '[[step.expect]]\nto = "grid_leader"\ncount = 2\n', "grid_leader should get 2"),
        (HONEST + 'silent = ["operator"]\n', "operator should get nothing"),
        (HONEST + 'silent = ["others"]\n[[step.expect]]\nto = "liaison"\n', "grid_leader should get nothing"),
        (HONEST + '[[step.facts]]\nstate = "closed"\n', "state should be 'closed', is 'open'"),
        (HONEST + '[[step.facts]]\nowner = "operator"\n', "owner should be 'operator', is 'grid_leader'"),
        (HONEST + "[[step.facts]]\nurgent = false\n", "urgent should be False, is True"),
        (HONEST + "[[step.facts]]\nhousehold = 4\n", "household should be 4, is 3"),
        (HONEST + '[[step.facts]]\ncase = "b"\nstate = "open"\n', "there is no case 'b'"),
        (HONEST + "cases = 2\n", "there should be 2 rows of cases, there are 1"),
        (HONEST + "stored = 0\n", "there should be 0 rows of inbound, there are 1"),
    ],
    indirect=["story"],
)
def test_a_wrong_claim_fails_with_the_dialogue(
    story: Story, complaint: str, services: Services, clock: ManualClock
) -> None:
    with pytest.raises(runner.StoryFailed) as failed:
        runner.run(story, services, clock, secret=SECRET)
    report = str(failed.value)
    assert complaint in report
    assert "2026-03-10 Tue\n  10:00:00  liaison 卓玛 → 网关   3 房屋倒塌\n" in report
    assert "网关 → grid_leader 才让   【急】" in report


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("[[step]]\nfrm = 'liaison'\n", "unknown frm"),
        ("[[step]]\n[[step.expect]]\ncontains = 'x'\n", "to is missing"),
        ("[[step]]\ntimes = true\n", "wrong type"),
        ("[[step]]\ncases = '1'\n", "wrong type"),
        ("[people.liaison]\nlanguage = 1\n", "wrong type"),
        ("[[step]]\nat = 'tomorrow'\n", "is no moment"),
        ("[[step]]\nfrom = 'mayor'\ntext = 'x'\n", "nobody here is called mayor"),
        ("[people.mayor]\nabsent = true\n", "nobody here is called mayor"),
        ("[[step]]\nfrom = 'liaison'\ntext = 'x'\nprovider = 'pigeon'\n", "no carrier 'pigeon'"),
        ("[[step]\n", "story: "),
        ("[[step]]\nfrom = 'liaison'\ntext = '1'\nkeys = '1'\n", "a text or a call, not both"),
        ("[[step]]\nfrom = 'liaison'\ntext = '1'\nover = 'ussd'\n", "nothing that a step can be"),
        ("[[step]]\nfrom = 'liaison'\ndial = '*999#'\n", "does not begin with"),
        ("[[step]]\nfrom = 'liaison'\nkeys = '1'\nprovider = 'kannel'\n", "no carrier 'kannel' for calls"),
    ],
)
def test_a_story_that_cannot_be_read_says_where(
    change: str, complaint: str, services: Services, clock: ManualClock
) -> None:
    with pytest.raises(BadStory, match=complaint):
        runner.run(from_toml(HONEST + change), services, clock, secret=SECRET)


def test_the_page_lists_every_field_and_every_role() -> None:
    page = PAGE.read_text("utf-8")
    missing = [
        f"{table.__name__}.{name}"
        for table in TABLES
        for name, meaning in meanings(table).items()
        if f"| `{name}` | {meaning} |" not in page
    ]
    assert missing == []
    assert [role for role in ROLES if f"`{role}`" not in page] == []


def test_every_story_says_what_it_is_and_claims_something() -> None:
    assert len(STORIES) >= 20
    for path in STORIES:
        story = read(path)
        assert len(story.title) > 10, path.name
        assert any(step.expect or step.screen for step in story.step), path.name
        assert any(step.facts or step.cases is not None for step in story.step), path.name


def test_the_command_prints_the_dialogue(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lie = tmp_path / "lie.toml"
    lie.write_text(HONEST + "cases = 2\n", "utf-8")
    assert runner.main([str(lie)]) == 1
    printed = capsys.readouterr().out
    assert "10:00:00  liaison 卓玛 → 网关   3 房屋倒塌\n" in printed
    assert "there should be 2 rows of cases" in printed
    with pytest.raises(SystemExit, match="2"):
        runner.main([])
    assert runner.main([str(tmp_path / "nothing.toml")]) == 1


def test_the_command_says_why_a_story_is_not_told_over_ussd(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    about_texts = tmp_path / "about_texts.toml"
    about_texts.write_text(HONEST.replace("[[step]]", 'sms_only = "it is about texts"\n[[step]]'), "utf-8")
    assert runner.main(["--over", "ussd", str(about_texts)]) == 0
    assert "by SMS only: it is about texts" in capsys.readouterr().out


@pytest.mark.parametrize("story", [HONEST.replace('"3 房屋倒塌"', '"退订"').replace('case = "a"', "")], indirect=True)
def test_a_story_of_which_nothing_can_be_said_over_ussd_must_say_so(
    story: Story, services: Services, clock: ManualClock
) -> None:
    with pytest.raises(BadStory, match="write sms_only"):
        runner.run(story, services, clock, secret=SECRET, over=USSD)


@pytest.mark.parametrize("story", [PAGE.read_text("utf-8").split("```toml\n")[1].split("```")[0]], indirect=True)
def test_the_story_on_the_page_holds(story: Story, services: Services, clock: ManualClock) -> None:
    runner.run(story, services, clock, secret=SECRET)
