"""The outbox with carriers of a test's own: real adapters that call fake carriers on 127.0.0.1."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace

from gateway.flow.deliver import Dispatch, tidy
from gateway.flow.pump import Pump
from gateway.sms.providers.base import SmsProvider
from gateway.store import running
from gateway.store.outbound import Outbound
from gateway.store.running import CarrierState
from tests.flow.talk import Talk, letter
from tests.providers.fakes import Answer, answer_json
from tests.providers.making import carrier

PHONE, OTHER_PHONE = "+8613800000001", "+8613800000002"
TAKEN = Answer(status=202, body="0: Accepted for delivery")
REFUSED_ACCOUNT = Answer(status=403, body="Authorization failed for sendsms")
UNAVAILABLE = Answer(status=503, body="Temporal failure, try again later.")
HANGS_UP = Answer(hang_up=True)


def at_answer(**recipient: object) -> Answer:
    """What Africa's Talking answers to a send."""
    named = {"statusCode": 101, "messageId": "ATXid_1", "cost": "KES 0.8000", "status": "Success", **recipient}
    return answer_json({"SMSMessageData": {"Message": "Sent to 1/1", "Recipients": [named]}}, 201)


def kannel(url: str) -> SmsProvider:
    return carrier("kannel", send_url=f"{url}/cgi-bin/sendsms", timeout=2.0)


def africastalking(url: str) -> SmsProvider:
    return carrier("africastalking", base_url=url, timeout=2.0)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The outbox with carriers of the test's own."""

    talk: Talk
    dispatch: Dispatch

    def post(self, *rows: Outbound) -> None:
        """Put letters into the outbox, in this order."""
        for row in rows:
            self.talk.session.add(row)
            self.talk.session.flush()
        self.talk.session.commit()

    def write(self, recipient: str = PHONE, **facts: object) -> Outbound:
        """Put one letter into the outbox."""
        row = letter(recipient, self.talk.clock.now(), **facts)  # type: ignore[arg-type]
        self.post(row)
        return row

    def work(self, *, threads: int = 2) -> None:
        """Send until nothing is due."""
        with closing(Pump(replace(self.dispatch, threads=threads))) as pump:
            tidy(self.dispatch)
            while pump.turn():
                tidy(self.dispatch)
        self.talk.session.rollback()
        self.talk.session.expire_all()

    def later(self, **span: float) -> None:
        """Let time pass, and work."""
        self.talk.clock.forward(**span)
        self.work()

    def circuit(self, name: str) -> CarrierState:
        """The state of a carrier's circuit."""
        self.talk.session.expire_all()
        return running.carrier_states(self.talk.session)[name]


Make = Callable[..., Desk]
