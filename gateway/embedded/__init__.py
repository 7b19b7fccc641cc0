"""PostgreSQL and Valkey from PyPI wheels, for machines that have neither (design, section 3, rule 1).

`start` gives addresses that stand in for DATABASE_URL and REDIS_URL where those are not set. Servers are shared by
all processes with the same `LIANHU_VAR` and stop with the last of them; after kill -9 the next start picks them up.
"""

from dataclasses import dataclass, field
from pathlib import Path

from gateway.embedded.postgres import Postgres
from gateway.embedded.processes import NotStarted
from gateway.embedded.valkey import Valkey
from gateway.settings import Settings

__all__ = ["NotStarted", "Postgres", "Servers", "Valkey", "start", "stop_leftovers"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Servers:
    """Addresses to use, and the embedded servers behind them where there are any."""

    database_url: str
    redis_url: str
    embedded: tuple[Postgres | Valkey, ...] = field(default=())

    def ensure(self) -> None:
        """Start again what died; raises NotStarted."""
        for server in self.embedded:
            server.ensure()

    def pids(self) -> dict[str, int | None]:
        """Process ids of the embedded servers by name."""
        return {type(server).__name__.lower(): server.pid() for server in self.embedded}

    def stop(self) -> None:
        """Let go of the embedded servers; the last user stops them."""
        for server in reversed(self.embedded):
            server.stop()


def start(settings: Settings, *, queue: bool = True) -> Servers:
    """Start the servers that the settings do not name; `queue=False` leaves Valkey out; raises NotStarted."""
    var = settings.lianhu_var.absolute()
    database_url, redis_url = settings.database_url, settings.redis_url
    embedded: list[Postgres | Valkey] = []
    try:
        if not database_url:
            postgres = Postgres(var)
            embedded.append(postgres)
            database_url = postgres.start()
        if not redis_url and queue:
            valkey = Valkey(var)
            embedded.append(valkey)
            redis_url = valkey.start()
    except NotStarted:
        Servers(database_url="", redis_url="", embedded=tuple(embedded)).stop()
        raise
    return Servers(database_url=database_url, redis_url=redis_url, embedded=tuple(embedded))


def stop_leftovers(var: Path) -> None:
    """Stop servers in a folder that a killed process left behind; nothing happens while somebody uses them."""
    for server in (Valkey(var), Postgres(var)):
        if server.data.exists():
            server.stop_leftover()
