"""What a call knows of its caller: everything that the same person could do by SMS, in one statement."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from gateway.domain.terms import Language
from gateway.flow import callers
from gateway.sms.reading import Verb
from gateway.store import figures
from gateway.store.people import Person, Phone, Post, current_posts
from gateway.store.pins import Pin
from gateway.ussd.caller import Caller, Draft, Menu
from tests.flow.menus import drafts, kept, origin
from tests.flow.talk import Talk
from tests.scenarios.county import number_of
from tests.scenarios.story import Part


def who(talk: Talk, role: str, *, phone: int = 1) -> Caller:
    """Who calls."""
    exchange, dialled = talk.services.exchange, replace(origin(talk, role), sender=number_of(role, phone))
    with exchange.engine.connect() as connection:
        return callers.load(connection, dialled, exchange.rules)


@contextmanager
def counted(talk: Talk) -> Iterator[list[str]]:
    """The statements that the engine of the calls runs meanwhile."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(talk.services.exchange.engine, "before_cursor_execute", note)
    yield seen
    event.remove(talk.services.exchange.engine, "before_cursor_execute", note)


def test_a_caller_is_loaded_in_one_statement(talk: Talk) -> None:
    talk.say("liaison", "3 房屋倒塌")
    who(talk, "liaison")  # the connection is there now
    with counted(talk) as statements:
        who(talk, "grid_leader")
    assert len(statements) == 1


def test_a_phone_that_nobody_has_is_a_strangers(talk: Talk) -> None:
    caller = who(talk, "stranger")
    assert (caller.menu, caller.language) == (Menu.STRANGER, Language.ZH)
    assert (caller.centre_phone, caller.sms_number) == ("0975-8300000", "106900")


def test_somebody_without_post_or_household_is_a_stranger_in_the_own_language(bare: Talk) -> None:
    bare.build(liaison_new=Part(language="bo"))
    assert who(bare, "liaison_new") == replace(who(bare, "stranger"), language=Language.BO)


def test_a_liaison_has_the_households_by_ordinal(talk: Talk) -> None:
    number = talk.case_number_of("liaison", "3 草场边界有纠纷")
    caller = who(talk, "liaison")
    assert (caller.menu, [home.ordinal for home in caller.homes]) == (Menu.LIAISON, list(range(1, 13)))
    assert caller.homes[2].title == "户主3"
    assert number in caller.homes[2].page
    assert number not in caller.homes[1].page


def test_a_resident_reports_without_household_and_sees_the_own_case(talk: Talk) -> None:
    talk.say("resident", "水管坏了")
    caller = who(talk, "resident")
    assert (caller.menu, caller.homes) == (Menu.RESIDENT, ())
    assert [matter.number for matter in caller.reported] == [talk.case().number]


def test_whoever_held_a_post_can_still_report(talk: Talk) -> None:
    for post in talk.person("liaison_3").posts:
        post.to_day = talk.clock.now().date() - timedelta(days=1)
    talk.session.commit()
    caller = who(talk, "liaison_3")
    assert (caller.menu, caller.homes) == (Menu.RESIDENT, ())


def test_an_official_with_households_is_both(talk: Talk) -> None:
    liaison, leader = talk.person("liaison"), talk.person("grid_leader")
    liaison.posts.append(Post(unit_id=leader.posts[0].unit_id, role=leader.posts[0].role, from_day=talk.clock.now()))
    talk.session.commit()
    caller = who(talk, "liaison")
    assert (caller.menu, caller.also_liaison, len(caller.homes)) == (Menu.OFFICIAL, True, 12)
    assert not who(talk, "grid_leader").also_liaison


def test_who_wants_no_texts_can_still_dial(talk: Talk) -> None:
    assert who(talk, "liaison").texts
    talk.say("liaison", "STOP")
    caller = who(talk, "liaison")
    assert (caller.menu, caller.texts) == (Menu.LIAISON, False)


def test_what_was_heard_of_somebody_last_counts_from_every_phone(bare: Talk) -> None:
    bare.build(liaison=Part(second_phone=True))
    assert who(bare, "liaison").heard_at is None
    bare.put(number_of("liaison", 2), "1")
    assert who(bare, "liaison").heard_at == bare.clock.now()
    bare.clock.forward(minutes=2)
    bare.handle()
    assert who(bare, "liaison").heard_at == bare.clock.now()
    assert who(bare, "liaison_2").heard_at is None


