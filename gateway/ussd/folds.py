"""How far the logs of calls were folded in this process, so that a turn folds what is new and not everything again."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from gateway.ussd.engine import Step, go_on
from gateway.ussd.session import Session
from gateway.ussd.steps import RESUMABLE, Entry, Room

MOST_REMEMBERED = 300
"""Phones; more than are in the middle of a call at once in one process of a province."""

Log = Sequence[bytes]
"""Sealed entries: no two are the same octets, so that equal logs led to equal sessions."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Fold:
    log: Log
    session: Session


class Folds:
    """Remembers where the fold of each phone's log was. Shared between threads.

    A fold is pure, so what is remembered is what folding from the start gives, as long as the log begins as it did
    then. One that was cut, lost or read for another screen is folded from its start, and so is one of which another
    process has had every turn.
    """

    def __init__(self) -> None:
        self._folds: OrderedDict[str, _Fold] = OrderedDict()
        self._lock = Lock()

    def step(self, phone: str, log: Log, room: Room, read: Callable[[Log], Iterable[Entry]]) -> Step:
        """The step of a log's last entry; `read` opens those entries that were not folded before."""
        fold = self._before(phone, log, room)
        step = go_on(fold.session, read(log[len(fold.log) :]))
        self._remember(phone, _Fold(log=log, session=step.session))
        return step

    def _before(self, phone: str, log: Log, room: Room) -> _Fold:
        """The fold that the log goes on from: never all of it, since the last entry's own step is wanted."""
        with self._lock:
            fold = self._folds.get(phone)
        if fold and fold.session.room == room and len(fold.log) < len(log) and fold.log == log[: len(fold.log)]:
            return fold
        return _Fold(log=(), session=Session(room=room))

    def _remember(self, phone: str, fold: _Fold) -> None:
        """While the call can be gone on with and there are not too many: PINs are in it, so no longer than it helps."""
        now = fold.session.at
        with self._lock:
            self._folds.pop(phone, None)
            if now is None or fold.session.is_over:
                return
            self._folds[phone] = fold
            while len(self._folds) > MOST_REMEMBERED or self._is_old(next(iter(self._folds.values())), now):
                self._folds.popitem(last=False)

    @staticmethod
    def _is_old(fold: _Fold, now: datetime) -> bool:
        return fold.session.at is not None and now - fold.session.at >= RESUMABLE
