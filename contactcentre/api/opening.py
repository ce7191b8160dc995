"""A case that somebody opens for a citizen: taken in as if the citizen had written to the account themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from cases import assignment, clock, intake
from cases.departments import Account, City
from cases.errors import Invalid, NotAllowed
from cases.messages import AddressKind, InboundMessage
from cases.models import Case
from cases.models.event import Happened, record
from cases.permissions import Action, Viewer, may
from cases.routing.decisions import Rule
from cases.routing.predicates import AccountIs
from channels.sms import numbers
from contactcentre.api.schemas import CaseIn


@dataclass(frozen=True, slots=True)
class Entered:
    """The case that holds the words, whether it is new, and the accounts with something to send."""

    reference: str
    opened: bool
    to_send: tuple[str, ...]


def enter(session: Session, viewer: Viewer, asked: CaseIn, *, city: City) -> Entered:
    """Take in a citizen's words; raises ``Invalid`` or ``NotAllowed``, and then nothing may be committed."""
    account = _account(asked, city)
    inbound = InboundMessage(
        account=account.id,
        channel=account.channel,
        sender=numbers.sender(asked.sender, region=city.organisation.region),
        recipient=account.address,
        text=asked.text,
        external_id=None,
    )
    if inbound.sender.kind is not AddressKind.PHONE:
        raise Invalid("This is no telephone number; write it with its country, such as +…", field="from")
    received = intake.receive(session, inbound, city=_chosen(asked, viewer, city, account))
    if received.case_id is None:
        raise Invalid("These words are a command to a machine, such as STOP, and open no case.", field="text")
    case = session.get_one(Case, received.case_id)
    new = case.version == 1
    if not may(viewer, Action.OPEN, case):
        raise NotAllowed("This token may not open cases in the department that would answer.")
    happened = Happened("entered", viewer.actor, {"by": viewer.name}, message_id=received.message_id)
    record(session, case, [happened], at=clock.now(session))
    if new and asked.subject is not None:
        assignment.rename(session, viewer, reference=case.reference, subject=asked.subject)
    return Entered(case.reference, new, received.to_send)


def _account(asked: CaseIn, city: City) -> Account:
    account = city.accounts.get(asked.account)
    if account is None:
        raise Invalid(f"There is no account {asked.account!r}; one of {', '.join(city.accounts)}.", field="account")
    if asked.channel not in (None, account.channel):
        raise Invalid(f"The channel of account {account.id} is {account.channel}.", field="channel")
    return account


def _chosen(asked: CaseIn, viewer: Viewer, city: City, account: Account) -> City:
    """Return the city with a rule in front that says what was chosen, so that routing and its promises follow it."""
    if asked.department is None and asked.service is None:
        return city
    department = _department(asked, city)
    rule = Rule(f"chosen by {viewer.name}", (AccountIs(account.id),), department, asked.service)
    return replace(city, rules=(rule, *city.rules))


def _department(asked: CaseIn, city: City) -> str:
    if asked.department is not None and asked.department not in city.departments:
        raise Invalid(f"There is no department {asked.department!r}.", field="department")
    if asked.service is None:
        return str(asked.department)
    owners = [
        one.key for one in city.departments.values() if asked.service in {service.key for service in one.services}
    ]
    if not owners:
        raise Invalid(f"There is no service {asked.service!r}.", field="service")
    if asked.department not in (None, *owners):
        raise Invalid(f"The service {asked.service!r} belongs to {owners[0]}.", field="service")
    return asked.department or owners[0]
