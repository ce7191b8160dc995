"""Notes of supervisors to all colleagues of a department, or of every one; they stand until an instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import Session

from cases import clock
from cases.departments import City
from cases.errors import Invalid, NotAllowed, NotFound
from cases.models import Agent, AgentRole, Bulletin
from cases.permissions import ANY_DEPARTMENT, Action, Viewer, ViewerKind, reach
from cases.together import Instant, first

LONGEST_TEXT = 400
#: nobody is reminded for longer than a month of the same thing
FURTHEST = timedelta(days=31)
#: shown at once on the desk; on the page of all of them
MOST_SHOWN, MOST_LISTED = 3, 100


@dataclass(frozen=True, slots=True)
class Written:
    """One note as the page of all of them shows it."""

    id: int
    department: str | None
    author: str
    text: str
    written_at: datetime
    until: datetime


def write(session: Session, viewer: Viewer, *, city: City, department: str | None, text: str, until: datetime) -> int:
    """Put up a note; returns it. ``department`` None is everybody's, for who steers every department."""
    at, words = clock.now(session), check(session, viewer, city=city, department=department, text=text, until=until)
    if viewer.kind is not ViewerKind.AGENT or viewer.id is None:
        raise NotAllowed("Only an agent writes notes to colleagues.")
    row = Bulletin(department=department, author_id=viewer.id, text=words, written_at=at, until=until)
    session.add(row)
    session.flush()
    return row.id


def check(session: Session, viewer: Viewer, *, city: City, department: str | None, text: str, until: datetime) -> str:
    """Return the words of a note that may be put up; raises ``Invalid`` or ``NotFound`` and changes nothing."""
    at, words = clock.now(session), " ".join(text.split())
    within = {one for one, _ in reach(viewer, Action.STEER)}
    if department is None and ANY_DEPARTMENT not in within:
        raise Invalid("Choose a department that you steer.", field="department")
    if department is not None and (department not in city.departments or not within & {ANY_DEPARTMENT, department}):
        raise NotFound("There is no such department, or none that you steer.", field="department")
    if not 1 <= len(words) <= LONGEST_TEXT:
        raise Invalid(f"Write between 1 and {LONGEST_TEXT} characters.", field="text")
    if not at < until <= at + FURTHEST:
        raise Invalid(f"Choose an instant that lies ahead, at most {FURTHEST.days} days.", field="until")
    return words


def take_down(session: Session, viewer: Viewer, bulletin_id: int) -> None:
    """Take a note down before its time; raises ``NotFound`` for one of a department that the viewer does not steer."""
    row = session.scalars(select(Bulletin).where(Bulletin.id == bulletin_id, _steered(viewer))).one_or_none()
    if row is None:
        raise NotFound("There is no such note, or none of a department that you steer.")
    row.until = min(row.until, clock.now(session))


def standing(session: Session, viewer: Viewer) -> Sequence[Written]:
    """Return the notes that stand in the departments that the viewer steers, the latest first."""
    query = _written().where(Bulletin.until > clock.now(session), _steered(viewer))
    rows = session.execute(query.order_by(Bulletin.id.desc()).limit(MOST_LISTED))
    return [Written(**row._mapping) for row in rows]


def part(viewer: Viewer, *, now: Instant) -> Select[*tuple[Any, ...]]:
    """Return the read of the latest notes to the viewer, for :func:`of_part`."""
    mine = sorted({department for _, department in viewer.grants})
    here = true() if ANY_DEPARTMENT in mine else or_(Bulletin.department.is_(None), Bulletin.department.in_(mine))
    return _written().where(Bulletin.until > now, here).order_by(Bulletin.id.desc()).limit(first(MOST_SHOWN))


def of_part(rows: Sequence[Any]) -> tuple[Written, ...]:
    """Return the notes that :func:`part` read."""
    return tuple(Written(**vars(row)) for row in rows)


def readers(session: Session, department: str | None) -> int:
    """Return how many active agents a note would reach."""
    query = select(func.count(func.distinct(Agent.id))).join(AgentRole, AgentRole.agent_id == Agent.id)
    query = query.where(Agent.active, Agent.password_hash != "")
    if department is not None:
        query = query.where(AgentRole.department.in_([department, ANY_DEPARTMENT]))
    return session.scalar(query) or 0


def _written() -> Select[*tuple[Any, ...]]:
    columns = (Bulletin.text, Bulletin.written_at, Bulletin.until)
    query: Select[*tuple[Any, ...]] = select(Bulletin.id, Bulletin.department, Agent.name.label("author"), *columns)
    return query.join(Agent, Agent.id == Bulletin.author_id)


def _steered(viewer: Viewer) -> ColumnElement[bool]:
    within = {one for one, _ in reach(viewer, Action.STEER)}
    return true() if ANY_DEPARTMENT in within else Bulletin.department.in_(sorted(within))
