"""What several threads bring at the same moment is written together (group commit): one statement, one commit.

A commit that reaches the disk costs the same for one row as for fifty. Whoever comes alone is written at once; what
comes while a commit is under way waits for it, and then goes in as a whole.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from gateway.store.prompt import AWAY

Item = TypeVar("Item")


class NotWritten(RuntimeError):
    """Whoever wrote for others broke off: nobody can say that these items are stored."""


class Together(Generic[Item]):
    """Writes the items of all threads that wait; `write` does it in one statement and one commit, or raises.

    There is no thread of its own: whoever comes when nobody writes, writes for everybody who waits by then.
    """

    def __init__(self, write: Callable[[Sequence[Item]], None]) -> None:
        self._write = write
        self._lock = threading.Lock()  # held for a moment only, never while `write` runs
        self._waiting: list[_Place[Item]] = []
        self._writing = False

    def add(self, items: Sequence[Item]) -> None:
        """Come back when these items are committed; raises what writing them raised.

        The items of one call go in or fail together, and behind those of every call that has come back before.
        """
        mine = _Place(items)
        with self._lock:
            self._waiting.append(mine)
            leads, self._writing = not self._writing, True
        if not leads:
            mine.called.acquire()
        if not mine.settled:  # nobody has written them: it is my turn to write for all
            self._lead(mine)
        if mine.error is not None:
            raise mine.error

    def _lead(self, mine: "_Place[Item]") -> None:
        with self._lock:
            group, self._waiting = self._waiting, []
        try:
            self._settle(group)
        finally:
            with self._lock:
                heir = self._waiting[0] if self._waiting else None
                self._writing = heir is not None
            if heir is not None:  # first of all: the database works while those below go their ways
                heir.called.release()
            for place in group:
                place.settled = True
                if place is not mine:
                    place.called.release()

    def _settle(self, group: "Sequence[_Place[Item]]") -> None:
        """Write a group; items that the database refuses fail alone, and an absent database fails everybody."""
        error: Exception | None = None
        try:
            self._write([item for place in group for item in place.items])
        except AWAY as away:
            error = away
        except SQLAlchemyError as refusal:
            if len(group) > 1:
                for place in group:
                    self._settle([place])
                return
            error = refusal
        for place in group:
            place.error = error


class _Place(Generic[Item]):
    """Where one thread waits: its items, and what became of them."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items
        self.called = threading.Lock()  # released by another thread: settled, or "your turn to write"
        self.called.acquire()
        self.settled = False
        self.error: Exception | None = NotWritten("not written")
