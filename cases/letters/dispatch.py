"""Letters on their way out: printed together, posted, and come back. All acts compare versions.

Whoever keeps the register handles letters of the cases that they may read: a department prints its own, and a print
room of the whole house is somebody whose role holds everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from cases import clock, receipts
from cases.departments import City
from cases.errors import Invalid, NotAllowed, NotFound, Stale
from cases.letters import keeping, register
from cases.letters.states import CAME_BACK, CameBack, Dispatched
from cases.messages import DeliveryStatus
from cases.models import Case, LetterRow, Message, PrintBatch
from cases.permissions import Action, Viewer, ViewerKind, may
from cases.queries.scope import visible

#: letters that are printed, or marked, at once
MOST = 100
LONGEST_TRACKING = 40
#: letters by id, each with the version that the page showed
Chosen = Mapping[int, int]


def allowed(viewer: Viewer) -> None:
    """Raise ``NotAllowed`` for who does not keep the register."""
    if not may(viewer, Action.KEEP_REGISTER):
        raise NotAllowed("Letters are printed and posted by who keeps the register.")


def within(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on ``Case``, joined from the outside, that a viewer may handle a letter of it."""
    return or_(Case.id.is_(None), visible(viewer))


def to_bind(session: Session, viewer: Viewer, chosen: Chosen) -> Sequence[str]:
    """Return the contents of the PDFs that shall be printed together, in the order of the register."""
    allowed(viewer)
    rows = _rows(session, viewer, chosen, states=(Dispatched.TO_PRINT, Dispatched.PRINTED), lock=False)
    missing = next((one for one in rows if one.pdf_sha256 is None), None)
    if missing is not None:
        raise Invalid(
            f"{missing.register_number} is being set for print. Wait some seconds, or leave it out.", field="letter"
        )
    return [one.pdf_sha256 for one in rows if one.pdf_sha256 is not None]


def print_together(session: Session, viewer: Viewer, chosen: Chosen, *, pdf_sha256: str) -> int:
    """Mark letters as printed in one batch, whose PDF the store holds; printed ones once more. Returns its id."""
    allowed(viewer)
    rows = _rows(session, viewer, chosen, states=(Dispatched.TO_PRINT, Dispatched.PRINTED))
    at, by = clock.now(session), viewer.id if viewer.kind is ViewerKind.AGENT else None
    batch = PrintBatch(made_by=by, made_at=at, pdf_sha256=pdf_sha256, letters=len(rows))
    session.add(batch)
    session.flush()
    for row in rows:
        again = row.state == Dispatched.PRINTED
        row.state, row.print_batch_id, row.printed_at = Dispatched.PRINTED, batch.id, at
        _tell(session, row, f"Letter {row.register_number} was printed and is not posted yet.")
        _changed(session, row, viewer, "printed", at=at, batch=batch.id, again=again)
    return batch.id


def put_back(session: Session, viewer: Viewer, chosen: Chosen) -> int:
    """Let letters wait to be printed again, as if they never had been; returns how many."""
    allowed(viewer)
    rows, at = _rows(session, viewer, chosen, states=(Dispatched.PRINTED,)), clock.now(session)
    for row in rows:
        row.state, row.print_batch_id, row.printed_at = Dispatched.TO_PRINT, None, None
        _tell(session, row, f"Letter {row.register_number} waits to be printed.")
        _changed(session, row, viewer, "put_back", at=at)
    return len(rows)


def posted(session: Session, viewer: Viewer, chosen: Chosen, *, city: City, on: date, tracking: str = "") -> int:
    """Mark printed letters as posted on a day of the city; returns how many. From now on they count as answers."""
    allowed(viewer)
    tracking = _checked_tracking(tracking, chosen)
    cases = keeping.cases_of(session, _messages(session, chosen))
    rows, at = _rows(session, viewer, chosen, states=(Dispatched.PRINTED,)), clock.now(session)
    for row in rows:
        _check_day(on, row.dated, city, at, what="was posted")
        row.state, row.posted_on, row.tracking = Dispatched.POSTED, on, tracking or None
        number = f", tracking number {tracking}" if tracking else ""
        message = _tell(session, row, f"Letter {row.register_number} was posted on {_written(on)}{number}.")
        _changed(session, row, viewer, "posted", at=at, on=on.isoformat())
        for case in cases.get(message.id, ()):
            keeping.posted(session, case, message, row, viewer, city=city, at=at)
    return len(rows)


