"""Three hosts on one PostgreSQL and one Redis, tried with three groups of processes; one is killed (docs/scale.md).

Each group is a `gateway run` with a folder and a port of its own, so that the groups share nothing but the two servers.
Carriers post to all three, and repeat to the next what one did not take. The first group has the clock's lock when all
its processes get kill -9 at the same time.
"""

import http.client
import itertools
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import requests
from sqlalchemy import Engine, text

from bench.lab import START_SECONDS, Lab, free_port
from bench.reporting import TEXTS
from bench.table import Line
from gateway.embedded.processes import wait_for
from workers.rounds import LOCK

HOSTS = 3
REPORTS = 1_500
LINES = 6  # carriers' connections
QUIET_SECONDS = 120
_CLOCKS = f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = {LOCK & 0xFFFFFFFF} AND granted"  # noqa: S608
_BEAT = "SELECT extract(epoch FROM at) FROM heartbeats WHERE process = 'clock'"
_CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
_DONE = """
SELECT count(*) FROM inbound i JOIN outbound o ON o.reply_to_id = i.id
WHERE i.state = 'handled' AND o.state IN ('sent', 'delivered')
"""
_WRONG = {
    "two of one": "SELECT count(*) FROM (SELECT FROM inbound GROUP BY provider_id HAVING count(*) > 1) AS twice",
    "not handled once": """SELECT count(*) FROM (SELECT FROM inbound i LEFT JOIN case_events e ON e.inbound_id = i.id
        GROUP BY i.id HAVING count(e.id) <> 1) AS not_once""",
    "not answered once": """SELECT count(*) FROM (SELECT FROM inbound i LEFT JOIN outbound o ON o.reply_to_id = i.id
        GROUP BY i.id HAVING count(o.id) <> 1) AS not_once""",
    "sent twice": "SELECT count(*) FROM (SELECT FROM receipts GROUP BY provider_id HAVING count(*) > 1) AS twice",
}


@dataclass(frozen=True, kw_only=True)
class Host:
    """One `gateway run`."""

    port: int
    process: subprocess.Popen[str]

    def ready(self) -> bool:
        """Whether it takes messages and its workers are there."""
        with suppress(requests.RequestException):
            return requests.get(f"http://127.0.0.1:{self.port}/readyz", timeout=2).ok
        return False

    def kill(self) -> int:
        """`kill -9` of every process of it at once; gives how many."""
        victims = [self.process.pid, *_below(self.process.pid)]
        for pid in victims:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return len(victims)


