"""Work that waits for a doomed process, each kind in a database of its own: one story, then what it finds to do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from gateway.jobs import Lane
from tests.conftest import SECRET, START
from tests.faults.trials import Copy
from tests.flow.talk import Talk
from tests.scenarios import county
from tests.scenarios.county import number_of

BEGINS = START - timedelta(hours=3)
DEMO_PREFIX, REAL_PREFIX = "+86199000", "+86139000"

HOUSE_FELL = ("1", "3", "2", "1", "1", "1")
"""The keys that report by the menus, the last of which sends."""
CALL = "call"

Request = Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A kind of process: how its work is prepared, how it is woken, how one sees that it is done.

    `requests` are what it answers, where it is a web process.
    """

    prepare: Callable[[Talk], None]
    wake: Callable[[Copy], None]
    is_done: Callable[[Copy], bool]
    requests: Callable[[Copy], Sequence[Request]] = lambda _: ()


def tell(talk: Talk) -> None:
    """The morning before: a case that is said to be fixed, one that nobody accepts, and words behind a mistyped number.

    One liaison's confirmation has been sent and not been reported on.
    """
    talk.build()
    talk.fault("liaison_4", "silent")
    number = talk.case_number_of("liaison", "3 房屋倒塌，没有人受伤")
    talk.clock.forward(minutes=5)
    case = talk.case()
    talk.say("grid_leader", f"{number} 1")
    talk.clock.forward(minutes=20)
    talk.say("grid_leader", f"{number} 2 {talk.code('grid_leader', case)} 修好了")
    talk.say("liaison_4", "1 牦牛病死三头")
    talk.clock.move_to(START - timedelta(minutes=46))
    talk.say("liaison_3", "*2 房子塌了，有人受伤")
    talk.say("liaison", f"{_wrong(number)} 帐篷还没有送到")
    talk.clock.move_to(START)


def _wrong(number: str) -> str:
    """The same number with another last digit."""
    return number[:-1] + str((int(number[-1]) + 1) % 10)


def texts(talk: Talk) -> None:
    """What lies there to be handled: reports, a dispute, an acceptance, a status, a stranger, two of one phone."""
    talk.session.expire_all()
    fixed, _, urgent = (case.number for case in talk.cases())
    for serial, (sender, words) in enumerate(
        (
            ("liaison_2", "1 水管冻裂，没有水"),
            ("liaison", f"{fixed} 8 墙又裂了"),
            ("liaison_3", "3 没有电"),
            ("liaison_3", "3 村里都没有电"),
            ("grid_leader_2", "1"),
            ("liaison_4", "*4 雪崩，两个人失踪"),
            ("resident", "我家的羊被狼咬死了"),
            ("township_commander", f"{urgent} 0"),
            (county.STRANGER, "你好"),
            ("liaison_2", "2 孩子没有户口 632623199001011234"),
            ("liaison_4", "练 1 下雪"),
            ("106900", "广告"),
        )
    ):
        talk.put(sender, words, provider_id=f"waits-{serial}")


def outbox(talk: Talk) -> None:
    """What lies there to be sent, by a carrier that cannot be asked afterwards; two messages were in a dead hand."""
    texts(talk)
    with talk.services.engine.begin() as connection:
        for table, column in (("phones", "number"), ("inbound", "sender"), ("outbound", "recipient")):
            connection.exec_driver_sql(
                f"UPDATE {table} SET {column} = replace({column}, '{DEMO_PREFIX}', '{REAL_PREFIX}')"  # noqa: S608
            )
    talk.handle()
    with talk.services.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE outbound SET state = 'sending', provider = 'kannel', changed_at = changed_at - interval '1 hour' "
            "WHERE id = (SELECT min(id) FROM outbound WHERE state = 'queued')"
        )


def web_requests(copy: Copy) -> Sequence[Request]:
    """What carriers post: texts one by one, several at once, a text twice, one by GET, and a delivery report."""
    sent = copy.count("SELECT id FROM outbound WHERE state = 'sent' LIMIT 1")
    inbound = f"/sms/simulator/{SECRET}/inbound"
    africa = {"from": number_of("resident"), "to": "28901", "date": "2026-03-10 02:00:00", "linkId": ""}
    gsm = {"from": number_of("grid_leader_2"), "to": "106900", "id": "k-1", "charset": "UTF-8", "coding": "2"}
    several = [
        {"id": f"s-{serial}", "from": number_of(role), "to": "106900", "text": text}
        for serial, (role, text) in enumerate(
            (("liaison_2", "1 没有水"), ("liaison_3", "2 没有电"), ("liaison", "4 雪"))
        )
    ]
    one = {"id": "s-9", "from": number_of("liaison_4"), "to": "106900", "text": "*1 房子塌了，有人受伤"}
    return (
        {"note": "s-9", "path": inbound, "method": "POST", "json": one},
        {"note": "s-0 s-1 s-2", "path": inbound, "method": "POST", "json": several},
        {"note": "s-9", "path": inbound, "method": "POST", "json": one},
        {
            "note": "a-1",
            "path": f"/sms/africastalking/{SECRET}/inbound",
            "method": "POST",
            "data": {**africa, "id": "a-1", "text": "羊病了"},
        },
        {
            "note": "",
            "path": f"/sms/simulator/{SECRET}/status",
            "method": "POST",
            "json": {"message_id": str(sent), "status": "delivered"},
        },
        {"note": "k-1", "path": f"/sms/kannel/{SECRET}/inbound", "method": "GET", "query_string": {**gsm, "text": "1"}},
    )


def call_turns(_copy: Copy) -> Sequence[Request]:
    """What a carrier posts while a liaison reports by the menus that a house has fallen."""
    caller = {
        "sessionId": "call-1",
        "phoneNumber": number_of("liaison_3"),
        "networkCode": "62001",
        "serviceCode": "*384*7#",
    }
    turns = ["*".join(HOUSE_FELL[:length]) for length in range(len(HOUSE_FELL) + 1)]
    return tuple(
        {
            "note": CALL if turn == turns[-1] else "",
            "path": f"/ussd/africastalking/{SECRET}",
            "method": "POST",
            "data": {**caller, "text": turn},
        }
        for turn in turns
    )


def nothing(_copy: object) -> None:
    """Nothing to be done."""


KINDS: Mapping[str, Kind] = {
    "inbound": Kind(
        prepare=texts,
        wake=lambda copy: copy.nudge(Lane.INBOUND),
        is_done=lambda copy: not copy.count("SELECT count(*) FROM inbound WHERE state = 'new'"),
    ),
    "outbound": Kind(
        prepare=outbox,
        wake=lambda copy: copy.nudge(Lane.OUTBOUND),
        is_done=lambda copy: not copy.count("SELECT count(*) FROM outbound WHERE state IN ('queued', 'sending')"),
    ),
    "clock": Kind(
        prepare=nothing,
        wake=nothing,
        is_done=lambda copy: copy.count("SELECT count(*) FROM outbound WHERE purpose = 'digest'") > 0,
    ),
    "web": Kind(prepare=nothing, wake=nothing, is_done=lambda _: False, requests=web_requests),
    "call": Kind(prepare=nothing, wake=nothing, is_done=lambda _: False, requests=call_turns),
}
