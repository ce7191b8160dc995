"""Mails that citizens write, as a channel has read them."""

from __future__ import annotations

from dataclasses import replace

from cases import intake
from cases.departments import Account, City
from cases.intake import Received
from cases.messages import Address, AddressKind, InboundMessage, Mail
from cases.models import Case
from contactcentre.db import Database

OURS = "desk@assembly.example.gh"
AMA = "ama@example.com"
KOFI = "kofi@example.org"


def with_mailbox(city: City) -> City:
    """Return the city with two mailboxes."""
    boxes = {name: Account(name, "email", "mailbox", address) for name, address in _BOXES.items()}
    return replace(city, accounts={**city.accounts, **boxes})


def mail(
    text: str = "The gutter is choked", *, sender: str = AMA, account: str = "mail", **said: object
) -> InboundMessage:
    """Return a mail to one of our mailboxes; ``said`` are values of its :class:`Mail`."""
    facts = Mail(**{"identifier": "1@example.com", "subject": "Gutter", **said})  # type: ignore[arg-type]
    return InboundMessage(
        account, "email", Address(AddressKind.EMAIL, sender), _BOXES[account], text, external_id=None, mail=facts
    )


def arrives(db: Database, city: City, message: InboundMessage) -> Received:
    """Let a mail be taken in."""
    return db.run(lambda uow: intake.receive(uow.session, message, city=city))


_BOXES = {"mail": OURS, "mail-works": "works@assembly.example.gh"}


def case_of(db: Database, case_id: int | None) -> Case:
    """Return a case as it stands."""
    with db.reader() as session:
        return session.get_one(Case, case_id)
