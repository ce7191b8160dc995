"""Telephone calls as the desk lists them, each viewer's.

A call of a case is read by who reads the case; one without a case by who takes calls, and by others with most of its
number hidden. What an agent talks in is theirs, whatever case it belongs to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, true, tuple_
from sqlalchemy import case as either
from sqlalchemy.orm import Session, aliased

from cases import clock
from cases.messages import AddressKind
from cases.models import Address, Agent, CallerFlag, Case, Citizen, CitizenAddress, PhoneCall, QueueStay
from cases.permissions import Action, Viewer, ViewerKind, may
from cases.queries import scope
from cases.queries.paging import Page, decode, encode, limited

#: lists look no further back
LISTED = timedelta(days=90)
ROWS = 40
HIDDEN = "•"
_ID = ("id", "account", "direction", "line", "number", "language", "state", "ended_as", "disposition", "agent_id")
_REST = ("case_id", "started_at", "answered_at", "ended_at", "talk_seconds", "hold_seconds", "wrap_seconds")


class Which(StrEnum):
    """Which calls a list shows."""

    ALL = "all"
    MINE = "mine"
    MISSED = "missed"
    ABANDONED = "abandoned"
    FLASH = "flash"
    CALL_BACKS = "call_backs"


#: how calls ended that each of these shows
ENDED_AS: Mapping[Which, tuple[str, ...]] = {
    Which.MISSED: ("missed", "lost"),
    Which.ABANDONED: ("abandoned", "short"),
    Which.FLASH: ("flash",),
}


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call as a list shows it. ``number`` has dots where the viewer may not read it (``whole`` is false), None where
    it is withheld. ``queue`` is where it waited last, ``waited`` how long in all, in seconds. ``call_back``: they wait
    to be called, and keep their place.
    """

    id: int
    account: str
    direction: str
    line: str
    number: str | None
    whole: bool
    name: str | None
    language: str
    state: str
    ended_as: str | None
    disposition: str | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    talk_seconds: int
    waited: int
    queue: str | None
    call_back: bool
    agent_id: int | None
    agent: str | None
    reference: str | None
    subject: str | None
    flagged: bool


def page(
    session: Session, viewer: Viewer, which: Which = Which.ALL, *, cursor: str | None = None, limit: int = ROWS
) -> Page[CallRow]:
    """Return calls, the latest first."""
    size, at = limited(limit), clock.now(session)
    query = rows(viewer, at=at).where(readable(viewer), PhoneCall.started_at > at - LISTED, _narrowed(which, viewer))
    if cursor:
        since, last = decode(cursor, datetime, int)
        query = query.where(tuple_(PhoneCall.started_at, PhoneCall.id) < tuple_(since, last))
    query = query.order_by(PhoneCall.started_at.desc(), PhoneCall.id.desc()).limit(size + 1)
    found = [row_of(one, viewer) for one in session.execute(query)]
    shown = tuple(found[:size])
    return Page(shown, encode(shown[-1].started_at, shown[-1].id) if len(found) > size else None)


def takes_calls(viewer: Viewer) -> bool:
    """Tell whether somebody is of those who take calls, whether or not their telephone rings now."""
    return viewer.kind is ViewerKind.AGENT and may(viewer, Action.REPLY)


