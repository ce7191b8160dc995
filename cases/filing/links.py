"""How cases hang together, in a closed set of words, each read from both sides; a link can be taken away again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from cases import access, clock, references, survivors
from cases.errors import Invalid, NotFound
from cases.models import Case, CaseLink
from cases.models.event import Happened, record
from cases.permissions import Action, Viewer, may


class LinkKind(StrEnum):
    """What one case is to another. ``part_of`` belongs to incidents; ``not_duplicate`` is never shown."""

    RELATED = "related"
    DUPLICATE_OF = "duplicate_of"
    CAUSED_BY = "caused_by"
    FOLLOWS_FROM = "follows_from"
    PART_OF = "part_of"
    NOT_DUPLICATE = "not_duplicate"


#: what a person chooses from
CHOICES = (LinkKind.RELATED, LinkKind.DUPLICATE_OF, LinkKind.CAUSED_BY, LinkKind.FOLLOWS_FROM)
#: how a link reads from the case that it is about, and from the other one
WORDS: Mapping[LinkKind, tuple[str, str]] = {
    LinkKind.RELATED: ("related to", "related to"),
    LinkKind.DUPLICATE_OF: ("duplicate of", "has the duplicate"),
    LinkKind.CAUSED_BY: ("caused by", "cause of"),
    LinkKind.FOLLOWS_FROM: ("follows from", "led to"),
    LinkKind.PART_OF: ("part of", "incident of"),
}
_BOTH_WAYS = (LinkKind.RELATED, LinkKind.NOT_DUPLICATE)


def add(session: Session, viewer: Viewer, *, reference: str, other: str, kind: LinkKind) -> CaseLink:
    """Say what a case is to another one that the viewer may read."""
    if kind not in CHOICES:
        known = ", ".join(CHOICES)
        raise Invalid(f"{kind.value!r} is not a link that can be chosen; one of {known}.", field="kind")
    case, second = access.several_for_change(session, viewer, Action.READ, [reference, other])
    access.require(session, viewer, Action.TRANSITION, case)
    _refuse_itself(case, second)
    return join(session, case, second, kind, actor=viewer.actor, at=clock.now(session))


def remove(session: Session, viewer: Viewer, *, reference: str, link_id: int) -> None:
    """Take a link of a case away; the row stays, and both histories say so."""
    row = session.get(CaseLink, link_id)
    first = access.for_reading(session, viewer, reference=reference)
    if row is None or row.kind not in CHOICES or first.id not in (row.from_id, row.to_id):
        raise NotFound("There is no such link at this case.", field="link")
    case, other = _ends(session, viewer, row, first.id)
    session.refresh(row)
    if row.removed_at is not None:
        raise Invalid("This link has been taken away already.", field="link")
    part(session, case, other, row, actor=viewer.actor, at=clock.now(session))


def not_duplicate(session: Session, viewer: Viewer, *, reference: str, other: str) -> None:
    """Remember that two cases are not the same matter, so that it is not suggested again."""
    case, second = access.several_for_change(session, viewer, Action.READ, [reference, other])
    access.require(session, viewer, Action.TRANSITION, case)
    _refuse_itself(case, second)
    low, high = sorted((case.id, second.id))
    if _standing(session, low, high, LinkKind.NOT_DUPLICATE) is None:
        kind, at = LinkKind.NOT_DUPLICATE, clock.now(session)
        session.add(CaseLink(from_id=low, to_id=high, kind=kind, actor=viewer.actor, at=at))


def join(session: Session, case: Case, other: Case, kind: LinkKind, *, actor: str, at: datetime) -> CaseLink:
    """Link two locked cases, and tell it in both histories; asks nobody's permission."""
    if _standing(session, case.id, other.id, kind) is not None:
        raise Invalid(f"{references.written(other.reference)} is linked like that already.", field="other")
    row = CaseLink(from_id=case.id, to_id=other.id, kind=kind, actor=actor, at=at)
    session.add(row)
    session.flush()
    _tell(session, "linked", case, other, row, actor=actor, at=at)
    return row


def part(session: Session, case: Case, other: Case, row: CaseLink, *, actor: str, at: datetime) -> None:
    """Take a link between two locked cases away, and tell it in both histories."""
    row.removed_at = at
    _tell(session, "unlinked", case, other, row, actor=actor, at=at)


def _tell(session: Session, kind: str, case: Case, other: Case, row: CaseLink, *, actor: str, at: datetime) -> None:
    for one, second in ((case, other), (other, case)):
        side = "from" if row.from_id == one.id else "to"
        values = {"link": row.id, "link_kind": row.kind, "side": side, "other": second.reference}
        record(session, one, [Happened(kind, actor, values)], at=at)


def _ends(session: Session, viewer: Viewer, row: CaseLink, first_id: int) -> tuple[Case, Case]:
    locked = survivors.lock_ids(session, [row.from_id, row.to_id])
    case, other = locked[first_id], locked[row.to_id if row.from_id == first_id else row.from_id]
    if not may(viewer, Action.READ, other):
        raise NotFound("There is no such link at this case.", field="link")
    access.require(session, viewer, Action.TRANSITION, case)
    return case, other


def _standing(session: Session, first: int, second: int, kind: LinkKind) -> int | None:
    ways = [(CaseLink.from_id == first) & (CaseLink.to_id == second)]
    if kind in _BOTH_WAYS:
        ways.append((CaseLink.from_id == second) & (CaseLink.to_id == first))
    query = select(CaseLink.id).where(or_(*ways), CaseLink.kind == kind, CaseLink.removed_at.is_(None))
    return session.scalar(query.limit(1))


def _refuse_itself(case: Case, other: Case) -> None:
    if case.id == other.id:
        raise Invalid("These two are one and the same case.", field="other")
