"""What a case's history says of replies that were taken back, and of being put aside, in words."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from cases.queries.timeline import EventEntry
from contactcentre.web.desk.clocks import NAMES
from contactcentre.web.formatting import moment, words

_WOKEN = {"time": "its time has come", "citizen": "the citizen wrote", "agent": "taken up again"}


def tells(entry: EventEntry) -> bool:
    """Tell whether :func:`line` has words for an event."""
    undone = entry.kind == "timer_unmet" and entry.values.get("why") == "undone"
    return undone or entry.kind in ("reply_undone", "snoozed", "woken")


def line(entry: EventEntry, *, zone: ZoneInfo) -> tuple[str, str, str]:
    """Return icon, sentence and reason."""
    match entry.kind:
        case "timer_unmet":
            kind = str(entry.values.get("timer"))
            return "clock", f"{NAMES.get(kind, words(kind))} runs on: the reply was taken back.", ""
        case "reply_undone":
            whole = entry.values.get("whole") is True
            rest = "the case stands as before" if whole else "the case had moved on, so the rest stays"
            return "undo", f"{entry.actor_name} took a reply back before it left; {rest}.", ""
        case "snoozed":
            until = moment(datetime.fromisoformat(str(entry.values.get("until"))), zone)
            what = "will look again on" if entry.values.get("kind") == "follow_up" else "put it aside until"
            return "snooze", f"{entry.actor_name} {what} {until}.", str(entry.personal.get("reason") or "")
    why = _WOKEN.get(str(entry.values.get("why")), "")
    return "snooze", f"No longer put aside{f': {why}' if why else ''}.", ""
