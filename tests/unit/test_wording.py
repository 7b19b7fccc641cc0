"""Texts fit their segments however long their slots are, and are safe against what senders type."""

import re

import pytest

from gateway.domain.terms import Language
from gateway.sms.segments import Encoding, measure
from gateway.wording import Entry, UnknownText, catalogue, part, say

TEXTS = [entry for entry in catalogue().entries.values() if entry.purpose is not None]
NUMBER = "148214"
DISTRESS = (
    "昨天半夜下大雪房子塌了",
    "ཁ་སང་མཚན་མོ་གངས་ཆེན་པོ་བབས་ནས་ཁང་པ་ཕྱེད་ཀ་བརྡིབས་སོང་།",
    "the roof fell on 14 yaks ",
    "x",
    "9",
    "🏔️🐂",
    "é́",
    "{words}[{number}]$words%s\\1 ",
    "回1 571 148214 ",
)

each_language = pytest.mark.parametrize("language", list(Language))


def longest(entry: Entry, language: Language) -> dict[str, str]:
    worst = catalogue().worst[language]
    return {name: worst[name] for name in entry.slots}


# ---- budgets


@each_language
def test_a_text_with_the_longest_slots_fits_its_budget(language: Language) -> None:
    before, after = part("part_rehearsal", language), part("part_masked", language)
    for entry in TEXTS:
        said = say(entry.key, language, before=before, after=after, **longest(entry, language))

        assert said.segments == measure(said.text).segments <= entry.segments, said
        assert said.purpose is entry.purpose
        assert "  " not in said.text, said


@each_language
def test_numbers_codes_and_dates_survive_any_shortening(language: Language) -> None:
    before = part("part_rehearsal", language)
    for entry in TEXTS:
        slots = longest(entry, language)
        said = say(entry.key, language, before=before, after="!" * 200, **slots)

        assert all(slots[name] in said.text for name in set(entry.slots) - set(entry.trim)), said


@each_language
@pytest.mark.parametrize("words", DISTRESS, ids=range(len(DISTRESS)))
def test_no_length_and_no_script_of_a_slot_breaks_a_budget(language: Language, words: str) -> None:
    for entry in TEXTS:
        said = say(entry.key, language, **longest(entry, language) | dict.fromkeys(entry.trim, words * 300))

        assert said.segments <= entry.segments, said
        if "number" in entry.slots:
            assert catalogue().worst[language]["number"] in said.text, said


def test_english_texts_stay_gsm_seven_when_their_slots_are() -> None:
    for entry in TEXTS:
        said = say(entry.key, Language.EN, **longest(entry, Language.EN))
        assert measure(said.text).encoding is Encoding.GSM7, said


@each_language
@pytest.mark.parametrize("key", ["case_opened", "case_followed"])
def test_the_notice_of_a_masked_identity_number_goes_with_a_confirmation(key: str, language: Language) -> None:
    notice = part("part_masked", language)
    entry = catalogue().entries[key]

    assert say(key, language, after=notice, **longest(entry, language)).text.endswith(notice.strip())


@each_language
def test_a_rehearsal_still_looks_like_one_when_room_is_short(language: Language) -> None:
    mark = part("part_rehearsal", language)
    said = say("number_unknown", language, before=mark, after="x" * 400, given="y" * 400)

    assert said.text.startswith(mark.strip())
    assert "xx" not in said.text


def test_more_than_a_budget_is_better_than_a_number_cut_in_half() -> None:
    said = say("case_repeated", Language.ZH, number="1" * 80)

    assert "1" * 80 in said.text
    assert said.segments == 2


# ---- how a text is shortened


def test_words_are_shortened_before_what_happened() -> None:
    said = say(
        "alert",
        Language.ZH,
        why="请您办",
        what="隆吉村3户 房屋危险倒塌",
        number=NUMBER,
        code="571",
        caller="19900000101",
        words="昨天半夜下大雪，房子塌了一半，" + "老人和两个娃娃在邻居家，" * 8,
    )

    assert said.text.startswith(
        "请您办：隆吉村3户 房屋危险倒塌。号148214 码571，回1收下。电19900000101。“昨天半夜下大雪，"
    )
    assert said.text.endswith("…”")
    assert measure(said.text).segments == 2