def test_who_dials_has_the_kept_report_in_hand(talk: Talk) -> None:
    kept(talk, "liaison", household="3", code="52", session_id="S0")
    kept(talk, "liaison_2", household="4", session_id="S9")
    before = talk.clock.now()
    talk.clock.forward(minutes=4)
    caller = who(talk, "liaison")
    assert caller.draft == Draft(household="3", code="52")
    found = {draft.session_id: draft.touched_at for draft in drafts(talk)}
    assert found == {"S1": talk.clock.now(), "S9": before}


def test_language_letters_and_pin_are_the_persons_own(talk: Talk) -> None:
    phone = talk.phone("grid_leader")
    phone.latin, phone.person.language = True, Language.BO
    talk.session.add(Pin(person_id=phone.person_id, hash="$argon2id$x", wrong=2, set_at=talk.clock.now()))
    talk.session.commit()
    caller = who(talk, "grid_leader")
    assert (caller.latin, caller.language) == (True, Language.BO)
    assert (caller.pin_hash, caller.pin_wrong, caller.pin_locked) == ("$argon2id$x", 2, False)


def test_a_case_goes_from_waiting_to_mine_to_the_reporters_question(talk: Talk) -> None:
    number = talk.case_number_of("liaison", "3 水管坏了")
    assert [matter.number for matter in who(talk, "grid_leader").waiting] == [number]
    assert [matter.number for matter in who(talk, "liaison").reported] == [number]

    talk.say("grid_leader", "1")
    caller = who(talk, "grid_leader")
    assert ([matter.number for matter in caller.mine], caller.waiting) == ([number], ())

    talk.say("grid_leader", f"{number} 2 {talk.code('grid_leader', talk.case())} 修好了")
    (matter,) = who(talk, "liaison").unconfirmed
    assert matter.moves == (Verb.NOTE, Verb.FIXED, Verb.NOT_FIXED, Verb.UNDO)
    assert who(talk, "grid_leader").mine == ()

    talk.say("liaison", "1")
    assert who(talk, "liaison").reported == ()


def test_moves_are_those_that_the_table_and_the_time_allow(talk: Talk) -> None:
    talk.say("liaison", "3 水管坏了")
    asked = who(talk, "grid_leader").waiting[0]
    assert asked.moves == (Verb.ACCEPT, Verb.DONE, Verb.PASS_UP, Verb.NOT_MINE, Verb.EXTEND, Verb.NOTE)
    assert asked.most_days == 7
    assert who(talk, "liaison").reported[0].moves == (Verb.NOTE, Verb.FIXED, Verb.NOT_FIXED, Verb.UNDO)

    talk.say("grid_leader", "1")
    assert Verb.ACCEPT not in who(talk, "grid_leader").mine[0].moves
    talk.wait(timedelta(minutes=11))
    assert Verb.UNDO not in who(talk, "liaison").reported[0].moves
    talk.wait(timedelta(days=8))
    late = who(talk, "grid_leader").late[0]
    assert (Verb.EXTEND in late.moves, late.most_days) == (False, 0)


@pytest.mark.parametrize("role", ["liaison", "grid_leader"])
def test_every_move_offered_would_be_taken_from_a_text(talk: Talk, role: str) -> None:
    talk.say("liaison", "3 暴雪，房子塌了，有人被困")
    case = talk.case()
    caller = who(talk, role)
    words = {Verb.NOTE: "6 在路上", Verb.ACCEPT: "1", Verb.FIXED: "7"}
    offered = {verb for matter in (*caller.reported, *caller.waiting) for verb in matter.moves}
    for verb in [verb for verb in words if verb in offered]:
        message = talk.say(role, f"{case.number} {words[verb]}")
        assert talk.answer_to(message).template not in {"late", "not_yours", "number_unknown"}


def test_officials_read_what_an_alert_says_and_no_word_about_health(talk: Talk) -> None:
    talk.say("liaison", "3 草场边界有人打架")
    matter = who(talk, "grid_leader").waiting[0]
    assert "协隆3户" in matter.title
    assert "草场边界有人打架" in matter.rest
    assert number_of("liaison").removeprefix("+86") in matter.rest

    talk.say("liaison", "4 老人肺结核咳血")
    assert "肺结核" not in str(who(talk, "grid_leader").waiting)


def test_reporters_read_at_once_how_it_stands_and_nobody_is_told_that_it_is_with_themselves(talk: Talk) -> None:
    talk.say("liaison", "3 水管坏了")
    reported, waiting = who(talk, "liaison").reported[0], who(talk, "grid_leader").waiting[0]
    assert reported.page.startswith("等人收下，网格长 才让负责，")
    assert reported.rest == "“水管坏了”"
    assert (waiting.page, waiting.rest.startswith("等人收下，")) == ("", True)
    assert "才让" not in waiting.rest


