"""Samples, their cases, and what was found in them, for who steers a department."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from cases.departments import City
from cases.errors import NotFound
from cases.models import Agent, Case, Review, ReviewSample
from cases.permissions import Viewer
from cases.queries.scope import visible
from cases.reviews.answering import Verdict
from cases.reviews.sampling import WEEKS, check_steers

MOST_FINDINGS = 100


@dataclass(frozen=True, slots=True)
class Sample:
    """A week's sample. ``done`` of ``size`` cases were looked through; ``found`` were closed in that week."""

    id: int
    department: str
    week: date
    seed: str
    found: int
    drawn_at: datetime
    size: int
    done: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """One case of a sample. Without ``reviewer`` nobody has looked through it."""

    id: int
    case_id: int
    reference: str
    subject: str
    service: str | None
    outcome: str | None
    opened_at: datetime
    closed_at: datetime | None
    reviewer_id: int | None
    reviewer: str | None
    reviewed_at: datetime | None
    answers: Mapping[str, str]
    finding: str


@dataclass(frozen=True, slots=True)
class Question:
    """What was answered to one question, over all cases that it was asked of."""

    key: str
    text: str
    yes: int
    no: int
    none: int

    @property
    def share(self) -> float | None:
        """Yes of yes and no; None where there was neither."""
        return self.yes / (self.yes + self.no) if self.yes + self.no else None


@dataclass(frozen=True, slots=True)
class Findings:
    """What reviews of some weeks came to; ``said`` are the latest findings in words."""

    reviewed: int
    questions: Sequence[Question]
    said: Sequence[Drawn]


def samples(session: Session, viewer: Viewer, *, city: City, department: str) -> Sequence[Sample]:
    """Return a department's samples, the latest first."""
    check_steers(viewer, city, department)
    columns = (ReviewSample.id, ReviewSample.department, ReviewSample.week, ReviewSample.seed, ReviewSample.found)
    query = (
        select(
            *columns,
            ReviewSample.drawn_at,
            func.count(Review.id).label("size"),
            func.count(Review.reviewed_at).label("done"),
        )
        .outerjoin(Review, Review.sample_id == ReviewSample.id)
        .where(ReviewSample.department == department)
        .group_by(ReviewSample.id)
        .order_by(ReviewSample.week.desc())
        .limit(WEEKS)
    )
    return [Sample(**row._mapping) for row in session.execute(query)]


def cases_of(session: Session, viewer: Viewer, *, city: City, sample_id: int) -> tuple[ReviewSample, Sequence[Drawn]]:
    """Return a sample with its cases, in the order of chance; raises ``NotFound``."""
    sample = session.get(ReviewSample, sample_id)
    if sample is None:
        raise NotFound("There is no such sample.")
    check_steers(viewer, city, sample.department)
    rows = session.execute(_drawn(viewer).where(Review.sample_id == sample_id).order_by(Review.position))
    return sample, [_of(row) for row in rows]


def one(session: Session, viewer: Viewer, *, city: City, review_id: int) -> tuple[ReviewSample, Drawn]:
    """Return one case of a sample, and the sample; raises ``NotFound``."""
    row = session.execute(_drawn(viewer).add_columns(Review.sample_id).where(Review.id == review_id)).one_or_none()
    sample = session.get(ReviewSample, row.sample_id) if row is not None else None
    if row is None or sample is None:
        raise NotFound("There is no such case in a sample, or none that you may see.")
    check_steers(viewer, city, sample.department)
    return sample, _of(row)


def findings(session: Session, viewer: Viewer, *, city: City, department: str) -> Findings:
    """Return what the reviews of a department's last samples came to."""
    every = samples(session, viewer, city=city, department=department)
    query = _drawn(viewer).where(Review.sample_id.in_([one.id for one in every]), Review.reviewed_at.is_not(None))
    rows = session.execute(query.add_columns(Review.asked).order_by(Review.reviewed_at.desc())).all()
    asked: dict[str, str] = dict(city.reviews.checklist)
    for row in rows:
        asked |= {key: text for key, text in row.asked.items() if key not in asked}
    counted = [_counted(key, text, rows) for key, text in asked.items()]
    said = [_of(row) for row in rows if row.finding][:MOST_FINDINGS]
    return Findings(len(rows), counted, said)


def _counted(key: str, text: str, rows: Sequence[Any]) -> Question:
    given = [row.answers.get(key) for row in rows]
    return Question(key, text, given.count(Verdict.YES), given.count(Verdict.NO), given.count(Verdict.NONE))


def _drawn(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    columns = (Case.reference, Case.subject, Case.service, Case.outcome, Case.opened_at, Case.closed_at)
    query: Select[*tuple[Any, ...]] = (
        select(
            *(Review.id, Review.case_id, *columns, Review.reviewer_id, Agent.name.label("reviewer")),
            *(Review.reviewed_at, Review.answers, Review.finding),
        )
        .join(Case, Case.id == Review.case_id)
        .outerjoin(Agent, Agent.id == Review.reviewer_id)
        .where(visible(viewer))
    )
    return query


def _of(row: Any) -> Drawn:
    values = {one.name: getattr(row, one.name) for one in fields(Drawn)}
    return Drawn(**{**values, "answers": values["answers"] or {}})
