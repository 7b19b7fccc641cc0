"""Everything that runs in the tests with Kannel, and what can be seen of it from outside."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import func, select

from gateway.domain.terms import Purpose
from gateway.store.base import InboundState, OutboundState
from gateway.store.cases import Case
from gateway.store.inbound import Inbound
from gateway.store.outbound import Outbound, Receipt
from gateway.store.running import CarrierState
from tests.peers.air import Air
from tests.peers.boxes import Boxes
from tests.peers.gateway_run import GatewayRun, number_of
from tests.peers.relay import Relay
from tests.peers.waiting import until

ON_THE_WAY = (OutboundState.QUEUED, OutboundState.SENDING, OutboundState.SENT, OutboundState.UNKNOWN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Town:
    """Everything that runs, and what can be seen of it."""

    air: Air
    boxes: Boxes
    gateway: GatewayRun
    relay: Relay

    def stored(self, text: str) -> list[Inbound]:
        """Messages received with this text."""
        with self.gateway.session() as session:
            return list(session.scalars(select(Inbound).where(Inbound.text == text)))

    def handled(self, text: str) -> Inbound:
        """The one message with this text, once it has been handled."""
        until(lambda: any(row.state is InboundState.HANDLED for row in self.stored(text)), f"handled: {text}")
        (row,) = self.stored(text)
        return row

    def answers(self, message: Inbound) -> list[Outbound]:
        """What answers a message received."""
        with self.gateway.session() as session:
            return list(session.scalars(select(Outbound).where(Outbound.reply_to_id == message.id)))

    def case(self, message: Inbound) -> Case:
        """The case that a message received opened or is about."""
        with self.gateway.session() as session:
            return session.get_one(Case, message.case_id)

    def told(self, role: str, purpose: Purpose, case: Case) -> list[Outbound]:
        """What somebody was sent about a case, oldest first."""
        query = select(Outbound).where(
            Outbound.recipient == number_of(role), Outbound.purpose == purpose, Outbound.case_id == case.id
        )
        with self.gateway.session() as session:
            return list(session.scalars(query.order_by(Outbound.id)))

    def carrier(self) -> CarrierState | None:
        """Kannel's circuit."""
        with self.gateway.session() as session:
            return session.get(CarrierState, "kannel")

    def settle(self) -> None:
        """Wait until all is delivered, and the phones have heard exactly what was sent, each once."""
        until(lambda: not self._open(), "every message sent is delivered")
        until(lambda: self.air.heard() == self._sent(), "the phones heard what was sent")

    def _open(self) -> int:
        with self.gateway.session() as session:
            waiting = session.scalar(select(func.count()).where(Inbound.state == InboundState.NEW)) or 0
            on_the_way = session.scalar(select(func.count()).where(Outbound.state.in_(ON_THE_WAY))) or 0
        return waiting + on_the_way

    def _sent(self) -> Counter[tuple[str, str]]:
        with self.gateway.session() as session:
            rows = session.execute(
                select(Outbound.recipient, Outbound.body).where(Outbound.state == OutboundState.DELIVERED)
            )
            return Counter((recipient, body) for recipient, body in rows)


def figures(town: Town) -> str:
    """What went through, in one sentence."""
    with town.gateway.session() as session:
        texts = session.scalar(select(func.count(Inbound.id)))
        cases = session.scalar(select(func.count(Case.id)))
        sent = session.execute(
            select(func.count(), func.sum(Outbound.segments), Outbound.state).group_by(Outbound.state)
        )
        states = ", ".join(f"{count} {state.value} ({segments} segments)" for count, segments, state in sent)
        reports = session.scalar(select(func.count(Receipt.id)))
        matched = session.scalar(select(func.count(Receipt.outbound_id)))
    heard = sum(town.air.heard().values())
    calls = Counter((call.path.rpartition("/")[2], call.status) for call in town.relay.calls)
    told = ", ".join(f"{event} {status}: {count}" for (event, status), count in sorted(calls.items()))
    return (
        f"through the real Kannel: {texts} texts in, {cases} cases; out: {states}; {heard} heard by phones; "
        f"{reports} reports, {matched} matched; Kannel's calls: {told}"
    )
