"""What assignment did to a case, in words: for its history and for the bell, which tells of a broken glass too."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from cases import bells
from contactcentre.web.formatting import moment

KINDS: Final = frozenset({"pulled_back", "handed_over", "handed_back"})
#: kind of notice → what the bell's page says, where ``agent`` is the one who reads it, and where it is about another
NOTICES: Final[Mapping[str, tuple[str, str]]] = {
    bells.PULLED_BACK: (
        "Taken back: you did nothing on it in time",
        "Taken back from its agent, who did nothing on it",
    ),
    bells.GLASS: ("You opened it with a reason", "Opened with a reason by somebody of another unit"),
    bells.RETURNED: ("A case that was put aside is there again",) * 2,
    bells.CONCERN: ("An assembly member has raised a concern in it",) * 2,
    bells.MENTIONED: ("You named yourself in a note", "You were named in a note"),
    bells.NOT_DONE: ("A job of your case was not done",) * 2,
    bells.HANDED_OVER: ("Your cases came back", "You stand in: cases were handed over to you"),
}


def line(kind: str, values: Mapping[str, Any], *, names: Mapping[int, str], zone: ZoneInfo) -> tuple[str, str, str]:
    """Return icon, sentence and reason of one of :data:`KINDS`."""
    to, before = _name(values.get("agent"), names), _name(values.get("from"), names)
    match kind:
        case "handed_over":
            until = _moment(values.get("until"), zone)
            if values.get("agent") is None:
                nobody = "Nobody stands in who may work on it, so it is back in the queue"
                return "person", f"Handed over, {before} is on leave until {until}. {nobody}.", ""
            return "person", f"Handed over from {before}, on leave until {until}, to {to}.", ""
        case "handed_back":
            return "person", f"Back with {to}, whose leave is over, from {before}.", ""
        case _:
            why = f"Nothing was done since {_moment(values.get('since'), zone)}, for {_amount(values)}."
            return "late", f"Taken back from {to}, now in the queue.", why


def notice(kind: str, about: str, *, viewer_id: int | None) -> str:
    """Return what a notice says to its reader; ``about`` is the agent whom it is about."""
    own, other = NOTICES[kind]
    return own if about == str(viewer_id) else other


def _amount(values: Mapping[str, Any]) -> str:
    amount, unit = values.get("amount"), values.get("unit")
    if unit != "minutes" or not isinstance(amount, int):
        return f"{amount} working day{'s' if amount != 1 else ''}"
    hours, rest = divmod(amount, 60)
    return f"{amount} working minutes" if rest else f"{hours} working hour{'s' if hours != 1 else ''}"


def _name(agent: object, names: Mapping[int, str]) -> str:
    return names.get(agent, f"agent {agent}") if isinstance(agent, int) else "nobody"


def _moment(instant: object, zone: ZoneInfo) -> str:
    try:
        return moment(datetime.fromisoformat(str(instant)), zone)
    except ValueError:
        return "an unknown time"
