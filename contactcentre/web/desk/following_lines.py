"""What a case's history says of the people who follow it, in words."""

from __future__ import annotations

from typing import Final

from cases.following import FOLLOWED, TOLD
from cases.queries.timeline import EventEntry

KINDS: Final = frozenset({FOLLOWED, TOLD})


def line(entry: EventEntry) -> tuple[str, str, str]:
    """Return icon, sentence and what they said of it, of one of :data:`KINDS`."""
    if entry.kind == FOLLOWED:
        return "person", "Somebody else reported the same and follows this case.", str(entry.personal.get("text", ""))
    count = entry.values.get("count")
    return "send", f"{count} who follow{'s' if count == 1 else ''} it {'was' if count == 1 else 'were'} told.", ""
