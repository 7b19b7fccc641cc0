"""`gateway replay`: sends recorded texts through the real webhook of the simulated network."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import click
import requests

from gateway.settings import Settings, load_settings
from gateway.wiring import webhook_url

_PATIENCE = 10.0
_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - listened on, so reached on this machine
_OK = 200
_FIELDS = ("at", "from", "to", "text", "id")


class Broken(Exception):
    """A line that is no message; the text says why."""


@click.command("replay")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--url", default="", help="Base address of the gateway; default: HOST and PORT of the settings.")
def command(file: Path, url: str) -> None:
    """Post every line {"at", "from", "to", "text"} of FILE to the running gateway's simulator webhook."""
    settings = load_settings()
    settings.check_ready()
    counts = _replay(file, _address(settings, url), settings.simulator_from)
    click.echo(f"{counts['sent']} sent, {counts['refused']} refused, {counts['broken']} broken")
    if counts["refused"] or counts["broken"]:
        raise SystemExit(1)


def _address(settings: Settings, base: str) -> str:
    """The webhook under another base: PUBLIC_URL may lead through a carrier's or a proxy's network."""
    host = _EVERY_ADDRESS.get(settings.host, settings.host)
    here = base.rstrip("/") or f"http://{host}:{settings.port}"
    return here + urlsplit(webhook_url(settings, "simulator", "inbound")).path


def _replay(file: Path, address: str, own_number: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    with requests.Session() as http:
        for number, line in _lines(file):
            try:
                fields = {"to": own_number, **_message(line)}
            except Broken as error:
                counts["broken"] += 1
                click.echo(f"line {number}: {error}", err=True)
                continue
            refusal = _post(http, address, fields)
            counts["refused" if refusal else "sent"] += 1
            if refusal:
                click.echo(f"line {number}: {refusal}", err=True)
    return counts


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """Numbered lines that are not blank; bytes, so that one badly encoded line does not end the others."""
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield number, line


def _message(line: bytes) -> dict[str, str]:
    """The fields of a line; raises Broken."""
    try:
        found = json.loads(line.decode("utf-8-sig"))
    except ValueError as error:
        raise Broken(f"no JSON in UTF-8: {error}") from error
    if not isinstance(found, dict):
        raise Broken("no JSON object")
    fields = {name: found[name] for name in _FIELDS if found.get(name) is not None}
    wrong = [name for name, value in fields.items() if not isinstance(value, str)]
    missing = [name for name in ("from", "text") if name not in fields]
    if wrong or missing:
        raise Broken(f"no text: {', '.join(wrong)}" if wrong else f"missing: {', '.join(missing)}")
    try:
        datetime.fromisoformat(fields.get("at", "2026-01-01"))
    except ValueError as error:
        raise Broken(f"at is no ISO 8601 time: {fields['at']}") from error
    return fields


def _post(http: requests.Session, address: str, fields: dict[str, str]) -> str:
    """Why the gateway refused a message, empty when it took it; raises ClickException when nobody answers."""
    try:
        answer = http.post(address, json=fields, timeout=_PATIENCE)
    except requests.RequestException as error:
        message = f"no gateway answers at {urlsplit(address).netloc}: {type(error).__name__}"
        raise click.ClickException(message) from error
    return "" if answer.status_code == _OK else f"{answer.status_code} {answer.text.strip()[:200]}"
