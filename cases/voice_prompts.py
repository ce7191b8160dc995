"""Recordings of what a voice says: kept, replaced, taken away; which are played, and which may still be fetched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Update, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import clock
from cases.errors import NotAllowed, NotFound
from cases.models import StoredFile, VoicePrompt
from cases.permissions import Action, Viewer, may

#: a call that is under way may still fetch what was replaced
LATELY = timedelta(hours=2)
_CURRENT = VoicePrompt.removed_at.is_(None)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recording that holds, with what inspection said of its bytes. ``digest`` is of the words that it says."""

    key: str
    language: str
    digest: str
    sha256: str
    media_type: str
    seconds: int
    made_at: datetime
    scan: str
    scan_note: str | None
    trouble: str | None


@dataclass(frozen=True, slots=True)
class Of:
    """Which text is recorded: a menu, the key of the text in it, and the language."""

    menu: str
    key: str
    language: str


def keep(
    session: Session,
    viewer: Viewer,
    of: Of,
    *,
    digest: str,
    sha256: str,
    size: int,
    media_type: str,
    seconds: int,
) -> int:
    """Make a content that the store holds the recording of a text, in place of the one before; returns its id."""
    _administers(viewer)
    at = clock.now(session)
    file = insert(StoredFile).values(sha256=sha256, size=size, media_type=media_type, created_at=at)
    session.execute(file.on_conflict_do_nothing())
    session.execute(_of(of).values(removed_at=at))
    own = {"digest": digest, "sha256": sha256, "media_type": media_type, "seconds": seconds}
    row = VoicePrompt(menu=of.menu, key=of.key, language=of.language, made_by=viewer.id, made_at=at, **own)
    session.add(row)
    session.flush()
    return row.id


def remove(session: Session, viewer: Viewer, of: Of) -> None:
    """Take the recording of a text away; raises ``NotFound`` where there is none."""
    _administers(viewer)
    gone = session.execute(_of(of).values(removed_at=clock.now(session)).returning(VoicePrompt.id)).all()
    if not gone:
        raise NotFound("There is no recording of this text; it may have been removed already.")


def current(session: Session, *, menu: str) -> Sequence[Recorded]:
    """Return all recordings of a menu's texts that hold, also those of words that have changed since."""
    one = VoicePrompt
    query = (
        select(one.key, one.language, one.digest, one.sha256, one.media_type, one.seconds, one.made_at)
        .add_columns(StoredFile.scan, StoredFile.scan_note, StoredFile.trouble)
        .join(StoredFile, StoredFile.sha256 == one.sha256)
        .where(one.menu == menu, _CURRENT)
    )
    return [Recorded(*row) for row in session.execute(query)]


def served(session: Session, sha256: str) -> StoredFile | None:
    """Return the record of a content that may be given to anybody: a recording that holds, or held a moment ago."""
    still = or_(_CURRENT, VoicePrompt.removed_at > clock.now(session) - LATELY)
    query = select(StoredFile).join(VoicePrompt, VoicePrompt.sha256 == StoredFile.sha256)
    return session.scalars(query.where(StoredFile.sha256 == sha256, still).limit(1)).one_or_none()


def _of(of: Of) -> Update:
    own = (VoicePrompt.menu == of.menu, VoicePrompt.key == of.key, VoicePrompt.language == of.language)
    return update(VoicePrompt).where(*own, _CURRENT)


def _administers(viewer: Viewer) -> None:
    if not may(viewer, Action.CONFIGURE):
        raise NotAllowed("Recordings of what a voice says are for administrators.")
