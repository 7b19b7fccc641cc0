"""The deployment at rest: memory and CPU of `gateway run --demo` with its servers, how soon a killed worker is back.

Memory is the proportional set size (PSS): each resident page of every process, servers included, counted once in all.
The sum of what `ps` shows (RSS) stands beside it; it counts a page that seven processes share seven times. CPU is of
one core, in user and system mode, with that of children that have ended. Linux only.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from signal import SIGKILL

import psycopg
import requests
from sqlalchemy import make_url

from bench.lab import BIN, ROOT, SMALL, Lab, free_port, stop
from bench.table import Line
from gateway.embedded.processes import command_of, wait_for
from gateway.settings import Settings, load_settings, process_environment
from gateway.supervise import read_procfile

MOST_MEGABYTES = 450
MOST_CPU = 2.0
START_SECONDS = 90
SETTLE_SECONDS = 3.0
IDLE_SECONDS = 3 if SMALL else 30
IDLE_AGAIN_SECONDS = 3 if SMALL else 10
REPORTS = 20 if SMALL else 300
KILLS = 2
"""So many quick ends in a row are followed by a new start at once (gateway/child.py)."""
WORKER = "workers.worker inbound"


@dataclass(frozen=True, kw_only=True)
class Run:
    """A running `gateway run --demo`, and the settings of what runs in it."""

    process: subprocess.Popen[bytes]
    settings: Settings

    def pids(self) -> list[int]:
        """Every process of it, the servers included."""
        return below(self.process.pid)

    def execute(self, statement: str) -> object:
        """The first value that a statement gives."""
        url = make_url(self.settings.database_url).set(drivername="postgresql")
        with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
            row = connection.execute(statement).fetchone()
        return row[0] if row else None


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Megabytes of some processes: shared pages counted once, and counted in each."""

    pss: float
    rss: float


def measure(lab: Lab) -> Iterable[Line]:
    """Memory and CPU before and after work, the same processes started one by one, a worker killed and back."""
    with _deployed() as run:
        time.sleep(SETTLE_SECONDS)
        yield from _at_rest("freshly started", run, IDLE_SECONDS)
        ours = memory(_pythons(run.pids()))
        _work(run)
        yield from _at_rest(f"after {REPORTS} reports", run, IDLE_AGAIN_SECONDS)
        back = [_kill_a_worker(run) for _ in range(KILLS)]
    yield Line(
        name="rest: the gateway's own processes",
        ours=ours.pss,
        unit="MB",
        beside="the same started one by one, as platforms do",
        peer=_one_by_one(lab).pss,
    )
    yield Line(
        name="rest: a killed worker is back",
        ours=max(back),
        unit="s",
        beside="importing a worker anew",
        peer=_timed([sys.executable, "-c", "import workers.worker"]),
        note=f"the slower of {KILLS}, from kill -9 to the successor's row in the database",
    )
    yield Line(name="rest: gateway --help", ours=_timed([str(BIN / "gateway"), "--help"]), unit="s")


def _at_rest(when: str, run: Run, seconds: float) -> Iterator[Line]:
    before, begun = cpu_seconds(run.pids()), time.perf_counter()
    time.sleep(seconds)
    used = (cpu_seconds(run.pids()) - before) / (time.perf_counter() - begun) * 100
    held = memory(run.pids())
    yield Line(
        name=f"rest: memory of everything, {when}",
        ours=held.pss,
        unit="MB",
        reach=f"under {MOST_MEGABYTES} MB",
        reached=held.pss < MOST_MEGABYTES,
        note=f"PSS, each page once, of {len(run.pids())} processes; RSS added up counts shared pages in each: "
        f"{held.rss:.0f} MB",
    )
    yield Line(
        name=f"rest: CPU of everything, {when}",
        ours=used,
        unit="%",
        reach=f"under {MOST_CPU:.0f} % of a core",
        reached=used < MOST_CPU,
        note=f"over {seconds:.0f} s",
    )


def memory(pids: Sequence[int]) -> Memory:
    """What these processes hold together."""
    pss = rss = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
        except OSError:  # it ended while we looked
            continue
        kilobytes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
        pss, rss = pss + kilobytes["Pss"], rss + kilobytes["Rss"]
    return Memory(pss=pss / 1024, rss=rss / 1024)


def cpu_seconds(pids: Sequence[int]) -> float:
    """Seconds of CPU that these processes have used, with those of their children that have ended."""
    return sum(sum(map(int, _stat(pid)[11:15])) for pid in pids) / os.sysconf("SC_CLK_TCK")


