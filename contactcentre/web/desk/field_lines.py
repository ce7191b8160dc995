"""What a case's history says of field work, in words; the phone's time stands beside ours where they differ."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cases.field.acts import WHY_NOT, WhyNot
from cases.field.doing import NOT_DONE, ON_MY_WAY
from cases.queries.timeline import EventEntry
from contactcentre.web.formatting import moment

KINDS: Final = frozenset({ON_MY_WAY, NOT_DONE})
_ERASED = "(erased)"
#: what came later than that was told later than it was done
_AT_ONCE = timedelta(minutes=2)
_CLOCKS: Final[Mapping[str, str]] = {
    "ahead": "The phone's clock was ahead of ours.",
    "behind": "The phone's clock was behind.",
    "none": "The phone told no time.",
}


def line(entry: EventEntry, *, zone: ZoneInfo) -> tuple[str, str, str]:
    """Return icon, sentence and reason of one of :data:`KINDS`."""
    title, words = f"“{entry.personal.get('title', _ERASED)}”", str(entry.personal.get("words") or "")
    told = " ".join(one for one in (words, when(entry, zone=zone)) if one)
    if entry.kind == ON_MY_WAY:
        return "route", f"{entry.actor_name} is on the way: {title}.", told
    return "late", f"{entry.actor_name} could not do {title}: {why_not(entry.values.get('reason')).lower()}.", told


def when(entry: EventEntry, *, zone: ZoneInfo) -> str:
    """Return when something was done by the phone's clock, where that is not when we heard of it; else nothing."""
    clock, acted = _CLOCKS.get(str(entry.values.get("clock")), ""), entry.values.get("acted_at")
    at = datetime.fromisoformat(str(acted)) if acted else entry.at
    late = f"Done {moment(at, zone)}, told later." if entry.at - at > _AT_ONCE else ""
    return " ".join(one for one in (late, clock) if one)


def said(entry: EventEntry) -> str:
    """Return what is said of lines that the history shows in another way than as a sentence; empty for the others."""
    match entry.kind:
        case "note":
            return f"{entry.actor_name} wrote a note: {entry.personal.get('text', _ERASED)}"
        case "message_received":
            return "The citizen wrote again."
        case "replied":
            return f"{entry.actor_name} answered the citizen."
        case "contact_logged":
            return f"{entry.actor_name} noted a call or a visit."
    return ""


def why_not(reason: object) -> str:
    """Return why a job was not done, in words."""
    return WHY_NOT[WhyNot(reason)] if isinstance(reason, str) and reason in set(WhyNot) else "For a reason not kept"
