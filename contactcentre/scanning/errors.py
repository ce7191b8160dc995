"""What can go wrong with a virus scanner."""

from __future__ import annotations


class ScannerAway(Exception):
    """It does not answer, or not as a scanner does; nothing is known of the content."""


class CannotScan(Exception):
    """It answers, and cannot scan this content; the words say why, for agents."""
