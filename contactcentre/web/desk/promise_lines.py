"""What a case's history says of its promises, in words: pauses, moves, escalations, what a law makes of silence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from cases.sla import ladder
from contactcentre.web.desk.clocks import NAMES
from contactcentre.web.formatting import moment, words

#: kind of event → icon, sentence; what stands in braces is the event's own
_SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "timer_paused": ("pause", "{timer} stands still: {reason}."),
    "timer_resumed": ("clock", "{timer} runs on, due {due_at}."),
    "timer_moved": ("clock", "{timer} is due {due_at} instead of {from}: {why}."),
    "timer_unmet": ("late", "{timer} is owed again: the answer did not arrive."),
    "timer_missed": ("late", "{timer} was never kept."),
    "timer_waived": ("dot", "{timer} was not owed any more."),
    "timer_ended": ("dot", "{timer} ended: {why}."),
    "breach_commented": ("late", "{timer} stays late: by today's calendar it would have been due {due_at} ({why})."),
    "deadline_set": ("clock", "{actor} set another deadline. {timer} is due {due_at} instead of {from}."),
    "escalated": ("flag", "{timer}, {step}: goes to {to}."),
    "deemed_refused": ("late", "By law the silence counts as a refusal."),
    "decision_affirmed": ("late", "By law the silence affirms the decision."),
    "decision_extended": ("clock", "{actor} put the decision off by {days} days."),
    "made_urgent": ("flag", "{actor} put it under the time for life and liberty."),
    "review_asked": ("flag", "The applicant asked for an internal review; {actor} noted it."),
    "priority_changed": ("flag", "{actor} changed the priority from {from} to {to}."),
    "service_changed": ("route", "{actor} changed the service from {from} to {to}."),
}
KINDS = frozenset(_SENTENCES)
_INSTANTS = frozenset({"due_at", "from"})


def line(kind: str, values: Mapping[str, Any], *, actor: str, zone: ZoneInfo) -> tuple[str, str]:
    """Return icon and sentence of one of :data:`KINDS`; what an event lacks is told as unknown."""
    icon, sentence = _SENTENCES[kind]
    told = {name: _told(name, value, zone) for name, value in values.items()}
    return icon, sentence.format_map(_Known({**told, "actor": actor}))


class _Known(dict[str, str]):
    def __missing__(self, _: str) -> str:
        return "unknown"


def _told(name: str, value: Any, zone: ZoneInfo) -> str:
    if value is None:
        return "none"
    if name == "step":
        return ladder.words(str(value))
    if name == "timer":
        return NAMES.get(str(value), words(str(value)))
    if name in _INSTANTS:
        try:
            return moment(datetime.fromisoformat(str(value)), zone)
        except ValueError:
            return words(str(value)).lower()
    if isinstance(value, list):
        return " and ".join(words(str(one)).lower() for one in value)
    return words(str(value)).lower() if name == "reason" else str(value)
