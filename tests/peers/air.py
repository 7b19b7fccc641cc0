"""The radio side: Kannel's own fakesmsc sends what phones write, and hears what is sent to them."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from tests.peers.boxes import FAKE_PORT
from tests.peers.children import Child
from tests.peers.waiting import until

FAKESMSC = "/usr/lib/kannel/test/fakesmsc"
OURS = "106900"
_GOT = re.compile(r"Got message \d+: <(\S+) (\S+) (text|ucs-2|data|udh (\S+) data) (.*)>$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """One short message as it was heard: `place` of `total` parts of text number `reference`."""

    recipient: str
    octets: bytes
    wide: bool
    reference: int = 0
    place: int = 1
    total: int = 1


class Air:
    """One fakesmsc after another: each sends one short message, and listens until the next one is to be sent."""

    def __init__(self, folder: Path) -> None:
        self._output = folder / "fakesmsc.out"
        self._output.touch()
        self._child: Child | None = None
        self._started = 0

    def listen(self) -> None:
        """Listen without sending, when nobody does."""
        if self._child is None or not self._child.lives():
            self._start("0", "0 0 text nothing")

    def text(self, sender: str, text: str) -> None:
        """A short message in UTF-8, as a connection without UCS-2 hands it over."""
        self._send(f"{sender} {OURS} text {text}")

    def ucs2(self, sender: str, text: str) -> None:
        """A short message in UCS-2."""
        self._send(f"{sender} {OURS} ucs2 {_octets(text.encode('utf-16-be'))}")

    def text_part(self, sender: str, header: bytes, text: str) -> None:
        """One part of a long text."""
        self._send(f"{sender} {OURS} udh-text {_octets(header)} {text}")

    def binary_part(self, sender: str, header: bytes, text: str) -> None:
        """One part of a long text in UCS-2 whose coding got lost: Kannel hands the octets on as binary."""
        self._send(f"{sender} {OURS} udh-data {_octets(header)} {_octets(text.encode('utf-16-be'))}")

    def heard(self) -> Counter[tuple[str, str]]:
        """Every whole text heard so far, by recipient."""
        said = self._output.read_text("utf-8", errors="surrogateescape")
        return Counter(_whole([_piece(match) for match in _GOT.finditer(said)]))

    def stop(self) -> None:
        """Nobody sends or listens."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    def _send(self, message: str) -> None:
        self._start("1", message)
        sent = self._started
        until(lambda: self._output.read_text("utf-8", "replace").count("sent message 1") >= sent, f"sent: {message}")

    def _start(self, most: str, message: str) -> None:
        self.stop()
        self._started += most != "0"
        command = [FAKESMSC, "-H", "127.0.0.1", "-r", str(FAKE_PORT), "-i", "0.1", "-m", most, message]
        self._child = Child(command, self._output)


def _octets(value: bytes) -> str:
    return quote(value, safe="")


def _piece(match: re.Match[str]) -> Piece:
    _, recipient, kind, header, body = match.groups()
    if kind == "text":
        return Piece(recipient=recipient, octets=body.encode("utf-8", "surrogateescape"), wide=False)
    octets = unquote_to_bytes(body.replace("+", " "))
    if kind == "ucs-2":
        return Piece(recipient=recipient, octets=octets, wide=True)
    reference, total, place = unquote_to_bytes(header or "")[3:6]
    wide = b"\0" in octets or not _is_utf8(octets)  # fakesmsc's protocol does not tell
    return Piece(recipient=recipient, octets=octets, wide=wide, reference=reference, place=place, total=total)


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True


def _whole(pieces: list[Piece]) -> list[tuple[str, str]]:
    """Texts put together from their parts; parts of a text that is not whole yet are left out."""
    whole: list[tuple[str, str]] = []
    open_: dict[tuple[str, int], dict[int, Piece]] = {}
    for piece in pieces:
        parts = open_.setdefault((piece.recipient, piece.reference), {})
        parts[piece.place] = piece
        if len(parts) == piece.total:
            octets = b"".join(parts[place].octets for place in sorted(parts))
            wide = any(part.wide for part in parts.values())
            whole.append((piece.recipient, octets.decode("utf-16-be" if wide else "utf-8")))
            del open_[piece.recipient, piece.reference]
    return whole
