"""A case's timeline in words: days, messages, notes, and lines of history that say what happened and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from cases import mails, reasons
from cases.departments import City
from cases.letters.states import CHANNEL as LETTERS
from cases.queries.case import CaseView
from cases.queries.timeline import Entry, EventEntry, MessageEntry, NoteEntry
from cases.reasons import Why
from contactcentre.web.desk import (
    assigning_lines,
    call_lines,
    composing_lines,
    field_lines,
    filing_lines,
    following_lines,
    promise_lines,
    task_lines,
)
from contactcentre.web.desk.clocks import NAMES
from contactcentre.web.formatting import day, moment, words

#: shown by the message itself
SILENT = filing_lines.SILENT | {
    "message_received",
    "replied",
    "acknowledged",
    "timer_started",
    "timer_revived",
    "message_delivered",
}
FILED = {
    "reference": "The citizen named this case's reference.",
    "answers": "It answers a mail of ours.",
    "waited_for": "This case was waiting for the citizen.",
    "recent": "Same number, and this case had a message shortly before.",
    "only_open": "The only open case of this number.",
    "thanks": "Nothing but thanks, so the case stays as it is.",
    "reopened": "Written after the end, so the case was opened again.",
    "opened": "Opened this case.",
    "agent": "Filed here by an agent.",
    "split": "Made a case of its own by an agent.",
    "update": "An update of the incident that this case is part of.",
}
DELIVERY: dict[str, tuple[str, str, str]] = {
    # status: tone, icon, words
    "queued": ("calm", "clock", "Waiting to leave"),
    "sending": ("calm", "send", "Leaving now"),
    "sent": ("calm", "send", "Sent, not yet confirmed"),
    "delivered": ("met", "tick", "Delivered"),
    "failed": ("late", "late", "Not delivered"),
    "expired": ("late", "late", "Not delivered in time"),
    "unknown": ("soon", "late", "Unknown whether it left"),
    "held": ("paused", "pause", "Held back"),
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far a message came; ``reason`` in words where it did not arrive."""

    tone: str
    icon: str
    text: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """One thing in the timeline. ``kind``: day, new, message, note, contact, call or event; ``entry`` is what is shown.

    ``undo`` is the rearrangement that the line offers to undo.
    """

    kind: str
    text: str = ""
    icon: str = ""
    why: str = ""
    entry: Entry | None = None
    delivery: Delivery | None = None
    new: bool = False
    undo: int | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """What the words need to know: the city, its zone, and the agents' names by id."""

    city: City
    zone: ZoneInfo
    names: Mapping[int, str]


def lines(view: CaseView, *, setting: Setting, seen: int | None) -> Iterator[Line]:
    """Yield the timeline from the first day on; what came in after the message ``seen`` is marked as new."""
    today, marked = "", False
    taken_back = filing_lines.undone(view.timeline)
    for entry in view.timeline:
        if isinstance(entry, EventEntry) and entry.kind in SILENT:
            continue
        this_day = day(entry.at, setting.zone)
        if this_day != today:
            today = this_day
            yield Line("day", this_day)
        new = isinstance(entry, MessageEntry) and entry.direction == "in" and entry.id > (seen or 0)
        if new and not marked:
            marked = True
            yield Line("new", "New since it was last read" if seen else "New")
        line = _line(entry, setting, new=new)
        yield replace(line, undo=filing_lines.undo_of(entry, taken_back)) if isinstance(entry, EventEntry) else line


def sentence(entry: EventEntry, setting: Setting) -> str:
    """Return one line of history as a sentence by itself, for who was not there when it was written."""
    said = field_lines.said(entry)
    if said:
        return said
    _, text, why = _event(entry, setting)
    return f"{text} {why}".strip()


def _line(entry: Entry, setting: Setting, *, new: bool) -> Line:
    if isinstance(entry, MessageEntry):
        why = f"{FILED.get(entry.filing_reason, '')} {entry.filing_detail}".strip() if entry.direction == "in" else ""
        return Line("message", entry=entry, delivery=_delivery(entry), why=why, new=new)
    if isinstance(entry, NoteEntry):
        return Line("note", entry=entry)
    if entry.kind in call_lines.KINDS:
        return Line("call", call_lines.text(entry, setting.city), call_lines.icon(entry), entry=entry)
    if entry.kind == task_lines.CONTACT:
        icon, text = task_lines.contact(entry)
        return Line("contact", text, icon, entry=entry)
    icon, text, why = _event(entry, setting)
    return Line("event", text, icon, why, entry)


