"""The supervisor: starts again what ends, waits longer when that goes on, stops everything at the end."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from gateway import supervise
from gateway.child import Child, Output
from gateway.embedded.processes import wait_for
from gateway.supervise import Supervisor, read_procfile


@pytest.fixture
def lifeline() -> int:
    """Something to stand in for standard input."""
    return os.open(os.devnull, os.O_RDONLY)


def test_a_procfile_is_read_without_what_runs_only_once(tmp_path: Path) -> None:
    path = tmp_path / "Procfile"
    path.write_text('release: a b\nweb: gateway web\nclock: python -m "x y"\n\n# not this\n')
    assert read_procfile(path) == {"web": ["gateway", "web"], "clock": ["python", "-m", "x y"]}


def test_the_first_restart_comes_at_once_and_later_ones_wait_longer(lifeline: int) -> None:
    said: list[str] = []
    child = Child("short", [sys.executable, "-c", "pass"], dict(os.environ), lifeline)
    now, pauses = 0.0, []
    for _ in range(6):
        child.tend(now, lambda *_: None)
        assert wait_for(child.ended, 10)
        child.tend(now, lambda _, line: said.append(str(line)))
        pauses.append(float(said[-1].split(" in ")[1].split()[0]))
        now += pauses[-1]
    assert pauses == [0, 1, 2, 4, 8, 10]


def test_what_a_process_prints_is_said_by_whole_lines_and_its_last_words_too() -> None:
    read, write = os.pipe()
    said: list[tuple[str, bytes | str]] = []
    output = Output("web", read)

    def print_(text: bytes) -> bool:
        os.write(write, text)
        return output.copy(lambda name, line: said.append((name, line)))

    assert print_(b"first\nsec")
    assert said == [("web", b"first\n")]
    assert print_(b"ond\n\nlast words")
    os.close(write)
    assert not output.copy(lambda name, line: said.append((name, line)))
    assert [line for _, line in said] == [b"first\n", b"second\n", b"\n", b"last words\n"]


def test_a_line_without_an_end_is_not_kept_for_ever() -> None:
    read, write = os.pipe()
    said: list[bytes | str] = []
    output = Output("web", read)
    for _ in range(20):
        os.write(write, b"x" * 4096)
        output.copy(lambda _, line: said.append(line))
    assert said
    os.close(write)
    os.close(read)


def test_a_process_that_ends_is_started_again_before_the_next_round(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "ROUND_SECONDS", 60.0)
    script = tmp_path / "child.py"
    script.write_text(
        "import os, pathlib, signal, time\n"
        f"place = pathlib.Path({str(tmp_path / 'lives')!r})\n"
        "place.write_text(place.read_text() + 'x' if place.exists() else 'x')\n"
        "if place.read_text() == 'x': os.kill(os.getpid(), signal.SIGKILL)\n"
        "os.kill(os.getppid(), signal.SIGTERM)\n"
        "time.sleep(60)\n"
    )
    Supervisor({"child": ["python", str(script)]}, {"PATH": os.environ["PATH"]}).run(lambda: None)
    assert (tmp_path / "lives").read_text() == "xx"
    assert "child ended (-9), starting it again in 0 s" in capfd.readouterr().out


def test_everything_is_stopped_with_what_it_started(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The child ignores the polite signal in a grandchild; both must be gone at the end."""
    script = tmp_path / "child.py"
    script.write_text(
        "import subprocess, sys, time\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print('grandchild', p.pid, flush=True)\ntime.sleep(600)\n"
    )
    supervisor = Supervisor({"child": ["python", str(script)]}, {"PATH": os.environ["PATH"]})
    rounds: list[float] = []

    def round_() -> None:
        rounds.append(time.monotonic())
        if len(rounds) == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    assert threading.current_thread() is threading.main_thread()
    supervisor.run(round_)
    assert signal.getsignal(signal.SIGTERM) is before
    output = capfd.readouterr().out
    grandchild = int(output.split("grandchild ")[1].split()[0])
    assert wait_for(lambda: not Path(f"/proc/{grandchild}/cmdline").exists() or not _runs(grandchild), 5)
    assert " child | grandchild" in output.replace("  ", " ")


def _runs(pid: int) -> bool:
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False
