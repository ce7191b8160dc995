"""The jobs of an officer: their open tasks, and those of their departments that nobody has, with what a phone needs.

Every read is bounded by a number of rows along an index, whatever the departments have open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Select, and_, func, lateral, literal_column, select, union_all
from sqlalchemy.orm import Session, aliased

from cases import access, clock, dialogue_places
from cases.departments import City
from cases.errors import NotFound
from cases.holding import Scan
from cases.models import (
    Address,
    Agent,
    Attachment,
    Case,
    FieldAct,
    Filing,
    Message,
    StoredFile,
    Task,
    Thread,
    Timer,
)
from cases.permissions import ANY_DEPARTMENT, Action, Viewer, may, reach
from cases.queries import scope
from cases.routing.places import Place
from cases.sla.timers import LIVE

#: jobs that are shown: one's own, and those to take
MOST_OWN, MOST_TO_TAKE = 60, 30
#: open tasks of one person, or of one department without an assignee, that are looked at, the oldest first
MOST_LOOKED_AT = 200
MOST_PHOTOS = 4
LONGEST_WORDS = 600
# Written out as in the partial indexes; with bound parameters PostgreSQL could not use them.
_OPEN = literal_column("task.state = 'open'", Boolean)
_TO_TAKE = literal_column("task.state = 'open' and task.assignee_id is null and task.kind <> 'call_back'", Boolean)


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture of the case that has a small one; its sides are in pixels. ``checked``: a scanner found it clean."""

    id: int
    name: str
    width: int
    height: int
    checked: bool


@dataclass(frozen=True, slots=True)
class Tried:
    """What was last told of a job in the street: on the way, or not done, and when by whose phone."""

    kind: str
    agent_id: int
    name: str
    at: datetime
    why_not: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A task as an officer sees it. ``seen`` is the number of the last line of its case's history.

    ``phone`` is None for who may not write to the citizen; ``words`` are the citizen's first ones.
    """

    id: int
    case_id: int
    reference: str
    seen: int
    kind: str
    title: str
    subject: str
    service: str | None
    department: str | None
    priority: str
    state: str
    assignee_id: int | None
    assignee_name: str | None
    due_at: datetime | None
    opened_at: datetime
    place: Place | None
    place_name: str | None
    area: str | None
    words: str
    phone: str | None
    photos: Sequence[Photo] = ()
    tried: Tried | None = None


@dataclass(frozen=True, slots=True)
class Jobs:
    """What an officer has to do, by due and then by area; ``more`` where there are others beyond the bounds."""

    own: Sequence[Job]
    to_take: Sequence[Job]
    more: bool
    now: datetime


def today(session: Session, viewer: Viewer, *, city: City) -> Jobs:
    """Return the jobs of an officer."""
    own, more = _chosen(session, viewer, _own(viewer), MOST_OWN)
    taking, others = _chosen(session, viewer, _unowned(viewer, city), MOST_TO_TAKE)
    found = _load(session, viewer, [*own, *taking], city=city)
    ordered = sorted(found.values(), key=_order)
    mine = set(own)
    return Jobs(
        [one for one in ordered if one.id in mine],
        [one for one in ordered if one.id not in mine],
        more or others,
        clock.now(session),
    )


def one(session: Session, viewer: Viewer, task_id: int, *, city: City) -> Job:
    """Return one job of a case that the viewer may write notes in; ``NotFound`` for all others alike."""
    case_id = session.scalar(select(Task.case_id).where(Task.id == task_id)) if task_id < 2**63 else None
    case = session.get(Case, case_id) if case_id is not None else None
    if case is None or not access.allowed(session, viewer, Action.NOTE, case):
        raise NotFound("There is no such job, or none that you may see.", field="task")
    return _load(session, viewer, [task_id], city=city)[task_id]


def _order(job: Job) -> tuple[bool, datetime, str, int]:
    return (job.due_at is None, job.due_at or job.opened_at, job.area or job.place_name or "", job.id)


def _own(viewer: Viewer) -> Select[int]:
    return select(Task.id).where(Task.assignee_id == viewer.id, _OPEN).order_by(Task.id).limit(MOST_LOOKED_AT)


def _unowned(viewer: Viewer, city: City) -> Select[int] | None:
    """Return the tasks of each department of the viewer, by a bounded walk along the index for each."""
    named = {department for department, _ in reach(viewer, Action.NOTE)}
    within = sorted(city.departments if ANY_DEPARTMENT in named else named)
    if not within:
        return None
    walks = (
        select(Task.id).where(Task.department == one, _TO_TAKE).order_by(Task.id).limit(MOST_LOOKED_AT)
        for one in within
    )
    return select(union_all(*(select(one.subquery()) for one in walks)).subquery().c.id)


def _chosen(session: Session, viewer: Viewer, ids: Select[int] | None, most: int) -> tuple[list[int], bool]:
    """Return those that are due first, among these tasks of cases that the viewer may write notes in."""
    if ids is None:
        return [], False
    due = func.coalesce(Timer.due_at, Task.due_at)
    query = (
        select(Task.id)
        .join(Case, Case.id == Task.case_id)
        .outerjoin(Timer, _PROMISE)
        .where(Task.id.in_(ids), scope.visible(viewer, Action.NOTE))
        .order_by(due.asc().nulls_last(), Task.id)
        .limit(most + 1)
    )
    found = list(session.scalars(query))
    return found[:most], len(found) > most


_PROMISE = and_(Timer.case_id == Task.case_id, Timer.task_id == Task.id, Timer.state.in_(LIVE))


def _load(session: Session, viewer: Viewer, ids: Sequence[int], *, city: City) -> dict[int, Job]:
    if not ids:
        return {}
    rows = session.execute(_details().where(Task.id.in_(ids))).all()
    photos, tried = _photos(session, {row.case_id for row in rows}), _tried(session, ids)
    return {
        row.id: replace(_job(viewer, row, city), photos=photos.get(row.case_id, ()), tried=tried.get(row.id))
        for row in rows
    }


def _details() -> Select[*tuple[Any, ...]]:
    words = lateral(
        select(func.left(Message.text, LONGEST_WORDS).label("text"))
        .join(Filing, Filing.message_id == Message.id)
        .where(Filing.case_id == Case.id, Filing.removed_at.is_(None), Message.direction == "in")
        .order_by(Filing.message_id)  # along the index of the case's filings, however many there are
        .limit(1)
        .correlate(Case)
    )
    doer = aliased(Agent)
    return (
        select(
            *(getattr(Task, name).label(name) for name in ("id", "case_id", "kind", "title", "department", "state")),
            *(Case.reference, Case.event_seq, Case.subject, Case.service, Case.priority, Case.opened_at),
            *(Case.confidential, Case.about, Case.department.label("of_case"), Task.assignee_id),
            doer.name.label("assignee_name"),
            func.coalesce(Timer.due_at, Task.due_at).label("due_at"),
            Case.routing["place"].astext.label("place"),
            words.c.text.label("words"),
            Address.kind.label("address_kind"),
            Address.value.label("address"),
        )
        .join(Case, Case.id == Task.case_id)
        .join(Thread, Thread.id == Case.thread_id)
        .join(Address, Address.id == Thread.address_id)
        .outerjoin(doer, doer.id == Task.assignee_id)
        .outerjoin(Timer, _PROMISE)
        .outerjoin(words, literal_column("true", Boolean))
    )


@dataclass(frozen=True, slots=True)
class _Stands:
    """What the table of permissions needs to know of a row's case."""

    department: str | None
    confidential: bool
    about: Sequence[str]


