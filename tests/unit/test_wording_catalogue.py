"""The catalogue: every text in every language with the same slots, and what a catalogue with gaps does."""

import re
from pathlib import Path

import pytest

from gateway.domain.lifecycle import State
from gateway.domain.terms import Language, Level, Light, Role
from gateway.sms.codebook import codebook
from gateway.sms.segments import Encoding, measure
from gateway.wording import FOLDER, catalogue, load, part

ENTRIES = list(catalogue().entries.values())
SLOT = re.compile(r"\{(\w+)\}")
LETTERS = re.compile(r"\w")
TIBETAN = re.compile("[\u0f40-\u0fbc]")
CHINESE = re.compile("[\u4e00-\u9fff]")

each_language = pytest.mark.parametrize("language", list(Language))


# ---- the catalogue


@each_language
def test_every_key_has_words_in_every_language_with_exactly_its_slots(language: Language) -> None:
    # outside of its slots a text has no braces; a section in brackets holds a slot and no other section
    whole = re.compile(r"(?:[^{}\[\]]|\{\w+\}|\[[^{}\[\]]*\{\w+\}[^{}\[\]]*\])*")
    for entry in ENTRIES:
        words = entry.texts[language]
        assert LETTERS.search(words), entry.key
        assert set(SLOT.findall(words)) == set(entry.slots), entry.key
        assert whole.fullmatch(words), entry.key


def test_every_language_is_written_in_its_own_letters() -> None:
    for entry in ENTRIES:
        zh, bo, en = (SLOT.sub("", entry.texts[language]) for language in (Language.ZH, Language.BO, Language.EN))
        assert not TIBETAN.search(zh), entry.key
        assert not CHINESE.search(bo), entry.key
        assert measure(en).encoding is Encoding.GSM7, entry.key
        if entry.purpose is not None:
            assert CHINESE.search(zh), entry.key
            assert TIBETAN.search(bo), entry.key


def test_every_slot_has_a_longest_value_in_every_language() -> None:
    used = {name for entry in ENTRIES for name in entry.slots}
    for language in Language:
        assert set(catalogue().worst[language]) == used


def test_the_tibetan_texts_say_that_a_native_reader_has_not_seen_them() -> None:
    assert "AWAITING A NATIVE READER" in (FOLDER / "bo.toml").read_text("utf-8").partition("\n\n")[0]


@pytest.mark.parametrize(
    "key",
    [f"part_role_{role}" for role in Role]
    + [f"part_level_{level}" for level in Level]
    + [f"part_light_{light}" for light in Light]
    + [f"part_state_{state}" for state in State]
    + [f"part_action_{verb}" for verb in codebook().verbs if codebook().verbs[verb].reply_code],
)
@each_language
def test_every_word_of_the_vocabulary_has_a_name(key: str, language: Language) -> None:
    assert part(key, language)


def test_a_light_is_told_by_colour_shape_and_word() -> None:
    for language in (Language.ZH, Language.BO):
        shown = [part(f"part_light_{light}", language) for light in Light]
        assert [text[0] for text in shown] == ["●", "▲", "■"]
        assert all(len(text) > 1 for text in shown)


# ---- a catalogue with gaps


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, "utf-8")
    return folder


KEYS = 'lists = []\n[worst]\n[hello]\npurpose = "answer"\n'


def test_a_text_missing_in_a_language_is_said_in_chinese(tmp_path: Path) -> None:
    book = load(write(tmp_path, keys=KEYS, zh='hello = "您好"', bo="", en='hello = "Hello"'))

    assert book.say("hello", Language.BO, before="", after="", slots={}).text == "您好"
    assert book.say("hello", Language.EN, before="", after="", slots={}).text == "Hello"


def test_a_catalogue_with_strays_or_without_chinese_does_not_load(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"lacks: \['bye'\]; keys without a Chinese text: \['hello'\]"):
        load(write(tmp_path, keys=KEYS, zh="", bo="", en='bye = "Bye"'))
