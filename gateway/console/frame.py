"""What all pages share: where they exist, the reader's language, and a tag on each text with its own."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request, session, url_for

from gateway.console.words import LANGUAGES, words
from gateway.domain.terms import Language
from gateway.flow.labels import kind_of_problem
from gateway.settings import Settings
from gateway.wiring import Services
from gateway.wording import part

ROOT = Path(__file__).resolve().parents[2]
KEPT = ("case", "phone", "number", "right", "unit")
"""What of an address stays in it when the reader changes the language."""

_TIBETAN = re.compile("[\u0f00-\u0fff]")
_CHINESE = re.compile("[\u3400-\u9fff]")
_TAGS = {Language.ZH: "zh-Hans", Language.BO: "bo", Language.EN: "en"}
_SHAPES = {"green": "●", "yellow": "▲", "red": "■"}


def blueprint(
    name: str, services: Services, exists: Callable[[Settings], bool], *, prefix: str = "", static: str = ""
) -> Blueprint:
    """A blueprint for pages; where they do not exist every address of it answers 404 in plain words.

    `static` is the address, below the prefix, at which these pages find style sheets and scripts.
    """
    blue = Blueprint(
        name,
        __name__,
        url_prefix=prefix or None,
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static") if static else None,
        static_url_path=static or None,
    )

    @blue.before_request
    def only_where_they_exist() -> Response | None:
        return None if exists(services.settings) else plain(404, f"404 The {name} is not installed here.")

    @blue.context_processor
    def shared() -> dict[str, Any]:
        return vocabulary(reader_language(), ZoneInfo(services.settings.timezone)) | {
            "console_here": has_console(services.settings),
            "handset_here": has_handset(services.settings),
            "asset": lambda filename: url_for(f"{name}.static", filename=filename),
        }

    return blue


def has_console(settings: Settings) -> bool:
    """Whether the officials' pages are here: nobody signs in yet, so everybody on them must be invented."""
    return settings.lianhu_demo


def has_handset(settings: Settings) -> bool:
    """Whether the two phones are here: where nothing but the simulator sends, unless they are switched off."""
    return settings.rehearsing and settings.handset


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
    return url_for(request.endpoint or "console.latest", **kept, lang=language.value)
