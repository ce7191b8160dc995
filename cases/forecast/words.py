"""The arithmetic of a forecast as plain sentences; pure. Everything that is reckoned is said with its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from cases.forecast.handling import ANSWER, Handling
from cases.forecast.terms import Forecasts
from cases.forecast.values import Hand, Landing, Move


def length(seconds: float) -> str:
    """Return a length of working time: ``25 min``, ``2 h 05``; a started minute counts as one."""
    minutes = -(-int(seconds) // 60)
    return f"{minutes // 60} h {minutes % 60:02d}" if minutes >= 60 else f"{minutes} min"


def hand(one: Hand, landings: Sequence[Landing], *, zone: ZoneInfo) -> str:
    """Say how somebody's time today compares with what is theirs; ``landings`` are the cases that are."""
    if not one.free:
        return f"{one.name} has no time left today: {one.away or 'no hours are left'}. {_theirs(len(landings))}"
    needed, has = sum(landing.work.seconds for landing in landings), one.seconds
    left = f"{one.name} works {length(has)} more today, until {_clock(one.free[-1].end, zone)}."
    if not landings:
        return f"{left} Nothing of theirs is due today."
    more = f"{length(needed - has)} more than there is" if needed > has else f"{length(has - needed)} remain"
    return f"{left} {_cases(len(landings))} due today take {length(needed)}: {more}."


def landing(one: Landing, names: Mapping[int, str], *, zone: ZoneInfo) -> str:
    """Say when a case is reached, and how much too late that is."""
    work, due = one.work, _clock(one.work.due, zone)
    whose = names.get(one.hand_id or 0)
    if one.hand_id is not None and one.since is None:
        return f"Due {due}. {whose or 'Its agent'} does not work any more today, so nobody reaches it."
    if one.hand_id is None:
        return f"Due {due}. It waits in the queue, and nobody of its department is free in time to take it today."
    took = "takes it from the queue and" if work.agent_id is None else "has it and"
    return f"Due {due}. {whose or 'Its agent'} {took} {_reaches(one, zone)}, {_compared(one)}."


def move(one: Move, names: Mapping[int, str], *, zone: ZoneInfo) -> str:
    """Say what a move does."""
    who = names.get(one.target, "their colleague")
    return f"{who} {_reaches(one.after, zone)}, {_compared(one.after)}. Nothing else becomes late."


def handled(sort: str, one: Handling, terms: Forecasts) -> str:
    """Say where the time comes from that one case takes."""
    what = "answers" if sort == ANSWER else "cases that were resolved"
    taken = f"One of the {what} takes {length(one.seconds)}"
    if one.middle is None:
        known = f"{one.count} are known of the last {terms.days} days, and {terms.least} are needed"
        return f"{taken}, as configured: {known}."
    middle = f"the middle one of {one.count} took {length(one.middle)} of working time"
    if one.share is None:
        return f"{taken}: {middle}, in the last {terms.days} days."
    share = f"all the working time of its people, shared among all that was settled, is {length(one.share)} each"
    return f"{taken}, the smaller of two: {middle}; {share}; in the last {terms.days} days."


def _reaches(one: Landing, zone: ZoneInfo) -> str:
    others = f"after {_cases(one.before)}" if one.before else "first of all"
    since = f" from {_clock(one.since, zone)}" if one.since else ""
    ends = f"is done with it at {_clock(one.done, zone)}" if one.done else "does not reach it today"
    return f"comes to it {others}, {length(one.taken)} of work{since}: {ends}"


def _compared(one: Landing) -> str:
    if one.done is None:
        return "the day ends before"
    apart = (one.done - one.work.due).total_seconds()
    return f"{length(apart)} too late" if apart > 0 else f"{length(-apart)} before it is due"


def _cases(number: int) -> str:
    return f"{number} case{'' if number == 1 else 's'}"


def _theirs(number: int) -> str:
    if not number:
        return "Nothing of theirs is due today."
    return f"{_cases(number)} of theirs {'is' if number == 1 else 'are'} due today."


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M}"
