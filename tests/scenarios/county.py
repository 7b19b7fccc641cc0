"""The small county in which stories happen: two townships, three villages, every post once, invented people."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from gateway.domain import numbers
from gateway.domain.categories import departments
from gateway.domain.terms import Language, Role, UnitKind
from gateway.store.households import Household
from gateway.store.people import Person, Phone, Post
from gateway.store.units import Unit
from tests.scenarios.story import BadStory, Part

STRANGER = "stranger"
"""Writes from a number that nobody has registered."""

_COUNTY, _TOWN, _OTHER_TOWN = "632623", "632623204", "632623100"
_VILLAGE, _NEXT_VILLAGE, _FAR_VILLAGE = "632623204203", "632623204201", "632623100201"

_PLACES = (
    # code, kind, parent, name
    (_COUNTY, UnitKind.COUNTY, "", "甘德县"),
    (_TOWN, UnitKind.TOWNSHIP, _COUNTY, "江千乡"),
    (_OTHER_TOWN, UnitKind.TOWNSHIP, _COUNTY, "柯曲镇"),
    (_VILLAGE, UnitKind.VILLAGE, _TOWN, "协隆村委会"),
    (_NEXT_VILLAGE, UnitKind.VILLAGE, _TOWN, "隆吉村委会"),
    (_FAR_VILLAGE, UnitKind.VILLAGE, _OTHER_TOWN, "东吉村委会"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """One person of the county; `at` is the code of a place or the slug of a department."""

    role: str  # what stories call the person
    name: str
    post: Role | None  # None: registered, and holds no post (yet)
    at: str = ""
    rank: int = 1
    households: int = 0


_OFFICERS = {
    "emergency": "旦正",
    "health": "李秀兰",
    "housing": "马俊",
    "agriculture": "桑周",
    "transport": "赵强",
    "civil": "央金",
    "police": "扎西东知",
    "education": "陈静",
    "labour": "久美",
    "justice": "贡保",
    "utilities": "刘伟",
    "petition": "仁青",
}

MEMBERS: tuple[Member, ...] = (
    Member(role="liaison", name="卓玛", post=Role.LIAISON, at=_VILLAGE, households=12),
    Member(role="liaison_2", name="才旦", post=Role.LIAISON, at=_VILLAGE, households=5),
    Member(role="liaison_3", name="拉毛", post=Role.LIAISON, at=_NEXT_VILLAGE, households=6),
    Member(role="liaison_4", name="桑杰", post=Role.LIAISON, at=_FAR_VILLAGE, households=6),
    Member(role="liaison_new", name="旺毛", post=None),
    Member(role="grid_leader", name="才让", post=Role.GRID_LEADER, at=_VILLAGE),
    Member(role="grid_deputy", name="更藏", post=Role.GRID_LEADER, at=_VILLAGE, rank=2),
    Member(role="grid_leader_2", name="多杰", post=Role.GRID_LEADER, at=_NEXT_VILLAGE),
    Member(role="grid_leader_3", name="班玛", post=Role.GRID_LEADER, at=_FAR_VILLAGE),
    Member(role="township_commander", name="索南", post=Role.TOWNSHIP_COMMANDER, at=_TOWN),
    Member(role="township_desk", name="周措", post=Role.TOWNSHIP_DESK, at=_TOWN),
    Member(role="township_commander_2", name="昂毛", post=Role.TOWNSHIP_COMMANDER, at=_OTHER_TOWN),
    Member(role="operator", name="王芳", post=Role.COUNTY_OPERATOR, at=_COUNTY),
    Member(role="county_commander", name="尕藏", post=Role.COUNTY_COMMANDER, at=_COUNTY),
    *(Member(role=slug, name=name, post=Role.DEPARTMENT_OFFICER, at=slug) for slug, name in _OFFICERS.items()),
)
RESIDENT = "resident"
"""The contact of the liaison's second household."""
_RESIDENT_NAME, _RESIDENT_HOUSEHOLD = "尼玛", 2

ROLES: tuple[str, ...] = (*(member.role for member in MEMBERS), RESIDENT, STRANGER)
"""Everybody whom a story can name."""

_SINCE = date(2026, 1, 1)


def number_of(role: str, phone: int = 1) -> str:
    """The number of somebody's first or second phone; raises BadStory for a role that is not there."""
    if role not in ROLES:
        raise BadStory(f"nobody here is called {role}; there are {', '.join(ROLES)}")
    return f"+861990000{phone}{ROLES.index(role) + 1:03d}"


def pin_of(role: str) -> str:
    """The PIN that somebody chooses at the first use and keeps: four digits, nobody else's."""
    return f"{52 + ROLES.index(role)}07"


def who_has(number: str) -> str:
    """The role that a number belongs to, or the number itself."""
    return next((role for role in ROLES if number in {number_of(role, 1), number_of(role, 2)}), number)


def label(role: str) -> str:
    """A role with the person's name, for dialogues."""
    names = {member.role: member.name for member in MEMBERS} | {RESIDENT: _RESIDENT_NAME}
    return f"{role} {names[role]}" if role in names else role


def build(session: Session, parts: Mapping[str, Part]) -> Mapping[str, Person]:
    """Add the county's rows; gives the people by role. The caller commits."""
    for role in parts:
        number_of(role)
    units = _units(session)
    people: dict[str, Person] = {}
    for member in MEMBERS:
        part = parts.get(member.role, Part())
        if part.absent:
            continue
        people[member.role] = _person(member.role, member.name, part)
        if member.post is not None:
            people[member.role].posts.append(
                Post(unit=units[member.at], role=member.post, rank=member.rank, from_day=_SINCE)
            )
        session.add(people[member.role])
    people[RESIDENT] = _person(RESIDENT, _RESIDENT_NAME, parts.get(RESIDENT, Part()))
    session.flush()
    _households(session, people)
    return people


def _units(session: Session) -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for code, kind, parent, name in _PLACES:
        above = units.get(parent)
        path = f"{above.path}.{code}" if above else code
        units[code] = Unit(code=code, kind=kind, path=path, name_zh=name, parent=above)
        session.add(units[code])
        session.flush()
    for slug, department in departments().items():
        code = f"{_COUNTY}-{slug}"
        units[slug] = Unit(
            code=code,
            kind=UnitKind.DEPARTMENT,
            path=f"{_COUNTY}.{slug}",
            slug=slug,
            parent=units[_COUNTY],
            name_zh=department.names[Language.ZH],
        )
        session.add(units[slug])
    session.flush()
    return units


def _person(role: str, name: str, part: Part) -> Person:
    person = Person(name=name, language=Language(part.language or Language.ZH))
    for rank in (1, 2) if part.second_phone else (1,):
        person.phones.append(Phone(number=number_of(role, rank), rank=rank))
    return person


def _households(session: Session, people: Mapping[str, Person]) -> None:
    serial = 0
    for member in MEMBERS:
        for ordinal in range(1, member.households + 1):
            serial += 1
            if member.role in people:
                contact = people[RESIDENT] if (member.role, ordinal) == ("liaison", _RESIDENT_HOUSEHOLD) else None
                session.add(_household(people[member.role].posts[0], serial, ordinal, contact))


def _household(post: Post, serial: int, ordinal: int, contact: Person | None) -> Household:
    return Household(
        number=numbers.make(numbers.Kind.HOUSEHOLD, serial),
        unit=post.unit,
        liaison=post,
        ordinal=ordinal,
        head_name=f"户主{serial}",
        members=4,
        contact=contact,
    )
