"""The real Kannel and its fakesmsc before a whole gateway: what is written arrives, what is answered arrives back.

Run by `make test-peers` (docs/kannel.md). One Kannel and one gateway serve all tests; each test brings them to the
state that it needs, and leaves a county where every message has arrived.
"""

import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from gateway.domain.lifecycle import State
from gateway.domain.messages import Failure
from gateway.domain.terms import Purpose
from gateway.store.base import OutboundState
from gateway.store.outbound import Outbound, Receipt
from gateway.store.running import CarrierState
from tests.peers.air import OURS, Air
from tests.peers.boxes import SECRET, Boxes, hand_in_parts
from tests.peers.gateway_run import PORT, GatewayRun, number_of
from tests.peers.relay import BAD_GATEWAY, Relay
from tests.peers.town import Town, figures
from tests.peers.waiting import until

pytestmark = [pytest.mark.peers, pytest.mark.timeout(600)]

DELIVERED, HANDED_OVER = "1", "8"  # Kannel's %d


@pytest.fixture(scope="module")
def everything(request: pytest.FixtureRequest) -> Iterator[Town]:
    """Kannel and a gateway, ended again afterwards; prints what went through. After a failure their logs stay."""
    if [name for _, name in socket.if_nameindex()] != ["lo"]:
        pytest.fail("Kannel's SMSC ports would be open to the network: run `make test-peers`")
    folder = Path(tempfile.mkdtemp(prefix="lianhu-peers-"))  # pytest's own folders are closed to PostgreSQL's user
    relay = Relay(PORT)
    boxes, gateway = Boxes(folder / "kannel", relay.url), GatewayRun(folder, relay.url)
    town = Town(air=Air(folder), boxes=boxes, gateway=gateway, relay=relay)
    try:
        gateway.run()
        yield town
        if not request.session.testsfailed:
            capture = request.config.pluginmanager.getplugin("capturemanager")
            with capture.global_and_fixture_disabled():
                request.config.get_terminal_writer().line(f"\n{figures(town)}")
    finally:
        town.air.stop()
        boxes.stop()
        gateway.stop()
        relay.close()
    if not request.session.testsfailed:
        shutil.rmtree(folder)


@pytest.fixture
def town(everything: Town) -> Iterator[Town]:
    """All of it at work, and quiet before and after the test."""
    everything.boxes.start()
    everything.gateway.run()
    everything.air.listen()
    yield everything
    everything.boxes.start()
    everything.gateway.run()
    everything.air.listen()
    everything.settle()


CHINESE = "3 房屋倒塌，人都出来了"
TIBETAN = "1 ཁང་པ་རྡིབ་སོང་། མི་ལ་སྐྱོན་མེད།"
ENGLISH = "2 roof fell in, two people hurt"
AS_UTF_8 = "4 羊死了14只"
LONG_ENGLISH = (
    "3 the road to the summer pasture is cut by a landslide behind the second bridge, no car can pass, "
    "nine households are on the other side and two of them have no flour left"
)
LONG_CHINESE = (
    "5 昨天夜里下大雪，牧场那边的路全堵了，车过不去，有九户人家还在沟里面，面粉只够吃两天，"
    "老人家的药也快没有了，请乡里派人把路铲开，再送些面粉和药过来，手机在那边没有信号，要走到垭口才能打电话。"
)
LONG_TIBETAN = "1 ཁ་བ་ཆེན་པོ་བབས་ནས་ལམ་འགག་སོང་། ནོར་ལུག་ལ་རྩྭ་མེད། ང་ཚོར་རོགས་སྐྱོར་དགོས། གྲོང་ཚོའི་ལམ་ཡང་འགག་འདུག རླངས་འཁོར་འགྲོ་ཐབས་མེད།"


