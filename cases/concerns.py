"""Concerns of assembly members: in a case of their area that is published, as a party of it, or as a new case.

A concern in a case is a line of its history that colleagues read; it is no word of its citizen, moves no promise, and
is never written to the citizen. Its member learns of the case what is published, and no more.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import areas, arrivals, bells, clock, dialogue_places, forms, rota
from cases.base import table
from cases.departments import Account, City
from cases.errors import Invalid, NotAllowed, NotFound
from cases.figures.setting import setting_of
from cases.forms import Asker
from cases.lifecycle import ENDED, Status
from cases.messages import Address, AddressKind
from cases.models import Agent, Case, Concern, Party
from cases.models.event import Happened, record
from cases.permissions import ANY_DEPARTMENT, Role, Viewer
from cases.queries import published
from cases.recipients import Staff
from cases.routing.places import Place
from cases.writes import Writes

#: their part in a case; nobody is written to because of it
CONCERNED = "concerned"
RAISED = "concern_raised"
#: by which way a concern that opens a case has come: a page of ours
CHANNEL = "portal"
LEAST_WORDS, LONGEST_WORDS, MOST_SHOWN = 10, 2000, 50
_PARTIES = table(Party)


@dataclass(frozen=True, slots=True)
class Raised:
    """One concern as its member sees it: what is published of its case, and the reference of one that they opened."""

    at: date
    opened: bool
    reference: str | None
    service: str | None
    family: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A new case. ``to_send`` are accounts with something to send."""

    reference: str
    to_send: tuple[str, ...]


def join(session: Session, viewer: Viewer, *, city: City, case_id: int, text: str) -> int:
    """Raise a concern in a published case of the viewer's area; returns the concern.

    Raises ``NotFound`` for a case that is not among their rows, ``Invalid`` for one that is settled for good.
    """
    area, words = _area(session, viewer, city), _words(text)
    if not published.is_published(session, city, area, case_id):
        raise NotFound("There is no such row in your area.", field="row")
    address_id, citizen_id = _known(session, viewer)  # addresses are locked before cases
    case = session.get_one(Case, case_id, with_for_update=True, populate_existing=True)
    if case.status == Status.CLOSED:
        raise Invalid("This matter is settled and closed. Raise it anew below.", field="row")
    at = clock.now(session)
    party = {"case_id": case.id, "citizen_id": citizen_id, "address_id": address_id, "role": CONCERNED, "since": at}
    session.execute(
        insert(_PARTIES).values(party).on_conflict_do_nothing(index_elements=["case_id", "address_id", "role"])
    )
    record(session, case, [Happened(RAISED, viewer.actor, {"area": area.name}, {"text": words})], at=at)
    _ring(session, case, city=city)
    return _keep(session, viewer, case.id, area, opened=False)


def open_new(session: Session, viewer: Viewer, *, city: City, text: str, place: str = "", service: str = "") -> Opened:
    """Raise a concern as a new case, by the product's own intake: the rules decide where it goes, or the service.

    ``place`` is one of the viewer's area, empty for the area itself.
    """
    area, words = _area(session, viewer, city), _words(text)
    if place and place not in dialogue_places.within(city, area):
        raise Invalid("Choose a place of your area.", field="place")
    chosen = city.service(service) if service else None
    if service and (chosen is None or service not in {key for key, _ in published.services(city)}):
        raise Invalid("Choose a service of the list, or none.", field="service")
    account, number = _account(city), session.get_one(Agent, viewer.id).phone
    address = Address(AddressKind.PHONE, number) if number else _address(viewer)
    turn = f"concern:{secrets.token_hex(8)}"
    asker = Asker(CHANNEL, account.id, account.answers_by or account.id, address, turn)
    said = dialogue_places.said({"words": words, "place": place or area.name}, city)
    reference = forms.open_case(session, asker, said, city=city, service=chosen)
    assert asker.case_id is not None
    case = session.get_one(Case, asker.case_id, with_for_update=True, populate_existing=True)
    at = clock.now(session)
    record(session, case, [Happened(RAISED, viewer.actor, {"area": area.name, "opened": True})], at=at)
    _keep(session, viewer, case.id, area, opened=True)
    return Opened(reference, tuple(asker.to_send))


def own(session: Session, viewer: Viewer, *, city: City) -> Sequence[Raised]:
    """Return the viewer's concerns, the latest first."""
    setting = setting_of(city)
    query = (
        select(Concern.raised_at, Concern.opened, Case.reference, Case.service, Case.status, Case.confidential)
        .join(Case, Case.id == Concern.case_id)
        .where(Concern.agent_id == viewer.id)
        .order_by(Concern.id.desc())
        .limit(MOST_SHOWN)
    )
    return [
        Raised(setting.date_of(one.raised_at), one.opened, one.reference if one.opened else None,
               None if one.confidential else one.service, published.family(one.status))
        for one in session.execute(query)
    ]  # fmt: skip


def _area(session: Session, viewer: Viewer, city: City) -> Place:
    found = areas.own(session, viewer, city)
    if found is None:
        raise NotAllowed("No area is set for you. Ask an administrator.")
    return found


def _words(text: str) -> str:
    words = text.strip()
    if not LEAST_WORDS <= len(words) <= LONGEST_WORDS:
        raise Invalid(f"Write between {LEAST_WORDS} and {LONGEST_WORDS} characters.", field="text")
    return words


def _address(viewer: Viewer) -> Address:
    """Return an address that nobody can be written to at, nor ask from: a member asks here."""
    return Address(AddressKind.NONE, f"member:{viewer.id}")


def _known(session: Session, viewer: Viewer) -> tuple[int, int]:
    arrival, writes = arrivals.arrive(session, _address(viewer)), Writes()
    arrivals.introduce(writes, arrival, name=viewer.name)
    writes.flush(session)
    return arrival.speaker.address_id, arrival.speaker.citizen_id


def _keep(session: Session, viewer: Viewer, case_id: int, area: Place, *, opened: bool) -> int:
    row = {"agent_id": viewer.id, "case_id": case_id, "area": area.name, "opened": opened}
    made = Concern(**row, raised_at=clock.now(session))
    session.add(made)
    session.flush()
    return made.id


def _account(city: City) -> Account:
    found = next((one for one in city.accounts.values() if one.channel == "sms"), None)
    if found is None:
        raise Invalid("No account of text messages is configured; ask an administrator.")
    return found


def _ring(session: Session, case: Case, *, city: City) -> None:
    """Tell the case's agent, or its department's supervisors where nobody has it."""
    at = clock.now(session)
    if case.assignee_id is not None and case.status not in ENDED:
        told = [case.assignee_id]
    else:
        told = _supervisors(rota.read(session, city, at=at), case.department)
    bells.ring(session, told, case, kind=bells.CONCERN, at=at)


def _supervisors(people: Staff, department: str | None) -> list[int]:
    here = {(Role.SUPERVISOR, department or ""), (Role.SUPERVISOR, ANY_DEPARTMENT)}
    return [one.id for one in people.people.values() if here & one.viewer.grants]
