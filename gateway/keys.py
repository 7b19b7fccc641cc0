"""Keys for what must not be read by whoever gets hold of a disk or of Redis: AES-256-GCM, newest key first."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NAMED = re.compile(r"([A-Za-z0-9_-]{1,16}):(.+)", re.DOTALL)
_NONCE_BYTES = 12
_SEAL, _FINGERPRINT = b"lianhu seal", b"lianhu fingerprint"


class Unreadable(ValueError):
    """Sealed by a key that is not here, about something else, or damaged."""


class Keyring:
    """Seals with the first of some keys (`DATA_KEYS`: `id:secret` or just a secret) and opens with each of them.

    What is sealed is `id` + `:` + nonce + ciphertext. `about` says what it belongs to (a table's column, a phone) and
    is needed to open it again, so that nobody can put one sealed value in the place of another. Raises ValueError
    without a key or with two of one id.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        named = [_named(key) for key in keys]
        self._ciphers = {name: AESGCM(_derive(secret, _SEAL)) for name, secret in named}
        if len(self._ciphers) != len(named) or not named:
            raise ValueError("DATA_KEYS must hold at least one key, and no id twice")
        self._newest = named[0][0]
        # The oldest key: adding one in front must not give a phone another fingerprint in the middle of a call.
        self._fingerprints = _derive(named[-1][1], _FINGERPRINT)

    def seal(self, data: bytes, about: str) -> bytes:
        """Encrypt with the newest key."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._ciphers[self._newest].encrypt(nonce, data, about.encode())
        return self._newest.encode() + b":" + nonce + sealed

    def open(self, sealed: bytes, about: str) -> bytes:
        """Decrypt what `seal` gave; raises Unreadable."""
        name, _, rest = sealed.partition(b":")
        cipher = self._ciphers.get(name.decode("ascii", "replace"))
        if cipher is None:
            raise Unreadable("sealed by a key that is not here")
        try:
            return cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], about.encode())
        except (InvalidTag, ValueError) as error:  # ValueError: too short to hold a nonce
            raise Unreadable("damaged, or about something else") from error

    def fingerprint(self, text: str) -> str:
        """A name for something whose own name must not be read, such as a phone: always the same 32 hex digits."""
        return hmac.new(self._fingerprints, text.encode(), hashlib.sha256).hexdigest()[:32]


def _named(key: str) -> tuple[str, bytes]:
    """A key's id and secret; one without an id is called by a digest of itself."""
    named = _NAMED.fullmatch(key)
    if named is not None:
        return named[1], named[2].encode()
    return hashlib.sha256(b"lianhu id" + key.encode()).hexdigest()[:8], key.encode()


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret)
