"""Signed addresses: what comes back to one proves which of our mails it answers (RFC 5233 for the plus sign)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

_REFERENCE = re.compile(r"[0-9a-f]{32}")
_TAG = re.compile(r"[a-z2-7]{34}")
#: letters of a tag that are the reference; the rest is the signature of 40 bits
_SPLIT = 26


class Forged(Exception):
    """A tag of our form that we have not made."""


def signed(address: str, reference: str, *, key: bytes) -> str:
    """Return the mailbox's address with the tag of one mail; ``reference`` is 32 hexadecimal digits."""
    local, _, domain = address.rpartition("@")
    body = base64.b32encode(bytes.fromhex(reference)).decode().rstrip("=").lower()
    return f"{local}+{body}{_signature(body, key)}@{domain}"


def read(address: str, own: str, *, key: bytes) -> str | None:
    """Return the reference that an address proves, None for one that bears no tag of ours; raises :class:`Forged`."""
    local, _, domain = address.strip().lower().rpartition("@")
    name, _, tag = local.partition("+")
    if f"{name}@{domain}" != own.lower() or not _TAG.fullmatch(tag):
        return None
    body, signature = tag[:_SPLIT], tag[_SPLIT:]
    if not hmac.compare_digest(_signature(body, key), signature):
        raise Forged
    return base64.b32decode(body.upper() + "=" * (-len(body) % 8)).hex()


def identifier(reference: str, domain: str) -> str:
    """Return the Message-ID of our mail, without brackets: the same on every attempt."""
    return f"{reference}@{domain}"


def is_ours(message_id: str, domain: str) -> bool:
    """Tell whether a Message-ID has the form of ours."""
    local, _, where = message_id.rpartition("@")
    return where.lower() == domain and _REFERENCE.fullmatch(local) is not None


def _signature(body: str, key: bytes) -> str:
    digest = hmac.new(key, body.encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:5]).decode().lower()
