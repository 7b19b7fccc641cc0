"""Who uses an embedded server: counted by file locks, which the system frees even after kill -9."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Hold:
    """A share in a server; the last one to let go stops it.

    Every user keeps a shared lock on `NAME.use`; starting and stopping happen under `NAME.turn`, one at a time.
    """

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._use_path = folder / f"{name}.use"
        self._turn_path = folder / f"{name}.turn"
        self._use: int | None = None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Alone with the server: nobody else starts or stops it meanwhile."""
        handle = _open(self._turn_path)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def take(self) -> None:
        """Count this process as a user; call it inside `turn`."""
        if self._use is None:
            self._use = _open(self._use_path)
            fcntl.flock(self._use, fcntl.LOCK_SH)

    def is_unused(self) -> bool:
        """Whether no process at all counts as a user; call it inside `turn`."""
        handle = _open(self._use_path)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(handle)
        return True

    def let_go(self) -> bool:
        """Stop counting this process; True when it was the last user. Call it inside `turn`."""
        if self._use is None:
            return False
        os.close(self._use)
        self._use = None
        return self.is_unused()


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
