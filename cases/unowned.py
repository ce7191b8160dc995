"""Cases that nobody owns and that wait for somebody here: in which order they are given out, and what they ask for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Select,
    case,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import Session

from cases.departments import City
from cases.models import Address, Case, Citizen, Event, Thread
from cases.permissions import Action, Viewer, may
from cases.queries import scope

URGENT = "urgent"
# Written out, so that PostgreSQL sees that the partial index of assignees holds these cases in this order.
_WAITS_FOR_US = literal_column("case_file.status in ('new', 'open')", Boolean)
_DUE = literal_column("coalesce(case_file.due_at, 'infinity')", DateTime(timezone=True))
_URGENCY = case((Case.priority == URGENT, 0), else_=1)
_LANGUAGE = func.coalesce(Citizen.language, Address.language)


@dataclass(frozen=True, slots=True)
class Unowned:
    """A case as those see it who look for an agent. ``refused``: agents who gave it back or let it lie."""

    id: int
    department: str | None
    confidential: bool
    service: str | None
    language: str | None
    place: tuple[Any, ...] = ()
    refused: Collection[int] = field(default=frozenset())
    about: Collection[str] = ()


def services_of(city: City) -> frozenset[str]:
    """Return the keys of all services: a skill that is none of them is a word, and keeps nobody from any case."""
    return frozenset(one.key for department in city.departments.values() for one in department.services)


def next_for(
    session: Session, viewer: Viewer, *, city: City, languages: Sequence[str], skills: Sequence[str]
) -> Case | None:
    """Return the case that an agent takes next, locked: urgent ones first, then what fits them, then by deadline.

    The tray is left out: what waits there needs a department first.
    """
    fits = _fits(city, languages, skills)
    query = (
        _of(select(Case))
        .where(_may_be_worked_on(viewer))
        .order_by(_URGENCY, case((fits, 0), else_=1), _DUE, Case.id)
        .limit(1)
        .with_for_update(of=Case, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    found = session.scalars(query).first()
    return found if found is not None and may(viewer, Action.REPLY, found) else None


def waiting(session: Session, department: str, *, after: tuple[Any, ...] = (), most: int = 200) -> list[Unowned]:
    """Return cases of a department that want an agent, in the order in which they are given; locks nothing."""
    columns = (Case.id, Case.department, Case.confidential, Case.service, _LANGUAGE, _URGENCY, Case.due_at, Case.about)
    query = _of(select(*columns)).where(Case.department == department).order_by(_URGENCY, _DUE, Case.id).limit(most)
    if after:
        urgency, due, last = after
        key = literal_column("'infinity'::timestamptz") if due is None else due
        query = query.where(tuple_(_URGENCY, _DUE, Case.id) > tuple_(urgency, key, last))
    rows = session.execute(query).all()
    refused = _refused(session, [row[0] for row in rows])
    return [
        Unowned(key, where, secret, service, language, (urgency, due, key), refused.get(key, frozenset()), about)
        for key, where, secret, service, language, urgency, due, about in rows
    ]


def hold(session: Session, case_ids: Iterable[int]) -> list[Case]:
    """Lock those of the cases that still have no owner, passing by what others hold; in the order of their numbers."""
    query = _still(select(Case)).where(Case.id.in_(list(case_ids))).order_by(Case.id)
    locked = query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return list(session.scalars(locked))


def _still(query: Select[Any]) -> Select[Any]:
    here = Case.snoozed_until.is_(None)
    return query.where(Case.assignee_id.is_(None), _WAITS_FOR_US, Case.merged_into_id.is_(None), here)


def _of(query: Select[Any]) -> Select[Any]:
    joined = query.join(Citizen, Citizen.id == Case.citizen_id).join(Thread, Thread.id == Case.thread_id)
    return _still(joined.join(Address, Address.id == Thread.address_id))


def _may_be_worked_on(viewer: Viewer) -> ColumnElement[bool]:
    return scope.visible(viewer, Action.REPLY) & Case.department.is_not(None)


def _fits(city: City, languages: Sequence[str], skills: Sequence[str]) -> ColumnElement[bool]:
    """Return in SQL what ``choosing.fits`` says in Python."""
    spoken = {*languages, city.organisation.default_language}
    speaks = or_(_LANGUAGE.is_(None), _LANGUAGE.in_(spoken))
    named = services_of(city) & set(skills)
    return speaks & or_(Case.service.is_(None), Case.service.in_(named)) if named else speaks


def _refused(session: Session, case_ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
    query = select(Event.case_id, Event.kind, Event.actor, Event.values["agent"].as_integer()).where(
        Event.case_id.in_(case_ids), Event.kind.in_(("unassigned", "pulled_back"))
    )
    found: dict[int, set[int]] = {}
    for case_id, kind, actor, agent_id in session.execute(query):
        whose = agent_id if kind == "pulled_back" else _agent_of(actor)
        found.setdefault(case_id, set()).update(() if whose is None else (whose,))
    return {case_id: frozenset(agents) for case_id, agents in found.items()}


def _agent_of(actor: str) -> int | None:
    return int(actor.removeprefix("agent:")) if actor.startswith("agent:") else None
