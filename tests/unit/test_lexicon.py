"""How listed words are found in a text, and what a table of words must be."""

from typing import Any

import pytest

from gateway.domain.categories import categories
from gateway.domain.classify import classify
from gateway.domain.lexicon import Part, compile_lexicon, lexicon
from gateway.domain.spelling import Script, spellings
from gateway.domain.wylie import wylie

# How words are matched


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("死了两个人", "死了人"),  # numbers and counters may stand inside
        ("死了 14 头牛", "死牛"),
        ("the roof is leaking", "roof leaking"),
        ("ཁང་པ་ནི་རྡིབ་སོང་།", "ཁང་པ་རྡིབ"),  # a particle inside
        ("ཁང་པའི་རྡིབ", "ཁང་པ་རྡིབ"),  # and one fused to the syllable
        ("three wolves", "wolves"),
        ("snowstorms", "snowstorm"),  # a plural
        ("gyag shi song", "g.yag shi"),
    ],
)
def test_a_listed_word_is_found(text: str, word: str) -> None:
    assert word in {reason.word for reason in classify(text).reasons}


@pytest.mark.parametrize("text", ["the firearms law", "a campfireplace", "bearing", "illness-free"])
def test_latin_words_match_whole_only(text: str) -> None:
    assert not {"fire", "bear", "ill"} & {reason.word for reason in classify(text).reasons}


def test_of_overlapping_words_the_longest_wins() -> None:
    result = classify("火灾补助什么时候发")
    assert result.category == "welfare"
    assert not result.urgent
    assert "火灾" not in {reason.word for reason in result.reasons}


def test_a_word_that_only_looks_like_danger_does_not_count() -> None:
    assert not classify("坐火车去西宁").urgent
    assert not classify("fire brigade visited us").urgent


def test_a_comma_parts_a_word() -> None:
    assert "房子塌" not in {reason.word for reason in classify("房子，塌").reasons}


def test_a_meaning_said_twice_counts_once() -> None:
    assert classify("着火了着火了着火了").confidence == classify("着火了").confidence
    assert len(classify("着火了，起火了").reasons) == 1


# Two words near each other


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("后墙昨夜整个倒了", "housing"),
        ("his leg was very badly broken", "health"),
        ("grandfather went out to the herd, still not home", "safety"),
    ],
)
def test_two_words_near_each_other_say_what_neither_says_alone(text: str, category: str) -> None:
    result = classify(text)
    assert (result.category, result.life_and_limb) == (category, True)


def test_a_pair_says_both_its_words() -> None:
    assert "墙 … 倒了" in {reason.word for reason in classify("后墙昨夜整个倒了").reasons}


@pytest.mark.parametrize("text", ["墙没有倒了", "墙很好。他倒了一杯茶", "墙" + "好" * 20 + "倒了"])
def test_a_pair_is_not_told_across_a_negator_a_sentence_or_a_long_way(text: str) -> None:
    assert "墙 … 倒了" not in {reason.word for reason in classify(text).reasons}


# The tables


def test_life_and_limb_is_known_in_chinese_tibetan_and_english() -> None:
    for name in ("collapse", "trapped", "injured", "fire", "flood", "missing", "avalanche", "poisoning", "violence"):
        scripts = {
            entry.script
            for entry in lexicon().entries
            for meaning in entry.meanings
            if meaning.name == name and meaning.life_and_limb
        }
        assert scripts >= {Script.ZH, Script.BO, Script.PINYIN, Script.EN}, name


def test_every_category_has_words_in_every_script() -> None:
    known = {
        (meaning.category, entry.script)
        for entry in lexicon().entries
        if entry.part is Part.WORD
        for meaning in entry.meanings
    }
    assert known >= {(category, script) for category in categories() for script in Script}


def _tables(**extra: dict[str, Any]) -> dict[str, Any]:
    parts = ("negators", "former", "behind", "bridges", "joints", "neutral", "slack")
    grammar: dict[str, Any] = {part: {} for part in parts} | {"over": [], "negators": {"zh": ["没有"]}}
    frames: dict[str, Any] = {"inert": [], "people": {}, "frame": []}
    return {"grammar": grammar, "frames": frames, **extra}


def test_words_of_no_category_are_refused() -> None:
    with pytest.raises(ValueError, match=r"weather\.toml"):
        compile_lexicon(_tables(weather={"meaning": []}))


def test_a_word_that_is_also_a_negator_is_refused() -> None:
    meaning = {"name": "none", "weight": 1, "zh": ["没有"]}
    with pytest.raises(ValueError, match="没有"):
        compile_lexicon(_tables(health={"meaning": [meaning]}))


def test_a_frame_that_waits_for_a_negator_is_refused() -> None:
    tables = _tables(health={"meaning": [{"name": "pain", "weight": 1, "zh": ["疼"]}]})
    slots = {"first": {"zh": ["腿"]}, "second": {"zh": ["没有"]}}
    tables["frames"]["frame"] = [{"category": "health", "meaning": "pain", **slots}]
    with pytest.raises(ValueError, match="没有"):
        compile_lexicon(tables)


def test_a_frame_of_no_meaning_is_refused() -> None:
    tables = _tables()
    tables["frames"]["frame"] = [{"category": "health", "meaning": "ghost", "first": {}, "second": {}}]
    with pytest.raises(ValueError, match="ghost"):
        compile_lexicon(tables)


# Spelling


@pytest.mark.parametrize(
    ("tibetan", "latin"),
    [
        ("ཁང་པ་རྡིབ", "khang pa rdib"),
        ("གཡག་ཤི", "g.yag shi"),
        ("རྩྭ་སའི", "rtswa sa'i"),
        ("འབར་གས", "'bar gas"),
        ("གངས", "gangs"),
        ("བསྐྱར", "bskyar"),
        ("མདའ", "mda'"),
        ("དབང", "dbang"),
        ("བཀྲ་ཤིས་བདེ་ལེགས།", "bkra shis bde legs"),
        ("ཨ་མ", "a ma"),
        ("no Tibetan", ""),
    ],
)
def test_tibetan_is_written_in_wylie(tibetan: str, latin: str) -> None:
    assert wylie(tibetan) == latin


def test_pinyin_is_found_with_any_of_its_spaces_left_out() -> None:
    assert set(spellings(Script.PINYIN, "da lei le")) == {"da lei le", "dalei le", "da leile", "daleile"}
    assert list(spellings(Script.EN, "red tent")) == ["red tent"]
