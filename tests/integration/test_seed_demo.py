"""The demo county is as the design says (section 12), and a second seeding changes nothing."""

import pytest
from sqlalchemy import distinct, func, select
from sqlalchemy.orm import Session

from gateway.commands.seed_demo import demo_logins, seed_demo_once
from gateway.demo.build import FROM_DAY
from gateway.demo.people import PHONES_OF_A_COUNTY, populate
from gateway.demo.places import COUNTIES_OF_A_PROVINCE, Size, counties, county
from gateway.domain import numbers
from gateway.domain.categories import departments
from gateway.domain.phone import is_demo
from gateway.domain.terms import Language, Role, UnitKind
from gateway.store import households, units
from gateway.store.households import Household
from gateway.store.people import Person, Phone, Post, phone_of, posts_at
from gateway.store.units import Unit
from gateway.wiring import Services


def how_many(session: Session, kind: UnitKind) -> int:
    """Units of a kind."""
    return session.scalar(select(func.count()).where(Unit.kind == kind)) or 0


def holders(session: Session, role: Role, unit: Unit) -> int:
    """Posts of a role at a unit on the first day."""
    return len(posts_at(session, unit, (role,), FROM_DAY))


def test_gande_has_seven_townships_38_villages_and_every_department(gande: Session) -> None:
    found = {kind: how_many(gande, kind) for kind in UnitKind}
    assert found == {
        UnitKind.COUNTY: 1,
        UnitKind.TOWNSHIP: 7,
        UnitKind.VILLAGE: 38,
        UnitKind.DEPARTMENT: len(departments()),
        UnitKind.GROUP: 0,
    }


def test_places_keep_their_official_codes_and_names_and_hang_in_one_tree(gande: Session) -> None:
    village = units.by_code(gande, "632623204201")
    assert village
    assert [unit.name_zh for unit in units.at_and_above(village)] == ["隆吉村委会", "江千乡", "甘德县"]
    assert village.path == "632623.632623204.632623204201"
    assert village.name(Language.EN) == "Longji village"
    office = units.department(gande, units.county_of(village), "health")
    assert office
    assert (office.code, office.path) == ("632623-health", "632623.632623_health")


def test_jiangqian_has_242_liaisons_1136_households_and_4292_people(gande: Session) -> None:
    township = units.by_code(gande, "632623204")
    assert township
    within = select(Unit.id).where(Unit.path.op("<@")(township.path))
    counted = gande.execute(
        select(func.count(), func.sum(Household.members), func.count(distinct(Household.liaison_id))).where(
            Household.unit_id.in_(within)
        )
    ).one()
    assert tuple(counted) == (1136, 4292, 242)


def test_liaisons_look_after_four_or_five_households_there_and_five_to_twelve_elsewhere(gande: Session) -> None:
    rows = gande.execute(
        select(Unit.code, func.count(), func.min(Household.ordinal), func.max(Household.ordinal))
        .join(Household, Household.unit_id == Unit.id)
        .group_by(Unit.code, Household.liaison_id)
    ).all()
    assert {count for code, count, _, _ in rows if code.startswith("632623204")} == {4, 5}
    elsewhere = [(code, count) for code, count, _, _ in rows if not code.startswith("632623204")]
    assert {count for _, count in elsewhere} <= set(range(5, 13))
    assert len({code for code, _ in elsewhere}) == 8
    assert len({code[:9] for code, _ in elsewhere}) >= 3
    assert all((first, last) == (1, count) for _, count, first, last in rows)
    assert len(rows) >= 380


