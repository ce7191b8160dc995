"""A day's work laid out: each does what is theirs by deadline, and who is free first takes from the queue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cases.forecast.values import Hand, Landing, Work

#: by case
Plan = Mapping[int, Landing]


@dataclass(slots=True)
class _Day:
    """What somebody's day holds so far."""

    hand: Hand
    taken: int = 0
    cases: int = 0
    total: int = field(init=False)

    def __post_init__(self) -> None:
        self.total = self.hand.seconds

    def ends(self, seconds: int) -> datetime | None:
        """Return when so many seconds of work are done, None where the day has no more of them."""
        if seconds > self.total:
            return None
        for span in self.hand.free:
            length = int((span.end - span.start).total_seconds())
            if seconds <= length:
                return span.start + timedelta(seconds=seconds)
            seconds -= length
        return None

    def put(self, work: Work) -> Landing:
        """Add a case to the end of the day."""
        self.taken += work.seconds
        since = self.hand.free[0].start if self.hand.free else None
        landing = Landing(work, self.hand.id, since, self.cases, self.taken, self.ends(self.taken))
        self.cases += 1
        return landing


def plan(hands: Iterable[Hand], works: Sequence[Work]) -> Plan:
    """Return where each case comes to lie today.

    First everybody does their own, the nearest deadline first. Then the queue's cases go, in the same order, to whoever
    of their department is done with them soonest. What somebody has who is not here lies where it is.
    """
    days = {one.id: _Day(one) for one in hands}
    found: dict[int, Landing] = {}
    ordered = sorted(works, key=lambda one: (one.due, one.case_id))
    for work in (one for one in ordered if one.agent_id is not None):
        day = days.get(work.agent_id or 0)
        found[work.case_id] = day.put(work) if day else Landing(work, work.agent_id, None, 0, work.seconds, None)
    for work in (one for one in ordered if one.agent_id is None):
        taker = _first_free(days.values(), work)
        found[work.case_id] = taker.put(work) if taker else Landing(work, None, None, 0, work.seconds, None)
    return found


def late(plan: Plan) -> frozenset[int]:
    """Return the cases whose deadline passes."""
    return frozenset(case_id for case_id, landing in plan.items() if landing.late)


def _first_free(days: Iterable[_Day], work: Work) -> _Day | None:
    """Return who is done with a case of the queue soonest; None where nobody of its department has the time today."""
    able = [
        (done, day.hand.id, day)
        for day in days
        if work.place in day.hand.places and (done := day.ends(day.taken + work.seconds)) is not None
    ]
    return min(able, key=lambda one: one[:2])[2] if able else None
