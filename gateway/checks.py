"""Can this machine and these settings carry the gateway? Asked before a start and by `gateway doctor`."""

import shutil
import socket
import subprocess

from redis.exceptions import RedisError
from sqlalchemy import NullPool, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, OperationalError

from gateway.jobs import connect
from gateway.settings import Settings
from gateway.wrong import Wrong

PATIENCE_SECONDS = 5
OLDEST_POSTGRES = 15


class Unfit(Wrong):
    """The gateway cannot start here; the text is one line that says what to change."""


def port_is_free(settings: Settings) -> None:
    """Raise Unfit when the address cannot be listened on."""
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        message = f"HOST {settings.host!r} is no address of this machine: {error.strerror}"
        raise Unfit(message) from error
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            message = f"cannot listen on {settings.host} port {settings.port}: {error.strerror}; set another PORT"
            raise Unfit(message) from error


def database_answers(settings: Settings) -> str:
    """The server's version; raises Unfit when DATABASE_URL does not lead to a PostgreSQL that is new enough."""
    try:
        address = make_url(settings.database_url)
    except ArgumentError as error:
        message = f"DATABASE_URL cannot be read: {error}"
        raise Unfit(message) from error
    try:
        engine = create_engine(address, poolclass=NullPool, connect_args={"connect_timeout": PATIENCE_SECONDS})
        with engine.connect() as connection:
            version = connection.scalar(text("SELECT current_setting('server_version')")) or ""
    except OperationalError as error:
        reason = " ".join(str(error.orig).split())
        message = f"DATABASE_URL: {address.render_as_string(hide_password=True)} does not answer: {reason}"
        raise Unfit(message) from error
    if int(version.partition(".")[0]) < OLDEST_POSTGRES:
        message = f"DATABASE_URL: PostgreSQL {version} is too old, {OLDEST_POSTGRES} to 18 are supported"
        raise Unfit(message)
    return str(version)


def queue_answers(settings: Settings) -> None:
    """Raise Unfit when REDIS_URL does not lead to a server that answers."""
    try:
        client = connect(settings.redis_url, timeout=PATIENCE_SECONDS)
        client.ping()
        client.close()
    except (RedisError, ValueError) as error:
        message = f"REDIS_URL: the server does not answer: {' '.join(str(error).split())}"
        raise Unfit(message) from error


def font_for(language: str) -> str:
    """Name of a font with the letters of a language (`zh`, `bo`), empty without one: pictures and PDF stay blank."""
    if not shutil.which("fc-list"):
        return ""
    asked = ["fc-list", f":lang={language}", "family"]
    listed = subprocess.run(asked, capture_output=True, text=True, check=False)
    return listed.stdout.partition("\n")[0].strip()
