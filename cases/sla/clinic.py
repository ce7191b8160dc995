"""The clinic: what the rows of timers and cases say beside what follows from the history, and where they drift apart.

It changes nothing. A drift is a fault of the product or a hand in the database, and is for a person to look into.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, func, select
from sqlalchemy.orm import Session

from cases.models import Case, Event, Timer
from cases.sla import replay
from cases.sla.replay import Name, Replayed
from cases.sla.terms import thawed
from cases.sla.timers import LIVE, Calendars

_CASES: BindParameter[list[int]] = bindparam("cases")
_TIMERS = select(Timer).where(Timer.case_id == func.any(_CASES)).order_by(Timer.case_id, Timer.kind, Timer.instance)
_LINES = (
    select(Event.case_id, Event.kind, Event.at, Event.values)
    .where(Event.case_id == func.any(_CASES), Event.kind.in_(sorted(replay.kinds())))
    .order_by(Event.case_id, Event.seq)
)
_SHOWN = select(Case.id, Case.due_kind, Case.due_at).where(Case.id == func.any(_CASES))
_HELD = _SHOWN.with_for_update(read=True, of=Case)


@dataclass(frozen=True, slots=True)
class Drift:
    """One value that does not follow from the history. ``of`` names the timer, the case's own deadline or a sum."""

    case_id: int | None
    of: str
    what: str
    stored: str
    derived: str


@dataclass(frozen=True, slots=True)
class Looked:
    """How many timers were compared, how many of them wait for a recalculation, and what drifts."""

    timers: int
    waiting: int
    drifts: tuple[Drift, ...]


def look(session: Session, case_ids: Collection[int], *, calendars: Calendars) -> Looked:
    """Compare the timers of some cases with their histories.

    What drifts is read once more under the cases' locks: rows and history are two statements, between which somebody
    may have written.
    """
    first = _compare(session, case_ids, calendars, held=False)
    suspects = {one.case_id for one in first.drifts if one.case_id is not None}
    if not suspects:
        return first
    again = _compare(session, suspects, calendars, held=True)
    return Looked(first.timers, first.waiting, again.drifts)


def _compare(session: Session, case_ids: Collection[int], calendars: Calendars, *, held: bool) -> Looked:
    which = {"cases": sorted(case_ids)}
    shown = {row.id: (row.due_kind, row.due_at) for row in session.execute(_HELD if held else _SHOWN, which)}
    timers, lines = defaultdict(list), defaultdict(list)
    for timer in session.scalars(_TIMERS, which, execution_options={"populate_existing": True}):
        timers[timer.case_id].append(timer)
    for line in session.execute(_LINES, which):
        lines[line.case_id].append(line)
    drifts = [
        drift
        for case_id in shown
        for drift in (
            *_of_timers(case_id, timers[case_id], lines[case_id], calendars),
            *_of_case(case_id, timers[case_id], shown[case_id]),
        )
    ]
    every = [timer for of_case in timers.values() for timer in of_case]
    return Looked(len(every), sum(_waits(timer, calendars) for timer in every), tuple(drifts))


def _of_timers(case_id: int, timers: Sequence[Timer], lines: Sequence[Any], calendars: Calendars) -> Iterator[Drift]:
    try:
        derived = replay.fold(lines)
    except (KeyError, ValueError) as error:
        yield Drift(case_id, "history", "line", "", f"cannot be read: {error}")
        return
    for timer in timers:
        found = derived.pop(Name(timer.kind, timer.instance), None)
        if found is None:
            yield Drift(case_id, _named(timer), "timer", "there", "the history does not tell of it")
        else:
            yield from _of_timer(timer, found, calendars)
    for name in derived:
        yield Drift(case_id, f"{name.kind} {name.instance}", "timer", "not there", "the history tells of it")


def _of_timer(timer: Timer, found: Replayed, calendars: Calendars) -> Iterator[Drift]:
    terms = thawed(timer.policy)
    stored: Mapping[str, Any] = {
        "state": timer.state,
        "start": timer.started_at,
        "promise": f"{terms.target.amount} {terms.target.unit} by {terms.calendar}",
        "deadline": timer.due_at,
        "breach": timer.breached_at,
        "end": timer.ended_at,
        "set by hand": timer.overridden,
    }
    derived: Mapping[str, Any] = {
        "state": found.state,
        "start": found.started_at,
        "promise": f"{found.target.amount} {found.target.unit} by {found.calendar}",
        "deadline": found.told if _waits(timer, calendars) else found.due(calendars),
        "breach": found.breached_at,
        "end": found.ended_at,
        "set by hand": found.overridden,
    }
    for what, value in stored.items():
        if value != derived[what]:
            yield Drift(timer.case_id, _named(timer), what, _said(value), _said(derived[what]))


def _of_case(case_id: int, timers: Sequence[Timer], shown: tuple[str | None, datetime | None]) -> Iterator[Drift]:
    dues = [(timer.due_at, timer.kind) for timer in timers if timer.state in LIVE and timer.due_at is not None]
    nearest = min((due for due, _ in dues), default=None)
    if shown[1] != nearest or (shown[0] is not None and (nearest, shown[0]) not in dues):
        yield Drift(case_id, "case", "nearest deadline", _said(shown[1]), _said(nearest))


def _waits(timer: Timer, calendars: Calendars) -> bool:
    """Tell whether a timer has yet to be reckoned by its calendar as it is now."""
    calendar = calendars.get(timer.policy["calendar"])
    return timer.state in LIVE and calendar is not None and timer.calendar_mark != calendar.fingerprint


def _named(timer: Timer) -> str:
    return f"{timer.kind} {timer.instance}"


def _said(value: Any) -> str:
    return "none" if value is None else value.isoformat() if isinstance(value, datetime) else str(value)
