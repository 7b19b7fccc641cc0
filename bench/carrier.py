"""A carrier in a process of its own: takes Kannel's sendsms with keep-alive, answers after a while, remembers.

`python -m bench.carrier PORT SECONDS`; GET /heard gives `[[moment, recipient, text], …]` as JSON, moments in seconds.
"""

import asyncio
import json
import sys
import time
from urllib.parse import parse_qs, urlsplit

_TAKEN = b"0: Accepted for delivery"


class Carrier:
    """What was heard, and how long each answer takes (seconds)."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._heard: list[tuple[float, str, str]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                target = head.split(b" ", 2)[1].decode()
                status, body = await self._answer(target)
                writer.write(b"HTTP/1.1 %d OK\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _answer(self, target: str) -> tuple[int, bytes]:
        address = urlsplit(target)
        if address.path == "/heard":
            return 200, json.dumps(self._heard).encode()
        fields = parse_qs(address.query)
        if "to" in fields:
            self._heard.append((time.monotonic(), fields["to"][0], fields["text"][0]))
            await asyncio.sleep(self._seconds)
        return 202, _TAKEN


async def main(port: int, seconds: float) -> None:
    """Listen until the process is ended."""
    server = await asyncio.start_server(Carrier(seconds).serve, "127.0.0.1", port, backlog=512)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
