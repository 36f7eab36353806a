"""Seals secrets, so that a copy of their table is of no use without the sealing keys.

Sealed with Fernet under a key that is derived (HKDF-SHA256) from a sealing key and a purpose, so that
what is sealed for one purpose does not open for another. The identity of the row lies inside the
sealed text: a value that was copied into another row of the same table does not open there.
"""

import base64
import hmac
from collections.abc import Sequence

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class DoesNotOpen(Exception):
    """None of the sealing keys opens the text, or it was sealed for another row.

    It never carries the sealed text nor the secret.
    """


class _Contents(msgspec.Struct, frozen=True, array_like=True):
    """The secret and its row's identity, as they are inside a sealed text."""

    identity: str
    secret: str

    def __repr__(self) -> str:
        return f"_Contents({self.identity!r})"


class Sealer:
    """Seals and opens secrets of one purpose; the first sealing key seals, all of them open."""

    def __init__(self, sealing_keys: Sequence[str], *, purpose: str) -> None:
        """`sealing_keys`: at least one, newest first. Raises ValueError when there is none."""
        if not sealing_keys:
            raise ValueError("There is no sealing key.")
        fernets = [_fernet(key, purpose) for key in sealing_keys]
        self._newest = fernets[0]
        self._any = MultiFernet(fernets)

    def seal(self, secret: str, *, identity: str) -> str:
        """Seal a secret for the row that `identity` names."""
        contents = msgspec.json.encode(_Contents(identity, secret))
        return self._newest.encrypt(contents).decode()

    def open(self, sealed: str, *, identity: str) -> str:
        """The secret that was sealed for this row. Raises DoesNotOpen."""
        try:
            contents = msgspec.json.decode(self._any.decrypt(sealed), type=_Contents)
        except (InvalidToken, ValueError, msgspec.DecodeError):  # ValueError: it is not ASCII
            raise DoesNotOpen("No sealing key opens it.") from None
        if contents.identity != identity:
            raise DoesNotOpen("It was sealed for another row.")
        return contents.secret

    def is_current(self, sealed: str) -> bool:
        """Whether the newest sealing key opens the text, so that it need not be resealed."""
        try:
            self._newest.decrypt(sealed)
        except (InvalidToken, ValueError):
            return False
        return True


class Fingerprints:
    """Recognises a secret by a keyed digest that does not reveal it."""

    def __init__(self, sealing_keys: Sequence[str], *, purpose: str) -> None:
        """`sealing_keys`: at least one, newest first."""
        self._keys = [_derived(key, purpose) for key in sealing_keys]

    def of(self, secret: str) -> str:
        """The digest of a secret, under the newest sealing key."""
        return _digest(self._keys[0], secret)

    def fits(self, fingerprint: str, secret: str) -> bool:
        """Whether the digest was made from this secret, under any of the sealing keys."""
        return any(
            hmac.compare_digest(_digest(key, secret).encode(), fingerprint.encode())
            for key in self._keys
        )


def _digest(key: bytes, secret: str) -> str:
    return hmac.digest(key, secret.encode(), "sha256").hex()


def _fernet(sealing_key: str, purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_derived(sealing_key, purpose)))


def _derived(sealing_key: str, purpose: str) -> bytes:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"chatcore {purpose}".encode())
    return derive.derive(sealing_key.encode())