def readable(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on ``PhoneCall``, joined with its ``Case`` where it has one, that the viewer may read it."""
    if not may(viewer, Action.READ):
        return false()
    return or_(PhoneCall.case_id.is_(None), and_(PhoneCall.case_id.is_not(None), scope.visible(viewer)), mine(viewer))


def mine(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on ``PhoneCall`` that the viewer talked in it, or had it placed."""
    if viewer.kind is not ViewerKind.AGENT:
        return false()
    return or_(PhoneCall.agent_id == viewer.id, PhoneCall.asked_by == viewer.id)


def rows(viewer: Viewer, *, at: datetime) -> Select[*tuple[Any, ...]]:
    """Return the select that :func:`row_of` reads; callers add :func:`readable`."""
    seen = scope.visible(viewer)
    last = _last_stay()
    return (
        select(
            *(getattr(PhoneCall, name) for name in (*_ID, *_REST)),
            Agent.name.label("agent"),
            either((seen, Case.reference)).label("reference"),
            either((seen, Case.subject)).label("subject"),
            last.c.queue,
            func.coalesce(and_(last.c.left_as == "call_back", last.c.returned_at.is_(None)), False).label("call_back"),
            _waited(at).label("waited"),
            name_of(viewer, ordinary=False).label("name"),
            flagged(at).label("flagged"),
            func.coalesce(mine(viewer), False).label("own"),
        )
        .outerjoin(Case, Case.id == PhoneCall.case_id)
        .outerjoin(Agent, Agent.id == PhoneCall.agent_id)
        .outerjoin(last, true())
    )


def row_of(one: Any, viewer: Viewer) -> CallRow:
    """Turn a row of :func:`rows` into a value."""
    whole = takes_calls(viewer) or one.own or one.reference is not None
    values = {name: getattr(one, name) for name in CallRow.__slots__ if name not in ("whole", "number", "waited")}
    number = one.number if whole or one.number is None else hidden(one.number)
    return CallRow(**{**values, "number": number, "whole": whole, "waited": int(one.waited or 0)})


def hidden(number: str) -> str:
    """Return a number with its country and its last two digits alone."""
    return number[:4] + HIDDEN * max(len(number) - 6, 0) + number[-2:]


def flagged(at: datetime) -> ColumnElement[bool]:
    """Return the condition on ``PhoneCall`` that its number is flagged now."""
    holds = (CallerFlag.lifted_at.is_(None), CallerFlag.expires_at > at)
    return exists().where(CallerFlag.number == PhoneCall.number, *holds).correlate(PhoneCall)


def name_of(viewer: Viewer, *, ordinary: bool) -> ColumnElement[str | None]:
    """Return what the first of a number's citizens is called whom the viewer may know of; see ``scope.knows``."""
    has_case = aliased(Case)
    nobodys = ~exists().where(has_case.citizen_id == Citizen.id)
    known = or_(scope.knows(viewer, ordinary=ordinary), nobodys) if takes_calls(viewer) else scope.knows(viewer)
    return (
        select(Citizen.name)
        .join(CitizenAddress, CitizenAddress.citizen_id == Citizen.id)
        .join(Address, Address.id == CitizenAddress.address_id)
        .where(Address.kind == AddressKind.PHONE, Address.value == PhoneCall.number)
        .where(Citizen.name.is_not(None), known)
        .order_by(Citizen.id)
        .limit(1)
        .correlate(PhoneCall)
        .scalar_subquery()
    )


def _last_stay() -> Any:
    return (
        select(QueueStay.queue, QueueStay.left_as, QueueStay.returned_at)
        .where(QueueStay.call_id == PhoneCall.id)
        .order_by(QueueStay.id.desc())
        .limit(1)
        .correlate(PhoneCall)
        .lateral("last_stay")
    )


def _waited(at: datetime) -> ColumnElement[Any]:
    spans = func.coalesce(QueueStay.left_at, at) - QueueStay.entered_at
    return (
        select(func.extract("epoch", func.sum(spans)))
        .where(QueueStay.call_id == PhoneCall.id)
        .correlate(PhoneCall)
        .scalar_subquery()
    )


def _narrowed(which: Which, viewer: Viewer) -> ColumnElement[bool]:
    if which is Which.MINE:
        return mine(viewer)
    if which is Which.CALL_BACKS:
        kept = (QueueStay.left_as == "call_back", QueueStay.returned_at.is_(None))
        return exists().where(QueueStay.call_id == PhoneCall.id, *kept).correlate(PhoneCall)
    return PhoneCall.ended_as.in_(ENDED_AS[which]) if which in ENDED_AS else true()
