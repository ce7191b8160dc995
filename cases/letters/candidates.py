"""Who may have written a letter and which case it may belong to, for whoever keys it. Only what they may know of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from cases import references
from cases.errors import Invalid
from cases.identity.names import fold
from cases.letters import bearing, postal
from cases.letters.found import value
from cases.lifecycle import ENDED
from cases.messages import AddressKind
from cases.models import Address, Case, Citizen, CitizenAddress, LetterRow
from cases.permissions import Viewer
from cases.queries import scope

MOST_SENDERS, MOST_CASES = 6, 6


@dataclass(frozen=True, slots=True)
class Sender:
    """A citizen who may have written it; ``why`` in words."""

    citizen_id: int
    name: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Place:
    """A case that it may belong to, the likeliest first; ``why`` in words. ``proved``: a code of ours says so."""

    reference: str
    subject: str
    department: str | None
    status: str
    opened_at: datetime
    why: str
    proved: bool = False


@dataclass(frozen=True, slots=True)
class Candidates:
    """Who and where. ``unseen``: the letter names a case that this viewer may not read; it can be put there all the
    same, by its reference.
    """

    senders: tuple[Sender, ...] = ()
    cases: tuple[Place, ...] = ()
    unseen: str = ""


def candidates(session: Session, viewer: Viewer, letter: LetterRow, *, name: str = "", address: str = "") -> Candidates:
    """Return what speaks for itself in what was found, or in what was keyed so far. At most four statements."""
    called = name or letter.sender_name or value(letter.found, "sender_name")
    people = _senders(session, viewer, called, _clean(address or letter.postal or value(letter.found, "postal")))
    answered = bearing.answered_case(session, letter.proves)
    places = _cases(session, viewer, letter, answered, [one.citizen_id for one in people])
    named = letter.reference_found
    unseen = named if named and named not in {one.reference for one in places} and _exists(session, named) else ""
    return Candidates(people, places, unseen)


def _senders(session: Session, viewer: Viewer, name: str, address: str) -> tuple[Sender, ...]:
    folded = fold(name)
    at_address = (Address.kind == AddressKind.POSTAL) & (func.lower(Address.value) == address.lower())
    signs: list[ColumnElement[bool]] = [Citizen.name_folded == folded] if folded else []
    there = select(CitizenAddress.citizen_id).join(Address, Address.id == CitizenAddress.address_id).where(at_address)
    signs += [Citizen.id.in_(there)] if address else []
    if not signs:
        return ()
    lives = Citizen.id.in_(there) if address else None
    query = select(
        Citizen.id, Citizen.name, Citizen.name_folded, *([lives.label("lives")] if lives is not None else [])
    )
    query = query.where(or_(*signs), scope.knows(viewer), ~Citizen.anonymous)
    rows = session.execute(query.order_by(Citizen.id.desc()).limit(4 * MOST_SENDERS)).all()
    found = [(_weight(row, folded), row) for row in rows]
    found.sort(key=lambda one: (-one[0], -one[1].id))
    return tuple(Sender(row.id, row.name, _WHY[weight]) for weight, row in found[:MOST_SENDERS])


def _weight(row: object, folded: str) -> int:
    named = bool(folded) and getattr(row, "name_folded", None) == folded
    return 2 * bool(getattr(row, "lives", False)) + named


_WHY = {3: "the same name and address", 2: "the same address", 1: "the same name", 0: "perhaps"}


def _cases(
    session: Session, viewer: Viewer, letter: LetterRow, answered: int | None, people: Sequence[int]
) -> tuple[Place, ...]:
    signs: list[ColumnElement[bool]] = []
    signs += [Case.id == answered] if answered is not None else []
    signs += [Case.reference == letter.reference_found] if letter.reference_found else []
    signs += [Case.citizen_id.in_(people) & Case.status.not_in(ENDED)] if people else []
    if not signs:
        return ()
    query = select(Case).where(or_(*signs), scope.visible(viewer), Case.merged_into_id.is_(None))
    rows = session.scalars(query.order_by(Case.last_message_at.desc()).limit(4 * MOST_CASES)).all()
    found = [_place(one, letter, answered) for one in rows]
    return tuple(sorted(found, key=lambda one: _ORDER.index(one.why))[:MOST_CASES])


_BY_CODE, _BY_REFERENCE, _OF_SENDER = (
    "it bears the code of a letter of ours",
    "it names this reference",
    "an open case of a likely sender",
)
_ORDER = (_BY_CODE, _BY_REFERENCE, _OF_SENDER)


def _place(case: Case, letter: LetterRow, answered: int | None) -> Place:
    proved = case.id == answered
    why = _BY_CODE if proved else _BY_REFERENCE if case.reference == letter.reference_found else _OF_SENDER
    return Place(case.reference, case.subject, case.department, case.status, case.opened_at, why, proved)


def _exists(session: Session, reference: str) -> bool:
    digits = references.parse(reference) or ""
    return session.scalar(select(Case.id).where(Case.reference == digits)) is not None


def _clean(address: str) -> str:
    """Return an address as it is kept; one that was read wrongly and is no address at all finds nobody."""
    try:
        return postal.clean(address)
    except Invalid:
        return ""
