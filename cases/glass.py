"""Breaking the glass: a confidential case of another department is opened with a reason, for a while, and is told of.

Lists, counts and search never show such a case: it is read at its own address, by who knows its reference. For
everybody who may not break the glass it looks like a case that does not exist.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from cases import bells, clock, references, rota, survivors
from cases.departments import City
from cases.errors import NotFound
from cases.models import Case, Glass
from cases.models.event import Happened, record
from cases.permissions import Action, Role, Viewer, may, through_glass
from cases.reasons import Reason

log = structlog.get_logger(__name__)

_UNTIL = select(func.max(Glass.until)).where(
    Glass.agent_id == bindparam("agent_id"), Glass.case_id == bindparam("case_id"), Glass.until > bindparam("at")
)


def offered(session: Session, viewer: Viewer, *, reference: str, city: City) -> bool:
    """Tell whether this viewer may read this case once they give a reason, and has not done so."""
    case = survivors.find(session, references.parse(reference) or "")
    return case is not None and _breakable(viewer, case, city) and until(session, viewer, case) is None


def break_(session: Session, viewer: Viewer, *, reference: str, reason: Reason, city: City) -> datetime:
    """Let the viewer read a case for the hours that the city's limits name; returns until when.

    It enters the history, and who heads the case's department is told at once. Raises ``NotFound`` where there is no
    such case, or none that this viewer may open this way.
    """
    case = survivors.lock(session, references.parse(reference) or "")
    if case is None or not _breakable(viewer, case, city):
        raise NotFound("There is no such case, or none that you may see.", field="reference")
    at = clock.now(session)
    end = at + timedelta(hours=city.limits.glass_hours)
    row = {"case_id": case.id, "agent_id": viewer.id, "why": reason.why.value, "words": reason.words}
    session.add(Glass(**row, at=at, until=end))
    values = {"why": reason.why.value, "until": end.isoformat()}
    record(session, case, [Happened("glass_broken", viewer.actor, values, {"words": reason.words})], at=at)
    bells.ring(session, _heads(session, case, city, at), case, kind=bells.GLASS, at=at, about=str(viewer.id))
    return end


def until(session: Session, viewer: Viewer, case: Case) -> datetime | None:
    """Return until when the viewer may read a case for the reason they gave; None where they gave none, or it is over.

    Asks the database only for a case that could be opened this way.
    """
    if not through_glass(viewer, Action.READ, case):
        return None
    return session.scalar(_UNTIL, {"agent_id": viewer.id, "case_id": case.id, "at": clock.now(session)})


def lets(session: Session, viewer: Viewer, action: Action, case: Case) -> bool:
    """Tell whether a reason that was given lets the viewer do this to the case."""
    return through_glass(viewer, action, case) and until(session, viewer, case) is not None


def end(session: Session, case: Case, *, at: datetime) -> None:
    """End all that was opened of a case, as where it goes to another department: there a new reason is asked."""
    session.execute(update(Glass).where(Glass.case_id == case.id, Glass.until > at).values(until=at))


def _breakable(viewer: Viewer, case: Case, city: City) -> bool:
    return through_glass(viewer, Action.READ, case) and not city.is_conduct(case.department)


def _heads(session: Session, case: Case, city: City, at: datetime) -> list[int]:
    """Return the department's supervisors or who stands in for them; where it has none, all who work on such a case."""
    staff = rota.read(session, city, at=at)
    told = staff.who((Role.SUPERVISOR,), case, calendar=rota.calendar_of(city, case.department), at=at)
    heads = [one.agent_id for one in told]
    heads = heads or [one.id for one in staff.people.values() if may(one.viewer, Action.TRANSITION, case)]
    if not heads:
        log.error("glass.nobody_told", case_id=case.id)
    return heads
