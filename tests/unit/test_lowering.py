"""What takes the urgency of a word away, and what does not."""

import pytest

from gateway.domain.classify import Classification, Evidence, classify


def _reason(result: Classification, word: str) -> Evidence:
    return next(reason for reason in result.reasons if reason.word == word)


# What lowers urgency


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ("没有人受伤", "没有人"),
        ("没有人员伤亡", "没有人员"),
        ("no one injured", "no one"),
        ("there were no injuries", "no"),
        ("nobody was hurt", "nobody"),
        ("mei you ren shou shang", "mei you ren"),
        ("མི་རྨས་མེད།", "མེད"),
        ("mi rmas med", "med"),
        ("去年地震", "去年"),
    ],
)
def test_a_negator_takes_the_urgency_of_the_word_it_touches_and_is_named(text: str, by: str) -> None:
    result = classify(text)
    assert not result.urgent
    assert not result.life_and_limb
    assert {reason.lowered_by for reason in result.reasons} == {by}


@pytest.mark.parametrize(
    "text",
    [
        "没人管，房子塌了",  # a comma ends its reach
        "没人受伤房子塌了",  # it takes one word
        "没有路没有医生，孕妇大出血",
        "没水没电房子塌了",  # 没水 is a word of its own
        "没有 房子塌了",  # a space, in Chinese, is a stop
        "去年修的房子塌了",  # something unknown stands between
        "有没有人受伤",  # a question is no denial
        "no injuries but the house collapsed",
        "no electricity no water fire spreading",
        "མི་རྨས་སོང་སྨན་པ་མེད།",  # the doctor is missing, not the injury
    ],
)
def test_a_negator_does_not_reach_further(text: str) -> None:
    assert classify(text).life_and_limb


def test_a_joint_carries_a_negator_on() -> None:
    assert not classify("没有人受伤和死亡人").life_and_limb
    assert not classify("没有人员伤亡、房屋倒塌").life_and_limb
    assert not classify("no fire or flood").urgent


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ("着火了，已经灭火", "已经灭火"),
        ("孩子走丢了，现在找到了", "找到了"),
        ("there was a fire, it has been put out", "has been put out"),
        ("发大水了。误报", "误报"),
    ],
)
def test_what_is_over_is_no_longer_urgent(text: str, by: str) -> None:
    result = classify(text)
    assert not result.urgent
    assert by in {reason.lowered_by for reason in result.reasons}


@pytest.mark.parametrize(
    "text",
    [
        "着火了，还没有扑灭",
        "people are trapped, they have not been rescued",
        "火灭了又着了",
        "昨天着火，已经扑灭，两人烧伤",
        "there is a fire, we try to put out the flames",
    ],
)
def test_what_is_not_over_stays_urgent(text: str) -> None:
    assert classify(text).life_and_limb


def test_what_did_not_happen_hardly_counts_for_the_category() -> None:
    result = classify("没有人受伤，就是屋顶漏")
    assert result.category == "housing"
    assert _reason(result, "受伤").weight < 1