def halves(text: str) -> list[str]:
    """A long text in two parts."""
    return [text[: len(text) // 2], text[len(text) // 2 :]]


def header(reference: int, place: int) -> bytes:
    """User data header of one of two parts."""
    return bytes((5, 0, 3, reference, 2, place))


def write(town: Town, role: str, text: str, how: str) -> None:
    """Write a text as somebody, on one of the ways that a text takes into Kannel."""
    number = number_of(role)
    match how:
        case "UCS-2":
            town.air.ucs2(number, text)
        case "UTF-8":
            town.air.text(number, text)
        case "UTF-8 in parts":
            for place, part in enumerate(halves(text), start=1):
                town.air.text_part(number, header(11, place), part)
        case "binary in parts":
            for place, part in enumerate(halves(text), start=1):
                town.air.binary_part(number, header(12, place), part)
        case _:  # UCS-2 in parts
            hand_in_parts(number, OURS, halves(text), reference=13)


@pytest.mark.parametrize(
    ("role", "text", "how"),
    [
        ("liaison", CHINESE, "UCS-2"),
        ("liaison_2", TIBETAN, "UCS-2"),
        ("liaison", AS_UTF_8, "UTF-8"),
        ("liaison_3", ENGLISH, "UTF-8"),
        ("liaison_3", LONG_ENGLISH, "UTF-8 in parts"),
        ("liaison", LONG_CHINESE, "UCS-2 in parts"),
        ("liaison_4", LONG_TIBETAN, "binary in parts"),
    ],
)
def test_a_text_is_stored_as_written_and_its_answer_reaches_the_phone(
    town: Town, role: str, text: str, how: str
) -> None:
    write(town, role, text, how)
    message = town.handled(text)
    assert (message.sender, message.recipient, message.result) == (number_of(role), OURS, "report")
    town.settle()
    (answer,) = town.answers(message)
    assert answer.state is OutboundState.DELIVERED
    assert answer.attempts == 1
    case = town.case(message)
    assert case.number in answer.body
    assert (number_of(role), answer.body) in town.air.heard()
    assert len(town.told("operator", Purpose.COPY, case)) == 1


def test_every_message_sent_was_reported_handed_over_and_delivered(town: Town) -> None:
    town.air.ucs2(number_of("liaison"), "6 查一下低保")
    town.handled("6 查一下低保")
    town.settle()
    with town.gateway.session() as session:
        unmatched = session.scalar(select(func.count()).where(Receipt.outbound_id.is_(None)))
        silent = session.scalar(
            select(func.count()).where(
                Outbound.state == OutboundState.DELIVERED,
                ~select(Receipt.id).where(Receipt.outbound_id == Outbound.id, Receipt.word == DELIVERED).exists(),
            )
        )
        words = set(session.scalars(select(Receipt.word)))
    assert (unmatched, silent, words) == (0, 0, {DELIVERED, HANDED_OVER})


def test_an_answer_of_two_segments_arrives_whole(town: Town) -> None:
    town.air.text(number_of("liaison_3"), "help")
    message = town.handled("help")
    town.settle()
    (answer,) = town.answers(message)
    assert answer.segments == 2
    assert (number_of("liaison_3"), answer.body) in town.air.heard()


def test_a_report_becomes_a_confirmed_fix_through_kannel_alone(town: Town) -> None:
    report = "7 房顶塌了，没有人受伤"
    town.air.ucs2(number_of("liaison"), report)
    case = town.case(town.handled(report))
    town.settle()
    (alert,) = town.told("grid_leader", Purpose.ALERT, case)
    code = re.search(r"码(\d{3})", alert.body)
    assert code

    def reply(role: str, text: str, state: State) -> None:
        town.air.ucs2(number_of(role), text)
        town.handled(text)
        town.settle()
        assert town.case(town.handled(text)).state is state

    reply("grid_leader", f"{case.number} 1", State.ACCEPTED)
    reply("grid_leader", f"{case.number} 2 {code[1]} 帐篷已送到", State.RESOLVED)
    assert "帐篷已送到" in town.told("liaison", Purpose.ASK, case)[-1].body
    reply("liaison", f"{case.number} 7", State.CLOSED)


def test_a_text_whose_answer_got_lost_comes_again_and_is_stored_once(town: Town) -> None:
    text, before = "8 电线断了", town.relay.count("inbound", 200)
    town.relay.answers_to_lose = 2
    town.air.ucs2(number_of("liaison"), text)
    until(lambda: town.relay.count("inbound", 200) >= before + 3, "Kannel has called three times")
    message = town.handled(text)
    town.settle()
    assert len(town.stored(text)) == 1
    assert len(town.answers(message)) == 1


def test_with_a_wrong_secret_nothing_is_stored_and_kannel_asks_until_the_secret_is_known(town: Town) -> None:
    town.gateway.run(secrets="another-secret")
    text, before = "9 路断了", town.relay.count("inbound", 404)
    town.air.ucs2(number_of("liaison"), text)
    until(lambda: town.relay.count("inbound", 404) >= before + 3, "Kannel was refused three times")
    assert town.stored(text) == []
    town.gateway.run(secrets=f"another-secret,{SECRET}")
    message = town.handled(text)
    town.settle()
    assert len(town.stored(text)) == 1
    assert [answer.state for answer in town.answers(message)] == [OutboundState.DELIVERED]


def test_a_gateway_that_is_away_gets_the_text_when_it_is_back(town: Town) -> None:
    text, before = "10 水管冻了", town.relay.count("inbound", BAD_GATEWAY)
    town.gateway.stop()
    town.air.ucs2(number_of("liaison"), text)
    until(lambda: town.relay.count("inbound", BAD_GATEWAY) > before, "Kannel has called in vain")
    town.gateway.run()
    town.handled(text)
    town.settle()
    assert len(town.stored(text)) == 1


def test_a_wrong_password_pauses_the_carrier_and_loses_nothing(town: Town) -> None:
    town.gateway.run(password="wrong")
    text = "11 手机没信号"
    town.air.ucs2(number_of("liaison"), text)
    message = town.handled(text)
    until(lambda: (state := town.carrier()) is not None and state.paused_since, "the carrier is paused")
    (answer,) = town.answers(message)
    until(lambda: town.answers(message)[0].failure is Failure.MISCONFIGURED, "the refusal is recorded")
    assert town.answers(message)[0].state is OutboundState.QUEUED
    assert (answer.recipient, answer.body) not in town.air.heard()
    assert "carrier_paused" in town.gateway.said()

    town.gateway.run()
    with town.gateway.session() as session, session.begin():  # as if the ten minutes of the pause were over
        session.execute(update(CarrierState).values(open_until=None))
        session.execute(update(Outbound).where(Outbound.state == OutboundState.QUEUED).values(not_before=func.now()))
    town.settle()
    assert (answer.recipient, answer.body) in town.air.heard()
    state = town.carrier()
    assert state is not None
    assert state.paused_since is None


def test_texts_wait_on_disk_while_smsbox_stands_still_and_bearerbox_starts_anew(town: Town) -> None:
    text = "12 草料不够了"
    town.boxes.stop_smsbox()
    town.air.ucs2(number_of("liaison"), text)
    town.boxes.stop()
    town.air.stop()
    assert town.stored(text) == []
    town.boxes.start()
    town.air.listen()
    town.handled(text)
    town.settle()
    assert len(town.stored(text)) == 1


def test_kannel_takes_every_connection_of_the_page(tmp_path: Path, everything: Town) -> None:
    everything.boxes.stop()
    everything.air.stop()
    boxes = Boxes(tmp_path, everything.relay.url, with_examples=True)
    try:
        boxes.start()
        status = boxes.status()
    finally:
        boxes.stop()
    for name in ("operator", "cmpp-front-end", "modem"):
        assert name in status
