"""Reports as liaisons send them, put into the inbox set-wise: what is handled next does not depend on a webhook."""

from collections.abc import Sequence

from sqlalchemy import Engine, text

TEXTS = (
    "{home} 房屋倒塌，老人没事 {n}",
    "{home} 水管冻裂了，没有水 {n}",
    "{home} 52 {home}",
    "{home} 孩子没有户口 {n}",
    "{home} mei dian le {n}",
    "村口的桥有裂缝，车{n}不敢过",
    "ང་ཚོའི་སྡེ་བར་ཆུ་མི་འདུག {n}",
    "the road to the pasture is gone {n}",
    "昨天夜里下大雪，牛羊冻死十几头 {n}",
    "{home} 打架了，有人受伤 {n}",
)
_STORE = """
INSERT INTO inbound (channel, provider, provider_id, sender, recipient, text, masked, raw, received_at, state, attempts,
                     result, error, proof, unfinished)
    SELECT 'sms', 'simulator', 'bench-' || n, sender, '106900', words, 0, '{}'::jsonb, clock_timestamp(), 'new', 0, '',
           '', 'none', false
    FROM unnest(CAST(:numbers AS int[]), CAST(:senders AS text[]), CAST(:texts AS text[])) AS r (n, sender, words)
    ORDER BY n
"""


def store(engine: Engine, senders: Sequence[str], numbers: range, *, homes: int) -> None:
    """Store the reports of these numbers: the n-th sender's n-th text, about one of that liaison's `homes`."""
    words = [TEXTS[n % len(TEXTS)].format(home=1 + n // len(TEXTS) % homes, n=n) for n in numbers]
    values = {"numbers": list(numbers), "senders": [senders[n % len(senders)] for n in numbers], "texts": words}
    with engine.begin() as connection:
        connection.execute(text(_STORE), values)
