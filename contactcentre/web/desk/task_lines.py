"""What a case's history says of its tasks and of calls and visits, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from cases.queries.timeline import EventEntry
from contactcentre.web.desk import field_lines
from contactcentre.web.formatting import moment

CONTACT: Final = "contact_logged"
_ERASED = "(erased)"
#: kind, direction, reached → what it was
_SAID: Final[Mapping[tuple[str, str, bool], str]] = {
    ("call", "out", True): "called the citizen",
    ("call", "out", False): "called, and reached nobody",
    ("call", "in", True): "took the citizen's call",
    ("call", "in", False): "missed the citizen's call",
    ("visit", "out", True): "visited the citizen",
    ("visit", "out", False): "came, and met nobody",
    ("visit", "in", True): "spoke with the citizen at the counter",
    ("visit", "in", False): "missed the citizen at the counter",
}
KINDS: Final = frozenset({"task_opened", "task_assigned", "task_done", "task_cancelled"})


def line(entry: EventEntry, *, names: Mapping[int, str], zone: ZoneInfo) -> tuple[str, str, str]:
    """Return icon, sentence and reason of one of :data:`KINDS`."""
    title = f"“{entry.personal.get('title', _ERASED)}”"
    who = _name(entry.values.get("agent"), names)
    match entry.kind:
        case "task_opened":
            due = entry.values.get("due_at")
            until = f", due {moment(datetime.fromisoformat(str(due)), zone)}" if due else ""
            return "tick", f"{entry.actor_name} opened the task {title}{f' for {who}' if who else ''}{until}.", ""
        case "task_assigned":
            given = f"took the task {title}" if who == entry.actor_name else f"gave the task {title} to {who}"
            back = f"gave the task {title} back to its department"
            return "person", f"{entry.actor_name} {given if who else back}.", ""
        case "task_done":
            result = str(entry.personal.get("result", _ERASED))
            return "tick", f"{entry.actor_name} finished the task {title}: {result}", field_lines.when(entry, zone=zone)
    if entry.values.get("why") == "resolved":
        return "dot", f"The task {title} was cancelled, since the case was resolved.", ""
    return "dot", f"{entry.actor_name} cancelled the task {title}.", str(entry.personal.get("reason", _ERASED))


def contact(entry: EventEntry) -> tuple[str, str]:
    """Return icon and words of a logged call or visit, after the name of who logged it."""
    values = entry.values
    key = (str(values.get("contact")), str(values.get("direction")), bool(values.get("reached")))
    return "voice" if key[0] == "call" else "counter", _SAID.get(key, "noted a contact")


def _name(agent: object, names: Mapping[int, str]) -> str:
    return names.get(agent, f"agent {agent}") if isinstance(agent, int) else ""
