"""What a case's history says of messages and cases that were rearranged, in words, and what of it can be undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from cases import references
from cases.filing.links import WORDS, LinkKind
from cases.queries.case import CaseView
from cases.queries.timeline import Entry, EventEntry

_UNDONE: Final = frozenset({"refile_undone", "split_undone", "unmerged", "gave_back"})
_UNDOABLE: Final = frozenset({"refiled_out", "refiled_in", "split_out", "split_in", "took_in"})
#: said already by the case that took it in
SILENT: Final = frozenset({"merged"})
_SAID: Final[Mapping[str, Callable[[str, str, EventEntry], str]]] = {
    "refiled_out": lambda who, other, _: f"{who} filed a message in {other} instead.",
    "refiled_in": lambda who, other, _: f"{who} filed a message here that stood in {other}.",
    "refile_undone": lambda who, other, _: f"{who} undid a refile between this case and {other}.",
    "split_out": lambda who, other, entry: f"{who} made {_messages(entry)} a case of their own, {other}.",
    "split_in": lambda who, other, _: f"{who} split this case from {other}.",
    "split_undone": lambda who, other, _: f"{who} undid the split: {other} leads here again.",
    "took_in": lambda who, other, _: f"{who} merged {other} into this case.",
    "unmerged": lambda who, other, _: f"{who} took this case out of {other} again, into which it was merged.",
    "gave_back": lambda who, other, _: f"{who} undid the merge: {other} is a case of its own again.",
    "linked": lambda who, other, entry: f"{who} noted: {_link(entry)} {other}.",
    "unlinked": lambda who, other, entry: f"{who} took back: {_link(entry)} {other}.",
    "incident_told": lambda who, _, entry: (
        f"{who} sent one update of the incident: {_number(entry, 'messages', 'message')} for "
        f"{_number(entry, 'cases', 'case')}."
    ),
}
KINDS: Final = frozenset({*_SAID, *SILENT})


def line(entry: EventEntry) -> tuple[str, str, str]:
    """Return icon, sentence and reason of one of :data:`KINDS`."""
    other = references.written(str(entry.values.get("other", "")))
    return "route", _SAID[entry.kind](entry.actor_name, other, entry), str(entry.personal.get("reason") or "")


def undone(timeline: Iterable[Entry]) -> frozenset[int]:
    """Return the rearrangements of which a timeline tells that they were undone."""
    return frozenset(
        int(one.values["rearrangement"]) for one in timeline if isinstance(one, EventEntry) and one.kind in _UNDONE
    )


def undo_of(entry: EventEntry, taken_back: frozenset[int]) -> int | None:
    """Return the rearrangement that a line offers to undo, None where it is none or was undone."""
    if entry.kind not in _UNDOABLE:
        return None
    found = int(entry.values["rearrangement"])
    return None if found in taken_back else found


def merged_from(view: CaseView, reference: str | None) -> str | None:
    """Return a reference as written if it is that of a case which was merged into this one."""
    digits = references.parse(reference or "")
    named = (one.values.get("other") for one in view.timeline if isinstance(one, EventEntry) and one.kind in _LED)
    return references.written(digits) if digits is not None and digits in named else None


_LED: Final = frozenset({"took_in", "split_undone"})


def _link(entry: EventEntry) -> str:
    try:
        kind = LinkKind(str(entry.values.get("link_kind")))
    except ValueError:
        return "linked to"
    return f"this case is {WORDS[kind][0 if entry.values.get('side') == 'from' else 1]}"


def _messages(entry: EventEntry) -> str:
    found = entry.values.get("messages")
    number = len(found) if isinstance(found, list) else 1
    return "a message" if number == 1 else f"{number} messages"


def _number(entry: EventEntry, name: str, word: str) -> str:
    number = entry.values.get(name)
    return f"{number} {word}{'' if number == 1 else 's'}"
