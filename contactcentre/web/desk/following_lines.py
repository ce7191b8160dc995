"""What a case's history says of the people who follow it, and of concerns of assembly members, in words."""

from __future__ import annotations

from typing import Final

from cases.concerns import RAISED
from cases.following import FOLLOWED, TOLD
from cases.queries.timeline import EventEntry

KINDS: Final = frozenset({FOLLOWED, TOLD, RAISED})


def line(entry: EventEntry) -> tuple[str, str, str]:
    """Return icon, sentence and what they said of it, of one of :data:`KINDS`."""
    if entry.kind == RAISED:
        who = f"{entry.actor_name}, assembly member for {entry.values.get('area')},"
        what = "opened this case with a concern." if entry.values.get("opened") else "raised a concern in this case."
        return "flag", f"{who} {what}", str(entry.personal.get("text", ""))
    if entry.kind == FOLLOWED:
        return "person", "Somebody else reported the same and follows this case.", str(entry.personal.get("text", ""))
    count = entry.values.get("count")
    return "send", f"{count} who follow{'s' if count == 1 else ''} it {'was' if count == 1 else 'were'} told.", ""
