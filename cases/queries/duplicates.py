"""Cases that may be the same matter: the same service, about the same time, near by, in similar words.

It suggests and does nothing. Each suggestion says what speaks for it; what a person has refused is not said again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, ColumnElement, and_, exists, literal_column, or_
from sqlalchemy.orm import Session

from cases import access, clock
from cases.models import Case, CaseLink
from cases.permissions import Viewer
from cases.queries.queue import CaseRow, case_row, rows
from cases.queries.scope import visible
from cases.routing import words

#: how far apart two reports of one matter are opened
NEAR = timedelta(days=14)
SAME_TIME = timedelta(hours=48)
#: the latest cases that are looked at, and how many of them are suggested
MOST_LOOKED_AT, MOST = 300, 5
#: points from which on a case is suggested: no single sign but the same words in the same place is enough
ENOUGH = 5
# Written out as in the partial index; with a bound parameter PostgreSQL could not use it.
_LIVE = literal_column("case_file.status not in ('resolved', 'closed')", Boolean)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A case that may be the same matter; ``why`` are the signs in words, ``points`` how much they weigh."""

    case: CaseRow
    why: tuple[str, ...]
    points: int


def suggest(session: Session, viewer: Viewer, reference: str) -> tuple[Suggestion, ...]:
    """Return the likeliest first, among live cases that the viewer may read; ``NotFound`` as always."""
    case = access.for_reading(session, viewer, reference=reference)
    now = clock.now(session)
    query = (
        rows()
        .add_columns(Case.citizen_id.label("citizen_id"))
        .where(visible(viewer), *_alike(case), ~_settled(case))
        .order_by(Case.opened_at.desc())
        .limit(MOST_LOOKED_AT)
    )
    found = []
    for row in session.execute(query):
        points, why = _weigh(case, row)
        if points >= ENOUGH:
            found.append(Suggestion(case_row(row, now=now), why, points))
    return tuple(sorted(found, key=lambda one: (-one.points, -one.case.id))[:MOST])


def _alike(case: Case) -> list[ColumnElement[bool]]:
    near = Case.opened_at.between(case.opened_at - NEAR, case.opened_at + NEAR)
    same = Case.service == case.service if case.service else and_(Case.service.is_(None), _department(case))
    return [Case.id != case.id, _LIVE, near, same]


def _department(case: Case) -> ColumnElement[bool]:
    return Case.department == case.department if case.department else Case.department.is_(None)


def _settled(case: Case) -> ColumnElement[bool]:
    """Tell whether a person has said already what the two are to one another."""
    return exists().where(
        CaseLink.removed_at.is_(None),
        or_(
            and_(CaseLink.from_id == case.id, CaseLink.to_id == Case.id),
            and_(CaseLink.from_id == Case.id, CaseLink.to_id == case.id),
        ),
    )


def _weigh(case: Case, other: Any) -> tuple[int, tuple[str, ...]]:
    signs = [*_place(case, other), *_words(case, other), *_time(case.opened_at, other.opened_at)]
    if case.service:
        signs.append((1, "the same service"))
    if case.citizen_id == other.citizen_id:
        signs.append((1, "the same citizen"))
    return sum(points for points, _ in signs), tuple(text for _, text in signs)


def _place(case: Case, other: Any) -> Iterable[tuple[int, str]]:
    here = case.routing.get("place")
    if here and here == other.place:
        yield 3, f"the same place: {here}"


def _words(case: Case, other: Any) -> Iterable[tuple[int, str]]:
    one, two = _stems(case.subject), _stems(other.subject)
    shared = one & two
    if len(shared) < 2:
        return
    share = len(shared) / len(one | two)
    told = ", ".join(sorted(shared)[:4])
    if share >= 0.5:
        yield 4, f"nearly the same words: {told}"
    elif share >= 0.2:
        yield 2, f"similar words: {told}"


def _time(one: datetime, other: datetime) -> Iterable[tuple[int, str]]:
    apart = abs(one - other)
    if apart <= SAME_TIME:
        hours = round(apart / timedelta(hours=1))
        far = f"{hours} {'hour' if hours == 1 else 'hours'} apart" if hours else "within the hour"
        yield 1, f"opened {far}"


def _stems(text: str) -> frozenset[str]:
    return frozenset(one.stem for one in words.split(text) if len(one.stem) > 2)
