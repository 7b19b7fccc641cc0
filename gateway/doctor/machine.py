"""Looks at this machine and its settings: secrets, disk, time zone, fonts, the web process."""

import shutil
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.cards.paper import CannotPrint, engine
from gateway.checks import font_for
from gateway.doctor.finding import Finding, fail, look, well
from gateway.settings import BadSettings, Settings

PATIENCE_SECONDS = 3
_FONTS = (("zh", "Chinese", "fonts-noto-cjk"), ("bo", "Tibetan", "fonts-noto-core"))
_SCARCE, _GONE = 0.10, 0.03
"""Parts of a disk: below the first somebody should look, below the second the next burst may fill it."""
_PLENTY = 20 * 1024**3
"""Bytes; a huge disk with this much room is not scarce, whatever part of it that is."""


def settings(settings: Settings) -> Finding:
    """Whether secrets and credentials are there, and how we are reached."""
    try:
        settings.check_ready()
    except BadSettings as error:
        return fail("settings", str(error), "set what is missing (docs/settings.md) and start the processes again")
    return well("settings", f"sends with {', '.join(settings.providers)}; providers call {settings.public_url}")


def secrets(settings: Settings) -> Finding:
    """Whether an old webhook secret still opens the door."""
    live = len(settings.webhook_secrets)
    if live > 1:
        return look(
            "secrets",
            f"{live} webhook secrets are live: whoever knows an old one can still hand in messages",
            "when every carrier calls the address with the first one, take the others out of WEBHOOK_SECRET, restart",
        )
    return well("secrets", "one webhook secret is live")


def zone(settings: Settings) -> Finding:
    """Whether quiet hours, digests and deadlines can be reckoned in the county's time."""
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return fail(
            "timezone",
            f"TIMEZONE {settings.timezone!r} is not known here: nothing that has to do with hours can be handled",
            "set a name such as Asia/Shanghai, or install tzdata",
        )
    return well("timezone", settings.timezone)


def disk(path: Path, what: str) -> Finding:
    """How full the disk is that a folder lies on."""
    there = next((folder for folder in (path, *path.parents) if folder.exists()), Path("/"))
    usage = shutil.disk_usage(there)
    free = usage.free / usage.total if usage.total else 0.0
    seen = f"{what}: {_size(usage.free)} free of {_size(usage.total)} ({free:.0%})"
    remedy = "make room or enlarge the disk; delete nothing under postgres/ by hand"
    if usage.free >= _PLENTY or free >= _SCARCE:
        return well("disk", seen)
    return (fail if free < _GONE else look)("disk", f"{seen}: when it is full no message can be taken in", remedy)


def printing() -> Iterator[Finding]:
    """Fonts and libraries of code cards, pictures and reports; a gateway that prints nothing does without."""
    for language, name, package in _FONTS:
        font = font_for(language)
        yield (
            well("fonts", font)
            if font
            else look("fonts", f"no {name} font: pictures and PDF show blanks", f"install {package}")
        )
    try:
        engine()
    except CannotPrint as error:
        yield look("cards", str(error), "install what is missing; only printing needs it")
    else:
        yield well("cards", "PDF can be made")


def web(settings: Settings, *, expected: bool) -> Finding:
    """Whether a web process answers on this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound
    address = f"{host}:{settings.port}"
    try:
        with urllib.request.urlopen(f"http://{address}/healthz", timeout=PATIENCE_SECONDS) as answer:
            answer.read()
    except OSError as error:
        verdict: Callable[[str, str, str], Finding] = fail if expected else look
        seen = f"nothing answers on {address}: {_reason(error)}"
        return verdict("web", seen, "start `gateway web` (or `gateway run`); on a host without web this line may stand")
    return well("web", f"answers on {address}")


def _reason(error: OSError) -> str:
    return str(getattr(error, "reason", error))


def _size(count: float) -> str:
    return f"{count / 1024**3:.1f} GB"