def returned(
    session: Session, viewer: Viewer, *, letter_id: int, version: int, city: City, on: date, why: CameBack
) -> None:
    """Record that the post brought a posted letter back: it has not answered, and its address is shown as doubtful."""
    allowed(viewer)
    chosen, at = {letter_id: version}, clock.now(session)
    row = _rows(session, viewer, chosen, states=(Dispatched.POSTED,), lock=False)[0]
    _check_day(on, row.posted_on, city, at, what="came back")
    message = session.get_one(Message, row.message_id)
    reason = f"Letter {row.register_number} came back on {_written(on)}: {CAME_BACK[why]}."
    receipts.advance(session, message, DeliveryStatus.FAILED, reason=reason, at=at)
    (row,) = _rows(session, viewer, chosen, states=(Dispatched.POSTED,))
    row.state, row.returned_on, row.returned_reason = Dispatched.RETURNED, on, why
    _changed(session, row, viewer, "returned", at=at, on=on.isoformat(), why=why.value)


def _rows(
    session: Session, viewer: Viewer, chosen: Chosen, *, states: Collection[Dispatched], lock: bool = True
) -> Sequence[LetterRow]:
    """Return the letters by their numbers, locked; raises ``Invalid``, ``NotFound`` or ``Stale``."""
    if not 1 <= len(chosen) <= MOST:
        raise Invalid(f"Choose between 1 and {MOST} letters.", field="letter")
    query = (
        select(LetterRow)
        .outerjoin(Case, Case.id == LetterRow.case_id)
        .where(LetterRow.id.in_(chosen), LetterRow.direction == register.OUT, within(viewer))
        .order_by(LetterRow.id)
        .execution_options(populate_existing=True)
    )
    found = session.scalars(query.with_for_update(of=LetterRow) if lock else query).all()
    if len(found) < len(chosen):
        raise NotFound("One of these letters is not in the register, or none that you may handle.")
    for one in found:
        if one.version != chosen[one.id] or one.state not in states:
            raise Stale(
                f"A colleague has handled {one.register_number} meanwhile. Look again, and repeat what is left."
            )
    return found


def _messages(session: Session, chosen: Chosen) -> list[int]:
    query = select(LetterRow.message_id).where(LetterRow.id.in_(chosen), LetterRow.message_id.is_not(None))
    return [one for one in session.scalars(query) if one is not None]


def _tell(session: Session, row: LetterRow, words: str) -> Message:
    """Say on the message how far its letter is."""
    message = session.get_one(Message, row.message_id)
    message.status_reason = words
    return message


def _changed(session: Session, row: LetterRow, viewer: Viewer, kind: str, *, at: datetime, **values: object) -> None:
    row.version += 1
    register.note(session, kind, actor=viewer.actor, at=at, letter_id=row.id, values=values)


def _checked_tracking(tracking: str, chosen: Chosen) -> str:
    number = " ".join(tracking.split())
    if number and len(chosen) > 1:
        raise Invalid("A tracking number belongs to one letter: choose that one alone.", field="tracking")
    if len(number) > LONGEST_TRACKING or not number.isprintable():
        raise Invalid(f"A tracking number has {LONGEST_TRACKING} plain characters at most.", field="tracking")
    return number


def _check_day(on: date, after: date | None, city: City, at: datetime, *, what: str) -> None:
    today = register.day(at, city)
    if on > today or (after is not None and on < after):
        least = f"between {after.isoformat()} and" if after else "not after"
        raise Invalid(f"The day on which it {what} is {least} {today.isoformat()}.", field="on")


def _written(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
