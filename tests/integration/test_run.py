"""`gateway run` brings all up, brings back what dies, leaves nothing behind, and says in one line what is wrong."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import embedded
from gateway.embedded.processes import command_of, wait_for
from gateway.settings import Settings, is_running

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("deployment")]

GATEWAY = Path(sys.executable).parent / "gateway"
START_SECONDS = 120


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Folder:
    """A LIANHU_VAR of its own and the commands that run in it."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.port = free_port()
        ours = {name.upper() for name in Settings.model_fields}
        self.environment = {name: value for name, value in os.environ.items() if name not in ours}
        self.environment |= {"LIANHU_VAR": str(var), "PORT": str(self.port)}
        self.environment |= {"SWEEP_SECONDS": "0.5", "WEB_WORKERS": "1"}

    def call(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        environment = self.environment | more
        return subprocess.run(
            [GATEWAY, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=START_SECONDS
        )

    def run(self) -> subprocess.Popen[str]:
        """Start `gateway run --demo` and wait until it says that it is ready."""
        process = subprocess.Popen(
            [GATEWAY, "run", "--demo"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout
        said = []
        for line in process.stdout:
            said.append(line)
            if "stop with Ctrl-C" in line:
                return process
        pytest.fail("".join(said))

    def ready(self) -> str:
        """What /readyz says: its status, or nothing while nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                return str(json.load(answer)["status"])
        except (OSError, urllib.error.HTTPError):
            return ""

    def processes(self) -> dict[str, int]:
        """What runs under this folder: command line and process id."""
        mark = f"LIANHU_VAR={self.var}\0".encode()
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                environment, parent = (folder / "environ").read_bytes(), (folder / "stat").read_text().rsplit(")", 1)[1]
            except OSError:  # it ended while we looked
                continue
            command = command_of(int(folder.name))
            if (mark in environment or str(self.var) in command) and parent.split()[0] != "Z":
                found.setdefault(command.strip().rpartition("/bin/")[2], int(folder.name))
        return found

    def pid_of(self, part: str) -> int:
        """Process id of the process with this in its command line."""
        return next(pid for command, pid in self.processes().items() if part in command)


@pytest.fixture
def folder() -> Iterator[Folder]:
    """A folder for one test, with nothing left running afterwards."""
    made = Folder(Path(tempfile.mkdtemp(prefix="lianhu-run-")))
    yield made
    made.call("stop")
    shutil.rmtree(made.var)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at processes as Linux shows them")
def test_it_comes_up_brings_back_what_dies_and_leaves_nothing(folder: Folder) -> None:
    process = folder.run()
    assert folder.ready() == "ok"
    assert is_running(folder.var)
    assert len(list(Path(f"/proc/{process.pid}/task").iterdir())) == 1  # it forks, and a fork copies one thread only

    for victim in ("workers.worker inbound", "workers.clock", "valkey-server", "postgres -D", "gateway web"):
        before = folder.pid_of(victim)
        os.kill(before, signal.SIGKILL)
        assert wait_for(lambda was=before: was not in folder.processes().values(), 5), victim
        assert wait_for(lambda part=victim: any(part in command for command in folder.processes()), 20), victim
        assert wait_for(lambda: folder.ready() == "ok", 40), victim

    second = folder.call("run", "--demo")
    assert (second.returncode, second.stderr.count("\n")) == (1, 1)
    assert "already runs" in second.stderr
    assert "ok    gateway    runs" in folder.call("doctor").stdout

    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=60)[0]
    assert process.returncode == 0, output
    assert output.endswith("stopped\n")
    assert folder.processes() == {}
    assert not (folder.var / "running.env").exists()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at processes as Linux shows them")
def test_after_kill_9_children_end_and_stop_ends_the_servers_and_run_works_again(folder: Folder) -> None:
    process = folder.run()
    process.kill()
    process.communicate()
    assert wait_for(lambda: not any("worker" in c or "web" in c for c in folder.processes()), 30), folder.processes()
    assert not is_running(folder.var)
    assert embedded.Postgres(folder.var).pid()
    again = folder.run()
    assert folder.call("stop").stdout == "stopped\n"
    again.communicate(timeout=60)
    assert folder.processes() == {}


def test_a_taken_port_is_one_line(folder: Folder) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = folder.call("run", "--demo", PORT=port)
    assert ended.returncode == 1
    assert (
        ended.stderr == f"gateway: cannot listen on 127.0.0.1 port {port}: Address already in use; set another PORT\n"
    )


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ({}, 2, "SECRET_KEY, WEBHOOK_SECRET, DATA_KEYS must be set"),
        ({"SECRET_KEY": "a", "DATA_KEYS": "b"}, 2, "WEBHOOK_SECRET must be set"),
        ({"PORT": "many"}, 2, "PORT: Input should be a valid integer"),
        ({"LIANHU_VAR": "/proc/nowhere"}, 1, "/proc/nowhere"),
    ],
)
def test_a_wrong_setting_is_one_line(folder: Folder, more: dict[str, str], code: int, said: str) -> None:
    secrets = {"SECRET_KEY": "a", "DATA_KEYS": "b", "WEBHOOK_SECRET": "c"} if "LIANHU_VAR" in more else {}
    ended = folder.call("run", **{**secrets, **more})
    assert (ended.returncode, ended.stderr.count("\n")) == (code, 1)
    assert said in ended.stderr


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"DATABASE_URL": "postgresql://nobody:secret@127.0.0.1:1/none"},
            "DATABASE_URL: postgresql+psycopg://nobody:***@",
        ),
        ({"REDIS_URL": "redis://127.0.0.1:1"}, "REDIS_URL: the server does not answer"),
        ({"HOST": "192.0.2.1"}, "cannot listen on 192.0.2.1"),
    ],
)
def test_a_server_that_does_not_answer_is_one_line(folder: Folder, more: dict[str, str], said: str) -> None:
    ended = folder.call("run", "--demo", **more)
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1), ended.stderr
    assert said in ended.stderr
    assert "secret@" not in ended.stderr
    assert not embedded.Postgres(folder.var).pid()
