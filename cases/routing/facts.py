"""What routing may know about a message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facts:
    """The channel and account it came by, its words, and the language of its sender where that is known."""

    channel: str
    account: str
    text: str
    language: str | None = None
