"""Africa's Talking: form callbacks behind the path's secret, answered with `CON …` or `END …`."""

from gateway.raw import RawRequest, RawResponse
from gateway.sms.providers.http import address, form
from gateway.ussd.providers.base import Callback, Ended, typed
from gateway.ussd.steps import Reply


class AfricasTalking:
    """Adapter of Africa's Talking; fields that it adds one day are no concern of ours."""

    name = "africastalking"

    def read(self, request: RawRequest) -> Callback:
        """Read `sessionId`, `phoneNumber`, `serviceCode` and `text`; raises BadPayload."""
        fields = form(request)
        return Callback(
            session_id=address(fields, "sessionId"),
            sender=address(fields, "phoneNumber"),
            service_code=address(fields, "serviceCode", empty=True),
            text=typed(fields),
        )

    def read_end(self, request: RawRequest) -> Ended:
        """Read the event that ends a call; what was typed and shown stays out of `raw`; raises BadPayload."""
        fields = form(request)
        return Ended(
            session_id=address(fields, "sessionId"),
            sender=address(fields, "phoneNumber"),
            status=address(fields, "status", empty=True),
            raw={name: value for name, value in fields.items() if name not in {"input", "lastAppResponse"}},
        )

    def answer(self, reply: Reply) -> RawResponse:
        """Write a screen as plain text behind the word that says whether the call goes on."""
        return RawResponse(body=("CON " if reply.goes_on else "END ") + reply.text)
