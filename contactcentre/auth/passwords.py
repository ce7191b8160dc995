"""Agents' passwords: Argon2id, with the library's parameters (RFC 9106, the low-memory profile)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher


def hash(text: str) -> str:
    """Return what is stored of a password: algorithm, parameters and salt stand in it."""
    return _hasher().hash(text)


def matches(hash: str, text: str) -> bool:
    """Tell whether ``text`` is the password of which ``hash`` was stored; false for a hash that cannot be read."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(hash, text)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # only the web process and the command line check passwords

    return PasswordHasher()
