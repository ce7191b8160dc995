"""Lines of history about telephone calls in words: that one began, how it ended, what was recorded, what came of it."""

from __future__ import annotations

from collections.abc import Mapping

from cases.calls import history, wrapping
from cases.departments import City
from cases.queries.timeline import EventEntry
from contactcentre.web.desk.calls import words
from contactcentre.web.formatting import words as plain

KINDS = frozenset({history.STARTED, history.CALL_ENDED, history.RECORDED, wrapping.WRAPPED})
_ICONS: Mapping[str, str] = {history.RECORDED: "voice", wrapping.WRAPPED: "note"}


def icon(entry: EventEntry) -> str:
    """Return the icon of a line."""
    return _ICONS.get(entry.kind, "voice")


def text(entry: EventEntry, city: City) -> str:
    """Return a line as a sentence; what an agent wrote down stands below it."""
    values, out = entry.values, entry.values.get("direction") == "out"
    match entry.kind:
        case history.STARTED:
            return f"{entry.actor_name} called the citizen." if out else "The citizen called."
        case history.CALL_ENDED:
            return _ended(values, out=out)
        case history.RECORDED:
            of = "The conversation" if values.get("recorded") == "talk" else "A message"
            return f"{of} was recorded ({words.lasting(values.get('seconds'))})."
    came_to = city.calls.dispositions.get(str(values.get("disposition")), plain(str(values.get("disposition"))))
    did = "handed the call on" if values.get("handed_on") else "wrapped the call up"
    return f"{entry.actor_name} {did}: {came_to.lower() if came_to else 'no word'}."


def _ended(values: Mapping[str, object], *, out: bool) -> str:
    _, _, how = words.ending("ended", str(values.get("as") or ""))
    parts = [f"The call {'to' if out else 'of'} the citizen ended: {how.lower()}"]
    for name, said in (("talked", "talked"), ("waited", "waited"), ("held", "on hold")):
        seconds = values.get(name)
        if isinstance(seconds, int) and seconds > 0:
            parts.append(f"{said} {words.lasting(seconds)}")
    return ", ".join(parts) + "."
