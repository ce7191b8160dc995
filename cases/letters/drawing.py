"""What of a letter of ours is not set for print yet, and what stands on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy import update as change
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases.holding import Scan
from cases.letters import register
from cases.letters.entering import address_lines
from cases.messages import KeptFile
from cases.models import Address, Attachment, Case, LetterRow, Message, StoredFile, Thread

_WAITING = (LetterRow.direction == register.OUT, LetterRow.pdf_sha256.is_(None), LetterRow.state == "to_print")


@dataclass(frozen=True, slots=True)
class Undrawn:
    """A letter without its PDF. ``reference`` is its case's, empty where it stands in none any more."""

    id: int
    register_number: str
    account: str
    dated: date
    recipient: tuple[str, ...]
    subject: str
    text: str
    department: str | None
    reference: str
    message_id: int
    language: str | None


def undrawn(session: Session, *, limit: int = 20, after: int = 0) -> Sequence[Undrawn]:
    """Return letters that wait for their PDF, the oldest first, those behind the id ``after``."""
    query = (
        select(LetterRow, Message.text, Address.language, Case.reference, Case.department)
        .join(Message, Message.id == LetterRow.message_id)
        .join(Thread, Thread.id == Message.thread_id)
        .join(Address, Address.id == Thread.address_id)
        .outerjoin(Case, Case.id == LetterRow.case_id)
        .where(*_WAITING, LetterRow.id > after)
        .order_by(LetterRow.id)
        .limit(limit)
    )
    return [
        Undrawn(
            id=row.id,
            register_number=row.register_number,
            account=row.account,
            dated=row.dated or row.created_at.date(),
            recipient=tuple(address_lines(row.recipient_name, row.postal)),
            subject=row.subject or "",
            text=text,
            department=department,
            reference=reference or "",
            message_id=row.message_id or 0,
            language=language,
        )
        for row, text, language, reference, department in session.execute(query)
    ]


def waits(session: Session) -> bool:
    """Tell whether a letter waits for its PDF."""
    return session.scalar(select(LetterRow.id).where(*_WAITING).limit(1)) is not None


def drawn(session: Session, letter_id: int, pdf: KeptFile, *, at: datetime) -> bool:
    """Keep a letter's PDF, under its message too; False where another worker was quicker."""
    # We made it ourselves, of words: there is nothing in it to be inspected.
    file = {"sha256": pdf.sha256, "size": pdf.size, "media_type": pdf.media_type, "created_at": at}
    inspected = {"scan": Scan.CLEAN, "scanned_at": at, "looked_at": at}
    session.execute(insert(StoredFile).values({**file, **inspected}).on_conflict_do_nothing())
    own = change(LetterRow).where(LetterRow.id == letter_id, LetterRow.pdf_sha256.is_(None))
    values = own.values(pdf_sha256=pdf.sha256)
    row = session.execute(values.returning(LetterRow.message_id, LetterRow.case_id)).one_or_none()
    if row is not None and row.case_id is not None:
        where = {"case_id": row.case_id, "message_id": row.message_id}
        session.add(Attachment(**where, sha256=pdf.sha256, name=pdf.name, added_by=None, added_at=at))
    return row is not None
