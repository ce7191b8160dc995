"""What the log of reads shows an auditor: who looked, when and why; at what, only as far as they may read that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Select, case, cast, func, null, select, tuple_
from sqlalchemy.orm import Session, aliased

from cases import access
from cases.errors import NotAllowed, NotFound
from cases.models import Agent, ApiToken, Case, Citizen, Read
from cases.permissions import Action, Viewer, may
from cases.queries import scope
from cases.queries.paging import Page, decode, encode, limited

_AGENT, _TOKEN = "agent:", "token:"


@dataclass(frozen=True, slots=True)
class ReadFilter:
    """What to show; ``case`` is a reference, and ``until`` is just after the last instant."""

    agent: int | None = None
    case: str | None = None
    citizen: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One look. ``readable``: its reader may know of what it was at; otherwise only ``kind`` and ``why`` are told."""

    id: int
    at: datetime
    actor: str
    name: str | None
    kind: str
    why: str | None
    words: str | None
    reference: str | None
    citizen_id: int | None
    citizen: str | None
    readable: bool


def page(
    session: Session, viewer: Viewer, narrowed: ReadFilter, *, cursor: str | None = None, limit: int = 50
) -> Page[ReadRow]:
    """Return looks, newest first. Raises ``NotFound`` for a case or a citizen that the viewer may not read."""
    if not may(viewer, Action.READS):
        raise NotAllowed("Only auditors and administrators see who looked at what.")
    size = limited(limit)
    looked = _narrowed(session, viewer, select(Read), narrowed)
    if cursor:
        at, last = decode(cursor, datetime, int)
        looked = looked.where(tuple_(Read.at, Read.id) < tuple_(at, last))
    query = _rows(viewer, looked.order_by(Read.at.desc(), Read.id.desc()).limit(size + 1))
    found = [ReadRow(**row._mapping) for row in session.execute(query)]
    shown = tuple(found[:size])
    more = len(found) > size
    return Page(shown, encode(shown[-1].at, shown[-1].id) if more else None)


def _rows(viewer: Viewer, looked: Select[Read]) -> Select[Any]:
    # Whom a viewer may know of is asked of the page's rows alone: of everybody it would be every case.
    one = aliased(Read, looked.subquery("looked"))
    known = scope.knows(viewer)
    readable = func.coalesce(case((one.case_id.is_not(None), scope.visible(viewer)), else_=known), False)
    agent_id = cast(func.nullif(func.split_part(one.actor, ":", 2), ""), BigInteger)
    return (
        select(
            one.id,
            one.at,
            one.actor,
            func.coalesce(Agent.name, ApiToken.name).label("name"),
            one.kind,
            one.why,
            case((readable, one.words), else_=null()).label("words"),
            case((readable, Case.reference), else_=null()).label("reference"),
            case((readable, one.citizen_id), else_=null()).label("citizen_id"),
            case((readable, Citizen.name), else_=null()).label("citizen"),
            readable.label("readable"),
        )
        .outerjoin(Case, Case.id == one.case_id)
        .outerjoin(Citizen, Citizen.id == one.citizen_id)
        .outerjoin(Agent, one.actor.startswith(_AGENT) & (Agent.id == agent_id))
        .outerjoin(ApiToken, one.actor.startswith(_TOKEN) & (ApiToken.id == agent_id))
        .order_by(one.at.desc(), one.id.desc())
    )


def _narrowed(session: Session, viewer: Viewer, query: Select[Read], narrowed: ReadFilter) -> Select[Read]:
    if narrowed.agent is not None:
        query = query.where(Read.actor == f"{_AGENT}{narrowed.agent}")
    if narrowed.case is not None:
        query = query.where(Read.case_id == access.for_reading(session, viewer, reference=narrowed.case).id)
    if narrowed.citizen is not None:
        seen = select(Citizen.id).where(Citizen.id == narrowed.citizen, scope.knows(viewer))
        if session.scalar(seen) is None:
            raise NotFound("There is no such citizen, or none that you may see.", field="citizen")
        query = query.where(Read.citizen_id == narrowed.citizen)
    if narrowed.since is not None:
        query = query.where(Read.at >= narrowed.since)
    if narrowed.until is not None:
        query = query.where(Read.at < narrowed.until)
    return query