def below(pid: int) -> list[int]:
    """A process and all that it started."""
    parents = {int(each.name): _stat(int(each.name)) for each in Path("/proc").glob("[0-9]*")}
    found = [pid]
    for parent in found:  # grows meanwhile
        found += [each for each, stat in parents.items() if stat[0] != "Z" and int(stat[1]) == parent]
    return found


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the third on; zeros when it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["0"] * 50


def _pythons(pids: Sequence[int]) -> list[int]:
    return [pid for pid in pids if "gateway " in command_of(pid) or "python -m " in command_of(pid)]


@contextmanager
def _deployed() -> Iterator[Run]:
    """`gateway run --demo` in a folder of its own, ready."""
    var = Path(tempfile.mkdtemp(prefix="lianhu-rest-"))
    with ExitStack() as stack:
        stack.callback(rmtree, var, ignore_errors=True)
        said = var / "said"
        with said.open("wb") as output:
            process: subprocess.Popen[bytes] = subprocess.Popen(
                [BIN / "gateway", "run", "--demo"],
                env=_environment(var, PORT=str(free_port()), QUIET_FROM="0", QUIET_TO="0"),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        stack.callback(stop, process)
        wait_for(lambda: b"stop with Ctrl-C" in said.read_bytes() or process.poll() is not None, START_SECONDS)
        if b"stop with Ctrl-C" not in said.read_bytes():
            raise RuntimeError(f"the gateway does not start:\n{said.read_text()}")
        yield Run(process=process, settings=load_settings(lianhu_var=var))


def _environment(var: Path, **more: str) -> Mapping[str, str]:
    own = {name.upper() for name in Settings.model_fields}
    others = {name: value for name, value in process_environment().items() if name not in own}
    return {**others, "LIANHU_VAR": str(var), **more}


def _work(run: Run) -> None:
    """Reports of many liaisons through the webhook, until all are handled and everything has left."""
    var = run.settings.lianhu_var
    asked = [str(BIN / "gateway"), "people", "--role", "liaison", "--json"]
    listed = subprocess.run(asked, env=_environment(var), cwd=ROOT, capture_output=True, check=True).stdout
    phones = [person["phone"] for person in json.loads(listed)[:REPORTS]]
    lines = [json.dumps({"from": phone, "text": "1 房屋倒塌"}) for phone in phones]
    (var / "reports.jsonl").write_text("\n".join(lines))
    sent = [str(BIN / "gateway"), "replay", str(var / "reports.jsonl")]
    subprocess.run(sent, env=_environment(var), cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    waiting = (
        "SELECT count(*) FROM inbound WHERE state = 'new'",
        "SELECT count(*) FROM outbound WHERE state = 'queued'",
    )
    if not wait_for(lambda: not any(run.execute(each) for each in waiting), START_SECONDS):
        raise RuntimeError("the reports are not handled")
    time.sleep(SETTLE_SECONDS)


def _kill_a_worker(run: Run) -> float:
    """Seconds from kill -9 of a worker until its successor says that it is there."""
    seen = "SELECT at FROM heartbeats WHERE process = 'worker-inbound'"
    before, begun = run.execute(seen), time.perf_counter()
    os.kill(next(pid for pid in run.pids() if WORKER in command_of(pid)), SIGKILL)
    while run.execute(seen) == before:
        if time.perf_counter() - begun > START_SECONDS:
            raise RuntimeError("the worker does not come back")
    return time.perf_counter() - begun


def _one_by_one(lab: Lab) -> Memory:
    """What the processes of the Procfile hold when each is started for itself, on the servers of the lab."""
    settings = lab.fresh().model_copy(update={"port": free_port()})
    with ExitStack() as stack:
        commands = read_procfile(ROOT / "Procfile").values()
        started = [stack.enter_context(lab.running(*command, settings=settings)) for command in commands]
        wait_for(lambda: _is_there(f"http://{settings.host}:{settings.port}/healthz"), START_SECONDS)
        time.sleep(SETTLE_SECONDS)
        return memory([pid for process in started for pid in below(process.pid)])


def _is_there(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def _timed(command: Sequence[str]) -> float:
    """Seconds that a command takes, the faster of two times: the first may read files from the disk."""
    taken = []
    for _ in range(2):
        begun = time.perf_counter()
        subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        taken.append(time.perf_counter() - begun)
    return min(taken)
