"""Calls of ours from a case: the agent's telephone rings first, then the citizen's."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import access
from cases.calls import finding, history, legs, orders
from cases.calls.following_up import CHANNEL
from cases.calls.states import CallState, move
from cases.departments import Account, City
from cases.errors import Invalid, NotAllowed, Undeliverable
from cases.messages import AddressKind
from cases.models import Address, Agent, Case, CitizenAddress, PhoneCall, Thread
from cases.permissions import Action, Viewer, ViewerKind

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")


def order(
    session: Session, viewer: Viewer, *, city: City, reference: str, number: str | None = None, at: datetime
) -> PhoneCall:
    """Order a call to a case's citizen: at ``number`` (E.164), or at the one that the case is known by.

    Raises ``Invalid`` where the agent has no telephone or is in a call, ``Undeliverable`` where there is no line or no
    number. A worker places it.
    """
    case = access.for_change(session, viewer, Action.REPLY, reference=reference)
    if viewer.kind is not ViewerKind.AGENT or viewer.id is None:
        raise NotAllowed("Only an agent can call.")
    own = session.get_one(Agent, viewer.id).phone
    if not own:
        raise Invalid(
            "Write the number of your telephone into your profile first: it is the one that rings.", field="phone"
        )
    wanted = _number(session, case, number)
    line = _line(city, case)
    known = select(Address.id).where(Address.kind == AddressKind.PHONE, Address.value == wanted)
    call = PhoneCall(
        account=line.id,
        tag=finding.new_tag(),
        direction=finding.OUT,
        line=line.address,
        number=wanted,
        address_id=session.execute(known).scalar_one_or_none(),
        language=city.organisation.default_language,
        state=CallState.ORDERED,
        case_id=case.id,
        reference=case.reference,
        agent_id=viewer.id,
        asked_by=viewer.id,
        started_at=at,
        updated_at=at,
    )
    call.turns = call.talk_seconds = call.hold_seconds = call.wrap_seconds = 0
    call.proved = False
    session.add(call)
    session.flush()
    if legs.reserve(session, call, viewer.id, own, city=city, at=at) is None:
        raise Invalid("Your telephone rings or you are in a call already; end that one first.", field="phone")
    orders.give(session, call, orders.PLACE, by=viewer.id, at=at)
    history.started(session, call, actor=viewer.actor, at=at)
    return call


def placing(call: PhoneCall, *, at: datetime) -> bool:
    """Note that the gateway is being asked; False where the call is over already."""
    return call.state == CallState.ORDERED and move(call, CallState.PLACING, at=at)


def placed(session: Session, call: PhoneCall, name: str, *, at: datetime) -> None:
    """Note the gateway's name for a call that it has taken on; it may have told of it before this is written."""
    if call.session is None and finding.of(session, call.account, name) is None:
        call.session = finding.stored(name)
    call.updated_at = at


def numbers(session: Session, case: Case) -> list[str]:
    """Return the telephone numbers that a case's citizen can be called at, the one they wrote from first."""
    own = select(Address.value).join(Thread, Thread.address_id == Address.id).where(Thread.id == case.thread_id)
    others = (
        select(Address.value)
        .join(CitizenAddress, CitizenAddress.address_id == Address.id)
        .where(CitizenAddress.citizen_id == case.citizen_id)
        .order_by(Address.id)
    )
    phone = Address.kind == AddressKind.PHONE
    found = [*session.scalars(own.where(phone)), *session.scalars(others.where(phone))]
    return list(dict.fromkeys(found))


def _number(session: Session, case: Case, number: str | None) -> str:
    if number:
        plain = re.sub(r"[\s().-]", "", number)
        if not _NUMBER.fullmatch(plain):
            raise Invalid(
                "Write the number with a plus sign and the country's code, such as +233201234567.", field="number"
            )
        return plain
    known = numbers(session, case)
    if not known:
        raise Undeliverable("No telephone number of this citizen is known; write one.", field="number")
    return known[0]


def _line(city: City, case: Case) -> Account:
    lines = [one for one in city.accounts.values() if one.channel == CHANNEL]
    if not lines:
        raise Undeliverable("There is no telephone line in the configuration; ask an administrator.")
    return next((one for one in lines if one.department == case.department), lines[0])
