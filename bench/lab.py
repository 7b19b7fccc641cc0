"""The place where benchmarks run: a folder of its own with durable servers, a county, web servers and a load."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import requests
from flask import Flask
from redis import Redis
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from bench import county as counties
from bench.county import County
from bench.hammer import DRAIN_SECONDS, Hammered, Task
from gateway import embedded, logs, wiring
from gateway.embedded.processes import wait_for
from gateway.settings import Settings, as_environment, load_settings, process_environment
from gateway.store import migrate
from gateway.wiring import Services

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
SMALL = os.environ.get("LIANHU_BENCH_SMALL", "") not in {"", "0"}  # a quick try: figures that prove nothing
GATEWAY = "gateway.app:create_app"
EMPTY_HANDLER = "bench.lab:empty_handler"
START_SECONDS = 60
STOP_SECONDS = 20
_TEMPLATE = "bench_template"


@dataclass(frozen=True, kw_only=True)
class Served:
    """A web server: its address without a path, and its process group."""

    url: str
    group: int


def empty_handler() -> Flask:
    """The peer of everything that answers HTTP: an application whose only page does nothing."""
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: "ok", methods=["GET", "POST"])
    return app


class Lab:
    """Durable PostgreSQL (fsync on) and Valkey in a temporary folder, as `gateway run` starts them.

    `settings` are those of a gateway that nothing holds back but itself: no quiet hours, no brake on answers to a
    phone. They name the present database, so take them anew after `fresh`. `postgres` are options of the server beyond
    those of a deployment.
    """

    def __init__(self, postgres: Mapping[str, str] | None = None) -> None:
        self._var = Path(tempfile.mkdtemp(prefix="lianhu-bench-"))
        self._given: list[Services] = []
        self._databases: list[str] = []
        self._serial = 0
        logs.set_up(level="ERROR", json=False)
        alone = {"database_url": "", "redis_url": ""}  # never a server that is worth something
        asked = load_settings(lianhu_var=self._var, log_level="ERROR", **_SECRETS, **_UNHINDERED, **alone)
        self._servers = (embedded.Postgres(self._var, postgres), embedded.Valkey(self._var))
        try:
            self._begin(asked)
        except BaseException:
            self.close()
            raise

    def _begin(self, asked: Settings) -> None:
        """Start the servers, and migrate one database that the others are copies of."""
        addresses = dict(zip(("database_url", "redis_url"), (server.start() for server in self._servers), strict=True))
        self.settings = asked.model_copy(update=addresses)
        self._admin = create_engine(self.settings.database_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        self.execute(f"CREATE DATABASE {_TEMPLATE}")
        migrate.upgrade(self._address(_TEMPLATE))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the servers and leave nothing behind."""
        self._let_go()
        for server in reversed(self._servers):
            server.stop()
        shutil.rmtree(self._var, ignore_errors=True)

    def fresh(self, *, beside: bool = False) -> Settings:
        """An empty, migrated database and an empty Valkey; gives the settings that name them.

        The databases before it and services on them are gone then, unless it is to stand `beside` them.
        """
        if not beside:
            self._let_go()
            while self._databases:
                self.execute(f"DROP DATABASE {self._databases.pop()} WITH (FORCE)")
        self._serial += 1
        name = f"bench_{self._serial}"
        self._databases.append(name)
        self.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        self.execute("CHECKPOINT")  # what the last benchmark wrote is not written during the next
        redis: Redis = Redis.from_url(self.settings.redis_url)
        redis.flushall()
        redis.close()
        self.settings = self.settings.model_copy(update={"database_url": self._address(name)})
        return self.settings

    @property
    def folder(self) -> Path:
        """A folder for what a benchmark needs; it is gone with the lab."""
        return self._var

    def services(self, **changed: Any) -> Services:  # noqa: ANN401 - any setting
        """Services on the present database, closed by the lab; keyword arguments change settings."""
        built = wiring.build(self.settings.model_copy(update=changed))
        self._given.append(built)
        return built

    def county(self, *, liaisons: int = 9_000, households: int = 10) -> County:
        """Invented counties in the present database, which must be empty; `households` are each liaison's."""
        engine = create_engine(self.settings.database_url, poolclass=NullPool)
        return counties.build(engine, liaisons=liaisons, households=households)

    @contextmanager
    def serve(self, app_path: str = GATEWAY, *, workers: int | None = None, **changed: Any) -> Iterator[Served]:  # noqa: ANN401
        """A web server as `gateway web` starts it: the gateway itself, or the factory `module:name` with granian.

        `workers` are web processes, by default as set; keyword arguments change settings.
        """
        update = {**changed, "port": free_port(), "web_workers": workers or self.settings.web_workers}
        settings = self.settings.model_copy(update=update)
        url = f"http://{settings.host}:{settings.port}"
        command = ["gateway", "web"] if app_path == GATEWAY else _granian(app_path, settings)
        page = "/healthz" if app_path == GATEWAY else "/"
        with self.running(*command, settings=settings) as process:
            if not wait_for(lambda: _answers(url + page), START_SECONDS):
                raise RuntimeError(f"{app_path} does not answer")
            yield Served(url=url, group=process.pid)

    @contextmanager
    def running(
        self, *command: str, settings: Settings | None = None, output: int | None = None
    ) -> Iterator[subprocess.Popen[str]]:
        """A command of this installation (`python`, `gateway`, …) with the lab's settings in its environment.

        It is a process group of its own and is stopped at the end; `output` is subprocess's `PIPE` or `DEVNULL`.
        """
        beside = BIN / command[0]
        full = [sys.executable if command[0] == "python" else str(beside if beside.exists() else command[0])]
        process = subprocess.Popen(
            [*full, *command[1:]],
            env=self.environment(settings),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.DEVNULL if output == subprocess.DEVNULL else None,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            stop(process)

    def environment(self, settings: Settings | None = None) -> dict[str, str]:
        """The environment of a child process."""
        own = as_environment(settings or self.settings)
        paths = os.pathsep.join(filter(None, (str(ROOT), process_environment().get("PYTHONPATH", ""))))
        return {**process_environment(), **own, "PYTHONPATH": paths}

    def webhook(self, served: Served, provider: str = "africastalking", event: str = "inbound") -> str:
        """Address of a carrier's SMS webhook there."""
        return f"{served.url}/sms/{provider}/{self.settings.webhook_secrets[0]}/{event}"

    def hammer(
        self,
        url: str,
        bodies: Sequence[str],
        *,
        connections: int = 32,
        seconds: float = 10.0,
        **more: Any,  # noqa: ANN401
    ) -> Hammered:
        """Load on an address from a process of its own; `more` are the other fields of `bench.hammer.Task`."""
        task = Task(url=url, bodies=list(bodies), connections=connections, seconds=seconds, **more)
        done = subprocess.run(
            [sys.executable, "-m", "bench.hammer"],
            input=json.dumps(vars(task)),
            env=self.environment(),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=seconds + DRAIN_SECONDS + START_SECONDS,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"the load generator broke: {done.stderr[-2000:]}")
        return Hammered(**json.loads(done.stdout))

    def execute(self, statement: str) -> None:
        """A statement outside any transaction, as the servers' owner."""
        with self._admin.connect() as connection:
            connection.execute(text(statement))

    def postgresql_version(self) -> str:
        """Version of the server."""
        with self._admin.connect() as connection:
            return str(connection.scalar(text("SHOW server_version")))

    def _let_go(self) -> None:
        while self._given:
            self._given.pop().close()

    def _address(self, database: str) -> str:
        url = make_url(self.settings.database_url).set(database=database)
        return url.render_as_string(hide_password=False)


_UNHINDERED: Mapping[str, Any] = {
    "quiet_from": 0,  # from 0 to 0: it is never night
    "quiet_to": 0,
    "answers_per_10_minutes": 1_000_000,
    "simulator_rate": 10_000,
}
_SECRETS: Mapping[str, str] = {
    "secret_key": secrets.token_urlsafe(32),
    "webhook_secret": secrets.token_urlsafe(24),
    "data_keys": f"k1:{secrets.token_urlsafe(32)}",
    "twilio_account_sid": f"AC{secrets.token_hex(16)}",
    "twilio_auth_token": secrets.token_hex(16),
}


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def stop(process: subprocess.Popen[str]) -> None:
    """End a process that `Lab.running` started, with everything in its group."""
    with suppress(ProcessLookupError):
        process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, 9)
    process.wait()


def _granian(app_path: str, settings: Settings) -> list[str]:
    flags = ["--interface", "wsgi", "--factory", "--no-ws", "--no-log", "--host", settings.host]
    flags += ["--port", str(settings.port), "--workers", str(settings.web_workers)]
    return ["granian", *flags, "--blocking-threads", str(settings.web_threads), app_path]


def _answers(url: str) -> bool:
    try:
        return bool(requests.get(url, timeout=2).status_code < requests.codes.server_error)
    except requests.RequestException:
        return False
