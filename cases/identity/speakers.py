"""Who spoke a message: an agent names one of those who use the phone, or says that it is not known."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import access, clock
from cases.base import table
from cases.errors import Invalid, NotFound
from cases.models import Case, CitizenAddress, Filing, Message, SaidBy, Thread
from cases.models.event import Happened, record
from cases.permissions import Action, Viewer


def name_speaker(session: Session, viewer: Viewer, *, reference: str, message_id: int, citizen_id: int | None) -> Case:
    """Say who spoke a message of a case; None: not known. The message itself stays as it came.

    Raises ``NotFound`` for a message that is not in the case, ``Invalid`` for somebody who does not use the phone.
    """
    case = access.for_change(session, viewer, Action.NOTE, reference=reference)
    filed = (
        select(Message.id, Thread.address_id)
        .join(Filing, Filing.message_id == Message.id)
        .join(Thread, Thread.id == Message.thread_id)
        .where(Filing.case_id == case.id, Filing.removed_at.is_(None))
        .where(Message.id == message_id, Message.direction == "in")
    )
    found = session.execute(filed).first()
    if found is None:
        raise NotFound("There is no such message of the citizen in this case.", field="message")
    users = select(CitizenAddress.citizen_id).where(CitizenAddress.address_id == found.address_id)
    if citizen_id is not None and citizen_id not in session.scalars(users).all():
        raise Invalid("Choose one of those who use this phone.", field="citizen")
    at = clock.now(session)
    row = {"citizen_id": citizen_id, "named_by": viewer.actor, "named_at": at}
    statement = insert(table(SaidBy)).values(message_id=message_id, **row)
    session.execute(statement.on_conflict_do_update(index_elements=["message_id"], set_=row))
    values = {"message": message_id, "citizen": citizen_id}
    record(session, case, [Happened("speaker_named", viewer.actor, values)], at=at)
    return case
