"""The way of one report, from the carrier's webhook to the confirmed fix, on the real database."""

from flask.testing import FlaskClient

from gateway.domain.lifecycle import State, Trigger
from gateway.domain.terms import Level
from gateway.store import cases
from tests.conftest import SECRET
from tests.flow.talk import OURS, Talk
from tests.scenarios.county import number_of


def text_in(client: FlaskClient, talk: Talk, role: str, text: str) -> None:
    answer = client.post(f"/sms/simulator/{SECRET}/inbound", json={"from": number_of(role), "to": OURS, "text": text})
    assert answer.status_code == 200, answer.text
    talk.handle()
    talk.send()


def test_a_report_is_answered_routed_and_copied_in_one_step(client: FlaskClient, talk: Talk) -> None:
    text_in(client, talk, "liaison", "3 房屋倒塌")
    case = talk.case()
    assert (case.state, case.urgent, case.category, case.level) == (State.OPEN, True, "housing", Level.VILLAGE)
    assert case.household is not None
    assert case.household.ordinal == 3
    assert talk.owner(case) == "grid_leader"
    assert talk.heard("liaison") == ["case_opened"]
    assert talk.heard("grid_leader") == ["alert_urgent"]
    assert talk.heard("township_commander") == ["told"]
    assert talk.heard("operator") == ["copy_county"]
    assert talk.heard("county_commander") == []
    assert case.number in talk.rows("liaison")[0].body
    assert talk.code("grid_leader", case) in talk.rows("grid_leader")[0].body
    assert cases.pending_deadlines(talk.session, case)


def test_a_report_is_accepted_done_with_the_printed_code_and_confirmed_fixed(client: FlaskClient, talk: Talk) -> None:
    text_in(client, talk, "liaison", "3 房屋倒塌")
    number, code = talk.case().number, talk.code("grid_leader", talk.case())

    text_in(client, talk, "grid_leader", "1")
    assert talk.case().state is State.ACCEPTED
    assert talk.heard("liaison")[-1] == "progress_accepted"

    text_in(client, talk, "grid_leader", f"{number} 2 帐篷已送到")
    assert talk.case().state is State.ACCEPTED
    assert talk.heard("grid_leader")[-1] == "need_code"

    text_in(client, talk, "grid_leader", code)
    assert talk.case().state is State.RESOLVED
    assert talk.heard("liaison")[-1] == "ask_fixed"
    assert "帐篷已送到" in talk.rows("liaison")[-1].body

    text_in(client, talk, "liaison", "1")
    case = talk.case()
    assert (case.state, case.confirmed) == (State.CLOSED, True)
    assert talk.heard("grid_leader")[-1] == "closed_owner"
    assert [entry.event for entry in case.events] == [
        Trigger.OPENED,
        Trigger.ACCEPTED,
        Trigger.DONE,
        Trigger.FIXED,
    ]
    assert cases.pending_deadlines(talk.session, case) == {}