def _delivery(entry: MessageEntry) -> Delivery | None:
    if entry.direction == "in":
        return None
    tone, icon, text = DELIVERY.get(entry.status, ("calm", "send", words(entry.status)))
    if (entry.status, entry.channel) == ("sent", mails.CHANNEL):
        text = "Sent"  # a mail server tells what did not arrive, never what did
    if (entry.status, entry.channel) == ("sent", LETTERS):
        text = "In the dispatch register"  # how far it is stands below it
    return Delivery(tone, icon, text, None if entry.status == "delivered" else entry.status_reason)


def _event(entry: EventEntry, setting: Setting) -> tuple[str, str, str]:
    if composing_lines.tells(entry):
        return composing_lines.line(entry, zone=setting.zone)
    if entry.kind in promise_lines.KINDS:
        icon, text = promise_lines.line(entry.kind, entry.values, actor=entry.actor_name, zone=setting.zone)
        return icon, text, _reason(entry.personal)
    if entry.kind in filing_lines.KINDS:
        return filing_lines.line(entry)
    if entry.kind in task_lines.KINDS:
        return task_lines.line(entry, names=setting.names, zone=setting.zone)
    if entry.kind in field_lines.KINDS:
        return field_lines.line(entry, zone=setting.zone)
    if entry.kind in following_lines.KINDS:
        return following_lines.line(entry)
    if entry.kind in assigning_lines.KINDS:
        return assigning_lines.line(entry.kind, entry.values, names=setting.names, zone=setting.zone)
    write = _WRITERS.get(entry.kind)
    if write is None:
        return "dot", f"{words(entry.kind)} by {entry.actor_name}", ""
    return write(entry, setting)


def _opened(entry: EventEntry, setting: Setting) -> tuple[str, str, str]:
    account, letter = setting.city.accounts.get(str(entry.values.get("account"))), entry.values.get("letter")
    where = f" by the letter {letter}" if letter else f" by a message to {account.address}" if account else ""
    return "desk", f"Opened{where}.", str(entry.values.get("reason") or "")


def _routed(entry: EventEntry, setting: Setting) -> tuple[str, str, str]:
    rule = entry.values.get("rule")
    where = f"Routed to {setting.city.department_name(entry.values.get('department'))}"
    by = f" by the rule “{rule}”." if rule else "."
    return "route", where + by, str(entry.values.get("reason") or "")


def _assigned(entry: EventEntry, setting: Setting) -> tuple[str, str, str]:
    if entry.values.get("why") == "answered first":
        return "person", f"{entry.actor_name} took the case by answering first.", ""
    agent = entry.values.get("agent")
    name = setting.names.get(agent, f"agent {agent}") if isinstance(agent, int) else "nobody"
    why = str(entry.values.get("why") or "")
    if name == entry.actor_name:
        return "person", f"{name} took the case.", why
    by = "It was given" if entry.actor_name == "System" else f"{entry.actor_name} gave the case"
    return "person", f"{by} to {name}.", why


def _unassigned(entry: EventEntry, _: Setting) -> tuple[str, str, str]:
    if entry.actor_name == "System":
        return "person", "Back in the queue.", str(entry.values.get("why") or "")
    return "person", f"{entry.actor_name} gave the case back to the department.", ""


def _transferred(entry: EventEntry, setting: Setting) -> tuple[str, str, str]:
    before, after = (setting.city.department_name(entry.values.get(key)) for key in ("from", "to"))
    return "route", f"{entry.actor_name} transferred it from {before} to {after}.", _reason(entry.personal)


def _renamed(entry: EventEntry, _: Setting) -> tuple[str, str, str]:
    return "note", f"{entry.actor_name} named it “{entry.personal.get('subject', '(erased)')}”.", ""


def _status(entry: EventEntry, _: Setting) -> tuple[str, str, str]:
    to, outcome = str(entry.values.get("to")), entry.values.get("outcome")
    ending = f", outcome: {words(str(outcome)).lower()}" if outcome else ""
    return "flag", f"{words(to)}{ending}{_by(entry)}.", _reason(entry.personal)


