"""What was decided of two records: the same person, or not. A verdict moves nothing, so it is taken back whole.

By itself only an exact verified match is linked: one address, verified for both, that nobody marked as shared. All
else a person decides, with a reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, or_, select, update
from sqlalchemy.orm import Session

from cases import clock
from cases.errors import Invalid
from cases.identity import records
from cases.identity.evidence import Sign
from cases.models import Address, Citizen, CitizenAddress, Verdict
from cases.permissions import SYSTEM, Viewer
from cases.together import Number

SAME, NOT_SAME = "same", "not_same"
SHORTEST_REASON, LONGEST_REASON = 5, 300
_LIVE = Verdict.ended_at.is_(None)


def same_person(citizen_id: Number) -> Select[int]:
    """Return the select of all records that are one person with this one, itself among them."""
    start = select(Citizen.id.label("id")).where(Citizen.id == citizen_id).cte(recursive=True)
    either = or_(Verdict.low_id == start.c.id, Verdict.high_id == start.c.id)
    other = case((Verdict.low_id == start.c.id, Verdict.high_id), else_=Verdict.low_id)
    linked = start.union(select(other).where(either, Verdict.verdict == SAME, _LIVE))
    return select(linked.c.id)


def link(session: Session, viewer: Viewer, *, one: int, other: int, reason: str, evidence: Sequence[str] = ()) -> None:
    """Say that two records are one person. Raises ``Invalid`` where a record of theirs was said not to be the same."""
    records.for_change(session, viewer, citizen_id=one)
    records.for_change(session, viewer, citizen_id=other)
    words, at = _reason(reason), clock.now(session)
    if one == other:
        raise Invalid("This is one record already.", field="other")
    for citizen in session.scalars(select(Citizen).where(Citizen.id.in_((one, other)))):
        if citizen.anonymous:
            raise Invalid("Who wants to stay anonymous is linked with nobody.", field="other")
    _end(session, one, other, NOT_SAME, by=viewer.actor, reason="linked after all", at=at)
    if _against(session, one, other):
        raise Invalid("A record of one was said not to be a record of the other. Take that back first.", field="other")
    if other not in session.scalars(same_person(one)).all():
        _decide(session, (one, other), SAME, reason=words, by=viewer.actor, at=at, evidence=evidence)


def refuse(session: Session, viewer: Viewer, *, one: int, other: int, reason: str = "") -> None:
    """Say that two records are not one person; it is remembered, and they are no candidates any more."""
    records.for_change(session, viewer, citizen_id=one)
    records.for_change(session, viewer, citizen_id=other)
    if one == other or other in session.scalars(same_person(one)).all():
        raise Invalid("They are linked. Take the link back instead.", field="other")
    if not _found(session, one, other, NOT_SAME):
        at = clock.now(session)
        _decide(session, (one, other), NOT_SAME, reason=reason.strip()[:LONGEST_REASON], by=viewer.actor, at=at)


def take_back(session: Session, viewer: Viewer, *, one: int, other: int, reason: str) -> None:
    """End what was decided of exactly these two; what each had is as it was, for nothing was moved."""
    records.for_change(session, viewer, citizen_id=one)
    records.for_change(session, viewer, citizen_id=other)
    words, at = _reason(reason), clock.now(session)
    ended = [_end(session, one, other, verdict, by=viewer.actor, reason=words, at=at) for verdict in (SAME, NOT_SAME)]
    if not any(ended):
        raise Invalid("Nothing stands between these two records.", field="other")
    if ended[0]:  # else the same match would link them again
        _decide(session, (one, other), NOT_SAME, reason=words, by=viewer.actor, at=at)


def link_verified(session: Session, address_id: int, *, at: datetime) -> bool:
    """Link the two records that an address is verified for; tells whether it did. A shared one links nobody."""
    query = (
        select(Citizen.id)
        .join(CitizenAddress, CitizenAddress.citizen_id == Citizen.id)
        .join(Address, Address.id == CitizenAddress.address_id)
        .where(Address.id == address_id, Address.shared_at.is_(None))
        .where(CitizenAddress.verified_at.is_not(None), ~Citizen.anonymous)
        .order_by(Citizen.id)
    )
    found = session.scalars(query).all()
    if len(found) != 2:
        return False
    one, other = found
    if _against(session, one, other) or other in session.scalars(same_person(one)).all():
        return False
    signs = [Sign.VERIFIED.value]
    _decide(session, found, SAME, reason="exact verified match", by=SYSTEM.actor, at=at, evidence=signs)
    return True


def _decide(
    session: Session,
    pair: Sequence[int],
    verdict: str,
    *,
    reason: str,
    by: str,
    at: datetime,
    evidence: Sequence[str] = (),
) -> None:
    low, high = sorted(pair)
    row = {"low_id": low, "high_id": high, "verdict": verdict, "evidence": list(evidence), "reason": reason}
    session.add(Verdict(**row, automatic=by == SYSTEM.actor, decided_by=by, decided_at=at))
    session.flush()


def _end(session: Session, one: int, other: int, verdict: str, *, by: str, reason: str, at: datetime) -> bool:
    statement = update(Verdict).where(_pair(one, other), Verdict.verdict == verdict, _LIVE)
    ended = statement.values(ended_by=by, ended_at=at, end_reason=reason).returning(Verdict.id)
    return session.execute(ended).first() is not None


def _found(session: Session, one: int, other: int, verdict: str) -> bool:
    query = select(Verdict.id).where(_pair(one, other), Verdict.verdict == verdict, _LIVE)
    return session.scalar(query) is not None


def _against(session: Session, one: int, other: int) -> bool:
    """Tell whether any record of the one was said not to be any of the other."""
    these, those = same_person(one).scalar_subquery(), same_person(other).scalar_subquery()
    ways = [and_(low.in_(a), high.in_(b)) for low, high, a, b in (
        (Verdict.low_id, Verdict.high_id, these, those), (Verdict.high_id, Verdict.low_id, these, those),
    )]  # fmt: skip
    query = select(Verdict.id).where(Verdict.verdict == NOT_SAME, _LIVE, or_(*ways)).limit(1)
    return session.scalar(query) is not None


def _pair(one: int, other: int) -> ColumnElement[bool]:
    low, high = sorted((one, other))
    return and_(Verdict.low_id == low, Verdict.high_id == high)


def _reason(reason: str) -> str:
    words = " ".join(reason.split())
    if not SHORTEST_REASON <= len(words) <= LONGEST_REASON:
        raise Invalid(f"Say in {SHORTEST_REASON} to {LONGEST_REASON} characters how you know.", field="reason")
    return words
