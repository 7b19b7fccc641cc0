"""A phone that dials, and callers to dial with."""

from datetime import UTC, datetime, timedelta

from gateway.domain.numbers import Kind, make
from gateway.domain.terms import Language
from gateway.sms.reading import Verb
from gateway.ussd.caller import Caller, Draft, Home, Matter, Menu
from gateway.ussd.engine import Step, replay
from gateway.ussd.steps import Entry, Room

OWNER = (Verb.ACCEPT, Verb.DONE, Verb.PASS_UP, Verb.NOT_MINE, Verb.EXTEND, Verb.NOTE)
EVERY = (*OWNER, Verb.FIXED, Verb.NOT_FIXED, Verb.UNDO)
CENTRE = "0975-8300000"
DRAFT = Draft(household="3", code="52", count=14)
FIRST_SCREEN = "请选：\n1 报事\n2 我报的事\n3 办好没有\n4 我的户\n#更多"
START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)

_LONG = {
    Language.ZH: "急！江千乡隆吉村12户房屋危险倒塌，昨天半夜下大雪，老人和两个娃娃在邻居家，牛羊也压在下面，请快点派人",
    Language.BO: "ཛ་དྲག ཁ་སང་མཚན་མོ་གངས་ཆེན་པོ་བབས་ནས་ཁང་པ་ཕྱེད་ཀ་བརྡིབས་སོང་། རྒན་པ་དང་བྱིས་པ་གཉིས་ཁྱིམ་མཚེས་ལ་ཡོད། མྱུར་དུ་ཤོག་རོགས།",
    Language.EN: "URGENT: Xielong, household 12, house unsafe or fallen ^~{}[] in the night, two children",
}


def words(language: Language, size: int) -> str:
    """So many characters of somebody's words."""
    return (_LONG[language] * (1 + size // len(_LONG[language])))[:size]


def matter(number: str = "148214", *moves: Verb, title: str = "3户 房屋倒塌", most_days: int = 3) -> Matter:
    """A case."""
    return Matter(number=number, title=title, rest="正在办。", moves=moves, most_days=most_days)


def homes(count: int) -> tuple[Home, ...]:
    """Households of a liaison."""
    return tuple(
        Home(ordinal=at, title=f"才让{at}", page=f"才让{at}，5口人，户号2{at:04}8") for at in range(1, count + 1)
    )


def liaison(**facts: object) -> Caller:
    """A liaison with five households."""
    return Caller(**{"menu": Menu.LIAISON, "language": Language.ZH, "homes": homes(5), "centre_phone": CENTRE} | facts)  # type: ignore[arg-type]


def official(**facts: object) -> Caller:
    """An official with a case to accept."""
    waiting = (matter("148214", *OWNER),)
    facts = {"menu": Menu.OFFICIAL, "language": Language.ZH, "waiting": waiting, "centre_phone": CENTRE} | facts
    return Caller(**facts)  # type: ignore[arg-type]


def worst(menu: Menu, language: Language, *, latin: bool) -> Caller:
    """Somebody with as much of everything, and as long, as can be."""
    matters = tuple(
        Matter(
            number=make(Kind.CASE, 1_000_000 + at),
            title=words(language, 60),
            page=words(language, 200),
            rest=words(language, 500),
            moves=EVERY,
            most_days=7,
        )
        for at in range(40)
    )
    return Caller(
        menu=menu,
        language=language,
        latin=latin,
        also_liaison=True,
        homes=tuple(Home(ordinal=at, title=words(language, 60), page=words(language, 500)) for at in range(1, 13)),
        reported=matters,
        unconfirmed=matters,
        waiting=matters,
        mine=matters,
        late=matters,
        figures=(9999, 9999, 9999, 9999),
        orders=tuple(words(language, 500) for _ in range(9)),
        centre_phone=CENTRE,
    )


class Handset:
    """A phone: every call and every answer is one more entry of its log."""

    def __init__(self, caller: Caller, room: Room | None = None) -> None:
        self.caller = caller
        self.room = room or Room()
        self.now = START
        self.entries: list[Entry] = []
        self.calls = 0
        self.typed = ""

    def dial(self, direct: str = "") -> Step:
        """A new call; `direct` is what stood behind the service code."""
        self.calls += 1
        self.typed = direct
        return self.callback(self.typed, caller=self.caller)

    def press(self, *answers: str) -> Step:
        """One answer after the other; gives the last step."""
        for answer in answers:
            self.now += timedelta(seconds=8)
            self.typed = f"{self.typed}*{answer}" if self.typed else answer
            step = self.callback(self.typed)
        return step

    def callback(self, text: str, *, caller: Caller | None = None, session_id: str = "") -> Step:
        """What the carrier posts."""
        session_id = session_id or f"call-{self.calls}"
        self.entries.append(Entry(at=self.now, session_id=session_id, text=text, caller=caller))
        return replay(self.entries, self.room)

    def again(self) -> Step:
        """The carrier repeats its last callback."""
        self.entries.append(self.entries[-1])
        return replay(self.entries, self.room)

    def wait(self, **passing: float) -> None:
        """Time passes."""
        self.now += timedelta(**passing)


def called(caller: Caller, *answers: str, direct: str = "") -> Step:
    """A call and its answers; gives the last step."""
    handset = Handset(caller)
    step = handset.dial(direct)
    return handset.press(*answers) if answers else step
