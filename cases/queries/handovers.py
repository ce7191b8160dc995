"""The dated list of the cases that one agent hands to another for a leave, as they stood then or stand now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from cases import clock, staff
from cases.errors import NotFound
from cases.lifecycle import LIVE
from cases.models import Absence, Agent, Case, Handover
from cases.permissions import Viewer
from cases.queries.scope import visible

MOST_LEAVES = 10


@dataclass(frozen=True, slots=True)
class Item:
    """One case. Status, deadline and last words' date are those of the hand-over, if there was one.

    ``to`` is who got it, None for the queue; ``returned`` says what became of it on the return.
    """

    reference: str
    subject: str
    status: str
    due_at: datetime | None
    last_message_at: datetime
    to: str | None = None
    returned: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """``dated`` is when it was handed over, None for a preview; ``others`` are further leaves, by id and first day."""

    absence_id: int
    name: str
    since: datetime
    until: datetime
    stand_in: str | None
    returns: bool
    dated: datetime | None
    returned_at: datetime | None
    now: datetime
    items: Sequence[Item]
    others: Sequence[tuple[int, datetime]]


def sheet(session: Session, viewer: Viewer, *, agent_id: int, absence_id: int | None = None) -> Sheet:
    """Return the list of a leave: the one named, else the one that goes on or is next, else the last.

    For the agent, whoever plans for them and who stands in; others get ``NotFound``. Cases that the viewer may not
    read are left out.
    """
    now, leaves = clock.now(session), _leaves(session, viewer, agent_id)
    wanted = [one for one in leaves if absence_id in (None, one.id)]
    coming = sorted((one for one in wanted if one.until > now), key=lambda one: one.since)
    if not wanted:
        raise NotFound("There is no leave of this person that you have a part in.")
    leave = coming[0] if coming else wanted[0]
    stand_in = session.get(Agent, leave.stand_in_id) if leave.stand_in_id else None
    done = leave.handed_at is not None and leave.stand_in_id is not None
    return Sheet(
        absence_id=leave.id,
        name=session.get_one(Agent, agent_id).name,
        since=leave.since,
        until=leave.until,
        stand_in=stand_in.name if stand_in else None,
        returns=leave.returns,
        dated=leave.handed_at if done else None,
        returned_at=leave.returned_at,
        now=now,
        items=_handed(session, viewer, leave.id) if done else _still_there(session, viewer, agent_id),
        others=[(one.id, one.since) for one in leaves if one.id != leave.id],
    )


def _leaves(session: Session, viewer: Viewer, agent_id: int) -> Sequence[Absence]:
    query = select(Absence).where(Absence.agent_id == agent_id).order_by(Absence.since.desc(), Absence.id.desc())
    try:
        staff.planned(session, viewer, agent_id)
    except NotFound:
        got = select(Handover.absence_id).where(Handover.stand_in_id == viewer.id)
        query = query.where((Absence.stand_in_id == viewer.id) | Absence.id.in_(got))
    return session.scalars(query.limit(MOST_LEAVES)).all()


def _handed(session: Session, viewer: Viewer, absence_id: int) -> Sequence[Item]:
    to = aliased(Agent)
    query = (
        select(Case, Handover, to.name)
        .join(Handover, Handover.case_id == Case.id)
        .outerjoin(to, to.id == Handover.stand_in_id)
        .where(Handover.absence_id == absence_id, visible(viewer))
        .order_by(Handover.due_at.asc().nulls_last(), Case.id)
    )
    return [
        Item(case.reference, case.subject, row.status, row.due_at, row.last_message_at, name, row.returned)
        for case, row, name in session.execute(query)
    ]


def _still_there(session: Session, viewer: Viewer, agent_id: int) -> Sequence[Item]:
    mine = select(Case).where(Case.assignee_id == agent_id, Case.status.in_(LIVE), visible(viewer))
    found = session.scalars(mine.order_by(Case.due_at.asc().nulls_last(), Case.id))
    return [Item(one.reference, one.subject, one.status, one.due_at, one.last_message_at) for one in found]
