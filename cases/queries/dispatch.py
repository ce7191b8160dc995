"""Letters on their way out, as who keeps the register sees them: by state, the oldest work first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from cases.errors import NotFound
from cases.letters import register
from cases.letters.dispatch import MOST, allowed, within
from cases.letters.entering import address_lines
from cases.letters.states import Dispatched
from cases.models import Case, LetterRow, PrintBatch
from cases.permissions import Viewer
from cases.queries.paging import Page, decode, encode

#: states whose letters wait for somebody: their numbers are shown
_WAITING = (Dispatched.TO_PRINT, Dispatched.PRINTED)
#: counted up to this
MOST_COUNTED = 100
_NAMES = (
    *("id", "version", "register_number", "state", "subject", "dated", "created_at", "printed_at", "print_batch_id"),
    *("posted_on", "tracking", "returned_on", "returned_reason"),
)


@dataclass(frozen=True, slots=True)
class OutRow:
    """One letter. ``ready``: its PDF is there. ``reference`` is its case's, None where it stands in none any more."""

    id: int
    version: int
    register_number: str
    state: str
    subject: str
    dated: date
    created_at: datetime
    printed_at: datetime | None
    batch: int | None
    posted_on: date | None
    tracking: str | None
    returned_on: date | None
    returned_reason: str | None
    recipient: tuple[str, ...]
    ready: bool
    reference: str | None
    department: str | None


def page(
    session: Session, viewer: Viewer, *, state: Dispatched, batch: int | None = None, cursor: str | None = None
) -> Page[OutRow]:
    """Return letters of one state: those that wait, the oldest first; the others, the newest first."""
    allowed(viewer)
    old_first = state in _WAITING
    query = _rows(viewer).where(LetterRow.state == state)
    if batch is not None:
        query = query.where(LetterRow.print_batch_id == batch)
    if cursor:
        (last,) = decode(cursor, int)
        query = query.where(LetterRow.id > last if old_first else LetterRow.id < last)
    query = query.order_by(LetterRow.id if old_first else LetterRow.id.desc()).limit(MOST + 1)
    found = [_row(one) for one in session.execute(query)]
    return Page(tuple(found[:MOST]), encode(found[MOST - 1].id) if len(found) > MOST else None)


def counts(session: Session, viewer: Viewer) -> Mapping[str, int]:
    """Return how many letters wait in each state in which they wait, counted up to :data:`MOST_COUNTED`."""
    parts = [
        select(
            func.count().label(state.value)
        ).select_from(_rows(viewer).where(LetterRow.state == state).limit(MOST_COUNTED).subquery()).scalar_subquery()
        for state in _WAITING
    ]  # fmt: skip
    found = session.execute(select(*parts)).one()
    return {state.value: number for state, number in zip(_WAITING, found, strict=True)}


def letter(session: Session, viewer: Viewer, letter_id: int) -> tuple[str, str, int | None]:
    """Return number, content and case of a letter's PDF; raises ``NotFound`` where there is none for this viewer."""
    allowed(viewer)
    query = _rows(viewer, LetterRow.pdf_sha256, LetterRow.case_id).where(LetterRow.id == letter_id)
    found = session.execute(query).one_or_none()
    if found is None or found.pdf_sha256 is None:
        raise NotFound("There is no such letter, none that you may handle, or it is still being set for print.")
    return found.register_number, found.pdf_sha256, found.case_id


def batch(session: Session, viewer: Viewer, batch_id: int) -> PrintBatch:
    """Return a print batch; raises ``NotFound`` where it has a letter that this viewer may not handle."""
    allowed(viewer)
    found = session.get(PrintBatch, batch_id)
    hidden = (
        select(LetterRow.id)
        .outerjoin(Case, Case.id == LetterRow.case_id)
        .where(LetterRow.print_batch_id == batch_id, ~within(viewer))
    )
    if found is None or session.scalar(hidden.limit(1)) is not None:
        raise NotFound("There is no such print batch, or none that you may handle.")
    return found


def _rows(viewer: Viewer, *more: Any) -> Select[*tuple[Any, ...]]:
    columns = (getattr(LetterRow, name) for name in _NAMES)
    ready = LetterRow.pdf_sha256.is_not(None).label("ready")
    return (
        select(*columns, LetterRow.recipient_name, LetterRow.postal, ready, Case.reference, Case.department, *more)
        .outerjoin(Case, Case.id == LetterRow.case_id)
        .where(LetterRow.direction == register.OUT, within(viewer))
    )


def _row(one: Any) -> OutRow:
    own = {name: getattr(one, name) for name in _NAMES if name != "print_batch_id"}
    own |= {"subject": one.subject or "", "dated": one.dated or one.created_at.date(), "batch": one.print_batch_id}
    recipient = tuple(address_lines(one.recipient_name, one.postal))
    return OutRow(**own, recipient=recipient, ready=one.ready, reference=one.reference, department=one.department)
