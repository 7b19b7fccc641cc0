"""What all pages share: they exist in the demo only, speak the reader's language, and tag each text with its own."""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request, session, url_for

from gateway.console.words import LANGUAGES, words
from gateway.domain.terms import Language
from gateway.flow.labels import kind_of_problem
from gateway.wiring import Services
from gateway.wording import part

ROOT = Path(__file__).resolve().parents[2]
KEPT = ("case", "phone", "number", "unit")
"""What of an address stays in it when the reader changes the language."""

_TIBETAN = re.compile("[\u0f00-\u0fff]")
_CHINESE = re.compile("[\u3400-\u9fff]")
_TAGS = {Language.ZH: "zh-Hans", Language.BO: "bo", Language.EN: "en"}
_SHAPES = {"green": "●", "yellow": "▲", "red": "■"}


def blueprint(name: str, services: Services, *, prefix: str = "", static: bool = False) -> Blueprint:
    """A blueprint for pages of the demo; outside the demo every address of it answers 404 in plain words."""
    blue = Blueprint(
        name,
        __name__,
        url_prefix=prefix or None,
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static") if static else None,
        static_url_path="/static" if static else None,
    )

    @blue.before_request
    def only_in_the_demo() -> Response | None:
        return None if services.settings.lianhu_demo else plain(404, "404 The console is not installed here.")

    @blue.context_processor
    def shared() -> dict[str, Any]:
        return vocabulary(reader_language(), ZoneInfo(services.settings.timezone))

    return blue


def plain(status: int, text: str) -> Response:
    """A short plain text."""
    return Response(text + "\n", status=status, content_type="text/plain; charset=utf-8")


def reader_language() -> Language:
    """The language that the reader chose on a page, else what the browser asks for, else Chinese."""
    asked = request.args.get("lang", "")
    if asked in LANGUAGES:
        session["language"] = asked
    chosen = session.get("language", "") or request.accept_languages.best_match([*LANGUAGES], default=Language.ZH)
    return Language(chosen) if chosen in LANGUAGES else Language.ZH


def vocabulary(language: Language, zone: ZoneInfo) -> dict[str, Any]:
    """The names that templates use for words, moments and labels."""

    def when(moment: str | datetime) -> str:
        value = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        return f"{value.astimezone(zone):%m-%d %H:%M}"

    def problem(case: Mapping[str, Any]) -> str:
        counted = "".join(" " + part("part_count", language, n=int(value)) for value in case["values"][:1])
        return kind_of_problem(case["category"], case["code"] or "", language) + counted

    def label(group: str, word: str) -> str:
        return words(language).get(f"{group}_{word}", word)

    return {
        "w": words(language),
        "language": _TAGS[language],
        "other_languages": [(_TAGS[other], _same_page_in(other)) for other in LANGUAGES if other is not language],
        "when": when,
        "problem": problem,
        "label": label,
        "part": lambda key: part(f"part_{key}", language).strip(),
        "household": lambda ordinal: part("part_household", language, ordinal=ordinal),
        "tag_of": tag_of,
        "shape_of": _SHAPES.__getitem__,
        "why": lambda reasons: "、".join(part(f"part_why_{reason}", language) for reason in reasons.split(",")),
        "unit_name": lambda unit: unit.name(language) if unit else "",
    }


def tag_of(text: str) -> str:
    """The language of a text by its letters, for `lang`: fonts, breaking of lines and screen readers follow it."""
    if _TIBETAN.search(text):
        return _TAGS[Language.BO]
    return _TAGS[Language.ZH] if _CHINESE.search(text) else _TAGS[Language.EN]


def _same_page_in(language: Language) -> str:
    kept: dict[str, Any] = {name: request.args[name] for name in KEPT if name in request.args}
    return url_for(request.endpoint or "pages.latest", **kept, lang=language.value)
