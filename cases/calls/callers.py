"""Who is at the other end: the citizens behind a number, found or made, and the case that their call opens."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import arrivals, citizens, forms
from cases.departments import Account, City
from cases.errors import Invalid
from cases.forms import Asker
from cases.messages import Address, AddressKind
from cases.models import Address as AddressRow
from cases.models import Citizen, PhoneCall
from cases.permissions import Viewer
from cases.routing.decisions import Rule
from cases.routing.predicates import AccountIs
from cases.writes import Writes

CHANNEL = "voice"
LONGEST_NAME, LEAST_WORDS = 120, 3


@dataclass(frozen=True, slots=True)
class Opened:
    """A case that a call opened; ``to_send`` are accounts with something to send."""

    reference: str
    case_id: int
    to_send: tuple[str, ...]


def known(session: Session, number: str, *, name: str = "") -> tuple[int, int]:
    """Return address and citizen of a number (E.164), made where nobody knew it; who has no name gets this one.

    Nobody else speaks for the number until the transaction ends.
    """
    called = " ".join(name.replace("\x00", " ").split())
    if len(called) > LONGEST_NAME:
        raise Invalid(f"A name has at most {LONGEST_NAME} characters.", field="name")
    arrival, writes = arrivals.arrive(session, Address(AddressKind.PHONE, number)), Writes()
    arrivals.introduce(writes, arrival, name=called)
    writes.flush(session)
    who = arrival.speaker
    if called and not who.is_new:
        row = session.get_one(Citizen, who.citizen_id)
        if row.name is None and not row.anonymous:
            citizens.name_citizen(session, who.citizen_id, called)
    return who.address_id, who.citizen_id


def open_case(
    session: Session, viewer: Viewer, call: PhoneCall, words: str, *, city: City, department: str | None = None
) -> Opened:
    """Open a case by what somebody said, as it was written down; ``department``: where it goes, else the rules decide.

    Reference and code follow by text message where the number can be written to.
    """
    if len(words) < LEAST_WORDS:
        raise Invalid("Write what the citizen wants: it becomes the case's first words.", field="text")
    account = _account(city, call.account)
    if department is not None:
        if department not in city.departments:
            raise Invalid("Choose a department of the list, or let the rules decide.", field="department")
        rule = Rule(f"chosen by {viewer.name}", (AccountIs(account.id),), department, None)
        city = replace(city, rules=(rule, *city.rules))
    address = Address(AddressKind.PHONE if call.number else AddressKind.NONE, call.number or f"call:{call.id}")
    asker = Asker(
        CHANNEL, account.id, account.answers_by or account.id, address, f"call:{call.id} {viewer.id}", call.language
    )
    reference = forms.open_case(session, asker, words, city=city)
    assert asker.case_id is not None
    return Opened(reference, asker.case_id, tuple(asker.to_send))


def language_of(session: Session, number: str | None, *, city: City) -> str:
    """Return in which language a number's people want to be spoken to."""
    query = select(AddressRow.language).where(AddressRow.kind == AddressKind.PHONE, AddressRow.value == number)
    return (session.scalar(query) if number else None) or city.organisation.default_language


def _account(city: City, wanted: str) -> Account:
    """Return the account that a call came by; for an unconnected telephone, the first that carries its answers."""
    if wanted in city.accounts:
        return city.accounts[wanted]
    for channel in (CHANNEL, "sms"):
        found = next((one for one in city.accounts.values() if one.channel == channel), None)
        if found is not None:
            return found
    raise Invalid("No account of telephone or text messages is configured; ask an administrator.", field="number")