def test_urgent_ones_come_first_for_officials_and_the_newest_for_reporters(talk: Talk) -> None:
    first = talk.case_number_of("liaison", "1 水管坏了")
    second = talk.case_number_of("liaison", "2 草场边界有纠纷")
    urgent = talk.case_number_of("liaison", "3 房子塌了，有人被困")
    assert [matter.number for matter in who(talk, "grid_leader").waiting] == [urgent, first, second]
    assert [matter.number for matter in who(talk, "liaison").reported] == [urgent, second, first]
    assert who(talk, "grid_leader").waiting[0].title.startswith("急")


def test_a_merged_case_is_seen_as_the_one_that_it_lives_on_in(talk: Talk) -> None:
    first = talk.case_number_of("liaison", "1 水管坏了")
    second = talk.case_number_of("liaison_2", "2 没有水")
    talk.say("operator", f"{second} 并 {first}")  # answered with the code to send back
    talk.say("operator", talk.code("operator", talk.cases()[1]))
    assert [matter.number for matter in who(talk, "liaison_2").reported] == [first]


def waits(talk: Talk, *roles: str) -> list[str]:
    """Who of some finds something to accept."""
    return [role for role in roles if who(talk, role).waiting]


def test_what_climbed_waits_for_the_rung_that_was_asked_too(talk: Talk) -> None:
    talk.say("liaison", "3 水管坏了")
    assert waits(talk, "grid_leader", "township_commander") == ["grid_leader"]
    talk.wait(timedelta(days=2))
    assert waits(talk, "grid_leader", "township_commander") == ["grid_leader", "township_commander"]


def test_an_urgent_case_waits_for_whoever_was_told_and_may_help_first(talk: Talk) -> None:
    number = talk.case_number_of("liaison", "3 房子塌了，有人被困")
    told = ("township_commander", "emergency")
    assert waits(talk, *told, "housing", "township_desk", "county_commander") == list(told)
    (matter,) = who(talk, "emergency").waiting
    assert (matter.number, Verb.ACCEPT in matter.moves) == (number, True)

    talk.say("emergency", f"{number} 1")
    assert waits(talk, *told) == []
    assert [matter.number for matter in who(talk, "emergency").mine] == [number]
    talk.say("emergency", f"{number} 4 {talk.code('emergency', talk.case())} 不归我们管")
    assert waits(talk, *told, "operator") == ["township_commander", "operator"]  # who said no is left in peace


def test_the_figures_are_those_of_the_mornings_digest(talk: Talk) -> None:
    for text in ("1 水管坏了", "2 草场边界有纠纷", "3 房子塌了，有人被困"):
        talk.say("liaison", text)
    talk.clock.forward(days=8)
    talk.say("liaison", "5 没有电")
    for role in ("grid_leader", "township_commander", "operator", "county_commander", "utilities"):
        person = talk.session.get_one(Person, talk.person(role).id)
        posts = current_posts(person, talk.clock.now().date())
        now = talk.clock.now()
        wanted = figures.daily(talk.session, posts, since=now - timedelta(days=1), now=now)[person.id]
        caller = who(talk, role)
        assert caller.figures == (wanted.new, wanted.waiting, wanted.late, wanted.closed), role
        assert len(caller.late) == wanted.late, role
    assert who(talk, "liaison").figures == (0, 0, 0, 0)


def test_lists_are_capped(talk: Talk) -> None:
    for _ in range(45):
        talk.put("liaison", "水管坏了")
        talk.clock.forward(minutes=11)
    talk.handle()
    assert len(talk.cases()) == 45
    assert len(who(talk, "liaison").reported) == 40
    assert len(who(talk, "grid_leader").waiting) == 40


def test_what_is_loaded_survives_its_way_through_the_log(talk: Talk) -> None:
    talk.say("liaison", "3 水管坏了")
    for role in ("liaison", "grid_leader", "stranger"):
        caller = who(talk, role)
        assert Caller.from_json(caller.as_json()) == caller


def test_a_second_phone_is_the_same_person(bare: Talk) -> None:
    bare.build(liaison=Part(second_phone=True))
    assert who(bare, "liaison", phone=2).menu is Menu.LIAISON
    assert bare.session.scalar(select(Phone.latin).where(Phone.number == number_of("liaison", 2))) is False
