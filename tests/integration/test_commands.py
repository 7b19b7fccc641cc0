"""The listing and acting commands on a seeded county, as they are typed."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from gateway.clock import ManualClock
from gateway.domain.terms import Role
from gateway.printing import show
from gateway.store import households
from gateway.store.inbound import Inbound
from gateway.store.outbound import Outbound
from tests.conftest import SECRET
from tests.integration.seeded import VILLAGE, Gateway, Write, holder, phone, rows, the_case

MESSAGE_KEYS = ["id", "direction", "from", "to", "text", "channel", "provider", "status", "segments"]
MESSAGE_KEYS += ["purpose", "case", "at"]
CASE_KEYS = ["number", "state", "level", "category", "urgent", "owner", "reporter", "household", "opened_at"]
CASE_KEYS += ["due_at", "light", "events"]
PEOPLE_KEYS = ["id", "name", "role", "unit", "phone", "language", "households"]
PERSON_KEYS = {"id", "name", "role", "unit", "phone"}


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The real application behind a real socket."""
    server = make_server("127.0.0.1", 0, app)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


# ---- listings


def test_messages_show_a_text_and_its_answer_in_order(gateway: Gateway, gande: Session, write: Write) -> None:
    liaison = holder(gande, Role.LIAISON)
    write(liaison, "3 房屋倒塌")
    found = rows(gateway("messages", "--json"))
    assert all(list(row)[: len(MESSAGE_KEYS)] == MESSAGE_KEYS for row in found)
    text, answer = found[0], found[1]
    assert (text["direction"], text["from"], text["text"], text["purpose"]) == (
        "in", phone(liaison), "3 房屋倒塌", "report",
    )  # fmt: skip
    assert (answer["direction"], answer["to"], answer["purpose"], answer["status"]) == (
        "out", phone(liaison), "confirmation", "delivered",
    )  # fmt: skip
    assert (answer["from"], answer["provider"], answer["segments"]) == ("106900", "simulator", 1)
    assert text["case"] == answer["case"] == the_case(gande).number
    assert all(datetime.fromisoformat(row["at"]).tzinfo for row in found)
    assert [row["at"] for row in found] == sorted(row["at"] for row in found)


@pytest.mark.parametrize("spelling", ["{}", "0086{}", "+86 {}", "86{}"])
def test_messages_are_found_by_a_number_in_any_spelling(
    gateway: Gateway, gande: Session, write: Write, spelling: str
) -> None:
    liaison = holder(gande, Role.LIAISON)
    write(liaison, "3 房屋倒塌")
    typed = spelling.format(phone(liaison).removeprefix("+86"))
    to = rows(gateway("messages", "--to", typed, "--json"))
    assert [(row["direction"], row["to"]) for row in to] == [("out", phone(liaison))]
    sent = rows(gateway("messages", "--from", typed, "--json"))
    assert [(row["direction"], row["from"]) for row in sent] == [("in", phone(liaison))]


def test_a_text_that_no_worker_has_read_yet_is_found_too(gateway: Gateway, gande: Session, client: FlaskClient) -> None:
    liaison = holder(gande, Role.LIAISON)
    raw = phone(liaison).removeprefix("+86")
    client.post(f"/sms/simulator/{SECRET}/inbound", json={"from": raw, "to": "106900", "text": "下雪"})
    found = rows(gateway("messages", "--from", phone(liaison), "--json"))
    assert [(row["status"], row["purpose"], row["case"]) for row in found] == [("new", None, None)]


def test_a_limit_leaves_the_newest(gateway: Gateway, gande: Session, write: Write, clock: ManualClock) -> None:
    for household in "123":
        write(holder(gande, Role.LIAISON), f"{household} 房屋倒塌")
        clock.forward(minutes=20)
    everything = rows(gateway("messages", "--json"))
    assert rows(gateway("messages", "--limit", 4, "--json")) == everything[-4:]
    sent = [row for row in everything if row["to"] == phone(holder(gande, Role.LIAISON))]
    assert rows(gateway("messages", "--to", sent[0]["to"], "--limit", 2, "--json")) == sent[-2:]
    numbers = [row["number"] for row in rows(gateway("cases", "--json"))]
    assert len(numbers) == 3
    assert [row["number"] for row in rows(gateway("cases", "--limit", 2, "--json"))] == numbers[-2:]