def test_every_village_has_its_grid_leader_and_every_office_its_people(gande: Session) -> None:
    wanted = {
        UnitKind.VILLAGE: ({Role.GRID_LEADER: {1, 2}}),
        UnitKind.TOWNSHIP: ({Role.TOWNSHIP_COMMANDER: {2}, Role.TOWNSHIP_DESK: {1}}),
        UnitKind.DEPARTMENT: ({Role.DEPARTMENT_OFFICER: {1}}),
        UnitKind.COUNTY: ({Role.COUNTY_OPERATOR: {2}, Role.COUNTY_COMMANDER: {1}}),
    }
    for unit in gande.scalars(select(Unit)):
        for role, counts in wanted[unit.kind].items():
            assert holders(gande, role, unit) in counts, f"{role} at {unit.name_zh}"
    leaders = select(func.count()).where(Post.role == Role.GRID_LEADER)
    assert gande.scalar(leaders.where(Post.rank == 1)) == 38
    assert gande.scalar(leaders.where(Post.rank == 2)) == 8


def test_phones_are_demo_phones_of_the_county_and_nobody_shares_one(gande: Session) -> None:
    found = gande.scalars(select(Phone.number)).all()
    assert len(set(found)) == len(found)
    assert all(is_demo(number) and number.startswith("+861990000") for number in found)
    persons = gande.scalar(select(func.count(Person.id)))
    assert persons == len(set(gande.scalars(select(Phone.person_id)).all())), "somebody has no phone"
    officials = select(Phone.person_id).join(Post, Post.person_id == Phone.person_id).where(Phone.rank == 2)
    assert gande.scalars(officials).all()


def test_people_read_three_languages_and_some_residents_may_write(gande: Session) -> None:
    assert set(gande.scalars(select(Person.language).distinct())) == set(Language)
    contacts = gande.scalars(select(Household).where(Household.contact_id.is_not(None))).all()
    assert 20 < len(contacts) < 60
    contact = contacts[0].contact
    assert contact
    assert households.of_contact(gande, contact) == contacts[0]


def test_household_numbers_carry_their_check_digit(gande: Session) -> None:
    found = gande.scalars(select(Household.number)).all()
    assert all(numbers.is_valid(number) and numbers.kind_of(number) is numbers.Kind.HOUSEHOLD for number in found)
    assert households.next_number(gande) not in found


def test_a_second_seeding_changes_nothing(services: Services, gande: Session) -> None:
    before = [gande.scalar(select(func.count(table.id))) for table in (Unit, Person, Phone, Post, Household)]
    assert not seed_demo_once(services)
    assert [gande.scalar(select(func.count(table.id))) for table in (Unit, Person, Phone, Post, Household)] == before


def test_the_logins_are_people_of_the_county(gande: Session) -> None:
    roles = []
    for line in demo_logins():
        phone = phone_of(gande, line.split()[0])
        assert phone
        assert phone.person.name in line
        roles.append(phone.person.posts[0].role)
    assert roles == [Role.LIAISON, Role.GRID_LEADER, Role.TOWNSHIP_COMMANDER, Role.COUNTY_OPERATOR]


def test_the_same_people_are_invented_every_time() -> None:
    assert populate(county(0)) == populate(county(0))


def test_a_province_is_45_counties_whose_codes_and_phones_never_meet() -> None:
    province = counties(Size.PROVINCE)
    codes = [place.code for each in province for place in each.places()]
    assert len(province) == COUNTIES_OF_A_PROVINCE
    assert len(set(codes)) == len(codes)
    phones = []
    for each in province:
        everybody = populate(each)
        people = [*everybody.officials, *(round_.liaison for round_ in everybody.rounds)]
        people += [home.contact for round_ in everybody.rounds for home in round_.homes if home.contact]
        own = [number for person in people for number in person.phones]
        assert len(own) < PHONES_OF_A_COUNTY
        phones += own
    assert len(set(phones)) == len(phones)
    assert all(map(is_demo, (phones[0], phones[-1], max(phones))))


@pytest.mark.parametrize(
    ("number", "demo"),
    [
        ("+8619900001234", True),
        ("199 0000 1234", True),
        ("+8619900088526", True),
        ("+8619900100000", False),
        ("+8613800001234", False),
        ("+254711000111", False),
    ],
)
def test_demo_numbers_are_told_from_those_of_real_people(number: str, demo: bool) -> None:  # noqa: FBT001 - a table
    assert is_demo(number) is demo
