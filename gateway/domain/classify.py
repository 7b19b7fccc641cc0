"""Reads category and urgency from the words of a report, and says which words decided (design, section 6)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gateway.domain.categories import FALLBACK, categories
from gateway.domain.lexicon import ANY_MEANING, Entry, Lexicon, Meaning, Part, lexicon
from gateway.domain.phrases import Match, Units, cut
from gateway.domain.spelling import Script

_HINT_WEIGHT = 1  # words of at most this weight do not stop a negator
_NEGATED_SHARE = 0.1  # of its weight a word keeps for the category: what did not happen is hardly the subject
_OVER_SHARE = 0.5  # what is over is still the subject
_DOUBT = 1.0  # added below the margin, so that one word of weight 1 gives a confidence of a half


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """One word that counted, as listed; `category` is empty for a cry for help.

    `weight` is what it added to its category; `lowered_by` is the word that took its urgency away ("没有", "火灭了").
    """

    word: str
    category: str
    weight: float
    script: Script
    urgent: bool = False
    life_and_limb: bool = False
    lowered_by: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Classification:
    """What a text is about. `confidence` runs from 0 (nothing known, or a tie) to below 1; 1 with a hint."""

    category: str
    urgent: bool
    confidence: float
    reasons: tuple[Evidence, ...]
    life_and_limb: bool


@dataclass(slots=True)
class _Finding:
    """A word on its way to being evidence."""

    entry: Entry
    share: float = 1.0
    lowered_by: str = ""

    def lower(self, share: float, by: str) -> None:
        if not self.lowered_by:
            self.share, self.lowered_by = share, by


def classify(text: str, *, hint: str = "") -> Classification:
    """Category, urgency, confidence and reasons of a report, in any of the scripts or several mixed.

    `hint` is the category of a typed code: it decides the category, and urgency then comes from the words alone (the
    code has its own). Raises ValueError for a hint that is no category. Same text, same answer; linear in its length.
    """
    if hint and hint not in categories():
        raise ValueError(f"{hint} is no category")
    units = cut(text)
    reasons = _evidence(_Reader(units).read(_matches(lexicon(), units)))
    category, confidence = (hint, 1.0) if hint else _verdict(reasons)
    by_default = (
        not hint
        and categories()[category].urgent
        and any(reason.category == category and not reason.lowered_by for reason in reasons)
    )
    return Classification(
        category=category,
        urgent=by_default or any(reason.urgent for reason in reasons),
        confidence=confidence,
        reasons=reasons,
        life_and_limb=any(reason.life_and_limb for reason in reasons),
    )


def _matches(words: Lexicon, units: Units) -> list[Match[Entry]]:
    """Listed words and told frames in the order of the text; a frame stands where its second word ends."""
    found = words.book.find(units)
    for pair in words.frames.find(units):
        entry = Entry(
            word=" … ".join(pair.words), script=pair.script, part=Part.FRAME, meanings=(words.told[pair.frame],)
        )
        found.append(Match(pair.end, pair.end, 0, entry))
    found.sort(key=lambda match: match.start)
    return found


@dataclass(slots=True)
class _Reader:
    """Walks over the found words in order and lets negators and endings lower the words that they touch."""

    units: Units
    findings: list[_Finding] = field(default_factory=list)
    negator: str = ""  # in force for the next word
    spent: str = ""  # has had its word; a joint ("和", "or") brings it back
    last: _Finding | None = None  # the word that a negator behind it would lower

    def read(self, matches: Iterable[Match[Entry]]) -> list[_Finding]:
        """The words of the text with what lowers them."""
        end = -1
        for match in matches:
            if match.entry.part is Part.FRAME:  # saw to its own negators
                self.findings.append(_Finding(match.entry))
                continue
            if match.start != end or not self.units.touch(match.start):
                self._let_go()
            self._take(match.entry)
            end = match.end
        return self.findings

    def _let_go(self) -> None:
        self.negator, self.spent, self.last = "", "", None

    def _take(self, entry: Entry) -> None:
        match entry.part:
            case Part.WORD:
                self._take_word(entry)
            case Part.OVER:
                self._take_over(entry)
            case Part.NEGATORS | Part.FORMER:
                self._let_go()
                self.negator = entry.word
            case Part.BEHIND:
                self._take_behind(entry)
            case Part.JOINTS:
                self.negator = self.spent
            case Part.NEUTRAL:
                self._let_go()
            case Part.BRIDGES | Part.FRAME:
                pass

    def _take_word(self, entry: Entry) -> None:
        finding = _Finding(entry)
        self.findings.append(finding)
        if all(meaning.weight <= _HINT_WEIGHT and not meaning.urgent for meaning in entry.meanings):
            return
        self.last = finding
        if self.negator:
            finding.lower(_NEGATED_SHARE, self.negator)
        self.negator, self.spent = "", self.negator

    def _take_behind(self, entry: Entry) -> None:
        if self.last:
            self.last.lower(_NEGATED_SHARE, entry.word)
        self._let_go()

    def _take_over(self, entry: Entry) -> None:
        """What is over lowers the words before it, unless it is itself negated: "not rescued yet"."""
        if not self.negator:
            for finding in self.findings:
                if entry.cancels & {ANY_MEANING, *(meaning.name for meaning in finding.entry.meanings)}:
                    finding.lower(_OVER_SHARE, entry.word)
        if entry.meanings:
            self.findings.append(_Finding(entry, lowered_by=entry.word))
        self._let_go()


def _evidence(findings: Iterable[_Finding]) -> tuple[Evidence, ...]:
    """Evidence in the order of the text; a meaning said twice counts once, in full if it was once not lowered."""
    best: dict[Meaning, Evidence] = {}
    for finding in findings:
        for meaning in finding.entry.meanings:
            known = best.get(meaning)
            if known is None or (known.lowered_by and not finding.lowered_by):
                best[meaning] = _weigh(finding, meaning)
    return tuple(best.values())


def _weigh(finding: _Finding, meaning: Meaning) -> Evidence:
    stands = not finding.lowered_by
    return Evidence(
        word=finding.entry.word,
        category=meaning.category,
        weight=round(meaning.weight * finding.share, 2),
        script=finding.entry.script,
        urgent=meaning.urgent and stands,
        life_and_limb=meaning.life_and_limb and stands,
        lowered_by=finding.lowered_by,
    )


def _verdict(reasons: Sequence[Evidence]) -> tuple[str, float]:
    """The category with the highest sum, the earlier one in a tie, and its margin over every other.

    Where lives are at stake only categories with such a word can win, however much else the text complains about; when
    that overrules a higher sum the confidence is 0.
    """
    sums = dict.fromkeys(categories(), 0.0)
    for reason in reasons:
        if reason.category:
            sums[reason.category] += reason.weight
    at_stake = {reason.category for reason in reasons if reason.life_and_limb and reason.category}
    best = max((at_stake and [each for each in sums if each in at_stake]) or sums, key=sums.__getitem__)
    if not sums[best]:
        return FALLBACK, 0.0
    second = max(total for each, total in sums.items() if each != best)
    return best, max(sums[best] - second, 0.0) / (sums[best] + _DOUBT)