def test_a_case_shows_its_people_its_household_and_its_history(gateway: Gateway, gande: Session, write: Write) -> None:
    liaison, leader = holder(gande, Role.LIAISON), holder(gande, Role.GRID_LEADER)
    write(liaison, "2 网络信号不好")
    number = the_case(gande).number
    write(leader, f"{number} 1")
    (case,) = rows(gateway("cases", "--number", number, "--json"))
    assert list(case)[: len(CASE_KEYS)] == CASE_KEYS
    assert (case["number"], case["state"], case["level"], case["urgent"]) == (number, "accepted", "village", False)
    assert case["owner"] == {
        "id": leader.person_id,
        "name": leader.person.name,
        "role": "grid_leader",
        "unit": VILLAGE,
        "phone": phone(leader),
    }
    assert case["reporter"].keys() == PERSON_KEYS
    assert (case["reporter"]["id"], case["reporter"]["role"]) == (liaison.person_id, "liaison")
    household = households.of_liaison(gande, liaison)[1]
    assert case["household"] == {"number": household.number, "ordinal": 2, "unit": VILLAGE}
    assert case["light"] in {"green", "yellow", "red"}
    assert [(event["event"], event["from"], event["to"]) for event in case["events"]] == [
        ("opened", "new", "open"),
        ("accepted", "open", "accepted"),
    ]
    assert all(list(event) == ["at", "event", "from", "to", "actor", "text"] for event in case["events"])
    assert case["events"][1]["actor"] == {"id": leader.person_id, "name": leader.person.name}
    assert rows(gateway("cases", "--number", "123455", "--json")) == []


@pytest.mark.usefixtures("gande")
def test_people_are_listed_by_role_and_place(gateway: Gateway) -> None:
    liaisons = rows(gateway("people", "--role", "liaison", "--unit", "632623204", "--json"))
    assert len(liaisons) == 242
    assert sum(len(row["households"]) for row in liaisons) == 1136
    assert all(list(row)[: len(PEOPLE_KEYS)] == PEOPLE_KEYS for row in liaisons)
    assert [home["ordinal"] for home in liaisons[0]["households"]] == [1, 2, 3, 4]
    assert list(liaisons[0]["households"][0]) == ["number", "ordinal"]
    (health,) = rows(gateway("people", "--unit", "632623-health", "--json"))
    assert (health["role"], health["unit"], health["households"]) == ("department_officer", "632623-health", [])
    everybody = rows(gateway("people", "--json"))
    residents = [row for row in everybody if row["role"] == "resident"]
    assert residents == rows(gateway("people", "--role", "resident", "--json"))
    assert all(len(row["households"]) == 1 and row["phone"] for row in residents)
    assert {row["role"] for row in everybody} == set(Role)


def test_an_unknown_unit_is_said_in_one_line(gateway: Gateway) -> None:
    result = gateway("people", "--unit", "999", "--json")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "Error: no unit has the code 999\n")


@pytest.mark.parametrize("command", ["messages", "cases", "people"])
def test_an_empty_deployment_has_empty_lists(gateway: Gateway, command: str) -> None:
    assert rows(gateway(command, "--json")) == []


def test_people_can_read_the_lists_too(gateway: Gateway, gande: Session, write: Write) -> None:
    write(holder(gande, Role.LIAISON), "3 房屋倒塌")
    number = the_case(gande).number
    for command in ("messages", "cases"):
        result = gateway(command)
        assert result.exit_code == 0
        assert number in result.stdout
    assert "grid_leader" in gateway("people", "--unit", VILLAGE).stdout


def test_a_table_stands_in_columns_with_wide_letters(capsys: pytest.CaptureFixture[str]) -> None:
    show([{"a": "江千", "b": 1}, {"a": "x", "b": None}], {"a": "a", "b": "b"}, as_json=False)
    assert capsys.readouterr().out == "a     b\n江千  1\nx     -\n"


# ---- seeding, digests, faults, replay


