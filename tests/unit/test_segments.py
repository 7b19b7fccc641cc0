"""Segments are counted as carriers count them: own vectors, the shared ones where they are at hand, and smsutil."""

import json
import os
from pathlib import Path

import pytest
import smsutil
from hypothesis import given
from hypothesis import strategies as st

from gateway.sms.segments import Encoding, Segments, budget, encoding_of, fits, measure, shorten, split

GSM_LETTERS = "abcXYZ 0189@£$¥èéÅåΔΩñü\n\r!?" + "^{}\\[~]|€"
TEXTS = st.one_of(st.text(max_size=400), st.text(GSM_LETTERS, max_size=500), st.text("a房ཁ་😀", max_size=300))


def shared() -> Path:
    root = os.environ.get("LIANHU_SHARED") or str(Path(__file__).parents[3] / "shared")
    return Path(root) / "data" / "segments" / "twilio_segments_dev.json"


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", Encoding.GSM7, 0, 1),
        ("a" * 160, Encoding.GSM7, 160, 1),
        ("a" * 161, Encoding.GSM7, 161, 2),
        ("a" * 306, Encoding.GSM7, 306, 2),
        ("a" * 307, Encoding.GSM7, 307, 3),
        ("€" * 80, Encoding.GSM7, 160, 1),
        ("a" * 152 + "€" + "a" * 152, Encoding.GSM7, 306, 3),  # the pair moves as a whole
        ("`", Encoding.UCS2, 1, 1),
        ("房" * 70, Encoding.UCS2, 70, 1),
        ("房" * 71, Encoding.UCS2, 71, 2),
        ("ཁང་པ་རྡིབ་སོང་།", Encoding.UCS2, 15, 1),
        ("😀" * 35, Encoding.UCS2, 70, 1),
        ("😀" * 36, Encoding.UCS2, 72, 2),
        ("房" * 66 + "😀" + "房" * 66, Encoding.UCS2, 134, 3),
        ("khang pa rdib song", Encoding.GSM7, 18, 1),
    ],
)
def test_a_text_costs_what_a_carrier_says(text: str, encoding: Encoding, units: int, segments: int) -> None:
    assert measure(text) == Segments(encoding=encoding, units=units, segments=segments)


@pytest.mark.skipif(not shared().exists(), reason="the shared vectors are not beside this repository")
def test_the_vectors_of_a_carrier_come_out_right() -> None:
    vectors = json.loads(shared().read_text(encoding="utf-8"))
    wrong = [
        vector["testDescription"]
        for vector in vectors
        if (measure(vector["body"]).encoding.value, measure(vector["body"]).segments)
        != (vector["encoding"], vector["segments"])
    ]
    assert (len(vectors), wrong) == (24, [])


@given(TEXTS)
def test_parts_join_to_the_text_and_each_fits(text: str) -> None:
    parts = split(text)
    limit = (160, 153) if encoding_of(text) is Encoding.GSM7 else (70, 67)
    assert "".join(parts) == text
    assert len(parts) == measure(text).segments
    for part in parts:
        units = (
            measure(part).units
            if encoding_of(text) is Encoding.GSM7
            else len(part.encode("utf-16-le", "surrogatepass")) // 2
        )
        assert units <= limit[len(parts) > 1]


@given(st.one_of(st.text("abc €{}é", max_size=500), st.text("a房ཁ་", max_size=300)))
def test_an_independent_counter_agrees(text: str) -> None:
    if text:
        assert measure(text).segments == len(smsutil.split(text).parts)


@given(TEXTS, st.integers(1, 4))
def test_what_stays_within_the_budget_fits(text: str, segments: int) -> None:
    cut = shorten(text, budget(segments, encoding_of(text)))
    assert fits(cut, segments)


@given(TEXTS, st.integers(0, 80), st.sampled_from(Encoding))
def test_a_shortened_text_keeps_its_beginning(text: str, units: int, encoding: Encoding) -> None:
    cut = shorten(text, units, encoding)
    ellipsis = "..." if encoding is Encoding.GSM7 else "…"
    assert cut == text or not cut or (cut.endswith(ellipsis) and text.startswith(cut.removesuffix(ellipsis)))


@pytest.mark.parametrize(
    ("text", "units", "cut"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 5, "ab..."),
        ("abcdef", 2, ""),
        ("房屋倒塌了", 4, "房屋倒…"),
        ("ཁ་རྡིབ", 6, "ཁ་རྡིབ"),
        ("ཁ་རྡིབ", 5, "ཁ་…"),  # a stack is never cut in two
        ("a😀b", 3, "a…"),
        ("ab 房屋", 4, "ab…"),
    ],
)
def test_a_text_is_cut_between_letters(text: str, units: int, cut: str) -> None:
    assert shorten(text, units) == cut
