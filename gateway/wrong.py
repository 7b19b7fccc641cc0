"""What is wrong from outside is said in one line to whoever typed the command, never as a traceback."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class Wrong(Exception):
    """Settings, servers or the machine do not allow it; the text is one line that says what to change."""

    exit_code = 1


@contextmanager
def said_in_one_line() -> Iterator[None]:
    """Say on stderr what is wrong, and leave with its exit code."""
    try:
        yield
    except Wrong as error:
        _end(str(error), error.exit_code)
    except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
        _end(f"cannot use {error.filename}: {error.strerror}; LIANHU_VAR says where to write", Wrong.exit_code)


def _end(message: str, code: int) -> None:
    print(f"gateway: {message}", file=sys.stderr)  # noqa: T201 - nothing else works yet
    sys.exit(code)
