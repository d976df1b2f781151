"""Names, UIDs and shifts made from a secret: the same secret, the same substitutes.

A hospital number has few possible values. Whoever knows how it is built can hash all of
them and look up which one fits, so a hash without a secret hides nothing. With a secret
of 32 random bytes the same attack would have to try every secret.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from functools import lru_cache

SECRET_BYTES = 32
SMALLEST_SECRET = 16
LARGEST_SHIFT_DAYS = 3650
DAY_S = 86_400


def new_secret() -> bytes:
    """Return a new secret of 32 random bytes.

    Keep it apart from the data, as you keep the key of a drug cupboard, if later
    deliveries must get the same pseudonyms; delete it if they must not.
    """
    return secrets.token_bytes(SECRET_BYTES)


def keyed_digest(text: str, secret: bytes, *, purpose: str) -> bytes:
    """Return 32 bytes that belong to a text and can be found only with the secret.

    Parameters
    ----------
    text : str
        For instance a Patient ID.
    secret : bytes
        16 to 64 random bytes.
    purpose : str
        Up to 16 letters. Another purpose gives unrelated bytes.

    References
    ----------
    Aumasson JP et al. BLAKE2. RFC 7693, 2015 (keyed hashing, section 2.9).
    """
    return hashlib.blake2b(
        text.encode("utf-8", "surrogateescape"),
        key=secret,
        digest_size=32,
        person=purpose.encode(),
    ).digest()


def pseudonym(identifier: str, secret: bytes) -> str:
    """Return a name of nine characters for a patient, always the same with a secret.

    Parameters
    ----------
    identifier : str
        A Patient ID; blanks around it do not count.
    secret : bytes
        16 to 64 random bytes.

    Returns
    -------
    str
        "P" and eight letters or digits (40 bits: among 10,000 patients the chance that
        any two share one is below 1 in 20,000).

    Examples
    --------
    >>> pseudonym("4711", b"s" * 32) == pseudonym(" 4711", b"s" * 32)
    True
    >>> pseudonym("4711", b"s" * 32) == pseudonym("4711", b"t" * 32)
    False
    """
    digest = keyed_digest(identifier.strip(), secret, purpose="patient")
    return "P" + base64.b32encode(digest[:5]).decode()


def substitute_uid(uid: str, secret: bytes) -> str:
    """Return the UID that stands for another one, of the form 2.25.number.

    Examples
    --------
    >>> first = substitute_uid("1.2.3", b"s" * 32)
    >>> first == substitute_uid("1.2.3", b"s" * 32), first.startswith("2.25.")
    (True, True)

    References
    ----------
    DICOM PS3.5, annex B.2 (UIDs derived from a UUID).
    """
    digest = keyed_digest(uid.strip(" \0"), secret, purpose="uid")
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


@dataclass(frozen=True)
class Shift:
    """How far the clock of one patient is put back.

    Attributes
    ----------
    days, seconds, microseconds : int
        0 or more, to be subtracted.
    """

    days: int
    seconds: int
    microseconds: int


def time_shift(identifier: str, secret: bytes) -> Shift:
    """Return the shift of a patient: 1 to 3650 days and part of a day into the past."""
    digest = keyed_digest(identifier.strip(), secret, purpose="shift")
    days, seconds, micro = (
        int.from_bytes(digest[first : first + 8], "big") for first in (0, 8, 16)
    )
    return Shift(1 + days % LARGEST_SHIFT_DAYS, seconds % DAY_S, micro % 1_000_000)


@dataclass(frozen=True)
class Pseudonyms:
    """All substitutes that one secret gives."""

    secret: bytes

    @lru_cache(maxsize=4096)  # noqa: B019 - lives as long as the work on a folder
    def uid(self, uid: str) -> str:
        """Return the substitute of a UID."""
        return substitute_uid(uid, self.secret)

    @lru_cache(maxsize=1024)  # noqa: B019
    def patient(self, identifier: str) -> str:
        """Return the pseudonym of a patient."""
        return pseudonym(identifier, self.secret)

    @lru_cache(maxsize=1024)  # noqa: B019
    def shift(self, identifier: str) -> Shift:
        """Return the time shift of a patient."""
        return time_shift(identifier, self.secret)


def check_secret(secret: object) -> bytes:
    """Return the secret, or raise if nobody should trust it.

    Raises
    ------
    ValueError
        If it is no bytes, shorter than 16 or longer than 64 bytes, or of one letter.
    """
    length = len(secret) if isinstance(secret, bytes) else 0
    if not SMALLEST_SECRET <= length <= 64 or len(set(secret)) < 4:
        found = f"{length} bytes" if length else f"a {type(secret).__name__}"
        raise ValueError(
            f"The secret is {found}. Expected {SMALLEST_SECRET} to 64 random bytes. "
            "Use new_secret(); a word that can be guessed gives every pseudonym away."
        )
    return secret
