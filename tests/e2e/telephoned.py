"""Calls in the furnished city: who waits, who talks, who wraps up, what was recorded, and a flagged caller."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from cases import citizens, intake, references
from cases.calls import flags
from cases.messages import Address, AddressKind, InboundMessage
from cases.models import Agent, Case
from cases.permissions import Viewer, ViewerKind
from tests.integration.telephoning import Telephones, number

if TYPE_CHECKING:
    from contactcentre.container import Container

ACCOUNT = "sms-at"
REASON = "Shouted insults at two colleagues this week and would not stop."


def telephone(container: Container) -> dict[str, Any]:
    """Let the telephones of three people be in use; returns a call without a case, and one with a recording."""
    phones = Telephones(container.db, container.city)
    esi, kofi, yaw = (container.db.run(lambda uow, name=name: _viewer(uow.session, name)) for name in _PEOPLE)
    found = container.db.run(lambda uow: _reports(uow.session, container))
    container.db.run(lambda uow: _bins(uow.session, container))
    container.db.run(lambda uow: _flag(uow.session, container, yaw))
    phones.waits(number(7_201), "works", ago=95)
    phones.waits(number(7_202))
    missed = phones.waits(number(7_203), ago=55)
    phones.hangs_up(missed, seconds=55)
    phones.hangs_up(phones.comes(number(7_204)), seconds=2)
    pressed = {"state": {"fields": {"service": "street-lights", "place": "Effia"}}}
    phones.rings(number(7_205), esi, "works", dialogue=pressed)
    pressed = {"state": {"fields": {"department": "waste", "family": "complaint"}}}
    phones.talks(number(7_206), kofi, "waste", dialogue=pressed)
    phones.ended(number(7_200), yaw, seconds=95)
    sound = container.files.keep(io.BytesIO(b"ID3" + bytes(4000)), largest=100_000)
    recorded = phones.comes(number(7_200), case_id=found[0])
    phones.records(recorded, sound, message_id=found[1])
    phones.hangs_up(recorded, seconds=70)
    return {"call": recorded, "spoken": missed, "called": found[2]}


_PEOPLE = ("esi", "kofi", "yaw")


def _reports(session: Any, container: Container) -> tuple[int, int, str]:
    sender = Address(AddressKind.PHONE, number(7_200))
    said = InboundMessage(ACCOUNT, "sms", sender, "", "The culvert behind the school is broken", None)
    received = intake.receive(session, said, city=container.city)
    assert received.case_id and received.message_id
    return received.case_id, received.message_id, references.written(session.get_one(Case, received.case_id).reference)


def _bins(session: Any, container: Container) -> None:
    """Let somebody with a name have written of what the one who is at the telephone answers for."""
    words = "Our bins at Effia were not emptied this week"
    received = intake.receive(
        session,
        InboundMessage(ACCOUNT, "sms", Address(AddressKind.PHONE, number(7_206)), "", words, None),
        city=container.city,
    )
    citizens.name_citizen(session, session.get_one(Case, received.case_id).citizen_id, "Adwoa Invented")


def _flag(session: Any, container: Container, who: Viewer) -> None:
    flags.flag(session, who, city=container.city, number=number(7_205), reason=REASON, days=30)


def _viewer(session: Any, username: str) -> Viewer:
    row = session.scalars(select(Agent).where(Agent.username == username)).one()
    return Viewer(ViewerKind.AGENT, row.id, row.name, frozenset({("agent", "*")}))
