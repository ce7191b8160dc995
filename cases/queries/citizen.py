"""A citizen's record as somebody at the desk sees it: what we know, who uses which address, their cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, or_, select
from sqlalchemy.orm import Session

from cases import clock
from cases.departments import City
from cases.followers import FOLLOWER
from cases.identity import likely, records
from cases.identity.evidence import WORDS, Sign
from cases.identity.likely import Likely
from cases.identity.verdicts import NOT_SAME, same_person
from cases.lifecycle import ENDED
from cases.models import (
    Address,
    CallerFlag,
    Case,
    Citizen,
    CitizenAddress,
    CitizenChange,
    Filing,
    Message,
    Party,
    SaidBy,
    Thread,
    Verdict,
)
from cases.permissions import Action, Viewer, may
from cases.queries import newest, scope
from cases.queries.queue import CaseRow, case_row, rows

MOST_CASES, MOST_CHANGES, MOST_SAID = 30, 20, 10


@dataclass(frozen=True, slots=True)
class UsedAddress:
    """An address that one of a person's records uses; ``verified_how`` is None where nobody made sure."""

    id: int
    citizen_id: int
    kind: str
    value: str
    language: str | None
    opted_out: bool
    shared: bool
    verified_how: str | None
    verified_at: datetime | None
    #: why its callers are flagged now, None where they are not
    flagged: str | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided of this person and another record; ``signs`` in words."""

    citizen_id: int
    of: int
    name: str | None
    verdict: str
    automatic: bool
    reason: str
    at: datetime
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a phone that several people use: who spoke it, as far as an agent said."""

    message_id: int
    reference: str
    at: datetime
    text: str
    named: bool
    citizen_id: int | None


@dataclass(frozen=True, slots=True)
class Record:
    """A person as one viewer may see them. ``records``: linked ones, this one among them, as (id, name)."""

    citizen: Citizen
    records: tuple[tuple[int, str | None], ...]
    addresses: tuple[UsedAddress, ...]
    open_cases: tuple[CaseRow, ...]
    other_cases: tuple[CaseRow, ...]
    parties: int
    followers: int
    candidates: tuple[Likely, ...]
    decided: tuple[Decided, ...]
    changes: Sequence[CitizenChange]
    said: tuple[Said, ...]
    users: tuple[tuple[int, str | None], ...]
    may_change: bool


def load(session: Session, viewer: Viewer, citizen_id: int, *, city: City) -> Record:
    """Return the record; ``NotFound`` where it is none of the viewer's. Whether they may look is asked before."""
    citizen = records.find(session, viewer, citizen_id=citizen_id)
    person = _records(session, viewer, citizen_id)
    ids = [one for one, _ in person]
    found = _cases(session, viewer, ids)
    addresses = _addresses(session, ids)
    shared = [one.id for one in addresses if one.shared]
    parties, followers = _parties(session, viewer, ids)
    may_change = may(viewer, Action.NOTE)
    return Record(
        citizen=citizen,
        records=person,
        addresses=addresses,
        open_cases=tuple(one for one in found if one.status not in ENDED),
        other_cases=tuple(one for one in found if one.status in ENDED),
        parties=parties,
        followers=followers,
        candidates=likely.candidates(session, viewer, citizen_id, city=city) if may_change else (),
        decided=_decided(session, viewer, ids),
        changes=_changes(session, ids),
        said=_said(session, viewer, shared),
        users=_users(session, viewer, shared),
        may_change=may_change,
    )


def _records(session: Session, viewer: Viewer, citizen_id: int) -> tuple[tuple[int, str | None], ...]:
    """Return this record and those linked with it that the viewer may know of."""
    known = or_(Citizen.id == citizen_id, scope.knows(viewer, ordinary=True))
    query = select(Citizen.id, Citizen.name).where(Citizen.id.in_(same_person(citizen_id)), known).order_by(Citizen.id)
    return tuple((row.id, row.name) for row in session.execute(query))


