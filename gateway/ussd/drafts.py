"""A report on its way in its other forms: as the parser would read it, as an SMS writes it, and in words."""

from functools import lru_cache

from gateway.domain.terms import Language
from gateway.sms import judging
from gateway.sms.codebook import OTHER_FAMILY, codebook
from gateway.sms.reading import Parsed, Subject, SubjectKind
from gateway.ussd.caller import Draft
from gateway.wording import part

_REMEMBERED = 256  # reports just now on their way: each of their screens asks again


def as_reading(draft: Draft, *, practise: bool = False) -> Parsed:
    """What intake takes; "other, in my own words" is no code."""
    return Parsed(
        subject=Subject(kind=SubjectKind.ORDINAL, number=draft.household) if draft.household else None,
        code=_code(draft),
        values=(draft.count,) if draft.count else (),
        text=draft.text,
        urgent=bool(draft.urgent),
        rehearsal=practise,
    )


def as_text(draft: Draft, *, practise: bool = False) -> str:
    """The same as somebody would write it: "*3*52 14". Without a household a text has no code, but its words."""
    code = _code(draft)
    if draft.household:
        what = "*".join(word for word in (draft.household, code) if word)
    else:
        what = codebook().label(code, Language.ZH) if code else ""
    words = " ".join(word for word in (what, str(draft.count or ""), draft.text) if word)
    mark = f"{codebook().rehearsal.words[0]} " if practise else ""
    return mark + ("*" if draft.urgent else "") + words


@lru_cache(maxsize=_REMEMBERED)
def is_urgent(draft: Draft) -> bool:
    """Whether it is handled as urgent whatever the caller says: by its kind, or by its words."""
    code = _code(draft)
    return judging.is_urgent(code, judging.judge(code, draft.text))


def in_words(draft: Draft, language: Language) -> str:
    """What was told so far, for the caller's own eyes, urgent as it will be handled: "急！3户 牲畜死亡 共14"."""
    code = _code(draft)
    words = (
        part("part_household", language, ordinal=draft.household) if draft.household else "",
        codebook().label(code, language) if code else "",
        part("part_count", language, n=draft.count).strip() if draft.count else "",
        draft.text,
    )
    mark = part("part_urgent", language) if draft.urgent or is_urgent(draft) else ""
    return mark + " ".join(word for word in words if word)


def _code(draft: Draft) -> str:
    return "" if draft.code == OTHER_FAMILY else draft.code
