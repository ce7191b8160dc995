"""Drawing a week's sample of a department: once, when the week is over, so that nobody can draw until it pleases."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import clock, lifecycle
from cases.base import table
from cases.departments import City
from cases.errors import Invalid, NotFound
from cases.models import Case, Review, ReviewSample
from cases.permissions import ANY_DEPARTMENT, Action, Viewer, ViewerKind, reach
from cases.reviews.drawing import WEEK, draw, monday

#: samples of older weeks are drawn no more
WEEKS = 13
_SAMPLES = table(ReviewSample)


def draw_week(session: Session, viewer: Viewer, *, city: City, department: str, week: date) -> int:
    """Draw the sample of a department for the week that begins on a Monday; returns it, also where it was drawn before.

    Raises ``NotFound`` for a department that the viewer does not steer, ``Invalid`` for a week that is not over, is too
    long ago, or in which nothing was closed.
    """
    check_steers(viewer, city, department)
    at = clock.now(session)
    drawn = session.scalar(
        select(ReviewSample.id).where(ReviewSample.department == department, ReviewSample.week == week)
    )
    if drawn is not None:
        return drawn
    _check_week(week, at, city)
    found = closed_in(session, city=city, department=department, week=week)
    if not found:
        raise Invalid("No case of this department that may be looked through was closed in this week.", field="week")
    row = {"department": department, "week": week, "seed": secrets.token_hex(8), "found": len(found)}
    made = (
        insert(_SAMPLES)
        .values(**row, drawn_by=viewer.actor, drawn_at=at)
        .on_conflict_do_nothing(index_elements=["department", "week"])
        .returning(_SAMPLES.c.id)
    )
    sample_id: int | None = session.execute(made).scalar_one_or_none()
    if sample_id is None:  # somebody else has drawn it in this very moment
        return draw_week(session, viewer, city=city, department=department, week=week)
    drawn_ids = draw(found, seed=row["seed"], size=city.reviews.sample)  # type: ignore[arg-type]
    for position, case_id in enumerate(drawn_ids):
        session.add(Review(sample_id=sample_id, case_id=case_id, position=position))
    return sample_id


def draw_due(session: Session, *, city: City, at: datetime) -> int:
    """Draw the samples of last week that nobody has drawn yet; returns how many. Any number may call it at once."""
    zone, drawn = ZoneInfo(city.organisation.timezone), 0
    week = monday(at.astimezone(zone).date()) - WEEK
    known = set(session.scalars(select(ReviewSample.department).where(ReviewSample.week == week)))
    for key, department in city.departments.items():
        if key in known or department.conduct or not closed_in(session, city=city, department=key, week=week):
            continue
        draw_week(session, Viewer(ViewerKind.SYSTEM), city=city, department=key, week=week)
        drawn += 1
    return drawn


def closed_in(session: Session, *, city: City, department: str, week: date) -> Sequence[int]:
    """Return the cases of a department that were closed in a week and may be looked through.

    Left out are those that name whom they complain of, those merged into others, and confidential ones of departments
    that are not confidential as a whole.
    """
    zone = ZoneInfo(city.organisation.timezone)
    since, until = (datetime.combine(day, time(), zone) for day in (week, week + WEEK))
    query = select(Case.id).where(
        Case.department == department,
        Case.status == lifecycle.Status.CLOSED,
        Case.closed_at >= since,
        Case.closed_at < until,
        Case.merged_into_id.is_(None),
        func.cardinality(Case.about) == 0,
    )
    if not city.is_confidential(department):
        query = query.where(~Case.confidential)
    return session.scalars(query.order_by(Case.id)).all()


def check_steers(viewer: Viewer, city: City, department: str) -> None:
    """Raise ``NotFound`` for a department that the viewer does not steer."""
    if viewer.kind is ViewerKind.SYSTEM:
        return
    within = {one for one, _ in reach(viewer, Action.STEER)}
    if department not in city.departments or not within & {ANY_DEPARTMENT, department}:
        raise NotFound("There is no such department, or none that you steer.", field="department")


def _check_week(week: date, at: datetime, city: City) -> None:
    today = at.astimezone(ZoneInfo(city.organisation.timezone)).date()
    if week != monday(week):
        raise Invalid("A week begins on a Monday; choose one.", field="week")
    if week + WEEK > today:
        raise Invalid("This week is not over yet: its sample is drawn when all its cases are known.", field="week")
    if week < monday(today) - WEEKS * WEEK:
        raise Invalid(f"This week is more than {WEEKS} weeks ago; choose a later one.", field="week")
