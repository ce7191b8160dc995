"""One incident, many cases: those that are part of it stay cases of their own, and are told and resolved together."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from cases import access, clock, references, survivors
from cases.departments import City
from cases.errors import Invalid, NotFound
from cases.filing import links
from cases.filing.links import LinkKind
from cases.lifecycle import ENDED, Outcome, Status, move
from cases.models import Case, CaseLink
from cases.models.event import record
from cases.permissions import Action, Viewer, may

#: cases of one incident: what one update, which is one transaction, can tell
MOST = 500


def attach(session: Session, viewer: Viewer, *, incident: str, cases: Sequence[str]) -> list[CaseLink]:
    """Make cases part of an incident; the viewer must be allowed to change it and each of them."""
    if not 1 <= len(cases) <= MOST:
        raise Invalid(f"Between 1 and {MOST} cases can be attached at once.", field="cases")
    whole, *parts = access.several_for_change(session, viewer, Action.TRANSITION, [incident, *cases])
    if len(parts) + len(_part_ids(session, whole)) > MOST:
        raise Invalid(f"An incident has at most {MOST} cases; make a second one and link the two.", field="cases")
    at = clock.now(session)
    made = []
    for case in parts:
        _check(session, case, whole)
        made.append(links.join(session, case, whole, LinkKind.PART_OF, actor=viewer.actor, at=at))
    return made


def detach(session: Session, viewer: Viewer, *, incident: str, case: str) -> None:
    """Take a case out of an incident; it goes on as the case it is."""
    whole, part = access.several_for_change(session, viewer, Action.TRANSITION, [incident, case])
    inside, outside = survivors.tree(part.id, "inside"), survivors.tree(whole.id, "outside")
    query = (
        select(CaseLink)
        .join(inside, inside.c.id == CaseLink.from_id)
        .join(outside, outside.c.id == CaseLink.to_id)
        .where(CaseLink.kind == LinkKind.PART_OF, CaseLink.removed_at.is_(None))
    )
    found = session.scalars(query).all()
    if not found:
        raise NotFound("This case is not part of the incident.", field="case")
    for row in found:
        links.part(session, part, whole, row, actor=viewer.actor, at=clock.now(session))


def parts(session: Session, whole: Case) -> list[Case]:
    """Return the cases of an incident, those into which parts of it were merged for these; without a lock."""
    return [survivors.of(session, one) for one in _part_ids(session, whole)]


def locked_with_parts(session: Session, viewer: Viewer, action: Action, incident: str) -> tuple[Case, list[Case]]:
    """Return an incident and its live cases that the viewer may do this to, all locked by id."""
    whole = access.for_reading(session, viewer, reference=incident)
    ids = {whole.id, *(one.id for one in parts(session, whole))}
    locked = survivors.lock_ids(session, ids)
    own = locked.pop(whole.id)
    access.require(session, viewer, action, own)
    if own.merged_into_id is not None:
        raise Invalid("The incident was merged while you looked at it. Load it again.", field="reference")
    return own, [one for one in locked.values() if one.status not in ENDED and may(viewer, action, one)]


def resolve_parts(
    session: Session, viewer: Viewer, *, city: City, incident: str, outcome: Outcome, reason: str = ""
) -> list[Case]:
    """Resolve the live cases of an incident as it is resolved itself; returns those that were."""
    _, found = locked_with_parts(session, viewer, Action.TRANSITION, incident)
    at = clock.now(session)
    for case in found:
        happened = move(
            session,
            case,
            Status.RESOLVED,
            calendars=city.calendars,
            at=at,
            actor=viewer.actor,
            outcome=outcome,
            reason=reason,
        )
        record(session, case, happened, at=at)
    return found


def _part_ids(session: Session, whole: Case) -> list[int]:
    tree = survivors.tree(whole.id)
    query = select(CaseLink.from_id).join(tree, tree.c.id == CaseLink.to_id)
    query = query.where(CaseLink.kind == LinkKind.PART_OF, CaseLink.removed_at.is_(None))
    return sorted(session.scalars(query))


def _check(session: Session, case: Case, whole: Case) -> None:
    where, there = references.written(case.reference), references.written(whole.reference)
    if case.id == whole.id:
        raise Invalid("An incident cannot be part of itself.", field="cases")
    for one in (case, whole):
        if one.status in ENDED:
            raise Invalid(f"{references.written(one.reference)} has ended; open it again first.", field="cases")
    if _part_ids(session, case):
        raise Invalid(f"{where} is an incident with cases of its own; detach those first.", field="cases")
    other = aliased(Case)
    query = select(CaseLink.from_id, other.reference).join(other, other.id == CaseLink.to_id)
    query = query.where(CaseLink.kind == LinkKind.PART_OF, CaseLink.removed_at.is_(None))
    for part_id, reference in session.execute(query.where(CaseLink.from_id.in_((case.id, whole.id)))):
        named = where if part_id == case.id else there
        raise Invalid(f"{named} is part of {references.written(reference)} already.", field="cases")