def test_tibetan_is_cut_between_syllables_only() -> None:
    words = "ཁ་སང་མཚན་མོ་གངས་ཆེན་པོ་བབས་ནས་ཁང་པ་ཕྱེད་ཀ་བརྡིབས་སོང་།"
    syllables = re.findall("[^་]+་?", words)
    prefixes = {"".join(syllables[:count]) for count in range(1, len(syllables))}
    for length in range(len(words)):
        text = say("follow_up_owner", Language.BO, number="1" * (6 + length), words=words).text
        cut = re.search("“(.*)…”", text)
        assert cut is None or cut[1] in prefixes


def test_latin_words_are_cut_between_words_and_end_in_two_dots() -> None:
    words = "the roof of our winter house came down in the night and " * 4
    text = say("follow_up_owner", Language.EN, number=NUMBER, words=words).text
    shown = text.partition('"')[2].removesuffix('.."')

    assert words.startswith(shown + " ")
    assert measure(text).encoding is Encoding.GSM7


def test_a_cut_in_an_english_text_with_chinese_words_is_shown_by_an_ellipsis() -> None:
    text = say("follow_up_owner", Language.EN, number=NUMBER, words="房子塌了" * 40).text

    assert text.endswith('…"')
    assert ".." not in text
    assert measure(text).units == 70


def test_a_digest_never_shows_half_a_case_number() -> None:
    cases = [str(100_000_000 + at) for at in range(60)]
    for held in range(1, 60):
        for language in Language:
            text = say(
                "digest", language, date="11/23", new=3, waiting=12, late=1, closed=9, cases=" ".join(cases[:held])
            ).text
            shown = re.findall(r"\d{5,}", text)
            assert shown == cases[: len(shown)]
            assert shown
            assert ("…" in text or ".." in text) == (len(shown) < held)


def test_choices_are_dropped_whole() -> None:
    choices = " ".join(f"{digit}=14821{digit}房屋倒塌" for digit in range(1, 10))
    text = say("choose", Language.ZH, choices=choices).text

    assert text.endswith(" …")
    assert all(re.fullmatch(r"\d=\d{6}房屋倒塌", item) for item in text.partition("：")[2].split()[:-1])


def test_what_is_empty_leaves_no_trace() -> None:
    silent = say("follow_up_owner", Language.ZH, number=NUMBER, words="")

    assert silent.text == "148214报事人又来消息。"
    assert say("digest", Language.ZH, date="11月23日", new=1, waiting=0, late=0, closed=0, cases="").text == (
        "11月23日 新1 待办0 超期0 办结0"
    )


# ---- slots come from anybody


@pytest.mark.parametrize(
    "words", ["{number} {x.__class__}", "[a{words}b]", "$words ${words} %s %(words)s", r"\1 \g<0>"]
)
def test_slots_are_never_read_as_templates(words: str) -> None:
    assert f"“{words}”" in say("follow_up_owner", Language.ZH, number=NUMBER, words=words).text


def test_line_breaks_control_characters_and_turned_text_become_spaces() -> None:
    said = say(
        "follow_up_owner",
        Language.ZH,
        before="a\nb",
        number=NUMBER,
        words="\r\n塌\x00了\x07快\u2028来\u202e\ud800。\n",
    )

    assert "“塌 了 快 来 。”" in said.text
    assert said.text.startswith("a b")
    assert said.text.encode()


def test_a_missing_slot_or_an_unknown_key_is_a_mistake_of_ours() -> None:
    with pytest.raises(UnknownText, match="case_opened needs what, owner"):
        say("case_opened", Language.ZH, number=NUMBER)
    with pytest.raises(UnknownText, match="no_such_text"):
        say("no_such_text", Language.ZH)
    with pytest.raises(UnknownText, match="is a part"):
        say("part_urgent", Language.ZH)
    with pytest.raises(UnknownText, match="is a text"):
        part("opted_in", Language.ZH)


def test_a_caller_may_hand_over_more_slots_than_a_text_uses() -> None:
    assert say("undo_done", Language.ZH, number=NUMBER, owner="才让").text == "148214撤了。真有事随时再发。"
