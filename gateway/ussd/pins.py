"""PINs of officials: which ones are too easy, how they are kept, how one is checked (argon2id)."""

from functools import cache
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 4, 6

# A person waits for the screen and a screen is made in a web worker: some 20 ms and 19 MiB (the smallest setting of
# OWASP's page on passwords). A PIN has few digits whatever the hash costs: what protects it is the lock after three.
_TIME_COST, _MEMORY_KIB, _LANES = 2, 19_456, 1


def hash_pin(pin: str) -> str:
    """An argon2id hash with its salt and parameters in it."""
    return _hasher().hash(pin)


def matches(kept: str, pin: str) -> bool:
    """Whether a PIN is the one that was hashed; nothing matches what is no hash."""
    try:
        return _hasher().verify(kept, pin)
    except (VerificationError, InvalidHashError):
        return False


def is_pin(digits: str) -> bool:
    """Whether this can be a PIN at all: four to six ASCII digits."""
    return SHORTEST <= len(digits) <= LONGEST and digits.isascii() and digits.isdigit()


def is_easy(pin: str) -> bool:
    """Whether it is what a thief tries first: one digit over and over, or digits in a row up or down."""
    steps = {int(after) - int(before) for before, after in pairwise(pin)}
    return steps in ({0}, {1}, {-1})


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=_TIME_COST, memory_cost=_MEMORY_KIB, parallelism=_LANES)
