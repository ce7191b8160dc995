"""Who else this citizen may be: other records, with what speaks for it. Confidential cases that the viewer may not read
are no source: neither their texts nor who is known from them alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from cases.departments import City
from cases.identity.evidence import Evidence, Sign, weigh
from cases.identity.names import numbers, windows
from cases.identity.verdicts import NOT_SAME, same_person
from cases.models import Address, Case, Citizen, CitizenAddress, Message, Verdict
from cases.permissions import Viewer
from cases.queries import newest, scope

MOST = 8
#: how many of a citizen's latest messages are searched for names and numbers, in how many of their latest cases
MOST_MESSAGES, MOST_CASES = 50, 30
_MOST_OF_ONE_NAME = 50


@dataclass(frozen=True, slots=True)
class Likely:
    """A record that may be the same person. ``name`` is None for who told none."""

    citizen_id: int
    name: str | None
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a person's records together."""

    ids: frozenset[int]
    names: frozenset[str]
    languages: frozenset[str]
    anonymous: bool


def candidates(
    session: Session, viewer: Viewer, citizen_id: int, *, city: City, most: int = MOST
) -> tuple[Likely, ...]:
    """Return the likeliest other records, best first; nobody for who wants to stay anonymous."""
    person = _person(session, citizen_id)
    if person.anonymous:
        return ()
    signs: dict[int, set[Sign]] = defaultdict(set)
    _by_address(session, person, signs)
    _by_name(session, person, signs)
    _by_text(session, viewer, person, signs, city=city)
    others = _others(session, viewer, person, signs)
    _by_service(session, viewer, person, [one for one in others if Sign.NAME in signs[one]], signs)
    found = [
        Likely(other, name, evidence)
        for other, (name, language) in others.items()
        if (evidence := weigh(signs[other] | ({Sign.LANGUAGE} if language in person.languages else set())))
    ]
    return tuple(sorted(found, key=lambda one: (-one.evidence.score, one.citizen_id))[:most])


def _person(session: Session, citizen_id: int) -> _Known:
    query = select(Citizen.id, Citizen.name_folded, Citizen.language, Citizen.anonymous)
    rows = session.execute(query.where(Citizen.id.in_(same_person(citizen_id)))).all()
    return _Known(
        frozenset(row.id for row in rows),
        frozenset(row.name_folded for row in rows if row.name_folded and " " in row.name_folded),
        frozenset(row.language for row in rows if row.language),
        any(row.anonymous for row in rows),
    )


def _by_address(session: Session, person: _Known, signs: dict[int, set[Sign]]) -> None:
    mine = CitizenAddress.__table__.alias("mine")
    query = (
        select(
            CitizenAddress.citizen_id, Address.kind, Address.shared_at, CitizenAddress.verified_at, mine.c.verified_at
        )
        .join(mine, mine.c.address_id == CitizenAddress.address_id)
        .join(Address, Address.id == CitizenAddress.address_id)
        .where(mine.c.citizen_id.in_(person.ids), CitizenAddress.citizen_id.not_in(person.ids))
    )
    for other, kind, shared, theirs, ours in session.execute(query):
        sign = Sign.EMAIL if kind == "email" else Sign.NUMBER
        signs[other].add(Sign.SHARED if shared else Sign.VERIFIED if theirs and ours else sign)


def _by_name(session: Session, person: _Known, signs: dict[int, set[Sign]]) -> None:
    query = select(Citizen.id).where(Citizen.name_folded.in_(person.names), Citizen.id.not_in(person.ids))
    for other in session.scalars(query.order_by(Citizen.id.desc()).limit(_MOST_OF_ONE_NAME)):
        signs[other].add(Sign.NAME)


def _by_text(session: Session, viewer: Viewer, person: _Known, signs: dict[int, set[Sign]], *, city: City) -> None:
    texts = session.scalars(_texts(viewer, person)).all()
    named = numbers(texts, city.organisation.prefixes)
    by_number = (
        select(CitizenAddress.citizen_id)
        .join(Address, Address.id == CitizenAddress.address_id)
        .where(Address.kind == "phone", Address.value.in_(named), Address.shared_at.is_(None))
    )
    for other in session.scalars(by_number) if named else ():
        signs[other].add(Sign.NUMBER_NAMED)
    by_name = select(Citizen.id).where(Citizen.name_folded.in_(windows(texts))).limit(_MOST_OF_ONE_NAME)
    for other in session.scalars(by_name) if texts else ():
        signs[other].add(Sign.NAMED)


def _texts(viewer: Viewer, person: _Known) -> Select[str]:
    """Return what the person wrote lately in the newest of their cases, as far as the viewer may read these."""
    theirs = select(Case.id).where(Case.id.in_(newest.cases_of(newest.listed(person.ids), MOST_CASES)))
    filed = newest.filed(theirs.where(scope.visible(viewer)).cte("theirs"), 2 * MOST_MESSAGES)
    said = select(Message.text).join(filed, filed.c.message_id == Message.id).where(Message.direction == "in")
    return said.order_by(newest.by(Message.id).desc()).limit(MOST_MESSAGES)


def _others(
    session: Session, viewer: Viewer, person: _Known, signs: Mapping[int, set[Sign]]
) -> Mapping[int, tuple[str | None, str | None]]:
    """Return name and language of those whom the viewer may know of and nobody has decided about."""
    asked = set(signs) - person.ids
    refused = select(Verdict.id).where(
        Verdict.verdict == NOT_SAME,
        Verdict.ended_at.is_(None),
        or_(
            Verdict.low_id.in_(person.ids) & (Verdict.high_id == Citizen.id),
            Verdict.high_id.in_(person.ids) & (Verdict.low_id == Citizen.id),
        ),
    )
    query = select(Citizen.id, Citizen.name, Citizen.language).where(
        Citizen.id.in_(asked), ~Citizen.anonymous, ~refused.exists(), scope.knows(viewer, ordinary=True)
    )
    return {row.id: (row.name, row.language) for row in session.execute(query)} if asked else {}


def _by_service(
    session: Session, viewer: Viewer, person: _Known, others: Sequence[int], signs: dict[int, set[Sign]]
) -> None:
    if not others:
        return
    mine = set(session.scalars(_services(viewer, person.ids)))
    newest_of = Case.id.in_(newest.cases_of(newest.listed(others), MOST_CASES))
    query = select(Case.citizen_id).where(newest_of, Case.service.in_(mine), scope.visible(viewer))
    for other in session.scalars(query.distinct()) if mine else ():
        signs[other].add(Sign.SERVICE)


def _services(viewer: Viewer, ids: Collection[int]) -> Select[str | None]:
    theirs = Case.id.in_(newest.cases_of(newest.listed(ids), MOST_CASES))
    return select(Case.service).where(theirs, Case.service.is_not(None), scope.visible(viewer)).distinct()
