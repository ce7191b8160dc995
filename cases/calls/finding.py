"""The row of a call: found and locked, or opened."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from cases.calls.states import CallState
from cases.errors import NotFound
from cases.messages import AddressKind
from cases.models import Address, CallLeg, PhoneCall
from cases.permissions import Action, Viewer, ViewerKind, may

IN, OUT = "in", "out"
_LANGUAGE = select(Address.language).where(Address.id == bindparam("address_id"))
_LOCKED = select(PhoneCall).with_for_update().execution_options(populate_existing=True)
_BY_SESSION = _LOCKED.where(PhoneCall.account == bindparam("account"), PhoneCall.session == bindparam("session"))
_BY_TAG = _LOCKED.where(PhoneCall.account == bindparam("account"), PhoneCall.tag == bindparam("tag"))
_BY_ID = _LOCKED.where(PhoneCall.id == bindparam("call_id"))
_UNKNOWN = (
    _LOCKED.where(
        PhoneCall.account == bindparam("account"),
        PhoneCall.direction == OUT,
        PhoneCall.state == CallState.PLACING,
        PhoneCall.session.is_(None),
    )
    .where(exists().where(CallLeg.call_id == PhoneCall.id, CallLeg.number == bindparam("number")))
    .order_by(PhoneCall.id)
    .limit(1)
)
_ADDRESS = select(Address.id, Address.language).where(
    Address.kind == AddressKind.PHONE, Address.value == bindparam("number")
)


def of(session: Session, account: str, name: str) -> PhoneCall | None:
    """Return the call that a gateway calls by this name, locked until the transaction ends."""
    return session.scalars(_BY_SESSION, {"account": account, "session": stored(name)}).one_or_none()


def locked(session: Session, call_id: int) -> PhoneCall:
    """Return a call by its id, locked; raises ``NotFound``."""
    found = session.scalars(_BY_ID, {"call_id": call_id}).one_or_none() if call_id < 2**63 else None
    if found is None:
        raise NotFound("There is no such call.", field="call")
    return found


def of_agent(session: Session, viewer: Viewer, call_id: int) -> PhoneCall:
    """Return a call, locked, to the agent who is in it, or to somebody who may answer everywhere it can have waited.

    Raises ``NotFound`` to all others.
    """
    call = locked(session, call_id)
    if viewer.kind is not ViewerKind.AGENT or not may(viewer, Action.REPLY) or call.agent_id != viewer.id:
        raise NotFound("There is no such call, or it is not yours.", field="call")
    return call


def ours(session: Session, account: str, name: str, *, tag: str = "", number: str = "") -> PhoneCall | None:
    """Return the call of ours that a gateway tells of, locked: by our tag, by its name for it, or the oldest one
    that is being placed to that number and has none yet. The call learns its name.
    """
    found = of(session, account, name)
    if found is None and tag:
        found = session.scalars(_BY_TAG, {"account": account, "tag": stored(tag)}).one_or_none()
    if found is None and not tag:
        found = session.scalars(_UNKNOWN, {"account": account, "number": number}).one_or_none()
    if found is not None and found.session is None:
        found.session = stored(name)
    return found


def opened(
    session: Session, *, account: str, line: str, name: str, number: str | None, language: str, at: datetime
) -> PhoneCall:
    """Return the row of a call that has just come, not yet added; ``language`` is for who has chosen none."""
    address = session.execute(_ADDRESS, {"number": number}).one_or_none() if number else None
    return PhoneCall(
        account=account,
        session=stored(name),
        tag=new_tag(),
        direction=IN,
        line=line,
        number=number,
        address_id=address.id if address else None,
        language=(address.language if address else None) or language,
        state=CallState.MENU,
        turns=0,
        proved=False,
        talk_seconds=0,
        hold_seconds=0,
        wrap_seconds=0,
        started_at=at,
        updated_at=at,
    )


def speaks(session: Session, call: PhoneCall) -> bool:
    """Tell whether it is known which language the caller speaks."""
    if call.address_id is None:
        return False
    return session.execute(_LANGUAGE, {"address_id": call.address_id}).scalar_one_or_none() is not None


def new_tag() -> str:
    """Return our own name of a call, which nobody can guess."""
    return secrets.token_hex(12)


def stored(name: str) -> str:
    """Return a gateway's name as the database can hold it."""
    return name.replace("\x00", "\ufffd")[:200]
