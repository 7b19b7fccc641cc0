"""Begun reports on their way into the database: behind the screens, and those of all callers together.

A begun report is kept so that a caller can go on after the line broke, and the log of the call has the same for half an
hour (decision 10). So nobody waits for its commit, as everybody does for that of a report that is filed.
"""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from gateway.logs import get_logger
from gateway.store import deeds, prompt
from gateway.store.deeds import Kept

GATHER_SECONDS = 0.05
"""Callers who answer within so long share one statement; nobody dials again or answers twice in that time."""

log = get_logger(__name__)


class Keeping:
    """Keeps what each phone told last; shared between threads. `engine` is in autocommit."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._behind = ThreadPoolExecutor(max_workers=1, thread_name_prefix="keep")  # no thread until it is needed
        self._lock = threading.Lock()
        self._gathered = _Round()
        self._underway = _Round()

    def keep(self, kept: Kept) -> None:
        """Keep a report as far as it was told; it stands in the database a moment later."""
        phone = kept.origin.sender
        with self._lock:
            before = self._gathered.told.get(phone)
            if before is None or before.origin.at <= kept.origin.at:
                self._gathered.told[phone] = kept
            if self._gathered.written is None:
                self._gathered.written = self._behind.submit(self._write_soon)

    def withdraw(self, phone: str) -> Kept | None:
        """What a phone told and was not written yet; when this comes back, nothing of it is written any more."""
        with self._lock:
            told = self._gathered.told.pop(phone, None)
        self.settle(phone)
        return told

    def settle(self, phone: str = "") -> None:
        """Come back when what a phone told so far is kept, or cannot be; without a phone, what everybody told.

        Only who told something this very moment waits.
        """
        with self._lock:
            rounds = [each for each in (self._underway, self._gathered) if phone in each.told or not phone]
            waited_for = [each.written for each in rounds if each.written is not None]
        for written in waited_for:
            written.result()

    def close(self) -> None:
        """Write what is left and take nothing more."""
        self._behind.shutdown()

    def _write_soon(self) -> None:
        time.sleep(GATHER_SECONDS)
        with self._lock:
            self._underway, self._gathered = self._gathered, _Round()
        try:
            if self._underway.told:
                self._write(list(self._underway.told.values()))
        finally:
            with self._lock:
                self._underway = _Round()

    def _write(self, reports: Sequence[Kept]) -> None:
        """In one statement; what the database refuses fails alone: the log has it, and the next answer brings it."""
        try:
            prompt.run(self._engine, lambda connection: deeds.keep(connection, reports))
        except SQLAlchemyError as error:
            if len(reports) > 1 and not isinstance(error, prompt.AWAY):
                for each in reports:
                    self._write([each])
            else:
                log.error("reports_not_kept", reports=len(reports), error=type(error).__name__)


@dataclass(slots=True)
class _Round:
    """What goes in together, by phone; `written` is done when it is in the database or cannot be."""

    told: dict[str, Kept] = field(default_factory=dict)
    written: Future[None] | None = None
