"""Files in a case: added under a note, sent along with a reply, given out only through the case that holds them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import access, clock, survivors
from cases.errors import Invalid, NotFound
from cases.holding import Scan
from cases.messages import KeptFile
from cases.models import Attachment, Case, StoredFile, VoiceRecording
from cases.permissions import Action, Viewer, ViewerKind

LONGEST_NAME = 120
#: what one reply may take along: mail servers of citizens refuse much more
MOST_FILES, MOST_BYTES = 10, 15 * 1024 * 1024


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


def fetch(
    session: Session, viewer: Viewer, *, attachment_id: int, action: Action = Action.READ
) -> tuple[Attachment, StoredFile]:
    """Return an attachment and its content's record; ``NotFound`` alike where there is none and where the case is not
    theirs. What somebody said on the telephone is given to who may listen alone, else ``NotAllowed``.
    """
    attachment = session.get(Attachment, attachment_id)
    case = survivors.of(session, attachment.case_id) if attachment else None
    if attachment is None or case is None or not access.allowed(session, viewer, Action.READ, case):
        raise NotFound("There is no such file, or none that you may see.")
    access.require(session, viewer, Action.LISTEN if _is_recording(session, attachment) else action, case)
    return attachment, session.get_one(StoredFile, attachment.sha256)


def preview(session: Session, viewer: Viewer, *, attachment_id: int) -> tuple[Attachment, StoredFile, StoredFile]:
    """Return an attachment, its content's record and that of its small picture; ``NotFound`` as for the file."""
    attachment, stored = fetch(session, viewer, attachment_id=attachment_id)
    if stored.preview_sha256 is None:
        raise NotFound("There is no such file, or none that you may see.")
    return attachment, stored, session.get_one(StoredFile, stored.preview_sha256)


def send_along(
    session: Session,
    case: Case,
    viewer: Viewer,
    *,
    message_id: int,
    files: Sequence[KeptFile],
    attachment_ids: Sequence[int] = (),
    at: datetime,
) -> int:
    """Attach files to a reply, so that they leave with it: new ones, which the store already holds, and some of the
    case, by their ids. Returns how many; raises ``Invalid`` for too many, too much, or one that is not the case's.
    """
    chosen = {(one.sha256, safe_name(one.name)): one for one in (*files, *_of_case(session, case, attachment_ids))}
    if len(chosen) > MOST_FILES:
        raise Invalid(f"At most {MOST_FILES} files go with one reply; these are {len(chosen)}.", field="files")
    if sum(one.size for one in chosen.values()) > MOST_BYTES:
        raise Invalid(f"The files are larger than {MOST_BYTES // 1024 // 1024} MB together.", field="files")
    by = viewer.id if viewer.kind is ViewerKind.AGENT else None
    for (sha256, name), one in chosen.items():
        file = insert(StoredFile).values(sha256=sha256, size=one.size, media_type=one.media_type, created_at=at)
        session.execute(file.on_conflict_do_nothing())
        row = {"case_id": case.id, "message_id": message_id, "sha256": sha256, "name": name}
        session.execute(plain_insert(Attachment), {**row, "added_by": by, "added_at": at})
    return len(chosen)


def take_back(session: Session, *, message_id: int) -> None:
    """Take the files away that were to leave with a reply; what they were taken from keeps its own."""
    session.execute(delete(Attachment).where(Attachment.message_id == message_id))


def _of_case(session: Session, case: Case, ids: Sequence[int]) -> list[KeptFile]:
    if not ids:
        return []
    tree = survivors.tree(case.id)
    query: Any = (
        select(StoredFile.sha256, StoredFile.size, StoredFile.media_type, Attachment.name)
        .join(StoredFile, StoredFile.sha256 == Attachment.sha256)
        .join(tree, tree.c.id == Attachment.case_id)
        # What is infected or was kept aside is given to nobody, least of all to a citizen.
        .where(Attachment.id.in_(ids), StoredFile.scan != Scan.INFECTED, StoredFile.trouble.is_(None))
        .order_by(Attachment.id)
    )
    found = [KeptFile(*row) for row in session.execute(query)]
    if len(found) != len(set(ids)):
        raise Invalid(
            "One of the chosen files is not in this case any more, or is given to nobody. Choose again.", field="along"
        )
    return found


def _is_recording(session: Session, attachment: Attachment) -> bool:
    of_call = select(VoiceRecording.id).where(VoiceRecording.message_id == attachment.message_id).limit(1)
    return attachment.message_id is not None and session.scalar(of_call) is not None


def safe_name(name: str) -> str:
    """Return a file's name as data to show: no path, no control or direction characters, 120 characters at most."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c) not in _HIDDEN)
    return kept.strip(" .")[:LONGEST_NAME] or "file"


_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
