"""The senders of one process: calls side by side, claimed and recorded in sets while others are under way.

    turn ──► take_in_hand ──► threads that call ──► recorder ──► room again
    (drain)  (one claim)      (deliver.call)        (outcomes.record)

A drain takes turns until nothing is left; calls that are still under way then go on, and the recorder writes down what
became of them. So nobody ever waits for the slowest call.
"""

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from time import monotonic, sleep

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from gateway.flow.deliver import Dispatch, Errand, Outcome, Room, call, take_in_hand
from gateway.flow.outcomes import record
from gateway.logs import get_logger

GATHER_SECONDS = 0.02
"""How long the recorder waits for more outcomes behind the first."""
_STEP_SECONDS = 0.004
LOOK_SECONDS = 0.1
"""How long a turn waits for room or for something new before it looks again."""
TIDY_SECONDS = 0.25
"""Between two tidyings while there is much to send."""
_AGAIN_SECONDS = 0.5
_GIVE_UP_SECONDS = 15.0
_AWAY = (OperationalError, InterfaceError, NoConnection)

log = get_logger(__name__)


class Pump:
    """Sends what is due with `dispatch.threads` calls to one carrier side by side.

    Beyond these there is room for another carrier and, behind that, for urgent messages: however slow a carrier is, it
    holds up nobody but its own ordinary messages. Threads start when they are needed and end with `close`.
    """

    def __init__(self, dispatch: Dispatch) -> None:
        self.dispatch = dispatch
        self._kept = max(1, dispatch.threads // 8)  # for other carriers, and once more for urgent messages
        self._most = dispatch.threads + 2 * self._kept
        self._threads = ThreadPoolExecutor(self._most, thread_name_prefix="carrier")
        self._back: SimpleQueue[Outcome | None] = SimpleQueue()
        self._in_hand: Counter[tuple[str, bool]] = Counter()  # by carrier, and whether urgent
        self._recorded = 0  # outcomes so far
        self._moved = threading.Condition()  # guards the two; notified when something was recorded
        self._recorder: threading.Thread | None = None
        self._closing = False
        self._tidied_at = 0.0
        self._idle = True

    def tidying_due(self) -> bool:
        """Whether the outbox should be tidied before the next turn: whenever a drain begins, and now and then."""
        return self._idle or monotonic() - self._tidied_at >= TIDY_SECONDS

    def turn(self) -> int:
        """Take in hand what is due and has room, else wait a moment; 0 when nothing is due and nothing under way."""
        recorded, look_ups = self._recorded, self.tidying_due()
        if look_ups:
            self._tidied_at = monotonic()
        taken = self._set_out(take_in_hand(self.dispatch, self._room, look_ups=look_ups))
        self._idle = not taken and not self._wait(recorded)
        return taken or int(not self._idle)

    def close(self) -> None:
        """Let calls that are under way come to their end, and record what became of them."""
        self._closing = True
        self._threads.shutdown(wait=True)
        if self._recorder is not None:
            self._back.put(None)
            self._recorder.join()

    def _room(self, carrier: str, claimed: Sequence[Errand]) -> Room:
        """What a carrier may be given beside what is in hand and what has just been claimed."""
        with self._moved:
            in_hand = self._in_hand + Counter(_place(errand) for errand in claimed)
        ordinary = sum(number for (_, urgent), number in in_hand.items() if not urgent)
        most = self.dispatch.turns.room(carrier, max(self._most - in_hand.total(), 0))
        own = self.dispatch.threads - in_hand[carrier, False]
        return Room(ordinary=max(min(most, own, self._most - self._kept - ordinary), 0), urgent=most)

    def _set_out(self, errands: list[Errand]) -> int:
        if errands and self._recorder is None:
            self._recorder = threading.Thread(target=self._record_all, name="recorder", daemon=True)
            self._recorder.start()
        with self._moved:
            self._in_hand.update(_place(errand) for errand in errands)
        for errand in errands:
            self._threads.submit(self._go, errand)
        return len(errands)

    def _go(self, errand: Errand) -> None:
        try:
            outcome = call(self.dispatch, errand)
        except Exception:  # the thread's own net: an adapter that breaks must not take the message's place for ever
            log.exception("call_broke", provider=errand.provider, outbound=errand.message.id)
            outcome = Outcome(errand=errand, lost=True)
        self._back.put(outcome)

    def _wait(self, recorded: int) -> bool:
        """Wait until more is recorded than so many outcomes; False when nothing is under way and no turn to come."""
        with self._moved:
            self._moved.wait_for(lambda: self._recorded > recorded or not self._in_hand.total(), LOOK_SECONDS)
            if self._recorded > recorded or self._in_hand.total():
                return True
        if all(self.dispatch.turns.room(name, 1) for name in self.dispatch.order):
            return False
        sleep(LOOK_SECONDS)
        return True

    def _record_all(self) -> None:
        """The recorder's loop: ends behind a None."""
        while (first := self._back.get()) is not None:
            batch = [first]
            ended = self._gather(batch)
            self._record(batch)
            with self._moved:
                self._in_hand.subtract(_place(outcome.errand) for outcome in batch)
                self._recorded += len(batch)
                self._moved.notify_all()
            if ended:
                return

    def _gather(self, batch: list[Outcome]) -> bool:
        """Add what comes back meanwhile, as long as more is under way; True when no more will come."""
        end = monotonic() + GATHER_SECONDS
        while True:
            try:
                while (outcome := self._back.get_nowait()) is not None:
                    batch.append(outcome)
            except Empty:
                if len(batch) >= self._in_hand.total() or monotonic() >= end:
                    return False
                sleep(_STEP_SECONDS)
            else:
                return True

    def _record(self, batch: list[Outcome]) -> None:
        """Record a batch, however long the database is away; what cannot be recorded at all is left to its lease."""
        since = monotonic()
        while True:
            try:
                record(self.dispatch, batch)
            except _AWAY as error:
                log.warning("record_waits_for_database", outcomes=len(batch), error=type(error).__name__)
                if self._closing and monotonic() - since > _GIVE_UP_SECONDS:
                    return
                sleep(_AGAIN_SECONDS)
            except Exception:  # the recorder's own net: one row that cannot be written must not cost the others theirs
                if len(batch) == 1:
                    log.exception("outcome_not_recorded", outbound=batch[0].errand.message.id)
                    return
                for outcome in batch:
                    self._record([outcome])
                return
            else:
                return


def _place(errand: Errand) -> tuple[str, bool]:
    return errand.provider, errand.urgent
