"""One mail of a case with all that came with it: its whole text, its HTML, its pictures and the bytes it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from cases import access, survivors
from cases.errors import NotFound
from cases.models import Filing, IncomingMedia, MailRow, Message, RawRequest
from cases.permissions import Viewer
from cases.queries.timeline import shown

#: pictures that browsers show and that can hold nothing else
SHOWN = ("image/png", "image/jpeg", "image/gif")
_MAIL = (
    select(MailRow, Message, RawRequest.sha256.label("original"))
    .join(Message, Message.id == MailRow.message_id)
    .outerjoin(RawRequest, RawRequest.id == MailRow.raw_id)
    .where(
        MailRow.message_id == bindparam("message_id"),
        select(Filing.id)
        .join(_tree := survivors.tree(bindparam("case_id")), _tree.c.id == Filing.case_id)
        .where(Filing.message_id == MailRow.message_id, Filing.removed_at.is_(None))
        .exists(),
    )
)
_PICTURES = select(IncomingMedia.content_id, IncomingMedia.sha256, IncomingMedia.media_type).where(
    IncomingMedia.message_id == bindparam("message_id"),
    IncomingMedia.content_id.is_not(None),
    IncomingMedia.sha256.is_not(None),
    IncomingMedia.media_type.in_(SHOWN),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that the HTML of a mail shows by its Content-ID; ``sha256`` in the file store."""

    content_id: str
    sha256: str
    media_type: str


@dataclass(frozen=True, slots=True)
class WholeMail:
    """A mail as it came. ``html`` and ``original`` are hashes in the file store, None where there is none."""

    case_id: int
    reference: str
    message_id: int
    at: datetime
    direction: str
    subject: str
    text: str
    html: str | None
    original: str | None
    pictures: tuple[Picture, ...] = ()


def load(session: Session, viewer: Viewer, reference: str, *, message_id: int) -> WholeMail:
    """Return a mail that stands in a case; ``NotFound`` alike where there is none and where the case is not theirs."""
    case = access.for_reading(session, viewer, reference=reference)
    found = session.execute(_MAIL, {"message_id": message_id, "case_id": case.id}).one_or_none()
    if found is None:
        raise NotFound("There is no such mail in this case.")
    mail, message, original = found
    return WholeMail(
        case_id=case.id,
        reference=case.reference,
        message_id=message.id,
        at=message.created_at,
        direction=message.direction,
        subject=mail.subject,
        text=shown(mail.whole or message.text, automatic=message.automatic),
        html=mail.html_sha256,
        original=original,
        pictures=_pictures(session, message_id) if mail.html_sha256 else (),
    )


def _pictures(session: Session, message_id: int) -> tuple[Picture, ...]:
    found = session.execute(_PICTURES, {"message_id": message_id})
    return tuple(Picture(str(one.content_id), str(one.sha256), one.media_type) for one in found)
