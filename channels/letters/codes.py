"""Signed codes on paper: what a cover sheet and a reply sheet say. Pure.

A citizen's letter may bear any code at all, so each of ours carries a signature of 80 bits. Everything is digits,
capital letters and colons: a QR code holds these in its alphanumeric mode, with the fewest and so the largest squares.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

from cases.references import valid

_COVER = re.compile(r"(CC1:C:([0-9]{1,18})):([A-Z2-7]{16})")
_REPLY = re.compile(r"(CC1:R:([0-9]{8}):([0-9]{1,18})):([A-Z2-7]{16})")
#: letters of the longest code that we sign
LONGEST = 64


@dataclass(frozen=True, slots=True)
class Cover:
    """A cover sheet: a new letter begins behind it. ``number`` is the sheet's own."""

    number: int


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply sheet: what comes with it answers our message ``message_id`` in the case of ``reference``."""

    reference: str
    message_id: int


def cover(number: int, key: bytes) -> str:
    """Return what the code of a cover sheet says."""
    return _signed(f"CC1:C:{number}", key)


def reply(reference: str, message_id: int, key: bytes) -> str:
    """Return what the code of a reply sheet says; ``reference`` is the case's eight digits without the dash."""
    return _signed(f"CC1:R:{reference}:{message_id}", key)


def read(text: str, key: bytes) -> Cover | Reply | None:
    """Return what a code says if we signed it with ``key``, None for every other code."""
    if len(text) > LONGEST:
        return None
    if found := _COVER.fullmatch(text):
        return Cover(int(found[2])) if _ours(found[1], found[3], key) else None
    if found := _REPLY.fullmatch(text):
        return Reply(found[2], int(found[3])) if valid(found[2]) and _ours(found[1], found[4], key) else None
    return None


def _signed(body: str, key: bytes) -> str:
    return f"{body}:{_signature(body, key)}"


def _ours(body: str, signature: str, key: bytes) -> bool:
    return hmac.compare_digest(_signature(body, key), signature)


def _signature(body: str, key: bytes) -> str:
    return base64.b32encode(hmac.digest(key, f"letter:{body}".encode(), hashlib.sha256)[:10]).decode()
