"""Tibetan letters to Wylie transliteration, for texts typed on a phone that has no Tibetan keyboard."""

import re

_LETTERS = "ཀཁགངཅཆཇཉཏཐདནཔཕབམཙཚཛཝཞཟའཡརལཤསཧ"
_SOUNDS = "k kh g ng c ch j ny t th d n p ph b m ts tsh dz w zh z ' y r l sh s h"
_CONSONANTS = {**dict(zip(_LETTERS, _SOUNDS.split(), strict=True)), "ཨ": ""}
_VOWELS = {"ི": "i", "ུ": "u", "ེ": "e", "ོ": "o"}
_BELOW = {chr(ord(letter) + 0x50): letter for letter in _CONSONANTS}  # subjoined letters stand 0x50 behind
_STACK = re.compile(r"[\u0f40-\u0f6a][\u0f90-\u0fbc]*[\u0f71-\u0f7d]*")
_PREFIXES = frozenset("གདབམའ")
_SUFFIXES_BEFORE_SA = frozenset("གངབམ")
_MARKED = re.compile(r"[\u0f71-\u0f7d\u0f90-\u0fbc]")


def wylie(text: str) -> str:
    """Extended Wylie of a Tibetan text, syllables joined by single spaces; what is not Tibetan is left out.

    Follows the ordinary spelling rules (prefix, stack, vowel, suffixes); Sanskrit stacks come out letter by letter.
    """
    syllables = re.split(r"[^\u0f40-\u0fbc]+", text)
    return " ".join(_syllable(stacks) for stacks in map(_STACK.findall, syllables) if stacks)


def _syllable(stacks: list[str]) -> str:
    root = _root(stacks)
    parts = [_letters(stack) for stack in stacks[:root]]
    if parts and parts[-1] == "g" and stacks[root][0] == "ཡ":
        parts.append(".")  # g.yag is not gyag
    parts.append(_letters(stacks[root]) + (_vowel(stacks[root]) or "a"))
    parts += [_letters(stack) + _vowel(stack) for stack in stacks[root + 1 :]]
    return "".join(parts)


def _root(stacks: list[str]) -> int:
    """Which stack carries the vowel."""
    marked = next((place for place, stack in enumerate(stacks) if _MARKED.search(stack)), None)
    if marked is None:
        return 1 if _has_prefix(stacks) else 0
    is_ending = marked > 1 or (marked == 1 and stacks[1][0] == "འ")  # the 'i of pa'i is no root
    return 0 if is_ending else marked


def _has_prefix(stacks: list[str]) -> bool:
    """Whether an unmarked syllable begins with a prefix: four letters do, three do unless they end like gangs."""
    if stacks[0] not in _PREFIXES or len(stacks) < len("abc"):
        return False
    return len(stacks) > len("abc") or not (stacks[2] == "ས" and stacks[1] in _SUFFIXES_BEFORE_SA)


def _letters(stack: str) -> str:
    return "".join(_CONSONANTS.get(_BELOW.get(letter, letter), "") for letter in stack)


def _vowel(stack: str) -> str:
    return next((_VOWELS[letter] for letter in stack if letter in _VOWELS), "")