def test_seed_demo_says_whether_it_built_something(gateway: Gateway) -> None:
    assert gateway("seed-demo").output == "demo seeded\n"
    assert gateway("seed-demo").output == "the demo is there already, nothing was changed\n"


def test_digest_now_goes_out_as_often_as_it_is_asked_for(gateway: Gateway, gande: Session, write: Write) -> None:
    write(holder(gande, Role.LIAISON), "3 房屋倒塌")
    count = int(gateway("digest", "--now").stdout.split()[0])
    assert count >= 3  # grid leader, township, county
    assert int(gateway("digest", "--now").stdout.split()[0]) == count
    assert int(gateway("digest").stdout.split()[0]) == count
    assert int(gateway("digest").stdout.split()[0]) == 0
    assert len(gande.scalars(select(Outbound.id).where(Outbound.template == "digest")).all()) == 3 * count


def test_a_fault_is_played_until_it_is_taken_back(gateway: Gateway, gande: Session, write: Write) -> None:
    liaison = holder(gande, Role.LIAISON)
    assert gateway("simulate-fault", phone(liaison).removeprefix("+86"), "rejected").exit_code == 0
    write(liaison, "3 房屋倒塌")
    assert [row["status"] for row in rows(gateway("messages", "--to", phone(liaison), "--json"))] == ["failed"]
    assert gateway("simulate-fault", phone(liaison), "none").exit_code == 0
    write(liaison, "2 草场纠纷")
    assert rows(gateway("messages", "--to", phone(liaison), "--json"))[-1]["status"] == "delivered"
    assert gateway("simulate-fault", phone(liaison), "sulking").exit_code == 2


def test_replay_sends_every_good_line_through_the_webhook(
    gateway: Gateway, gande: Session, address: str, tmp_path: Path
) -> None:
    liaison = phone(holder(gande, Role.LIAISON))
    lines = [
        json.dumps({"at": "2026-03-01T08:00:00+08:00", "from": liaison, "to": "106900", "text": "3 房屋倒塌"}),
        "",
        "{broken",
        json.dumps({"at": "yesterday", "from": liaison, "to": "106900", "text": "x"}),
        json.dumps({"at": "2026-03-01T08:05:00", "from": liaison, "to": "106900"}),
        json.dumps({"from": liaison, "text": "没有时间"}, ensure_ascii=False),
    ]
    file = tmp_path / "texts.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    result = gateway("replay", file, "--url", address)
    assert (result.exit_code, result.stdout) == (1, "2 sent, 0 refused, 3 broken\n")
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == ["line 3", "line 4", "line 5"]
    stored = gande.scalars(select(Inbound).order_by(Inbound.id)).all()
    assert [(row.text, row.recipient) for row in stored] == [("3 房屋倒塌", "106900"), ("没有时间", "106900")]
    assert stored[0].sent_at == datetime(2026, 3, 1, tzinfo=UTC)


def test_replaying_a_file_again_stores_nothing_twice(
    gateway: Gateway, gande: Session, address: str, tmp_path: Path
) -> None:
    file = tmp_path / "texts.jsonl"
    line = {"at": "2026-03-01T00:00:00", "from": "+8619900000331", "to": "106900", "text": "下雪"}
    file.write_text(json.dumps(line))
    for _ in range(2):
        assert gateway("replay", file, "--url", address).exit_code == 0
    assert len(gande.scalars(select(Inbound.id)).all()) == 1


def test_replay_counts_what_was_refused(gateway: Gateway, address: str, tmp_path: Path) -> None:
    file = tmp_path / "texts.jsonl"
    file.write_text(json.dumps({"from": "", "to": "106900", "text": "谁"}))
    result = gateway("replay", file, "--url", address)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (1, "0 sent, 1 refused, 0 broken")
    assert "line 1: 400" in result.stderr


def test_replay_says_in_one_line_that_nobody_answers(gateway: Gateway, tmp_path: Path) -> None:
    file = tmp_path / "texts.jsonl"
    file.write_text(json.dumps({"from": "+8619900000331", "to": "106900", "text": "谁"}))
    result = gateway("replay", file, "--url", "http://127.0.0.1:1")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: no gateway answers at 127.0.0.1:1: ConnectionError\n"
    assert SECRET not in result.stderr
