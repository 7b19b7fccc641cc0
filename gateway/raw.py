"""HTTP without Flask: what an adapter may see of a request, and what it may answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl

FORM = "application/x-www-form-urlencoded"
MAX_FIELDS = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class RawRequest:
    """One webhook request as it came over the wire.

    `url` is PUBLIC_URL + raw path + `?` + raw query, which is what carriers sign; `query` is the raw query string;
    header names are lower case; `received_at` is the gateway's clock when the request came in (aware, UTC).
    """

    method: str
    url: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime

    def header(self, name: str) -> str:
        """Value of a header, empty when absent."""
        return self.headers.get(name.lower(), "")

    @property
    def content_type(self) -> str:
        """Media type of the body in lower case, without parameters; empty when none is named."""
        return self.header("content-type").partition(";")[0].strip().lower()

    def query_fields(self, encoding: str = "utf-8") -> dict[str, str]:
        """First value of each field of the query; raises ValueError (UnicodeDecodeError when badly encoded)."""
        return _first(self.query, encoding)

    def form_fields(self, encoding: str = "utf-8") -> dict[str, str]:
        """First value of each field of a form body, empty for other bodies; raises ValueError as `query_fields`."""
        return _first(self.body.decode(encoding), encoding) if self.content_type == FORM else {}

    def fields(self, encoding: str = "utf-8") -> dict[str, str]:
        """Fields of query and form body together, the query's before the body's; raises ValueError."""
        return {**self.form_fields(encoding), **self.query_fields(encoding)}


def _first(pairs: str, encoding: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in parse_qsl(
        pairs, keep_blank_values=True, encoding=encoding, errors="strict", max_num_fields=MAX_FIELDS
    ):
        found.setdefault(name, value)
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class RawResponse:
    """An answer for a carrier."""

    status: int = 200
    body: str = ""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
