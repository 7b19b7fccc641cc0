"""`gateway doctor`: looks at settings, servers, migrations and fonts, and says what to do."""

from collections.abc import Callable

import click
from sqlalchemy import NullPool, create_engine
from sqlalchemy.orm import Session

from gateway.at_hand import settings_at_hand
from gateway.cards.paper import CannotPrint, engine
from gateway.checks import Unfit, database_answers, font_for, queue_answers
from gateway.settings import BadSettings, Settings, is_running
from gateway.store import cases, inbound, migrate


@click.command("doctor")
@click.pass_context
def command(context: click.Context) -> None:
    """Look at everything this gateway needs; exit code 1 when something is missing."""
    with settings_at_hand() as settings:
        found = [
            _look("settings", lambda: _settings(settings)),
            _look("database", lambda: f"PostgreSQL {database_answers(settings)}"),
            _look("migrations", lambda: _migrations(settings)),
            _look("queue", lambda: _queue(settings)),
            _look("cases", lambda: _cases(settings)),
        ]
    _printing()
    _say(ok=True, name="gateway", detail="runs" if is_running(settings.lianhu_var) else "does not run")
    if not all(found):
        context.exit(1)


def _printing() -> None:
    """Fonts and libraries of code cards, pictures and reports; a gateway that prints nothing does without."""
    for language, name, package in (("zh", "Chinese", "fonts-noto-cjk"), ("bo", "Tibetan", "fonts-noto-core")):
        font = font_for(language)
        missing = f"no {name} font: install {package} for pictures and PDF"
        _say(ok=bool(font), name="fonts", detail=font or missing)
    try:
        engine()
    except CannotPrint as error:
        _say(ok=False, name="cards", detail=str(error))
    else:
        _say(ok=True, name="cards", detail="PDF can be made")


def _look(name: str, look: Callable[[], str]) -> bool:
    try:
        detail = look()
    except (BadSettings, Unfit) as error:
        _say(ok=False, name=name, detail=str(error))
        return False
    _say(ok=True, name=name, detail=detail)
    return True


def _say(*, ok: bool, name: str, detail: str) -> None:
    click.echo(f"{'ok  ' if ok else 'FAIL'}  {name:<11}{detail}")


def _settings(settings: Settings) -> str:
    settings.check_ready()
    return f"sends with {', '.join(settings.providers)}; providers call {settings.public_url}"


def _migrations(settings: Settings) -> str:
    engine = create_engine(settings.database_url, poolclass=NullPool)
    with engine.connect() as connection:
        at = migrate.current(connection)
    if at != migrate.head():
        message = f"database at {at or 'no revision'}, code wants {migrate.head()}: gateway migrate"
        raise Unfit(message)
    return at


def _cases(settings: Settings) -> str:
    """What should never be: a live case without a deadline, a message that broke its handler."""
    engine = create_engine(settings.database_url, poolclass=NullPool)
    with Session(engine) as session:
        if migrate.current(session.connection()) != migrate.head():
            raise Unfit("not looked at before the database is migrated")
        forgotten, broken = cases.without_deadline(session), inbound.failed(session)
    if forgotten or broken:
        raise Unfit(f"{forgotten} live cases without a deadline, {broken} messages that could not be handled")
    return "every live case has a deadline, every message was handled"


def _queue(settings: Settings) -> str:
    if not settings.redis_url:
        return "embedded, started by gateway run"
    queue_answers(settings)
    return "answers"