def _job(viewer: Viewer, row: Any, city: City) -> Job:
    place = city.gazetteer.get(row.place or "")
    area = dialogue_places.area_of(city, row.place)
    case = _Stands(row.of_case, row.confidential, row.about)
    phone = row.address if row.address_kind == "phone" and may(viewer, Action.REPLY, case) else None
    return Job(
        **{name: getattr(row, name) for name in _AS_READ},
        seen=row.event_seq,
        place=place,
        place_name=row.place,
        area=area.name if area else None,
        words=row.words or "",
        phone=phone,
    )


_AS_READ = (
    *("id", "case_id", "reference", "kind", "title", "subject", "service", "department", "priority", "state"),
    *("assignee_id", "assignee_name", "due_at", "opened_at"),
)


def _photos(session: Session, case_ids: set[int]) -> Mapping[int, Sequence[Photo]]:
    """Return the newest pictures of cases that are given out, some of each."""
    ranked = (
        select(
            *(Attachment.case_id, Attachment.id, Attachment.name),
            *(StoredFile.preview_width, StoredFile.preview_height, StoredFile.scan),
            func.row_number().over(partition_by=Attachment.case_id, order_by=Attachment.id.desc()).label("rank"),
        )
        .join(StoredFile, StoredFile.sha256 == Attachment.sha256)
        .where(Attachment.case_id.in_(case_ids), StoredFile.preview_sha256.is_not(None))
        .where(StoredFile.trouble.is_(None), StoredFile.scan != Scan.INFECTED)
        .subquery()
    )
    found: dict[int, list[Photo]] = defaultdict(list)
    for row in session.execute(select(ranked).where(ranked.c.rank <= MOST_PHOTOS).order_by(ranked.c.id)):
        one = Photo(row.id, row.name, row.preview_width, row.preview_height, row.scan == Scan.CLEAN)
        found[row.case_id].append(one)
    return found


def _tried(session: Session, ids: Sequence[int]) -> Mapping[int, Tried]:
    """Return the last thing that was told of each job while it stayed open."""
    latest = (
        select(FieldAct.task_id, func.max(FieldAct.id).label("id"))
        .where(FieldAct.task_id.in_(ids), FieldAct.kind.in_(("on_my_way", "not_done")))
        .group_by(FieldAct.task_id)
        .subquery()
    )
    query = (
        select(FieldAct, Agent.name).join(latest, latest.c.id == FieldAct.id).join(Agent, Agent.id == FieldAct.agent_id)
    )
    return {
        act.task_id or 0: Tried(act.kind, act.agent_id, name, act.acted_at or act.at, (act.answer or {}).get("reason"))
        for act, name in session.execute(query)
    }
