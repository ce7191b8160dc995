"""The form that narrows the queue: read from the address, written back into it, and told as chips."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from cases.departments import City
from cases.errors import Invalid
from cases.lifecycle import Status
from cases.queries import on_board
from cases.queries.narrowing import VIEWS, QueueFilter
from cases.sla.policy import PRIORITIES
from contactcentre.web.formatting import channel, words

LONGEST = 100
#: keys of all departments of a large city
MOST_NAMED = 1000
#: hours that the form offers for a deadline
HOURS = (1, 4, 24, 72, 168)
_TEXTS = ("department", "service", "status", "priority", "channel", "language", "place")
#: as they stand in the address, in this order
FIELDS = ("view", *_TEXTS, "assignee", "due_within", "opened_since", "waiting", "unread", "board", "within", "q")
_YES = "yes"
_NUMBERS = {"assignee": "the number of a colleague", "due_within": "a number of hours"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One field of the form: its name, label, the values to choose from, and the one that is chosen."""

    name: str
    label: str
    values: tuple[tuple[str, str], ...]
    chosen: str


@dataclass(frozen=True, slots=True)
class Narrowed:
    """One thing that the queue is narrowed to, in words, and the address without it."""

    words: str
    without: Mapping[str, str]


def asked(values: Mapping[str, str], *, zone: ZoneInfo, begins: str = "open") -> QueueFilter:
    """Read a filter from an address or from a saved view; ``begins`` is the view where none is named.

    Raises ``Invalid`` naming the field.
    """
    given = {name: _clean(values.get(name), MOST_NAMED if name == "within" else LONGEST) for name in FIELDS}
    # A search looks beyond the open cases: whoever types a reference wants that case, however it stands. A number of
    # the board says itself which cases it means.
    view = given["view"] or ("all" if given["q"] or given["board"] else begins)
    if view not in VIEWS:
        raise Invalid(f"view must be one of {', '.join(VIEWS)}.", field="view")
    return QueueFilter(
        view=view,
        **{name: given[name] for name in (*_TEXTS, "board", "within", "q")},  # type: ignore[arg-type]
        **{name: _number(name, given[name]) for name in _NUMBERS},  # type: ignore[arg-type]
        opened_since=_day(given["opened_since"], zone),
        waiting=given["waiting"] == _YES,
        unread=given["unread"] == _YES,
        zone=zone.key,
    )


def kept(filter: QueueFilter, *, zone: ZoneInfo, begins: str = "open") -> dict[str, str]:
    """Return the filter as an address has it, without what goes without saying."""
    usual = "all" if filter.q or filter.board else begins
    values: dict[str, Any] = {name: getattr(filter, name) for name in FIELDS}
    values["view"] = "" if filter.view == usual else filter.view
    values["opened_since"] = filter.opened_since.astimezone(zone).date().isoformat() if filter.opened_since else ""
    return {name: _written(value) for name, value in values.items() if value not in (None, "") and value is not False}


def choices(filter: QueueFilter, city: City, *, colleagues: Sequence[tuple[int, str]]) -> tuple[Choice, ...]:
    """Return the fields of the form that are chosen from a list."""
    one = city.departments.get(filter.department or "")
    here = [one] if one else city.departments.values()
    services = sorted({(one.key, one.name) for where in here for one in where.services}, key=lambda one: one[1])
    channels = sorted({one.channel for one in city.accounts.values()})
    spoken = [(key, city.texts.names.get(key, key)) for key in city.organisation.languages]
    hours = [(str(one), f"within {one} h" if one < 24 else f"within {one // 24} d") for one in HOURS]
    people = [("0", "Nobody"), *((str(key), name) for key, name in colleagues)]
    listed: Iterable[tuple[str, str, Sequence[tuple[str, str]]]] = (
        ("service", "Service", services),
        ("status", "Status", [(one.value, words(one)) for one in Status]),
        ("priority", "Priority", [(one, words(one)) for one in PRIORITIES]),
        ("channel", "Came by", [(one, channel(one)) for one in channels]),
        ("assignee", "Assignee", people),
        ("language", "Language", spoken),
        ("due_within", "Due within", hours),
    )
    return tuple(Choice(name, label, tuple(values), _chosen(filter, name)) for name, label, values in listed)


def narrowed(filter: QueueFilter, fields: Iterable[Choice], *, zone: ZoneInfo) -> tuple[Narrowed, ...]:
    """Return what the queue is narrowed to beside view, department and search, each to be taken off by itself."""
    said = {one.name: dict(one.values).get(one.chosen, one.chosen) for one in fields if one.chosen}
    labels = {one.name: one.label for one in fields}
    found = {name: f"{labels[name]}: {value}" for name, value in said.items()}
    if filter.place:
        found["place"] = f"Place: {filter.place}"
    if filter.opened_since:
        found["opened_since"] = f"Opened since {filter.opened_since.astimezone(zone):%d %b %Y}"
    if filter.waiting:
        found["waiting"] = "Waiting"
    if filter.unread:
        found["unread"] = "Unread answer"
    if filter.board:
        found["board"] = f"Board: {on_board.NAMES.get(filter.board, filter.board)}"
    if filter.within:
        found["within"] = f"Of {filter.within.replace(',', ', ')}"
    return tuple(Narrowed(text, kept(filter.without(name), zone=zone)) for name, text in found.items())


def _chosen(filter: QueueFilter, name: str) -> str:
    value = getattr(filter, name)
    return "" if value is None else str(value)


def _written(value: object) -> str:
    return _YES if value is True else str(value)


def _clean(text: str | None, longest: int = LONGEST) -> str | None:
    return (text or "").replace("\x00", "").strip()[:longest] or None


def _number(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Invalid(f"{name} must be {_NUMBERS[name]}.", field=name)
    return int(text)


def _day(text: str | None, zone: ZoneInfo) -> datetime | None:
    if text is None:
        return None
    try:
        day = datetime.fromisoformat(text).date()
    except ValueError:
        raise Invalid("opened_since must be a day such as 2026-11-24.", field="opened_since") from None
    return datetime.combine(day, time(), tzinfo=zone)
