"""Looks at the database server: does it keep its promises, what time is it there, is there room, who is in the way."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from gateway.doctor import machine
from gateway.doctor.finding import Finding, Patient, fail, look, well
from gateway.store import server

SKEW, MOST_SKEW = timedelta(seconds=2), timedelta(seconds=30)
IDLE = timedelta(seconds=45)  # ours are ended after 60 s; a stranger's may stand for days
BLOCKED = timedelta(seconds=5)
_CROWDED, _FULL = 0.80, 0.95
_PROMISES = {
    "fsync": "a power cut can destroy the whole database",
    "full_page_writes": "a power cut can destroy pages that were being written",
    "synchronous_commit": "messages that got their 200 in the last moments before a crash are lost",
}


def promises(patient: Patient) -> Finding:
    """Whether what was committed outlives a power cut, and whether anything can be committed at all."""
    found = server.flags(patient.session, list(_PROMISES))
    broken = [name for name in _PROMISES if found.get(name) == "off"]
    if server.takes_no_writes(patient.session):
        seen = "this server is a standby: nothing can be stored"
        return fail("durability", seen, "let DATABASE_URL lead to the primary, or promote this server")
    if broken:
        seen = "; ".join(f"{name} is off: {_PROMISES[name]}" for name in broken)
        return fail("durability", seen, f"set {', '.join(broken)} = on in postgresql.conf and reload")
    return well("durability", "what was committed outlives a power cut")


def time(patient: Patient) -> Finding:
    """How far this machine's clock and the server's are apart."""
    before = patient.clock.now()
    there = server.time(patient.session)
    apart = max(before - there, there - patient.clock.now(), timedelta(0))
    zone = patient.settings.timezone
    if apart > SKEW and not patient.settings.rehearsing:
        seen = f"this machine's clock and PostgreSQL's are {round(apart.total_seconds())} s apart"
        return (fail if apart > MOST_SKEW else look)(
            "time", seen, "let NTP set both (timedatectl); never set it by hand"
        )
    if not server.knows_zone(patient.session, zone):
        return fail("time", f"PostgreSQL does not know TIMEZONE {zone}", "install tzdata on its host")
    return well("time", "PostgreSQL's clock agrees" if not patient.settings.rehearsing else "a rehearsal's own")


def room(patient: Patient) -> Finding:
    """How many connections are left."""
    now = server.room(patient.session)
    seen = f"{now.used} of {now.usable} in use"
    part = now.used / now.usable if now.usable else 1.0
    if part < _CROWDED:
        return well("sessions", seen)
    remedy = "find who holds them (pg_stat_activity by application_name), then raise max_connections"
    return (fail if part >= _FULL else look)("sessions", f"connections of PostgreSQL: {seen}", remedy)


def locks(patient: Patient) -> Finding:
    """Who keeps a transaction open and does nothing in it, and who waits for whom."""
    blocked = server.blocked(patient.session, BLOCKED)
    idle = server.idlers(patient.session, IDLE)
    if blocked:
        first = blocked[0]
        seen = (
            f"{len(blocked)} statements wait for a lock, the first ({first.application or 'unnamed'}) for "
            f"{round(first.since.total_seconds())} s behind process {first.blocked_by}"
        )
        return fail("locks", seen, f"look what it does; SELECT pg_terminate_backend({first.blocked_by}) ends it")
    if idle:
        first = idle[0]
        seen = (
            f"{len(idle)} transactions stand open and idle, the longest ({first.application or 'unnamed'}, process "
            f"{first.pid}) for {round(first.since.total_seconds())} s: tables cannot be changed or cleaned"
        )
        return look("locks", seen, f"close that program, or SELECT pg_terminate_backend({first.pid})")
    return well("locks", "nobody waits, nobody idles in a transaction")


def indexes(patient: Patient) -> Finding:
    """Whether a broken-off build left half an index."""
    broken = server.broken_indexes(patient.session)
    if broken:
        seen = f"half-built: {', '.join(broken)}: every write pays for it and no search uses it"
        return look("indexes", seen, "gateway migrate builds it anew; one of your own: REINDEX INDEX CONCURRENTLY")
    return well("indexes", "all whole")


def disk(patient: Patient) -> Iterator[Finding]:
    """How full the server's disk is, where it is one of this machine's."""
    folder = server.flags(patient.session, ["data_directory"]).get("data_directory", "")
    local = not patient.session.get_bind().engine.url.host  # a socket: the server runs here
    if folder and local:
        yield machine.disk(Path(folder), "PostgreSQL's")
