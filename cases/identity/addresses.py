"""Who uses an address: verified or only said, by one person or by several.

*Verified* is an address for a citizen when the right code of one of their own cases came from it, or when an agent
confirmed it (a call back, a card at the counter). A phone that several people use is marked, and then links nobody.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from cases import clock
from cases.base import table
from cases.errors import Invalid, NotFound
from cases.identity import changes, records, verdicts
from cases.models import Address, CitizenAddress
from cases.permissions import Viewer

CODE, AGENT = "code", "agent"
_USES = table(CitizenAddress)
_BY_CODE = (
    update(_USES)
    .where(_USES.c.citizen_id == bindparam("citizen"), _USES.c.address_id == bindparam("address"))
    .where(_USES.c.verified_at.is_(None))
    .values(verified_at=bindparam("at"), verified_how=CODE)
)


def answered_code(session: Session, *, citizen_id: int, address_id: int, at: datetime) -> None:
    """Note that the right code of a citizen's case came from an address; it counts only where they use that address."""
    values: dict[str, Any] = {"citizen": citizen_id, "address": address_id, "at": at}
    changed: Any = session.execute(_BY_CODE, values)
    if changed.rowcount:
        verdicts.link_verified(session, address_id, at=at)


def confirm(session: Session, viewer: Viewer, *, citizen_id: int, address_id: int, how: str) -> bool:
    """Record that an agent made sure that an address is a citizen's, and how; tells whether that linked a record."""
    records.for_change(session, viewer, citizen_id=citizen_id)
    words = " ".join(how.split())
    if not verdicts.SHORTEST_REASON <= len(words) <= verdicts.LONGEST_REASON:
        raise Invalid("Say how you made sure: a call back, a card at the counter.", field="how")
    use, address = _use(session, citizen_id, address_id)
    if use.verified_at is not None:
        raise Invalid("This address is verified already.", field="address")
    at = clock.now(session)
    use.verified_at, use.verified_how, use.verified_by = at, AGENT, viewer.actor
    changes.write(session, citizen_id, f"verified {address.value}", None, words, by=viewer.actor, at=at)
    session.flush()
    return verdicts.link_verified(session, address_id, at=at)


def share(session: Session, viewer: Viewer, *, citizen_id: int, address_id: int, shared: bool) -> None:
    """Mark that several people use an address, or take the mark back."""
    records.for_change(session, viewer, citizen_id=citizen_id)
    _, address = _use(session, citizen_id, address_id)
    if (address.shared_at is not None) == shared:
        return
    at = clock.now(session)
    address.shared_at, address.shared_by = (at, viewer.actor) if shared else (None, None)
    before, after = ("one person", "several people") if shared else ("several people", "one person")
    changes.write(session, citizen_id, f"users of {address.value}", before, after, by=viewer.actor, at=at)


def _use(session: Session, citizen_id: int, address_id: int) -> tuple[CitizenAddress, Address]:
    use = session.get(CitizenAddress, (citizen_id, address_id), with_for_update=True)
    if use is None:
        raise NotFound("This citizen does not use that address.", field="address")
    return use, session.get_one(Address, address_id)
