"""What can go wrong with an engine; the message is one line that names the remedy."""

from __future__ import annotations


class EngineError(Exception):
    """An engine cannot be found, prepared or started."""
