"""What a call leaves in the database: each deed once, however often its turn is told."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, text

from gateway.domain import numbers
from gateway.domain.terms import Language, Proof
from gateway.sms.reading import Verb
from gateway.store import deeds, prompt
from gateway.store.base import InboundState
from gateway.store.dialogue import Question
from tests.flow.menus import about_case, about_household, drafts, filed, kept, origin, pin_of
from tests.flow.talk import Talk
from tests.scenarios.county import number_of


def do(talk: Talk, work: Callable[[Connection], None]) -> None:
    prompt.run(talk.services.exchange.engine, work)
    talk.session.rollback()


def test_a_turn_told_five_times_is_one_message_with_one_number(talk: Talk) -> None:
    where = origin(talk, "liaison")
    named = {filed(talk, where, about_household(3, code="21")) for _ in range(5)}
    (message,) = talk.inbound()
    assert named == {message.reserved}
    assert (message.channel, message.provider, message.sender) == ("ussd", "africastalking", number_of("liaison"))
    assert message.recipient == "*384*7#"
    assert filed(talk, origin(talk, "liaison", "2"), about_household(4, code="21")) != message.reserved


def test_a_turn_told_at_once_by_many_is_one_message_with_one_number(talk: Talk) -> None:
    where = origin(talk, "liaison")
    with ThreadPoolExecutor(4) as pool:
        named = set(pool.map(lambda _: filed(talk, where, about_household(3, code="21")), range(12)))
    assert named == {talk.inbound()[0].reserved}
    assert len(talk.inbound()) == 1


@pytest.fixture
def count_from(talk: Talk) -> Iterator[Callable[[int], None]]:
    """Lets the case numbers go on from a serial; afterwards they do as before."""
    before = talk.session.scalar(text("SELECT last_value FROM case_serial"))

    def count_from(serial: int) -> None:
        talk.session.execute(text(f"ALTER SEQUENCE case_serial MINVALUE 0 RESTART WITH {serial}"))
        talk.session.commit()

    yield count_from
    talk.session.execute(text(f"ALTER SEQUENCE case_serial MINVALUE 1 RESTART WITH {before}"))
    talk.session.commit()


@pytest.mark.parametrize("serial", [0, 1, 7, 99, 1234, 9999, 10_000, 123_456, 9_999_999])
def test_the_number_made_in_the_database_is_the_number_made_in_python(
    talk: Talk, count_from: Callable[[int], None], serial: int
) -> None:
    count_from(serial)
    named = filed(talk, origin(talk, "liaison"), about_household(3, code="21"))
    assert named == numbers.make(numbers.Kind.CASE, serial)


def test_a_command_reserves_no_number(talk: Talk) -> None:
    assert filed(talk, origin(talk, "liaison"), about_case("100013", verb=Verb.FIXED)) is None


def test_filing_ends_the_draft_and_a_repetition_does_not_end_the_next_one(talk: Talk) -> None:
    kept(talk, "liaison", household="3")
    where = origin(talk, "liaison")
    filed(talk, where, about_household(3, code="21"), ends_draft=True)
    assert drafts(talk) == []
    talk.clock.forward(seconds=5)
    kept(talk, "liaison", household="4", session_id="S2")
    filed(talk, where, about_household(3, code="21"), ends_draft=True)
    assert [draft.answers["household"] for draft in drafts(talk)] == ["4"]


def test_a_draft_is_one_a_phone_and_always_the_latest(talk: Talk) -> None:
    kept(talk, "liaison", household="3")
    kept(talk, "liaison", household="3", code="5", later=timedelta(seconds=2))
    kept(talk, "liaison", household="3", code="", later=timedelta(seconds=1))  # overtaken on its way
    (draft,) = drafts(talk)
    assert (draft.answers["code"], draft.person_id) == ("5", talk.person("liaison").id)


def test_a_late_turn_does_not_bring_back_what_was_filed(talk: Talk) -> None:
    early = origin(talk, "liaison")
    talk.clock.forward(seconds=3)
    filed(talk, origin(talk, "liaison", "2"), about_household(3, code="21"), ends_draft=True)
    do(talk, lambda connection: deeds.keep(connection, [deeds.Kept(origin=early, answers={"household": "3"})]))
    assert drafts(talk) == []


def test_a_stranger_keeps_nothing(talk: Talk) -> None:
    kept(talk, "stranger", household="3")
    assert drafts(talk) == []


def test_a_dropped_report_is_gone_with_what_was_asked_about_it(talk: Talk) -> None:
    person = talk.person("liaison")
    kept(talk, "liaison", household="3", code="51")
    talk.session.add(
        Question(
            person_id=person.id,
            kind="draft",
            options={"1": {"draft": 1}},
            asked_at=talk.clock.now(),
            expires_at=talk.clock.now() + timedelta(days=1),
        )
    )
    talk.session.commit()
    do(talk, lambda connection: deeds.drop(connection, origin(talk, "liaison")))
    assert drafts(talk) == []
    assert talk.session.scalars(select(Question.answered_at)).one() is not None


def test_the_end_of_a_call_is_noted_on_the_draft_of_that_call_only(talk: Talk) -> None:
    kept(talk, "liaison", household="3", session_id="S2")
    now = talk.clock.now()
    for session_id, expected in (("S1", None), ("S2", now)):
        do(
            talk,
            lambda connection, session_id=session_id: deeds.hung_up(
                connection, provider="africastalking", session_id=session_id, sender=number_of("liaison"), at=now
            ),
        )
        assert drafts(talk)[0].hung_up_at == expected
    kept(talk, "liaison", household="3", code="5", session_id="S3")
    assert drafts(talk)[0].hung_up_at is None


def test_language_and_letters_are_remembered(talk: Talk) -> None:
    where = origin(talk, "liaison")
    do(talk, lambda connection: deeds.speak(connection, where, Language.BO, latin=True))
    phone = talk.phone("liaison")
    assert (phone.latin, phone.person.language) == (True, Language.BO)
    assert talk.person("liaison_2").language is Language.ZH


def choose_pin(talk: Talk, turn: str = "1", new_pin: str = "$argon2id$one") -> None:
    """Do something with a PIN chosen just now."""
    reading = about_case("100013", verb=Verb.DONE)
    filed(talk, origin(talk, "grid_leader", turn), reading, proof=Proof.NEW_PIN, new_pin=new_pin)


def test_a_pin_is_chosen_once(talk: Talk) -> None:
    choose_pin(talk)
    choose_pin(talk)  # told again
    choose_pin(talk, "2", "$argon2id$two")  # on another call, a moment later
    assert [message.proof for message in talk.inbound()] == [Proof.NEW_PIN, Proof.NONE]
    pin = pin_of(talk, "grid_leader")
    assert pin is not None
    assert pin.hash == "$argon2id$one"


def wrong(talk: Talk, turn: str) -> None:
    where = origin(talk, "grid_leader", turn)
    do(talk, lambda connection: deeds.count_wrong_pin(connection, where))


def test_wrong_pins_count_once_each_and_the_third_locks(talk: Talk) -> None:
    choose_pin(talk)
    for turn in ("2", "2", "2", "3"):
        wrong(talk, turn)
    pin = pin_of(talk, "grid_leader")
    assert pin is not None
    assert (pin.wrong, pin.locked_at) == (2, None)
    wrong(talk, "4")
    wrong(talk, "5")
    pin = pin_of(talk, "grid_leader")
    assert pin is not None
    assert (pin.wrong, pin.locked_at) == (4, talk.clock.now())
    tries = [message for message in talk.inbound() if message.result == "wrong_pin"]
    assert {(message.state, message.text) for message in tries} == {(InboundState.IGNORED, "")}


def test_a_right_pin_makes_the_wrong_ones_before_it_forgotten(talk: Talk) -> None:
    choose_pin(talk)
    wrong(talk, "2")
    filed(talk, origin(talk, "grid_leader", "3"), about_case("100013", verb=Verb.DONE), proof=Proof.PIN)
    pin = pin_of(talk, "grid_leader")
    assert pin is not None
    assert pin.wrong == 0


def test_a_connection_that_died_meanwhile_costs_a_second_attempt_and_nothing_else(talk: Talk) -> None:
    first = filed(talk, origin(talk, "liaison"), about_household(3, code="21"))
    talk.session.execute(
        text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    )
    talk.session.commit()
    assert filed(talk, origin(talk, "liaison"), about_household(3, code="21")) == first
