"""The port to a virus scanner; ``clamd.py`` is the one that is built in."""

from __future__ import annotations

from typing import BinaryIO, Protocol

from contactcentre.scanning.clamd import Clamd


class Scanner(Protocol):
    """What can say whether a content is malicious. Safe to share between threads."""

    def scan(self, stream: BinaryIO) -> str | None:
        """Return the name of what was found, or None for a clean content.

        Raises :class:`contactcentre.scanning.errors.ScannerAway`, or ``CannotScan`` for this one content.
        """
        ...

    def ping(self) -> None:
        """Return if it would scan now; raises ``ScannerAway``."""
        ...


def scanner_at(address: str) -> Scanner | None:
    """Return the scanner at an address (``unix:/path`` or ``host:port``); None where the address is empty."""
    return Clamd(address) if address else None
