"""The real bearerbox and smsbox, with the configuration of docs/kannel.md and two SMSCs of the test beside it."""

import re
import signal
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from tests.peers import page
from tests.peers.children import Child
from tests.peers.waiting import until

BEARERBOX, SMSBOX = "/usr/sbin/bearerbox", "/usr/sbin/smsbox"
SEND_URL = "http://127.0.0.1:13013/cgi-bin/sendsms"
USERNAME, PASSWORD = "lianhu", "sendsms-password-of-the-tests"
SECRET = "secret-that-kannel-uses"
FAKE_PORT, HTTP_PORT = 10000, 10001
_STATUS = "http://127.0.0.1:13000/status.txt?password=admin-of-the-tests"

_SMSCS = f"""
group = smsc
smsc = fake
smsc-id = fake
port = {FAKE_PORT}
connect-allow-ip = "127.0.0.1"

group = smsc
smsc = http
smsc-id = ucs2-parts
system-type = kannel
smsc-username = operator
smsc-password = operator-password
port = {HTTP_PORT}
connect-allow-ip = "127.0.0.1"
send-url = "http://127.0.0.1:9/"
denied-prefix = "+;0;1;2;3;4;5;6;7;8;9"
"""


class Boxes:
    """One Kannel in a folder of its own; bearerbox and smsbox start and stop one by one."""

    def __init__(self, folder: Path, public_url: str, *, with_examples: bool = False, log_level: int = 0) -> None:
        self._folder = folder
        (folder / "dlr").mkdir(parents=True)
        values = {
            "https://gateway.example": public_url,
            "SECRET": SECRET,
            "SENDSMS-PASSWORD": PASSWORD,
            "ADMIN-PASSWORD": "admin-of-the-tests",
            "/var/spool/kannel": str(folder),
            "/var/log/kannel": str(folder),
            "http-queue-delay = 10": "http-queue-delay = 1",  # the tests have less time than a county
        }
        text = page.filled(page.configuration(), values) + (page.connections() if with_examples else _SMSCS)
        self._file = folder / "kannel.conf"
        self._file.write_text(re.sub(r"^log-level = \d", f"log-level = {log_level}", text, flags=re.MULTILINE))
        self._bearerbox: Child | None = None
        self._smsbox: Child | None = None

    def start(self) -> None:
        """Start what does not run, bearerbox first, and wait until both serve."""
        if self._bearerbox is None:
            self._bearerbox = self._box(BEARERBOX)
            until(self._is_up, "bearerbox answers on its admin port")
        if self._smsbox is None:
            self._smsbox = self._box(SMSBOX)
            until(lambda: "smsbox:" in self.status(), "smsbox is connected to bearerbox")
            until(_takes_messages, "smsbox serves sendsms")

    def stop_smsbox(self) -> None:
        """Stop what calls the gateway; bearerbox keeps the texts."""
        if self._smsbox is not None:
            self._smsbox.stop()
            self._smsbox = None

    def stop(self) -> None:
        """Stop everything, smsbox first."""
        self.stop_smsbox()
        if self._bearerbox is not None:
            self._bearerbox.stop(signal.SIGINT)
            self._bearerbox = None

    def status(self) -> str:
        """Bearerbox's own page about itself."""
        with urllib.request.urlopen(_STATUS, timeout=5) as answer:
            return str(answer.read().decode())

    def _is_up(self) -> bool:
        try:
            return "running" in self.status()
        except OSError:
            return False

    def _box(self, binary: str) -> Child:
        return Child([binary, "-v", "4", self._file], self._folder / f"{Path(binary).name}.out")


def _takes_messages() -> bool:
    """403 for nobody's password is an answer too."""
    try:
        urllib.request.urlopen(SEND_URL, timeout=5)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def hand_in_parts(sender: str, recipient: str, parts: list[str], reference: int) -> None:
    """Hand the parts of one long UCS-2 text to bearerbox as an operator's HTTP front end does."""
    for number, part in enumerate(parts, start=1):
        fields = {
            "username": "operator",
            "password": "operator-password",
            "from": sender,
            "to": recipient,
            "text": part.encode("utf-16-be"),
            "charset": "UTF-16BE",
            "coding": "2",
            "udh": bytes((5, 0, 3, reference, len(parts), number)),
        }
        query = urllib.parse.urlencode(fields)
        with urllib.request.urlopen(f"http://127.0.0.1:{HTTP_PORT}/?{query}", timeout=10) as answer:
            assert answer.read() == b"Sent."
