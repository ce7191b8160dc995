"""Calls in words: how a line stands, how a call ended, what became of a wait, what the menu learnt."""

from __future__ import annotations

from collections.abc import Mapping

from cases.departments import City
from cases.permissions import ANY_DEPARTMENT
from cases.queries.own_line import Line
from contactcentre.web.formatting import words

#: tone, icon, words
LINES: Mapping[str, tuple[str, str, str]] = {
    Line.NONE: ("calm", "voice", "No telephone"),
    Line.OFF: ("calm", "pause", "Takes no calls"),
    Line.AWAY: ("paused", "pause", "Away"),
    Line.FREE: ("met", "tick", "Free for calls"),
    Line.CALLING: ("go", "voice", "Calling"),
    Line.RINGS: ("soon", "voice", "Rings"),
    Line.TALKS: ("go", "voice", "In a call"),
    Line.HOLDS: ("paused", "pause", "On hold"),
    Line.WRAPS: ("soon", "note", "Wrap-up"),
}
ENDS: Mapping[str, tuple[str, str, str]] = {
    "answered": ("met", "tick", "Answered"),
    "served": ("met", "tick", "Served by the menu"),
    "abandoned": ("late", "late", "Hung up while waiting"),
    "short": ("calm", "dot", "Hung up at once"),
    "flash": ("soon", "voice", "Rang once"),
    "missed": ("late", "late", "Missed"),
    "call_back": ("paused", "undo", "To be called back"),
    "not_reached": ("soon", "late", "Not reached"),
    "failed": ("late", "late", "Failed"),
    "refused": ("calm", "pause", "Refused"),
    "lost": ("late", "late", "Cut off"),
}
GOES_ON: Mapping[str, tuple[str, str, str]] = {
    "ordered": ("go", "clock", "To be placed"),
    "placing": ("go", "voice", "Being placed"),
    "menu": ("calm", "voice", "In the menu"),
    "waiting": ("soon", "clock", "Waits"),
    "ringing": ("soon", "voice", "Rings"),
    "talking": ("go", "voice", "Talks"),
    "held": ("paused", "pause", "On hold"),
}
AGENTS: Mapping[str, tuple[str, str, str]] = {
    "free": ("met", "tick", "Free"),
    "rings": ("soon", "voice", "Rings"),
    "talks": ("go", "voice", "Talks"),
    "wraps": ("paused", "note", "Wrap-up"),
}
LEFT: Mapping[str, str] = {
    "answered": "answered",
    "abandoned": "hung up",
    "call_back": "asked to be called back and kept the place",
    "moved": "went on to another queue",
    "voicemail": "left a recorded message",
    "closed": "nobody answers at this hour",
}
REACHED: Mapping[str, str] = {
    "answered": "answered",
    "busy": "was busy",
    "no_answer": "did not pick up",
    "refused": "refused it",
    "failed": "could not be reached",
    "cancelled": "stopped ringing",
}
#: what the gateway was asked, while it is not known to be done
ORDERS: Mapping[str, str] = {
    "place": "The call is being placed.",
    "hold": "Putting the citizen on hold.",
    "move": "Transferring the call.",
    "hang_up": "Ending the call.",
}


def ending(state: str, ended_as: str | None) -> tuple[str, str, str]:
    """Return tone, icon and words of where a call stands or how it ended."""
    if state != "ended":
        return GOES_ON.get(state, ("calm", "dot", words(state)))
    return ENDS.get(ended_as or "", ("calm", "dot", words(ended_as or "ended")))


def queue_name(city: City, key: str | None) -> str:
    """Return a queue's name: that of its department, or the general one."""
    return "General queue" if key in (None, ANY_DEPARTMENT) else city.department_name(key)


def lasting(seconds: int | None) -> str:
    """Return a length of talk as telephones show it: ``3:12``, ``1:02:05``."""
    total = max(int(seconds or 0), 0)
    hours, rest = divmod(total, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def asked(order: tuple[str, str, str] | None) -> tuple[str, str] | None:
    """Return tone and words of what a gateway was asked last; None where there is nothing to say of it."""
    if order is None:
        return None
    kind, state, reason = order
    if state in ("waiting", "doing"):
        return "calm", ORDERS.get(kind, "The gateway is being asked.")
    if state == "unknown":
        return "soon", reason or "It is not known whether the gateway did this. Look at your telephone."
    return ("late" if state == "failed" else "soon", reason) if reason else None
