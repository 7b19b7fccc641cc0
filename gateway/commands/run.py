"""`gateway run`: everything on one machine, from embedded servers to the web page, until Ctrl-C."""

import json
import signal
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType
from urllib.parse import quote

import click

from gateway import embedded, forks, logs, wiring
from gateway.at_hand import database_at_hand
from gateway.checks import database_answers, port_is_free, queue_answers
from gateway.commands import seed_demo
from gateway.demo import ensure_demo_env
from gateway.folder import alone, announced
from gateway.settings import Settings, as_environment, load_settings, process_environment
from gateway.store import migrate, running
from gateway.supervise import Supervisor, read_procfile
from gateway.wrong import said_in_one_line

PROCFILE = Path(__file__).resolve().parents[2] / "Procfile"


@click.command("run")
@click.option("--demo", is_flag=True, help="Make secrets and the invented county Gande on first use.")
def command(*, demo: bool) -> None:
    """Run the gateway: servers, migrations, web, workers, clock."""
    signal.signal(signal.SIGTERM, _leave)
    settings = load_settings()
    if demo:
        ensure_demo_env(settings.lianhu_var)
        settings = load_settings()
    settings.check_ready()
    logs.set_up(level=settings.log_level, json=settings.log_json)
    with alone(settings.lianhu_var):
        port_is_free(settings)
        if settings.database_url:
            database_answers(settings)
        if settings.redis_url:
            queue_answers(settings)
        servers = embedded.start(settings)
        try:
            _run(settings.model_copy(update=_addresses(servers)), servers)
        finally:
            servers.stop()


def _run(settings: Settings, servers: embedded.Servers) -> None:
    commands = read_procfile(PROCFILE)
    with forks.apart(lambda: _prepare(settings)):
        forks.share(commands.values(), lambda: _read(settings))
    values = as_environment(settings.model_copy(update={"lianhu_supervised": False}))
    environment = {**process_environment(), **values, "LIANHU_SUPERVISED": "1"}
    supervisor = Supervisor(commands, environment)
    welcome = _welcome_once(settings)

    def round_() -> None:
        try:
            servers.ensure()
        except embedded.NotStarted as error:
            supervisor.say("system", str(error))
        welcome()

    with announced(settings.lianhu_var, values):
        supervisor.run(round_)
    click.echo("stopped")


def _prepare(settings: Settings) -> None:
    """Bring the database to where the processes expect it."""
    with said_in_one_line(), database_at_hand():
        migrate.upgrade(settings.database_url)
        services = wiring.build(settings)
        with services.sessions.begin() as session:
            running.forget_beats(session)
        if settings.lianhu_demo and seed_demo.seed_demo_once(services):
            click.echo("demo county seeded")
        services.close()


def _read(settings: Settings) -> None:
    """What every process would read or import when it makes its services; nothing connects."""
    wiring.build(settings).close()
    wiring.warm_up()


def _addresses(servers: embedded.Servers) -> dict[str, str]:
    return {"database_url": servers.database_url, "redis_url": servers.redis_url}


def _welcome_once(settings: Settings) -> Callable[[], None]:
    """Say where everything is as soon as it is ready, once."""
    said = False

    def welcome() -> None:
        nonlocal said
        if not said and _is_ready(settings):
            said = True
            for line in _welcome(settings):
                click.echo(line)

    return welcome


def _is_ready(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound
    asked = HTTPConnection(host, settings.port, timeout=2)
    try:
        asked.request("GET", "/readyz")
        answer = asked.getresponse()
        return answer.status == HTTPStatus.OK and bool(json.load(answer)["checks"]["workers"]["ok"])
    except (OSError, HTTPException):  # a refusal, or half an answer: something vital is not there yet
        return False
    finally:
        asked.close()


def _welcome(settings: Settings) -> list[str]:
    url = settings.public_url
    lines = ["", f"Lianhu is ready: {url}"]
    if settings.lianhu_demo:
        logins = list(seed_demo.demo_logins())
        first = quote(logins[0].partition(" ")[0])
        lines += [f"  phone     {url}/phone?number={first}", *(f"  login     {login}" for login in logins)]
    lines += [f"  {name:<9} {wiring.webhook_url(settings, name, 'inbound')}" for name in wiring.receivers(settings)]
    return [*lines, "  stop with Ctrl-C or `make stop`", ""]


def _leave(_number: int, _frame: FrameType | None) -> None:
    """SIGTERM while servers start: leave through every `finally`."""
    sys.exit(0)
