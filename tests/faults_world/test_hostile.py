"""Bodies that are no bodies and texts that are programs: refused clearly or stored as they are, and harmless."""

import itertools
import json
import subprocess
import time
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from gateway.settings import as_environment, process_environment
from tests.faults.recorder import Record
from tests.faults_world.posting import CARRIERS, FORM, JSON, Request, path, post
from tests.faults_world.world import World
from tests.survival.carrier import Text
from tests.survival.deployment import GATEWAY

pytestmark = [
    *(pytest.mark.slow, pytest.mark.faults),
    *(pytest.mark.xdist_group("faults_world"), pytest.mark.timeout(400)),
]

TEXTS = {
    "SQL": "'; DROP TABLE inbound; -- 1 OR 1=1 \\' $$ %s :id",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(2)>&lt;\"'",
    "format strings": "{0} {home.__class__} %s %n %(x)s ${jndi:ldap://x} {{7*7}} #{7*7}",
    "a spreadsheet formula": "=cmd|' /C calc'!A0",
    "another formula": "@SUM(1+1)*cmd|' /C calc'!A0",
    "letters of four bytes": "房子塌了 𠮷𠀋 🏚️🆘👨‍👩‍👧‍👦",
    "marks from right to left": "房子\u202eelppa\u202c \u200f\u200b\u2066塌\u2069 \ufeff",
    "lines of a log": "x\n2026-11-23T00:00:00Z [error] planted\r\nplanted-line",
    "terminal escapes": "\x1b[2J\x1b]0;pwned\x07 red \x1b[31m",
    "combining marks": "Z" + "\u0300" * 200,
    "a path": "../../../../etc/passwd\\..\\win.ini file:///etc/passwd",
    "very long": "塌" * 5000,
    "nothing": "",
    "blanks": " \t\n\u3000",
}
ODD = {
    "nothing at all": (b"", FORM),
    "no form": (b"\x00\x01\x02\xff\xfe", "application/octet-stream"),
    "not UTF-8": (b"id=1&from=%2B8613900001234&to=1&text=%ff%fe%c3%28", FORM),
    "raw bytes that are not UTF-8": (b"id=1&from=+8613900001234&to=1&text=\xff\xfe\xc3\x28", FORM),
    "1,000 fields": (urlencode([(f"field{number}", "x") for number in range(1000)]).encode(), FORM),
    "a field a thousand times": (urlencode([("text", "x")] * 1000).encode(), FORM),
    "a body of 1 MB": (b"text=" + b"x" * (1 << 20), FORM),
    "JSON that ends too soon": (b'{"from": "+861390000', JSON),
    "JSON that is a number": (b"7", JSON),
    "JSON a thousand deep": (b"[" * 1000 + b"]" * 1000, JSON),
    "JSON with half a letter": (b'{"id":"1","from":"+8613900001234","to":"1","text":"\\ud800"}', JSON),
    "JSON with objects for words": (b'{"id":{},"from":[],"to":null,"text":{"a":1}}', JSON),
    "a number beyond all numbers": (b'{"id":1e999,"from":1e400,"to":"1","text":"x"}', JSON),
    "percent signs that mean nothing": (b"%&%%=%zz&text=%", FORM),
    "a form that says that it has parts": (b"--x\r\n\r\n", "multipart/form-data; boundary=x"),
}


@pytest.mark.parametrize("body", ODD)
def test_a_body_that_is_none_is_refused_and_never_breaks_anything(world: World, body: str) -> None:
    content, content_type = ODD[body]
    settings, before = world.deployment.settings, world.count("SELECT count(*) FROM inbound")
    for provider in CARRIERS:
        for event in ("inbound", "status"):
            where = path(settings, provider, event)
            answer = post(settings, Request(path=where, body=content, content_type=content_type))
            assert answer < 500, (provider, event, answer)
            stored = world.count("SELECT count(*) FROM inbound") + world.count("SELECT count(*) FROM receipts")
            assert (answer != 200) or stored > before, (provider, event, "200 for something that is not there")
            before = world.count("SELECT count(*) FROM inbound")


def test_a_text_is_stored_as_it_is_and_harmless_for_ever(world: World, record: Record) -> None:
    begun, settings, posted = time.monotonic(), world.deployment.settings, {}
    for (provider, make), (kind, words) in itertools.product(CARRIERS.items(), TEXTS.items()):
        text = replace(world.text(world.phones(1)[0]), id=f"{provider}-hostile-{kind}", text=words)
        assert post(settings, make(settings, text.id, text.sender, words)) == 200, (provider, kind)
        posted[text.id] = text
    world.settle()
    assert stored(world, "%-hostile-%") == {text.id: text.text for text in posted.values()}
    nobody_was_fooled(world, posted)
    world.audit()
    record(fault="texts that are programs", sent=len(posted), seconds=time.monotonic() - begun)


@pytest.mark.parametrize("provider", CARRIERS)
def test_nul_bytes_are_taken_out_and_the_text_is_kept(world: World, provider: str) -> None:
    settings, phone = world.deployment.settings, world.phones(1)[0]
    assert post(settings, CARRIERS[provider](settings, f"{provider}-nul-0", phone, "3 房屋\x00倒塌")) == 200
    assert stored(world, f"{provider}-nul-%") == {f"{provider}-nul-0": "3 房屋倒塌"}


def stored(world: World, ids: str) -> dict[str, str]:
    """What stands in the database under some ids."""
    with world.deployment.database() as connection:
        rows = connection.execute("SELECT provider_id, text FROM inbound WHERE provider_id LIKE %s", [ids]).fetchall()
    return {str(row[0]): str(row[1]) for row in rows}


def nobody_was_fooled(world: World, posted: dict[str, Text]) -> None:
    """Each was answered once, in our own words; logs hold no text, and listings have it as it was."""
    with world.deployment.database() as connection:
        bodies = connection.execute(
            """SELECT i.provider_id, o.body FROM inbound i JOIN outbound o ON o.reply_to_id = i.id
               WHERE i.provider_id = ANY(%s)""",
            [list(posted)],
        ).fetchall()
    assert {row[0] for row in bodies} == set(posted)
    said = world.deployment.said()
    for harmful in ("planted", "pwned", "jndi", "<script", "DROP TABLE"):
        assert harmful not in said
    for sender in {text.sender for text in posted.values()}:
        assert sender not in said
    listed = {row["text"] for row in messages(world)}
    assert {text.text for text in posted.values()} <= listed


def messages(world: World) -> list[dict[str, str]]:
    """`gateway messages --json`."""
    environment = {**process_environment(), **as_environment(world.deployment.settings), **world.environment}
    command = [GATEWAY, "messages", "--json", "--limit", "100000"]
    done = subprocess.run(command, env=environment, capture_output=True, check=True)
    return list(json.loads(done.stdout))
