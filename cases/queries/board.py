"""The board of a viewer: sums of what cases are counted as, of the departments and cases that they may see.

No case is counted here. The sums are read whole, which are some hundred rows, and what the viewer may not see is left
out before anything is added up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from cases import clock
from cases.board.counting import BROKEN, FAILED, HELD, HELD_LATE, KEPT, OPENED, PROMISED, day_of
from cases.board.projecting import NAME
from cases.departments import City
from cases.permissions import ANY_DEPARTMENT, Action, Depth, Viewer, reach
from cases.queries.on_board import AGES

_STANDING = ("open", "unassigned", "overdue", "due", "on_citizen", "on_others", HELD, HELD_LATE)
_OF_DAYS = (BROKEN, PROMISED, KEPT, FAILED)
#: older ones are what is left of all
_AGED = timedelta(days=max(last for _, last in AGES.values() if last is not None))
_KNOWN = text("select moved_at, xid, event_id from projection_cursor where name = :name").bindparams(name=NAME)
_SUMS = text(
    """
    select what, part, department, confidential, count from board_sum
     where count <> 0 and (what = any(:standing) or what = :opened and part >= :since
                           or what = any(:of_days) and part >= :today)
    """
).bindparams(bindparam("standing", list(_STANDING)), bindparam("of_days", list(_OF_DAYS)), opened=OPENED)
_FIRST = text(
    """
    select p.department, p.confidential,
           (select min(opened_at) from board_case b where b.department = p.department
               and b.confidential = p.confidential and b.live) as oldest,
           (select min(opened_at) from board_case b where b.department = p.department
               and b.confidential = p.confidential and b.unassigned) as unassigned,
           (select min(due_at) from board_case b where b.department = p.department
               and b.confidential = p.confidential and b.overdue) as due
      from unnest(cast(:departments as text[]), cast(:confidential as boolean[])) as p(department, confidential)
    """
)


class Place(NamedTuple):
    """A department (empty: the tray) and whether its confidential cases are meant, or the others."""

    department: str
    confidential: bool


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the board says of one department, or of several together.

    ``counts`` are by the names of :mod:`cases.queries.on_board`. ``oldest`` and ``unassigned_since`` are when the
    longest open case was opened, and the longest open one without an agent; ``worst_due`` the deadline that passed
    first.
    """

    counts: Mapping[str, int]
    oldest: datetime | None = None
    unassigned_since: datetime | None = None
    worst_due: datetime | None = None

    def __getitem__(self, what: str) -> int:
        return self.counts.get(what, 0)

    def share(self, kind: str) -> float | None:
        """Return the cases of today whose promise of a kind was kept, of those where it was kept or broken."""
        every = self[f"told_{kind}"]
        return self[f"kept_{kind}"] / every if every else None


@dataclass(frozen=True, slots=True)
class Board:
    """``known_at`` is how late everything is known, None where nothing was ever counted. ``departments`` by key, the
    tray by an empty one; ``held`` are an agent's open and overdue cases by the agent's id.
    """

    at: datetime
    known_at: datetime | None
    together: Numbers
    departments: Mapping[str, Numbers]
    held: Mapping[int, tuple[int, int]]


def known_at(session: Session) -> datetime | None:
    """Return how late the board is known."""
    known: datetime | None = session.execute(_KNOWN).scalar_one_or_none()
    return known


def version(session: Session) -> tuple[Any, ...] | None:
    """Return what changes whenever the board has counted anew."""
    found = session.execute(_KNOWN).one_or_none()
    return tuple(found) if found else None


def load(session: Session, viewer: Viewer, *, city: City, only: Collection[str] = ()) -> Board:
    """Return a viewer's board, of these departments alone where any are named (an empty key is the tray)."""
    at, zone = clock.now(session), ZoneInfo(city.organisation.timezone)
    today = day_of(at, zone)
    rows = session.execute(_SUMS, {"since": str(today - _AGED), "today": str(today)}).all()
    seen = [row for row in rows if shows(viewer, Place(row.department, row.confidential), only)]
    places = sorted({Place(row.department, row.confidential) for row in seen if row.what == "open"})
    first = _first(session, places)
    by_department: dict[str, list[Any]] = {key: [] for key in keys(viewer, city, only)}
    for row in seen:
        by_department.setdefault(row.department, []).append(row)
    return Board(
        at=at,
        known_at=known_at(session),
        together=_numbers(seen, first.values(), today),
        departments={
            key: _numbers(found, [first[one] for one in places if one.department == key], today)
            for key, found in by_department.items()
        },
        held=_held(seen),
    )


def keys(viewer: Viewer, city: City, only: Collection[str] = ()) -> Sequence[str]:
    """Return the departments that a viewer's board may show, by name, the tray as an empty key at the end."""
    within = {department for department, _ in reach(viewer, Action.BOARD)}
    every = sorted(city.departments.values(), key=lambda one: one.name)
    named = [one.key for one in every if ANY_DEPARTMENT in within or one.key in within]
    return [key for key in (*named, *([""] if within else [])) if not only or key in only]


def shows(viewer: Viewer, place: Place, only: Collection[str]) -> bool:
    """Tell whether a viewer's board of these departments, or of all where none are named, counts such cases.

    The tray is seen by all.
    """
    if only and place.department not in only:
        return False
    return any(_covers(*one, place.department, place.confidential) for one in reach(viewer, Action.BOARD))


def _covers(place: str, depth: Depth, department: str, confidential: bool) -> bool:
    here = place == department or place == ANY_DEPARTMENT and (depth is Depth.EVERY or not confidential)
    if confidential:
        return here and depth is not Depth.ORDINARY
    return depth is not Depth.CONFIDENTIAL and (here or department == "")


def _first(session: Session, places: Sequence[Place]) -> Mapping[Place, Any]:
    if not places:
        return {}
    values = {"departments": [one.department for one in places], "confidential": [one.confidential for one in places]}
    return {Place(row.department, row.confidential): row for row in session.execute(_FIRST, values)}


def _numbers(rows: Sequence[Any], first: Collection[Any], today: date) -> Numbers:
    counts = Counter[str]()
    for row in rows:
        for what in _counted_as(row.what, row.part, today):
            counts[what] += row.count
    counts["waiting"] = counts["on_citizen"] + counts["on_others"]
    counts["age_31"] = counts["open"] - sum(counts[key] for key in AGES if key != "age_31")
    return Numbers(
        counts,
        oldest=min((one.oldest for one in first if one.oldest), default=None),
        unassigned_since=min((one.unassigned for one in first if one.unassigned), default=None),
        worst_due=min((one.due for one in first if one.due), default=None),
    )


def _counted_as(what: str, part: str, today: date) -> Iterator[str]:
    """Yield what one sum is counted under on a day."""
    if what == OPENED:
        days = max((today - date.fromisoformat(part)).days, 0)
        yield from (key for key, (least, most) in AGES.items() if most is not None and least <= days <= most)
    elif what in _OF_DAYS:
        _, _, kind = part.partition(" ")
        yield f"{what}_{kind}" if kind else what
        if kind:
            yield f"told_{kind}"
    else:
        yield what


def _held(rows: Sequence[Any]) -> Mapping[int, tuple[int, int]]:
    held, late = Counter[int](), Counter[int]()
    for row in rows:
        if row.what in (HELD, HELD_LATE):
            (held if row.what == HELD else late)[int(row.part)] += row.count
    return {agent: (number, late[agent]) for agent, number in held.items()}
