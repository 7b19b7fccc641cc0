"""What the benchmarks print and how their load counts: figures that are believed must be right."""

import asyncio
import runpy
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bench.hammer import Hammered, Task, hammer
from bench.table import Line, table

ROOT = Path(__file__).resolve().parents[2]
ANSWER = b"HTTP/1.1 %s\r\nContent-Length: 2\r\n\r\nok"

Reply = Callable[[bytes], bytes | None]


def load(reply: Reply, **more: object) -> Hammered:
    """Fifty requests to a server on the loopback that answers each with what a function says; None hangs up."""
    fields = {"bodies": ["id={serial}&n={serial}"], "connections": 3, "seconds": 5.0, "requests": 50, **more}

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
                answer = reply(head + await reader.readexactly(length))
                if answer is None:
                    break
                writer.write(answer)
        writer.close()

    async def both() -> Hammered:
        server = await asyncio.start_server(converse, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/report"
        try:
            return await hammer(Task(url=url, **fields))  # type: ignore[arg-type]
        finally:
            server.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            await asyncio.gather(*others, return_exceptions=True)
            await asyncio.sleep(0)  # both ends are closed now

    return asyncio.run(both())


def test_every_request_is_sent_once_with_a_serial_number_of_its_own() -> None:
    seen = []

    def remember(request: bytes) -> bytes:
        seen.append(request)
        return ANSWER % b"200 OK"

    result = load(remember, first_serial=7)
    bodies = {request.rpartition(b"\r\n\r\n")[2] for request in seen}
    assert bodies == {b"id=%d&n=%d" % (n, n) for n in range(7, 57)}
    assert (result.sent, result.ok, result.statuses, result.wrong) == (50, 50, {"200": 50}, 0)
    assert result.rate > 0
    assert 0 < result.p50 <= result.p99 <= result.worst


def test_only_answers_with_200_count_as_taken() -> None:
    result = load(lambda request: ANSWER % (b"503 Busy" if b"id=1" in request else b"200 OK"))
    assert result.statuses == {"200": 39, "503": 11}
    assert result.ok == 39


def test_a_connection_that_breaks_counts_as_not_answered_and_another_takes_its_place() -> None:
    result = load(lambda request: None if b"id=1&" in request else ANSWER % b"200 OK", connections=1)
    assert result.statuses == {"200": 49, "0": 1}


def test_an_answer_without_what_was_expected_is_wrong() -> None:
    assert load(lambda _: ANSWER % b"200 OK", expect="END ").wrong == 50


def test_the_time_of_a_paced_request_counts_from_when_it_was_due() -> None:
    result = load(lambda _: ANSWER % b"200 OK", rate=400.0, requests=40)
    assert result.ok == 40
    assert result.rate <= 440


def test_a_line_stands_beside_its_peer_with_the_ratio() -> None:
    line = Line(
        name="handled", ours=1500, unit="/s", beside="naive", peer=100, reach="≥ 10 ×", reached=True, note="idle"
    )
    head, row, note = table([line.as_json()])
    assert head.split() == ["name", "ours", "limit", "or", "peer", "ratio", "reach", "reached"]
    assert row.split() == ["handled", "1,500", "/s", "naive:", "100", "15.00", "≥", "10", "×", "yes"]
    assert note == "    idle"


def test_a_line_without_a_peer_has_no_ratio_and_one_that_was_missed_says_no() -> None:
    line = Line(name="left", ours=0.25, unit="s", reach="≤ 0.1 s", reached=False)
    assert line.ratio is None
    assert table([line.as_json()])[1].split() == ["left", "0.25", "s", "≤", "0.1", "s", "NO"]


def test_the_page_says_how_far_a_missed_line_came() -> None:
    maker = runpy.run_path(str(ROOT / "docs" / "makers" / "performance.py"))
    missed = Line(name="handled", ours=1200, unit="/s", reach="≥ 1,500/s", reached=False, note="one core was busy")
    result = {"lines": [{"bench": "reports", **missed.as_json()}], "broken": {"kannel": "OSError: no fakesmsc"}}
    page = "".join(maker["_missed"](result, {"reports": "The parser takes most of it."}))
    assert "**handled**: 1,200 /s where ≥ 1,500/s was asked for (one core was busy)." in page
    assert "The parser takes most of it." in page
    assert "`kannel` broke: OSError: no fakesmsc" in page
