"""What one case counts as on the board, from its row and its promises; pure.

Everything on the board is a number of cases, so that each number has a list whose rows are as many. A case that
complains of somebody counts as nothing: it is on nobody's board. Nor does one that was merged into another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cases.lifecycle import ENDED, Status

#: a deadline within this time is soon
SOON = timedelta(hours=1)
OPEN, UNASSIGNED, OVERDUE, DUE = "open", "unassigned", "overdue", "due"
ON_CITIZEN, ON_OTHERS = "on_citizen", "on_others"
#: ``part`` is the local day of the opening, or the id of an agent
OPENED, HELD, HELD_LATE = "opened", "held", "held_late"
#: ``part`` is a local day: at least one promise was broken; kept or broken
BROKEN, PROMISED = "broken", "promised"
#: promises of which a day is kept apart: ``kept`` and ``failed``, each with ``part`` a day and the kind
KINDS = ("first_response", "resolution")
KEPT, FAILED = "kept", "failed"
_WAITS = {Status.WAITING_ON_CITIZEN: ON_CITIZEN, Status.WAITING_ON_THIRD_PARTY: ON_OTHERS}


class Promises(NamedTuple):
    """When promises of a case were last kept and last broken: of any kind, or of one."""

    kept_at: datetime | None
    broken_at: datetime | None


@dataclass(frozen=True, slots=True)
class Case:
    """A case as its row and its promises stand; ``left_out``: it complains of somebody, or has gone into another."""

    id: int
    department: str
    confidential: bool
    status: str
    assignee_id: int | None
    opened_at: datetime
    due_at: datetime | None
    left_out: bool
    every: Promises
    kinds: tuple[Promises, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """What a case counts as, and from when on time alone makes something else of it."""

    department: str
    confidential: bool
    parts: tuple[str, ...]
    days: tuple[str, ...]
    opened_at: datetime
    due_at: datetime | None
    next_at: datetime | None
    live: bool
    unassigned: bool
    overdue: bool

    @property
    def words(self) -> tuple[str, ...]:
        """Return all that it is counted as."""
        return self.parts + self.days


def counted(case: Case, *, zone: ZoneInfo, at: datetime) -> Counted | None:
    """Return what a case counts as at an instant; None for one that is on nobody's board."""
    if case.left_out:
        return None
    live = case.status not in ENDED
    late = live and case.due_at is not None and case.due_at <= at
    return Counted(
        department=case.department,
        confidential=case.confidential,
        parts=tuple(_parts(case, zone, late=late, at=at)) if live else (),
        days=tuple(_days(case, zone)),
        opened_at=case.opened_at,
        due_at=case.due_at,
        next_at=_changes(case.due_at, at) if live else None,
        live=live,
        unassigned=live and case.assignee_id is None,
        overdue=late,
    )


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """Return the local day of an instant: a board's day begins at local midnight."""
    return at.astimezone(zone).date()


def _parts(case: Case, zone: ZoneInfo, *, late: bool, at: datetime) -> Iterator[str]:
    yield OPEN
    yield f"{OPENED} {day_of(case.opened_at, zone)}"
    if case.status in _WAITS:
        yield _WAITS[Status(case.status)]
    if late:
        yield OVERDUE
    elif case.due_at is not None and case.due_at <= at + SOON:
        yield DUE
    if case.assignee_id is None:
        yield UNASSIGNED
    else:
        yield f"{HELD} {case.assignee_id}"
        if late:
            yield f"{HELD_LATE} {case.assignee_id}"


def _days(case: Case, zone: ZoneInfo) -> Iterator[str]:
    """Yield the last day of each thing: whatever is asked of today follows from these."""
    kept, broken = (at and day_of(at, zone) for at in case.every)
    if broken:
        yield f"{BROKEN} {broken}"
    if kept or broken:
        yield f"{PROMISED} {max(filter(None, (kept, broken)))}"
    for kind, one in zip(KINDS, case.kinds, strict=True):
        kept, broken = (at and day_of(at, zone) for at in one)
        if broken:
            yield f"{FAILED} {broken} {kind}"
        if kept and kept != broken:
            yield f"{KEPT} {kept} {kind}"


def _changes(due: datetime | None, at: datetime) -> datetime | None:
    if due is None or due <= at:
        return None
    return due - SOON if at < due - SOON else due
