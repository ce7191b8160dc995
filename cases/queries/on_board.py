"""The cases that a number of the board counts, as conditions on cases: what opens behind each number.

They are asked of the cases themselves, and say the same as :mod:`cases.board.counting`; a test holds that. Only what
was broken and kept on a day is looked up in what the cases are counted as.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from sqlalchemy import ColumnElement as Condition
from sqlalchemy import Date, DateTime, String, and_, cast, func, literal, literal_column, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, array

from cases.board.counting import BROKEN, FAILED, KEPT, KINDS, PROMISED, SOON
from cases.errors import Invalid
from cases.lifecycle import Status
from cases.models import BoardCase, Case
from cases.permissions import Action, Viewer
from cases.queries import scope
from cases.queries.sorted_by import DUE_ORDER, ONLY_LIVE
from cases.together import Instant

#: how the tray is called among departments
TRAY = "tray"
#: ages of open cases, in local days since they were opened: the first and the last of each, no last of the oldest
AGES: Mapping[str, tuple[int, int | None]] = {
    "age_0": (0, 1),
    "age_2": (2, 3),
    "age_4": (4, 7),
    "age_8": (8, 30),
    "age_31": (31, None),
}
_NOW: Mapping[str, str] = {
    "open": "Open",
    "unassigned": "Unassigned",
    "overdue": "Overdue now",
    "due": "Due within the hour",
    "waiting": "Waiting",
    "on_citizen": "Waiting on the citizen",
    "on_others": "Waiting on a third party",
    "held": "Open with an agent",
    "held_late": "Overdue with an agent",
    **{key: f"Open since {first}{f'-{last}' if last else '+'} days" for key, (first, last) in AGES.items()},
}
_TODAY: Mapping[str, str] = {
    "broken": "A promise broken today",
    "promised": "A promise kept or broken today",
    "kept_first_response": "First response in time today",
    "failed_first_response": "First response too late today",
    "told_first_response": "First response in time or too late today",
    "kept_resolution": "Resolved in time today",
    "failed_resolution": "Resolved too late today, or late",
    "told_resolution": "Resolution in time or too late today",
}
#: what each of them is called
NAMES: Mapping[str, str] = {**_NOW, **_TODAY}
LIVE = frozenset(_NOW)
#: lists of live cases that are sorted by what changed last: by their deadlines the newest cases come at the very end
NEWEST = frozenset(key for key, (_, last) in AGES.items() if last is not None and last <= 7)


def conditions(
    what: str | None, viewer: Viewer, now: Instant, *, within: str | None, zone: str
) -> Iterator[Condition[bool]]:
    """Yield what holds for the cases of one number, none for None; raises ``Invalid`` for a number that does not exist.

    ``within`` are keys of departments with commas between them, ``tray`` among them.
    """
    if within is not None:
        yield _within(within)
    if what is None:
        return
    if what not in NAMES:
        raise Invalid(f"board must be one of {', '.join(NAMES)}.", field="board")
    yield from (scope.visible(viewer, Action.BOARD), Case.merged_into_id.is_(None), _names_nobody())
    if what in LIVE:
        yield ONLY_LIVE
        yield from _live(what, now, zone)
    else:
        yield _today(what, now, zone)


def _within(keys: str) -> Condition[bool]:
    named = keys.split(",")
    places = [Case.department.in_([one for one in named if one != TRAY])]
    return or_(*places, *([Case.department.is_(None)] if TRAY in named else []))


def _names_nobody() -> Condition[bool]:
    nobody: Condition[bool] = literal_column("case_file.about = '{}'")
    return nobody


def _live(what: str, now: Instant, zone: str) -> Iterator[Condition[bool]]:
    if what in ("unassigned", "held", "held_late"):
        yield Case.assignee_id.is_(None) if what == "unassigned" else Case.assignee_id.is_not(None)
    if what in ("overdue", "held_late"):
        yield now >= DUE_ORDER
    if what == "due":
        yield and_(now < DUE_ORDER, now + SOON >= DUE_ORDER)
    if what in ("waiting", "on_citizen"):
        yield or_(Case.status == Status.WAITING_ON_CITIZEN, *_others(what == "waiting"))
    if what == "on_others":
        yield from _others(True)
    if what in AGES:
        yield from _aged(*AGES[what], now, zone)


def _others(too: bool) -> tuple[Condition[bool], ...]:
    return (Case.status == Status.WAITING_ON_THIRD_PARTY,) if too else ()


def _aged(first: int, last: int | None, now: Instant, zone: str) -> Iterator[Condition[bool]]:
    days = _day(now, zone) - cast(func.timezone(zone, Case.opened_at), Date)
    # A case of the future, by a clock that was set back, is as old as one of today.
    if first:
        yield days >= first
    if last is not None:
        yield days <= last
        # What was opened since then has changed since then, which is what the index of these lists begins with.
        yield Case.updated_at >= func.timezone(zone, cast(_day(now, zone) - last, DateTime()))


def _today(what: str, now: Instant, zone: str) -> Condition[bool]:
    """Return what holds for cases whose latest day of something is today: later than that no day can be."""
    head, _, kind = what.partition("_")
    heads = (KEPT, FAILED) if head == "told" else (head,)
    assert kind in KINDS or head in (BROKEN, PROMISED)
    day = cast(_day(now, zone), String)
    words = [literal(f"{one} ") + day + (f" {kind}" if kind else "") for one in heads]
    found = select(BoardCase.case_id).where(
        literal_column("board_case.days <> '{}'"), BoardCase.days.overlap(cast(array(words), ARRAY(TEXT)))
    )
    return Case.id.in_(found)


def _day(now: Instant, zone: str) -> Condition[date]:
    moment = literal(now) if isinstance(now, datetime) else now
    return cast(func.timezone(zone, moment), Date)