def _addresses(session: Session, ids: Sequence[int]) -> tuple[UsedAddress, ...]:
    at = clock.now(session)
    holds = (CallerFlag.number == Address.value, CallerFlag.lifted_at.is_(None), CallerFlag.expires_at > at)
    flag = select(CallerFlag.reason).where(*holds).correlate(Address).scalar_subquery()
    query = (
        select(Address, CitizenAddress, flag)
        .join(CitizenAddress, CitizenAddress.address_id == Address.id)
        .where(CitizenAddress.citizen_id.in_(ids))
        .order_by(Address.id, CitizenAddress.citizen_id)
    )
    return tuple(
        UsedAddress(
            one.id,
            use.citizen_id,
            one.kind,
            one.value,
            one.language,
            one.opted_out_at is not None,
            one.shared_at is not None,
            use.verified_how,
            use.verified_at,
            flagged,
        )
        for one, use, flagged in session.execute(query)
    )


def _cases(session: Session, viewer: Viewer, ids: Sequence[int]) -> tuple[CaseRow, ...]:
    now, theirs = clock.now(session), newest.cases_of(newest.listed(ids))
    query = rows().where(scope.visible(viewer), Case.id.in_(theirs))
    query = query.order_by(newest.by(Case.id).desc()).limit(MOST_CASES)
    return tuple(case_row(row, now=now) for row in session.execute(query))


def _parties(session: Session, viewer: Viewer, ids: Sequence[int]) -> tuple[int, int]:
    """Count the cases in which they have a part, and those who follow their newest, as far as these may be read."""
    own = select(Party.case_id).join(Case, Case.id == Party.case_id).distinct()
    own = own.where(Party.citizen_id.in_(ids), scope.visible(viewer))
    others = select(Party.id).join(Case, Case.id == Party.case_id)
    theirs = Case.id.in_(newest.cases_of(newest.listed(ids)))
    others = others.where(theirs, Party.role == FOLLOWER, scope.visible(viewer))
    parties, followers = session.execute(select(newest.counted(own), newest.counted(others))).one()
    return int(parties), int(followers)


def _decided(session: Session, viewer: Viewer, ids: Sequence[int]) -> tuple[Decided, ...]:
    mine_is_low = Verdict.low_id.in_(ids)
    other = case((mine_is_low, Verdict.high_id), else_=Verdict.low_id)
    query = (
        select(Verdict, other.label("other"), Citizen.name)
        .join(Citizen, Citizen.id == other)
        .where(Verdict.ended_at.is_(None), or_(mine_is_low, Verdict.high_id.in_(ids)))
        .where(scope.knows(viewer, ordinary=True))
        .order_by(Verdict.verdict == NOT_SAME, Verdict.id)
    )
    return tuple(
        Decided(
            other_id,
            one.low_id if other_id == one.high_id else one.high_id,
            name,
            one.verdict,
            one.automatic,
            one.reason,
            one.decided_at,
            tuple(WORDS[Sign(sign)] for sign in one.evidence if sign in set(Sign)),
        )
        for one, other_id, name in session.execute(query)
    )


def _changes(session: Session, ids: Sequence[int]) -> Sequence[CitizenChange]:
    query = select(CitizenChange).where(CitizenChange.citizen_id.in_(ids)).order_by(CitizenChange.id.desc())
    return session.scalars(query.limit(MOST_CHANGES)).all()


def _said(session: Session, viewer: Viewer, shared: Sequence[int]) -> tuple[Said, ...]:
    """Return the latest messages of shared phones, as far as they stand in cases that the viewer may read."""
    said = newest.said(select(Thread.id).where(Thread.address_id.in_(shared)).subquery("shared"), MOST_CASES)
    query = (
        select(
            Message.id,
            Case.reference,
            Message.created_at,
            Message.text,
            SaidBy.message_id.is_not(None).label("named"),
            SaidBy.citizen_id,
        )
        .join(said, said.c.id == Message.id)
        .join(Filing, Filing.message_id == Message.id)
        .join(Case, Case.id == Filing.case_id)
        .outerjoin(SaidBy, SaidBy.message_id == Message.id)
        .where(Filing.removed_at.is_(None), scope.visible(viewer))
        .order_by(newest.by(Message.id).desc())
        .limit(MOST_SAID)
    )
    return tuple(Said(*row) for row in session.execute(query)) if shared else ()


def _users(session: Session, viewer: Viewer, shared: Sequence[int]) -> tuple[tuple[int, str | None], ...]:
    query = (
        select(Citizen.id, Citizen.name)
        .join(CitizenAddress, CitizenAddress.citizen_id == Citizen.id)
        .where(CitizenAddress.address_id.in_(shared), scope.knows(viewer, ordinary=True))
        .order_by(Citizen.id)
    )
    return tuple((row.id, row.name) for row in session.execute(query)) if shared else ()
