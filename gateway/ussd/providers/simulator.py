"""The simulator: callbacks as a form or JSON, answered with a small JSON object."""

import json

from gateway.domain.messages import BadPayload
from gateway.raw import RawRequest, RawResponse
from gateway.sms.providers.http import address, records
from gateway.ussd.providers.base import Callback, Ended, typed
from gateway.ussd.steps import Reply


class Simulator:
    """Adapter of the simulated network."""

    name = "simulator"

    def read(self, request: RawRequest) -> Callback:
        """Read `session`, `from`, `code` and `text`; raises BadPayload."""
        fields = _record(request)
        return Callback(
            session_id=address(fields, "session"),
            sender=address(fields, "from"),
            service_code=address(fields, "code", empty=True),
            text=typed(fields),
        )

    def read_end(self, request: RawRequest) -> Ended:
        """Read `session`, `from` and `status`; raises BadPayload."""
        fields = _record(request)
        return Ended(
            session_id=address(fields, "session"),
            sender=address(fields, "from"),
            status=address({"status": "", **fields}, "status", empty=True),
            raw=fields,
        )

    def answer(self, reply: Reply) -> RawResponse:
        """Write `text` and, in `more`, whether the call goes on."""
        body = json.dumps({"text": reply.text, "more": reply.goes_on}, ensure_ascii=False)
        return RawResponse(body=body, content_type="application/json")


def _record(request: RawRequest) -> dict[str, str]:
    found = records(request)
    if len(found) != 1:
        raise BadPayload("one callback at a time")
    return found[0]
