"""Files in a case: added under a note, given out only through the case that holds them."""

from __future__ import annotations

import unicodedata

from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import access, clock, survivors
from cases.errors import NotFound
from cases.models import Attachment, StoredFile
from cases.permissions import Action, Viewer, ViewerKind

LONGEST_NAME = 120


def add(
    session: Session,
    viewer: Viewer,
    *,
    reference: str,
    event_id: int,
    sha256: str,
    size: int,
    media_type: str,
    name: str,
) -> int:
    """Attach a file that the store already holds to a note; returns the attachment's id."""
    case = access.for_change(session, viewer, Action.NOTE, reference=reference)
    at = clock.now(session)
    file = insert(StoredFile).values(sha256=sha256, size=size, media_type=media_type, created_at=at)
    session.execute(file.on_conflict_do_nothing())
    row = {
        "case_id": case.id,
        "event_id": event_id,
        "sha256": sha256,
        "name": safe_name(name),
        "added_by": viewer.id if viewer.kind is ViewerKind.AGENT else None,
        "added_at": at,
    }
    return int(session.execute(plain_insert(Attachment).returning(Attachment.id), row).scalar_one())


def fetch(session: Session, viewer: Viewer, *, attachment_id: int) -> tuple[Attachment, StoredFile]:
    """Return an attachment and its content's record;
    ``NotFound`` alike where there is none and where the case is not theirs.
    """
    attachment = session.get(Attachment, attachment_id)
    case = survivors.of(session, attachment.case_id) if attachment else None
    if attachment is None or case is None or not access.allowed(session, viewer, Action.READ, case):
        raise NotFound("There is no such file, or none that you may see.")
    return attachment, session.get_one(StoredFile, attachment.sha256)


def safe_name(name: str) -> str:
    """Return a file's name as data to show: no path, no control or direction characters, 120 characters at most."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c) not in _HIDDEN)
    return kept.strip(" .")[:LONGEST_NAME] or "file"


_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
