"""A client that does nothing but submit to Kannel's sendsms: keep-alive connections, one request on each at a time."""

import socket
import threading
import time
from collections.abc import Sequence
from urllib.parse import urlencode, urlsplit

from gateway.settings import Settings
from gateway.wiring import webhook_url


def submit(settings: Settings, ids: Sequence[int], connections: int) -> float:
    """Submit one message for each id, with its own status address; gives the seconds that it took."""
    address = urlsplit(settings.kannel_send_url)
    requests = [_request(settings, address.path, message_id) for message_id in ids]
    shares = [requests[start::connections] for start in range(connections)]
    threads = [threading.Thread(target=_send, args=(address.hostname, address.port, share)) for share in shares]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begun


def _request(settings: Settings, path: str, message_id: int) -> bytes:
    """The same request as our adapter's."""
    fields = {
        "username": settings.kannel_username,
        "password": settings.kannel_password,
        "to": f"+86139{message_id:08d}",
        "text": "已收到 148214 房屋倒塌",
        "charset": "UTF-8",
        "coding": 2,
        "dlr-mask": 31,
        "dlr-url": f"{webhook_url(settings, 'kannel', 'status')}?message={message_id}&status=%d&answer=%A",
        "from": settings.kannel_from,
    }
    return f"GET {path}?{urlencode(fields)} HTTP/1.1\r\nHost: kannel\r\n\r\n".encode()


def _send(host: str, port: int, requests: Sequence[bytes]) -> None:
    with socket.create_connection((host, port)) as line, line.makefile("rb") as answers:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for request in requests:
            line.sendall(request)
            status, length = answers.readline(), 0
            if b" 202 " not in status:
                raise RuntimeError(f"Kannel says {status!r}")
            while (header := answers.readline()) != b"\r\n":
                name, _, value = header.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            answers.read(length)
