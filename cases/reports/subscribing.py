"""Reports by mail: who asked for which one, and those whose day has come."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import clock
from cases.base import table
from cases.departments import City
from cases.errors import Invalid, NotAllowed, NotFound
from cases.figures.setting import setting_of
from cases.models import ReportSubscription
from cases.permissions import Action, Viewer, ViewerKind, may
from cases.queries.figures import departments
from cases.queries.reports.catalogue import REPORTS
from cases.reports.rhythms import RHYTHMS, next_day

LONGEST_ADDRESS = 254
MOST = 30
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+\.[^\s@<>,;:\"()\[\]\\.]+")
_TABLE = table(ReportSubscription)
_DUE = (
    select(ReportSubscription)
    .where(ReportSubscription.next_day <= bindparam("today"))
    .order_by(ReportSubscription.next_day, ReportSubscription.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)


def subscribe(
    session: Session, viewer: Viewer, *, city: City, report: str, department: str, rhythm: str, address: str
) -> None:
    """Send the viewer a report of one department (empty: of all that they may see); asked again, to another address."""
    if viewer.kind is not ViewerKind.AGENT or not may(viewer, Action.FIGURES):
        raise NotAllowed("Reports are sent to people who may see figures.")
    if report not in REPORTS:
        raise NotFound("There is no such report.", field="report")
    if rhythm not in RHYTHMS:
        raise Invalid(f"Choose one of {', '.join(RHYTHMS)}.", field="rhythm")
    if department and department not in dict(departments(viewer, city)):
        raise NotFound("There is no such department, or none whose figures you may see.", field="department")
    address = address.strip()
    if len(address) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
        raise Invalid("Write one mail address, such as name@example.org.", field="address")
    if len(of(session, viewer)) >= MOST:
        raise Invalid(f"You are sent {MOST} reports already; end one first.", field="report")
    at = clock.now(session)
    row: dict[str, Any] = {
        "report": report,
        "department": department,
        "rhythm": rhythm,
        "agent_id": viewer.id,
        "address": address,
    }
    row |= {"created_at": at, "next_day": next_day(rhythm, setting_of(city).date_of(at))}
    key = ["agent_id", "report", "rhythm", "department"]
    session.execute(insert(_TABLE).values(row).on_conflict_do_update(index_elements=key, set_={"address": address}))


def end(session: Session, viewer: Viewer, *, number: int) -> None:
    """Send one report no more; raises ``NotFound`` for one that is not the viewer's."""
    query = delete(_TABLE).where(_TABLE.c.id == number, _TABLE.c.agent_id == viewer.id).returning(_TABLE.c.id)
    if session.execute(query).scalar_one_or_none() is None:
        raise NotFound("This report is not sent to you.")


def of(session: Session, viewer: Viewer) -> Sequence[ReportSubscription]:
    """Return what the viewer is sent."""
    query = select(ReportSubscription).where(ReportSubscription.agent_id == viewer.id)
    return session.scalars(query.order_by(ReportSubscription.report, ReportSubscription.id)).all()


def due(session: Session, *, today: date) -> ReportSubscription | None:
    """Lock the next report whose day has come; None where there is none, or somebody else sends it."""
    return session.scalars(_DUE, {"today": today}).one_or_none()
