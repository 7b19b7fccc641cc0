"""A carrier for tests: posts texts to the simulator's webhook and repeats each until it was taken, as carriers do.

What was taken stands in a ledger outside the system, to be compared with the database afterwards.
"""

import http.client
import json
import random
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

PAUSE_SECONDS = 0.2
ONE_CALL_SECONDS = 15.0
DOUBLED = 0.1  # a carrier that lost our answer delivers again


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """One message on its way to us; `id` is the carrier's."""

    id: str
    sender: str
    text: str


class Carrier:
    """Posts texts with several connections side by side; `ledger` holds every text that got its 200.

    `give_up_after` in seconds. With `pause`, seconds that a connection rests before each text, texts are held back
    until `let_go`.
    """

    def __init__(self, url: str, texts: Sequence[Text], *, seed: int, give_up_after: float, pause: float = 0.0) -> None:
        self.ledger: dict[str, Text] = {}
        self.repeats = 0  # calls that got no 200, or were made again after one
        self._url = urlsplit(url)
        self._random = random.Random(seed)  # noqa: S311 - chooses what is doubled, guards nothing
        self._end = time.monotonic() + give_up_after
        self._pause = pause
        self._may_go = threading.Semaphore(0 if pause else len(texts))
        self._lock = threading.Lock()
        self._waiting: SimpleQueue[Text] = SimpleQueue()
        for text in texts:
            self._waiting.put(text)

    def let_go(self, count: int) -> None:
        """Let so many more of the texts go."""
        self._may_go.release(count)

    def post_all(self, pool: ThreadPoolExecutor, connections: int) -> Sequence[Future[None]]:
        """Begin to post; each future raises TimeoutError when a text is not taken in time."""
        return [pool.submit(self._post_until_none_waits) for _ in range(connections)]

    def _post_until_none_waits(self) -> None:
        address = self._url.netloc
        with closing(http.client.HTTPConnection(address, timeout=ONE_CALL_SECONDS)) as connection:
            while True:
                try:
                    text = self._waiting.get_nowait()
                except Empty:
                    return
                if not self._may_go.acquire(timeout=max(0.0, self._end - time.monotonic())):
                    raise TimeoutError(f"{text.id} was never let go")
                time.sleep(self._pause)
                self._post_until_taken(connection, text)

    def _post_until_taken(self, connection: http.client.HTTPConnection, text: Text) -> None:
        body = json.dumps({"id": text.id, "from": text.sender, "to": "106900", "text": text.text})
        while not self._taken(connection, body):
            connection.close()
            if time.monotonic() > self._end:
                raise TimeoutError(f"{text.id} was never taken")
            time.sleep(PAUSE_SECONDS)
        with self._lock:
            self.ledger[text.id] = text
            again = self._random.random() < DOUBLED
            self.repeats += again
        if again and not self._taken(connection, body):
            connection.close()

    def _taken(self, connection: http.client.HTTPConnection, body: str) -> bool:
        try:
            connection.request("POST", self._url.path, body.encode(), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            answer = None
        taken = answer is not None and answer.status == http.client.OK
        with self._lock:
            self.repeats += not taken
        return taken


def spread(words: Sequence[str], phones: Sequence[str], *, prefix: str, most_each: int = 6) -> list[Text]:
    """Texts from phones in turn: none sends more than `most_each`, nor the same words twice; raises ValueError."""
    if len(words) > len(phones) * most_each:
        raise ValueError(f"{len(words)} texts are too many for {len(phones)} phones")
    said: Mapping[str, set[str]] = {phone: set() for phone in phones}
    texts, place = [], 0
    for serial, each in enumerate(words):
        while each in said[phones[place % len(phones)]] or len(said[phones[place % len(phones)]]) >= most_each:
            place += 1
        phone = phones[place % len(phones)]
        said[phone].add(each)
        texts.append(Text(id=f"{prefix}-{serial}", sender=phone, text=each))
        place += 1
    return texts
