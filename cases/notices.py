"""Escalations become notices to people, and notices are told: by the bell always, by SMS to who wants it, once.

Any number of callers may run; what one has locked the others pass by, and no step reaches a person twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import bindparam, delete, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import rota, staff_texts
from cases.base import table
from cases.departments import City
from cases.lifecycle import ENDED
from cases.models import Agent, Case, Escalation, Notice, Task, Timer
from cases.permissions import Viewer, ViewerKind
from cases.recipients import Owned, Owner, Staff
from cases.sla.calendar import ALWAYS_OPEN
from cases.sla.terms import thawed
from cases.sla.timers import LIVE
from cases.staff_texts import SMS

log = structlog.get_logger(__name__)

MOST = 100
KIND = "escalation"
TEXT = "staff_escalation"
BELL = "bell"
_UNNOTICED = (
    select(Escalation, Timer, Case, Task.assignee_id)
    .join(Timer, Timer.id == Escalation.timer_id)
    .join(Case, Case.id == Escalation.case_id)
    .outerjoin(Task, Task.id == Timer.task_id)
    .where(Escalation.noticed_at.is_(None))
    .order_by(Escalation.id)
    .limit(bindparam("most"))
    .with_for_update(of=Escalation, skip_locked=True)
    .execution_options(populate_existing=True)
)
_UNTOLD = (
    select(Notice, Escalation, Timer, Case, Agent)
    .join(Escalation, Escalation.id == Notice.escalation_id)
    .join(Timer, Timer.id == Escalation.timer_id)
    .join(Case, Case.id == Notice.case_id)
    .join(Agent, Agent.id == Notice.agent_id)
    .where(Notice.sent_at.is_(None), Notice.not_before <= bindparam("at"))
    .order_by(Notice.not_before, Notice.id)
    .limit(bindparam("most"))
    .with_for_update(of=Notice, skip_locked=True)
    .execution_options(populate_existing=True)
)
_WAITING = select(
    or_(
        exists().where(Escalation.noticed_at.is_(None)),
        exists().where(Notice.sent_at.is_(None), Notice.not_before <= bindparam("at")),
    )
)


class Told(NamedTuple):
    """What one look told: how many notices were settled, and the accounts with a text message to send."""

    settled: int
    accounts: frozenset[str] = frozenset()


def waiting(session: Session, *, at: datetime) -> bool:
    """Tell whether an escalation has reached nobody yet, or a notice whose time has come was not told."""
    return bool(session.scalar(_WAITING, {"at": at}))


def address(session: Session, *, city: City, at: datetime, most: int = MOST) -> int:
    """Turn escalations into notices; returns how many were looked at.

    What has become pointless meanwhile (answered, settled, put off) is marked as done and told to nobody.
    """
    found = session.execute(_UNNOTICED, {"most": most}).all()
    if not found:
        return 0
    staff = rota.read(session, city, at=at)
    rows = [
        row
        for one, timer, case, doer in found
        for row in _notices(one, timer, case, staff, owned=_owned(case, doer), city=city, at=at)
    ]
    if rows:
        session.execute(insert(table(Notice)).on_conflict_do_nothing(), rows)
    done = [one.id for one, *_ in found]
    session.execute(update(Escalation).where(Escalation.id.in_(done)).values(noticed_at=at))
    return len(found)


def tell(session: Session, *, city: City, at: datetime, most: int = MOST) -> Told:
    """Tell notices whose time has come; one whose matter was settled in the meantime is taken back unseen."""
    found = session.execute(_UNTOLD, {"at": at, "most": most}).all()
    pointless = [notice.id for notice, one, timer, case, agent in found if _stale(one, timer, case) or not agent.active]
    session.execute(delete(Notice).where(Notice.id.in_(pointless)))
    accounts: set[str] = set()
    # In the order of their numbers, so that two callers never wait for each other's address.
    for notice, _, _, case, agent in sorted(found, key=lambda row: (row[4].phone or "", row[0].id)):
        if notice.id in pointless:
            continue
        values = partial(_values, notice, case, city)
        sent = staff_texts.send(session, case, agent, key=TEXT, values=values, city=city, at=at)
        if sent is not None:
            notice.message_id = sent.message_id
            accounts.add(sent.account)
        notice.sent_at = at
    session.flush()
    return Told(len(found), frozenset(accounts))


def read(
    session: Session, viewer: Viewer, *, at: datetime, case_id: int | None = None, until: int | None = None
) -> int:
    """Mark the viewer's own notices as read: all, those of a case, those up to one; returns how many."""
    if viewer.kind is not ViewerKind.AGENT:
        return 0
    query = update(Notice).where(Notice.agent_id == viewer.id, Notice.read_at.is_(None), Notice.sent_at.is_not(None))
    if case_id is not None:
        query = query.where(Notice.case_id == case_id)
    if until is not None:
        query = query.where(Notice.id <= until)
    changed: Any = session.execute(query.values(read_at=at))
    return int(changed.rowcount)


def _stale(one: Escalation, timer: Timer, case: Case) -> bool:
    """Tell whether there is nothing left to hurry: kept, ended, standing still, or with another deadline by now."""
    return case.status in ENDED or timer.state not in LIVE or timer.due_at != one.due_at


def _notices(
    one: Escalation, timer: Timer, case: Case, staff: Staff, *, owned: Owned, city: City, at: datetime
) -> Iterator[dict[str, Any]]:
    if _stale(one, timer, case):
        return
    calendar = city.calendars.get(thawed(timer.policy).calendar, ALWAYS_OPEN)
    told = staff.who(one.to, owned, calendar=calendar, at=at)
    if not told:
        log.error("notices.nobody", escalation_id=one.id, case_id=case.id)
    for agent_id, not_before in told:
        yield {
            "agent_id": agent_id,
            "case_id": case.id,
            "escalation_id": one.id,
            "kind": KIND,
            "step": one.step,
            "timer_kind": timer.kind,
            "due_at": one.due_at,
            "not_before": not_before,
            "created_at": at,
        }


def _owned(case: Case, doer: int | None) -> Owned:
    """Return whose a promise is: a task's is its assignee's; nobody's task, and all else, is the case's own."""
    return case if doer is None else Owner(case.department, case.confidential, doer, case.about)


def _values(notice: Notice, case: Case, city: City) -> dict[str, str]:
    due = notice.due_at.astimezone(ZoneInfo(city.organisation.timezone)).strftime("%d %b %H:%M")
    key, language = f"timer.{notice.timer_kind}", city.organisation.default_language
    timer = city.texts.render(key, language=language, channel=SMS)
    return {"reference": staff_texts.reference(case), "timer": timer, "due": due}