def _reopened(entry: EventEntry, _: Setting) -> tuple[str, str, str]:
    return "flag", f"Opened again{_by(entry)}.", _reason(entry.personal)


def _met(entry: EventEntry, _: Setting) -> tuple[str, str, str]:
    late = " late" if entry.values.get("late") else ""
    by = f" by a {entry.values['by']}" if entry.values.get("by") in ("call", "visit") else ""
    return "tick", f"{_promise(entry)} given{by}{late}.", ""


def _breached(entry: EventEntry, setting: Setting) -> tuple[str, str, str]:
    due = entry.values.get("due_at")
    when = f" at {moment(datetime.fromisoformat(str(due)), setting.zone)}" if due else ""
    return "late", f"{_promise(entry)} became late{when}.", ""


def _not_delivered(entry: EventEntry, _: Setting) -> tuple[str, str, str]:
    return "late", "A message did not arrive.", str(entry.values.get("reason") or "")


def _posted(entry: EventEntry, _: Setting) -> tuple[str, str, str]:
    day = date.fromisoformat(str(entry.values.get("on")))
    number = entry.values.get("letter")
    return "send", f"{entry.actor_name} marked letter {number} as posted on {day.day} {day:%b %Y}.", ""


def _withheld(entry: EventEntry, _: Setting) -> tuple[str, str, str]:
    return "pause", f"No acknowledgement was sent: {entry.values.get('reason')}.", ""


def _rated(entry: EventEntry, _: Setting) -> tuple[str, str, str]:
    return "flag", f"The citizen rated how it was settled: {entry.values.get('score')} of 5.", _reason(entry.personal)


def _call_back(entry: EventEntry, _: Setting) -> tuple[str, str, str]:
    return "flag", "The citizen wants to be called.", ""


def _glass(entry: EventEntry, setting: Setting) -> tuple[str, str, str]:
    why = str(entry.values.get("why"))
    said = reasons.WORDS.get(Why(why), why) if why in set(Why) else why
    until = moment(datetime.fromisoformat(str(entry.values.get("until"))), setting.zone)
    text = f"{entry.actor_name}, of another unit, opened this confidential case: {said.lower()}. Until {until}."
    return "key", text, str(entry.personal.get("words") or "")


def _about_named(entry: EventEntry, _: Setting) -> tuple[str, str, str]:
    return "key", f"{entry.actor_name} named whom the case complains of; they do not see it.", ""


def _speaker(entry: EventEntry, _: Setting) -> tuple[str, str, str]:
    known = "who spoke a message" if entry.values.get("citizen") else "that it is not known who spoke a message"
    return "person", f"{entry.actor_name} said {known}.", ""


def _letter_keyed(entry: EventEntry, _: Setting) -> tuple[str, str, str]:
    number = entry.values.get("letter")
    if entry.actor_name == "System":
        return "letter", f"The letter {number} bore the code of a letter of ours and filed itself.", ""
    return "letter", f"{entry.actor_name} keyed the letter {number}.", ""


_WRITERS: Mapping[str, Callable[[EventEntry, Setting], tuple[str, str, str]]] = {
    "opened": _opened,
    "routed": _routed,
    "assigned": _assigned,
    "unassigned": _unassigned,
    "transferred": _transferred,
    "renamed": _renamed,
    "status_changed": _status,
    "reopened": _reopened,
    "timer_met": _met,
    "timer_breached": _breached,
    "message_not_delivered": _not_delivered,
    "letter_posted": _posted,
    "acknowledgement_withheld": _withheld,
    "rated": _rated,
    "call_back_asked": _call_back,
    "glass_broken": _glass,
    "about_named": _about_named,
    "speaker_named": _speaker,
    "letter_keyed": _letter_keyed,
}


def _reason(personal: Mapping[str, Any]) -> str:
    return str(personal.get("reason") or "")


def _promise(entry: EventEntry) -> str:
    kind = str(entry.values.get("timer"))
    return NAMES.get(kind, words(kind))


def _by(entry: EventEntry) -> str:
    return f", by {entry.actor_name}" if entry.actor_name not in ("System", "Citizen") else ""
