"""Who lives and works in a county of the demo: names, phones and posts are invented, and the same at every run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from random import Random

from gateway.demo.places import County, Place, Township, Village
from gateway.domain.terms import Language, Role

PHONES_OF_A_COUNTY = 2_000  # a block of numbers for each; Gande has the first one, within +86 199 0000 xxxx
_FIRST = (
    "才让", "扎西", "多杰", "索南", "旦增", "仁青", "桑杰", "尕藏", "久美", "华旦", "更登", "丹巴", "南杰", "班玛",
    "昂青", "切吉", "彭措", "格桑", "洛桑", "俄日", "官却", "阿旺", "加央", "卓玛", "拉毛", "央金", "德吉", "白玛",
    "三智",
)  # fmt: skip
_SECOND = (
    "卓玛", "才旦", "多杰", "扎西", "措", "吉", "加", "东智", "才让", "太", "项欠", "南加", "本", "拉毛", "央宗",
    "旺扎", "措毛", "尼玛", "达娃", "仁增", "昂毛", "闹日", "曲措", "旦正",
)  # fmt: skip
_LANGUAGES = (Language.BO, Language.BO, Language.ZH, Language.BO, Language.ZH, Language.ZH, Language.BO, Language.ZH)
_ENGLISH_EVERY = 47  # a few read English: volunteers, returned students
_SECOND_PHONE_EVERY = 4
_CONTACT_EVERY = 60
_DEPUTY_EVERY = 5
_FEWEST, _MOST = 5, 12  # households to a liaison (design, section 1)
_SMALLEST, _LARGEST = 2, 6  # persons of a household, before a total is met


@dataclass(frozen=True, kw_only=True, slots=True)
class Somebody:
    """A person with phones (E.164, first number first) and a post; a household's contact has no post."""

    name: str
    language: Language
    phones: tuple[str, ...]
    unit: str = ""
    role: Role = Role.RESIDENT
    rank: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Home:
    """A household as its liaison counts it."""

    ordinal: int
    head: str
    members: int
    contact: Somebody | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """A liaison and the households of the round."""

    liaison: Somebody
    homes: tuple[Home, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Population:
    """Everybody of a county."""

    officials: tuple[Somebody, ...]
    rounds: tuple[Round, ...]


def populate(county: County) -> Population:
    """Everybody of a county, officials first."""
    cast = _Cast(county)
    officials = tuple(_officials(cast, county))
    rounds = tuple(each for township in county.townships for each in _rounds(cast, township))
    return Population(officials=officials, rounds=rounds)


class _Cast:
    """Draws names, languages and phones for one county, in order."""

    def __init__(self, county: County) -> None:
        self.random = Random(f"lianhu {county.index}")  # noqa: S311 - invents people, guards nothing
        self._serials = count(county.index * PHONES_OF_A_COUNTY + 1)
        self._persons = count(1)
        self._homes = count(1)

    def name(self) -> str:
        first, second = self.random.choice(_FIRST), self.random.choice(_SECOND)
        return first + (second if second != first else "加")

    def phone(self) -> str:
        return f"+86199000{next(self._serials):05d}"

    def official(self, place: Place, role: Role, rank: int = 1) -> Somebody:
        person = self._somebody(place, role, rank)
        if self.random.randrange(_SECOND_PHONE_EVERY):
            return person
        return replace(person, phones=(*person.phones, self.phone()))

    def liaison(self, place: Place) -> Somebody:
        return self._somebody(place, Role.LIAISON, 1)

    def home(self, ordinal: int, members: int) -> Home:
        head = self.name()
        contact = None
        if next(self._homes) % _CONTACT_EVERY == 0:
            contact = Somebody(name=head, language=self._language(), phones=(self.phone(),))
        return Home(ordinal=ordinal, head=head, members=members, contact=contact)

    def _somebody(self, place: Place, role: Role, rank: int) -> Somebody:
        return Somebody(
            name=self.name(),
            language=self._language(),
            phones=(self.phone(),),
            unit=place.code,
            role=role,
            rank=rank,
        )

    def _language(self) -> Language:
        serial = next(self._persons)
        return Language.EN if serial % _ENGLISH_EVERY == 0 else _LANGUAGES[serial % len(_LANGUAGES)]


def _officials(cast: _Cast, county: County) -> Iterator[Somebody]:
    yield cast.official(county.place, Role.COUNTY_COMMANDER)
    yield cast.official(county.place, Role.COUNTY_OPERATOR)
    yield cast.official(county.place, Role.COUNTY_OPERATOR, rank=2)
    for department in county.departments:
        yield cast.official(department, Role.DEPARTMENT_OFFICER)
    for township in county.townships:
        yield cast.official(township.place, Role.TOWNSHIP_COMMANDER)
        yield cast.official(township.place, Role.TOWNSHIP_COMMANDER, rank=2)
        yield cast.official(township.place, Role.TOWNSHIP_DESK)
    for position, village in enumerate(village for township in county.townships for village in township.villages):
        yield cast.official(village.place, Role.GRID_LEADER)
        if position % _DEPUTY_EVERY == 0:
            yield cast.official(village.place, Role.GRID_LEADER, rank=2)


def _rounds(cast: _Cast, township: Township) -> Iterator[Round]:
    """The rounds of a township, as even as its totals allow, or drawn where it has none."""
    villages: list[Village] = [village for village in township.villages for _ in range(village.liaisons)]
    sizes = (
        _shared(township.households, len(villages))
        if township.households
        else [cast.random.randint(_FEWEST, _MOST) for _ in villages]
    )
    members = iter(_members(cast.random, sum(sizes), township.people))
    for village, size in zip(villages, sizes, strict=True):
        liaison = cast.liaison(village.place)
        homes = tuple(cast.home(ordinal, next(members)) for ordinal in range(1, size + 1))
        yield Round(liaison=liaison, homes=homes)


def _shared(total: int, parts: int) -> Sequence[int]:
    """A total in parts that differ by one at most, the larger ones spread evenly."""
    return [total * (part + 1) // parts - total * part // parts for part in range(parts)]


def _members(random: Random, households: int, people: int) -> list[int]:
    """Persons of each household; they add up to `people` unless that is 0."""
    sizes = [random.randint(_SMALLEST, _LARGEST) for _ in range(households)]
    while people and sum(sizes) != people:
        step = 1 if sum(sizes) < people else -1
        place = random.randrange(households)
        sizes[place] = max(1, sizes[place] + step)
    return sizes
