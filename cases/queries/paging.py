"""Keyset paging: a cursor names the last row that was shown, so a page costs the same however deep it is."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from cases.errors import Invalid

Row = TypeVar("Row")
MOST = 200
#: what the database's numbers hold
MOST_NUMBER = 2**63


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page and the cursor of the next, or None at the end; ``previous`` likewise.

    ``cut``: there was more than a search looks at.
    """

    items: tuple[Row, ...]
    next: str | None
    previous: str | None = None
    cut: bool = False


def encode(*values: object) -> str:
    """Return a cursor: opaque to callers, plain inside."""
    parts = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def decode(cursor: str, *types: type) -> list[object]:
    """Return the values of a cursor; raises ``Invalid`` for one that this list did not give out."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if len(parts) != len(types):
            raise ValueError(cursor)
        return [_part(part, kind) for part, kind in zip(parts, types, strict=True)]
    except (ValueError, TypeError, OverflowError):
        raise Invalid("This is not a cursor of this list; begin without one.", field="cursor") from None


def _part(part: object, kind: type) -> object:
    if kind is datetime:
        return datetime.fromisoformat(str(part))
    if kind is int and not isinstance(part, int):
        raise TypeError(part)
    if isinstance(part, int) and not -MOST_NUMBER <= part < MOST_NUMBER:
        raise OverflowError(part)
    return kind(part)


def limited(limit: int) -> int:
    """Return a page size within bounds."""
    if not 1 <= limit <= MOST:
        raise Invalid(f"limit must be between 1 and {MOST}.", field="limit")
    return limit
