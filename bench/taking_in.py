"""Texts taken in at the webhooks, each committed to disk before its 200, beside a handler that does nothing.

Both are served with the same settings and hammered by turns. Every twentieth text is handed over again and again. At
the end the database is compared with what the load generator got: whatever got a 200 must stand there, once.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from urllib.parse import urlencode

from sqlalchemy import create_engine, text
from twilio.request_validator import RequestValidator

from bench import kannel_intake
from bench.county import County
from bench.hammer import Hammered
from bench.lab import EMPTY_HANDLER, SMALL, Lab, Served
from bench.table import Line

CONNECTIONS = 32
ROUNDS = 2
SECONDS = 1.0 if SMALL else 4.0
WARM_SECONDS = 1.0
PUBLIC_URL = "https://gateway.example"
LIAISONS = 100 if SMALL else 2_000
SIGNED = 2_000 if SMALL else 30_000
REPEATED_EVERY = 20
SHARE, P99_MS = 0.40, 25.0
KANNEL_NOTE = (
    "its store is a file for each text that is never synced to disk; to be ahead of it the webhook would have to do "
    "without Flask, in a protocol handler of our own beside the one that serves the pages"
)
_ROWS = text("""
    SELECT CASE WHEN provider = 'twilio' THEN 'twilio' WHEN provider_id LIKE '%-%' THEN 'new' ELSE 'again' END, count(*)
    FROM inbound GROUP BY 1
""")
TEXTS = (
    "3 房屋倒塌，老人没事",
    "2*53*4",
    "ཁང་བ་རལ་སོང་",
    "the road to the pasture is gone",
    "昨天夜里下大雪，牛羊冻死十几头",
)


def measure(lab: Lab) -> Iterable[Line]:
    """Both webhooks' rates and times, and what the database holds afterwards."""
    lab.fresh()
    county = lab.county(liaisons=LIAISONS, households=2)
    with lab.serve(EMPTY_HANDLER) as empty, lab.serve(public_url=PUBLIC_URL) as web:
        plain = _plain_bodies(county)
        lab.hammer(empty.url + "/", plain, connections=CONNECTIONS, seconds=WARM_SECONDS)
        taken = [lab.hammer(lab.webhook(web), plain, connections=CONNECTIONS, seconds=WARM_SECONDS)]
        nothing: list[Hammered] = []
        for round_ in range(1, ROUNDS + 1):
            nothing.append(lab.hammer(empty.url + "/", plain, connections=CONNECTIONS, seconds=SECONDS))
            taken.append(
                lab.hammer(
                    lab.webhook(web), plain, connections=CONNECTIONS, seconds=SECONDS, first_serial=round_ * 10_000_000
                )
            )
        signed = _signed(lab, web, county)
    peer = _rate(nothing)
    rows = _compare(lab, taken, signed)
    yield _line("inbound SMS (Africa's Talking's form), durable", taken[1:], peer, f"; {rows:,} rows, one for each 200")
    yield _line("inbound SMS (Twilio's form), signature checked too", [signed], peer, "")
    kannel = kannel_intake.rate()
    if kannel is not None:
        yield Line(
            name="inbound SMS, beside Kannel",
            ours=_rate(taken[1:]),
            unit="a second",
            beside="bearerbox from its fakesmsc, spool store",
            peer=kannel,
            note=KANNEL_NOTE,
        )


def _line(name: str, found: Sequence[Hammered], peer: float, note: str) -> Line:
    rate = _rate(found)
    p50, p99 = max(part.p50 for part in found), max(part.p99 for part in found)
    return Line(
        name=name,
        ours=rate,
        unit="a second",
        beside="empty Flask handler",
        peer=peer,
        reach=f"≥ {SHARE:.2f} of it, p99 ≤ {P99_MS:.0f} ms",
        reached=rate / peer >= SHARE and p99 <= P99_MS,
        note=f"{CONNECTIONS} connections: p50 {p50:.1f} ms, p99 {p99:.1f} ms{note}",
    )


def _rate(found: Sequence[Hammered]) -> float:
    return sum(part.rate for part in found) / len(found)


def _plain_bodies(county: County) -> list[str]:
    """Africa's Talking's form; a serial number in the id makes each a new text, but for those that come again."""
    bodies = []
    for place, sender in enumerate(county.senders):
        again, mark = place % REPEATED_EVERY == 0, sha256(sender.encode()).hexdigest()[:24]
        fields = {
            "date": "2026-11-23 06:04:45",
            "from": sender,
            "id": f"ATXid_{mark}" if again else f"ATXid_{mark}-SERIAL",
            "linkId": "28f1c2b44a6d",
            "text": TEXTS[place % len(TEXTS)],
            "to": "28901",
            "networkCode": "63902",
            "cost": "KES 0.0000",
        }
        bodies.append(urlencode(fields).replace("SERIAL", "{serial}"))
    return bodies


def _signed(lab: Lab, web: Served, county: County) -> Hammered:
    """Twilio's form, each with a signature of its own, which is made beforehand."""
    validator = RequestValidator(lab.settings.twilio_auth_token)
    path = lab.webhook(web, "twilio").removeprefix(web.url)
    bodies, headers = [], []
    for place in range(SIGNED):
        fields = {
            "MessageSid": f"SM{place:032x}",
            "AccountSid": lab.settings.twilio_account_sid,
            "From": county.senders[place % len(county.senders)],
            "To": "+15017122661",
            "Body": TEXTS[place % len(TEXTS)],
            "NumMedia": "0",
            "NumSegments": "1",
            "ApiVersion": "2010-04-01",
        }
        bodies.append(urlencode(fields))
        headers.append(f"X-Twilio-Signature: {validator.compute_signature(PUBLIC_URL + path, fields)}")
    return lab.hammer(
        lab.webhook(web, "twilio"), bodies, connections=CONNECTIONS, seconds=SECONDS, requests=SIGNED, headers=headers
    )


def _compare(lab: Lab, plain: Sequence[Hammered], signed: Hammered) -> int:
    """How many texts stand in the database; raises RuntimeError when they are not exactly those that got a 200."""
    asked = [*plain, signed]
    if any(part.ok != part.sent for part in asked):
        raise RuntimeError(f"not every text got a 200: {[part.statuses for part in asked]}")
    again = [-(-part.sent // REPEATED_EVERY) for part in plain]  # rounded up: the first of each round is one
    new = sum(part.sent for part in plain) - sum(again)
    engine = create_engine(lab.settings.database_url)
    with engine.connect() as connection:
        rows = dict(connection.execute(_ROWS).tuples().all())
        once = connection.scalar(text("SELECT count(*) = count(DISTINCT (provider, provider_id)) FROM inbound"))
    engine.dispose()
    wanted = {"new": new, "again": min(max(again), LIAISONS // REPEATED_EVERY), "twilio": signed.ok}
    if rows != wanted or not once:
        raise RuntimeError(f"the database holds {rows}, but 200 was said to {wanted}")
    return sum(rows.values())
