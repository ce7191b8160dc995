"""Encrypting what makes a second factor's codes: a copy of the database alone must not make any."""

from __future__ import annotations

import os

#: AES-GCM's usual nonce
_NONCE = 12
PURPOSE = "second-factor"


def seal(key: bytes, text: str, *, agent_id: int) -> bytes:
    """Return ``text`` encrypted for one agent (AES-256-GCM); put under another's name it cannot be opened."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # the web process alone needs it

    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, text.encode(), _about(agent_id))


def open_sealed(key: bytes, stored: bytes, *, agent_id: int) -> str | None:
    """Return what was encrypted; None where the key is another one or the bytes were changed."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(key).decrypt(stored[:_NONCE], stored[_NONCE:], _about(agent_id)).decode()
    except InvalidTag:
        return None


def _about(agent_id: int) -> bytes:
    return f"agent:{agent_id}".encode()
