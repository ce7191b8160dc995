"""What reading found in a letter, by field, as it is kept: value and confidence; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any


def value(found: Mapping[str, Any], field: str) -> str:
    """Return the value of a field; empty where nothing was found."""
    one = found.get(field)
    return str(one.get("value") or "") if isinstance(one, Mapping) else ""


def confidence(found: Mapping[str, Any], field: str) -> int | None:
    """Return how surely a field was read, 0 to 100; None where nothing was found."""
    one = found.get(field)
    return int(one["confidence"]) if isinstance(one, Mapping) and value(found, field) else None


def day(found: Mapping[str, Any], field: str, *, not_after: date) -> date | None:
    """Return the day of a field; None where none was found or it cannot be right."""
    try:
        one = date.fromisoformat(value(found, field))
    except ValueError:
        return None
    return one if one <= not_after else None