@dataclass(kw_only=True)
class Carriers:
    """Post reports to hosts by turns; what a host does not take goes to the next one until somebody has."""

    hosts: Sequence[Host]
    path: str
    senders: Sequence[str]
    taken: set[str] = field(default_factory=set)
    by_host: dict[int, int] = field(default_factory=dict)
    repeats: int = 0

    def post(self, numbers: range) -> None:
        """Each report of these numbers."""
        with ThreadPoolExecutor(LINES) as pool:
            list(pool.map(self._post, numbers))

    def _post(self, number: int) -> None:
        words = TEXTS[number % len(TEXTS)].format(home=1 + number % 10, n=number)
        sender = self.senders[number % len(self.senders)]
        body = urlencode({"id": f"hosts-{number}", "from": sender, "to": "106900", "text": words})
        for turn in itertools.count(number):
            host = self.hosts[turn % len(self.hosts)]
            if self._took(host, body):
                self.taken.add(f"hosts-{number}")
                self.by_host[host.port] = self.by_host.get(host.port, 0) + 1
                return
            self.repeats += 1

    def _took(self, host: Host, body: str) -> bool:
        line = http.client.HTTPConnection("127.0.0.1", host.port, timeout=10)
        try:
            line.request("POST", self.path, body, {"Content-Type": "application/x-www-form-urlencoded"})
            return line.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was seen of the hosts: clocks at work before and after the kill, and seconds without one."""

    clocks: float
    connections: float
    killed: int
    back: bool
    gap: float
    survivors: float
    took: float


def measure(lab: Lab) -> Iterator[Line]:
    """Half of the reports while all three are there, the other half while one of them dies."""
    lab.fresh()
    senders = lab.county(liaisons=2_000).senders
    engine = lab.services().engine
    with _three(lab) as hosts:
        path = f"/sms/simulator/{lab.settings.webhook_secrets[0]}/inbound"
        carriers = Carriers(hosts=hosts, path=path, senders=senders)
        seen = _watch(carriers, engine)
    wrong = {name: _ask(engine, query) for name, query in _WRONG.items()}
    with engine.connect() as connection:
        stored = set(connection.scalars(text("SELECT provider_id FROM inbound")))
    wrong |= {"lost": len(carriers.taken - stored), "not done": REPORTS - int(_ask(engine, _DONE))}
    yield Line(
        name=f"three hosts, one killed: reports lost, doubled or not answered, of {REPORTS:,}",
        ours=sum(wrong.values()),
        unit="reports",
        reach="none",
        reached=not any(wrong.values()),
        note=(
            f"{seen.killed} processes killed at once; taken by each: {sorted(carriers.by_host.values())}, "
            f"{carriers.repeats} repeated; all answered after {seen.took:.0f} s"
            + "".join(f"; {name} {number:.0f}" for name, number in wrong.items() if number)
        ),
    )
    yield Line(
        name="three hosts: clocks that act",
        ours=seen.clocks,
        unit=f"of {HOSTS}",
        reach="one, and another when its host dies",
        reached=seen.clocks == seen.survivors == 1 and seen.back,
        note=f"another had acted {seen.gap:.1f} s after the kill",
    )
    yield Line(name="three hosts: connections to PostgreSQL, while all work", ours=seen.connections, unit="connections")


def _watch(carriers: Carriers, engine: Engine) -> Seen:
    """Post everything, kill the first host in the second half, and wait until all is answered."""
    begun = time.perf_counter()
    carriers.post(range(REPORTS // 2))
    clocks, connections = _ask(engine, _CLOCKS), _ask(engine, _CONNECTIONS)
    with ThreadPoolExecutor(1) as pool:
        posting = pool.submit(carriers.post, range(REPORTS // 2, REPORTS))
        wait_for(lambda: len(carriers.taken) > REPORTS * 2 // 3, QUIET_SECONDS)
        killed, at = carriers.hosts[0].kill(), time.time()
        back = wait_for(lambda: _ask(engine, _BEAT) > at + 1, QUIET_SECONDS)  # a second: the dead one's last is older
        gap = time.time() - at
        posting.result()
    wait_for(lambda: _ask(engine, _DONE) >= REPORTS, QUIET_SECONDS)
    return Seen(
        clocks=clocks,
        connections=connections,
        killed=killed,
        back=back,
        gap=gap,
        survivors=_ask(engine, _CLOCKS),
        took=time.perf_counter() - begun,
    )


@contextmanager
def _three(lab: Lab) -> Iterator[list[Host]]:
    """The first one alone until it is ready, so that it is the clock."""
    with ExitStack() as stack:
        hosts: list[Host] = []
        for number in range(HOSTS):
            folder = lab.folder / f"host{number}"
            settings = lab.settings.model_copy(update={"lianhu_var": folder, "port": free_port(), "public_url": ""})
            process = stack.enter_context(lab.running("gateway", "run", settings=settings, output=subprocess.DEVNULL))
            hosts.append(Host(port=settings.port, process=process))
            if not wait_for(hosts[-1].ready, START_SECONDS):
                raise RuntimeError(f"host {number} is not ready")
        yield hosts


def _ask(engine: Engine, query: str) -> float:
    with engine.connect() as connection:
        return float(connection.scalar(text(query)) or 0)


def _below(pid: int) -> list[int]:
    """Process ids of everything that a process has started, and what that has started."""
    children = [int(child) for path in Path(f"/proc/{pid}/task").glob("*/children") for child in _words(path)]
    return [each for child in children for each in (child, *_below(child))]


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:  # it has just ended
        return []
