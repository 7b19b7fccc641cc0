"""Forks: they are the command that they were told to be, with nothing left of their parent but its memory."""

import gc
import importlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway import forks

PROGRAM = """
import os, pathlib, sys
def main(arguments):
    if arguments == ["break"]:
        raise ValueError("broken on purpose")
    print("arguments", arguments, sys.argv)
    print("environment", sorted(os.environ))
    print("called", pathlib.Path("/proc/self/cmdline").read_bytes().replace(b"\\0", b" ").decode().strip())
    print("leads", os.getsid(0) == os.getpid())
    print("files", sorted(int(each.name) for each in pathlib.Path("/dev/fd").iterdir())[:-1])
    return 3
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module with a `main`, as lines of the Procfile name them."""
    (tmp_path / "forked_program.py").write_text(PROGRAM)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    yield "forked_program"
    sys.modules.pop("forked_program", None)


@pytest.fixture
def frozen() -> Iterator[None]:
    """What was frozen is given back to the collector."""
    yield
    gc.unfreeze()


def live(command: list[str], *, meanwhile: Callable[[int], None] = lambda _: None) -> tuple[int | None, str]:
    """A fork's exit code and all that it printed; `meanwhile` gets its process id."""
    read, write = os.pipe()
    nothing = os.open(os.devnull, os.O_RDONLY)
    process = forks.begin(command, {"ONLY": "this", "PATH": os.environ["PATH"]}, stdin=nothing, output=write)
    os.close(write)
    os.close(nothing)
    assert process.pid
    meanwhile(process.pid)
    with os.fdopen(read) as output:
        said = output.read()
    process.join(20)
    return process.exitcode, said


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="looks at processes as Linux shows them")
def test_a_module_runs_with_its_arguments_environment_name_session_and_no_file_of_its_parent(program: str) -> None:
    with Path(__file__).open() as open_here:
        os.set_inheritable(open_here.fileno(), True)  # noqa: FBT003
        code, said = live(["python", "-m", program, "two", "words"])
    assert code == 3
    assert said.splitlines() == [
        f"arguments ['two', 'words'] ['python', '-m', '{program}', 'two', 'words']",
        "environment ['ONLY', 'PATH']",
        f"called python -m {program} two words",
        "leads True",
        "files [0, 1, 2]",
    ]


def test_a_fork_that_breaks_says_where_and_ends_with_1(program: str) -> None:
    code, said = live(["python", "-m", program, "break"])
    assert code == 1
    assert "ValueError: broken on purpose" in said


def test_a_line_of_the_gateway_is_the_gateway_s_own_command() -> None:
    code, said = live(["gateway", "web", "--help"])
    assert code == 0, said
    assert "Usage:" in said
    assert "webhooks and pages" in said


def test_any_other_program_takes_the_fork_s_place() -> None:
    code, said = live(["sh", "-c", "echo $ONLY; exit 5"])
    assert (code, said) == (5, "this\n")


def test_a_signal_right_after_the_start_ends_it_by_the_fork_s_own_rules() -> None:
    asked: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    try:
        code, _ = live(["sleep", "60"], meanwhile=lambda pid: os.kill(pid, signal.SIGTERM))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (code, asked) == (-signal.SIGTERM, [])


@pytest.mark.usefixtures("frozen")
def test_what_is_shared_is_imported_here_and_left_alone_by_the_collector(program: str) -> None:
    read: list[str] = []
    forks.share([["python", "-m", program], ["sleep", "1"]], lambda: read.append("read"))
    assert program in sys.modules
    assert read == ["read"]
    assert gc.get_freeze_count() > 0


def test_work_apart_leaves_nothing_behind_but_what_it_wrote(tmp_path: Path) -> None:
    here: list[str] = []

    def work() -> None:
        here.append("in the fork")
        (tmp_path / "done").write_text("done")

    with forks.apart(work):
        here.append("meanwhile")
    assert here == ["meanwhile"]
    assert (tmp_path / "done").read_text() == "done"


def test_work_apart_that_fails_ends_us_with_its_code_after_the_body() -> None:
    done: list[str] = []
    with pytest.raises(SystemExit) as left, forks.apart(lambda: sys.exit(7)):
        done.append("the body")
    assert left.value.code == 7
    assert done == ["the body"]


def test_work_apart_is_broken_off_when_the_body_breaks(tmp_path: Path) -> None:
    ends = tmp_path / "ends"
    with pytest.raises(ZeroDivisionError), forks.apart(lambda: (signal.pause(), ends.write_text("never"))[0]):
        _ = 1 / 0
    assert not ends.exists()
