"""docs/kannel.md as the tests use it: its configuration is the one that the real Kannel runs."""

import re
from collections.abc import Mapping
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "kannel.md").read_text("utf-8")
_BLOCK = re.compile(r"^```kannel\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def configuration() -> str:
    """The core, smsbox, sendsms-user and sms-service groups."""
    return "\n\n".join(_BLOCK.findall(PAGE.partition("## The configuration")[2].partition("\n## ")[0]))


def connections() -> str:
    """The example smsc groups, after an empty line: Kannel parts groups by them."""
    return "\n" + "\n\n".join(_BLOCK.findall(PAGE.partition("## Connections")[2].partition("\n## ")[0]))


def filled(text: str, values: Mapping[str, str]) -> str:
    """A configuration with its placeholders replaced; raises ValueError for one that is not there."""
    for placeholder, value in values.items():
        if placeholder not in text:
            message = f"docs/kannel.md has no {placeholder}"
            raise ValueError(message)
        text = text.replace(placeholder, value)
    return text
