"""Stored contents on their way through inspection: claimed, looked into, scanned, or put off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, false, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases.holding import Scan
from cases.models import StoredFile

#: a worker that dies while it inspects holds a file up for longer no more
LEASE = timedelta(minutes=3)
_PENDING = StoredFile.scan == Scan.PENDING
_UNSEEN = StoredFile.looked_at.is_(None)


@dataclass(frozen=True, slots=True)
class Claimed:
    """One content that this worker inspects now, and what is to be done with it."""

    sha256: str
    look: bool
    scan: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """A small picture of a content, in the store already; its sides are in pixels."""

    sha256: str
    size: int
    media_type: str
    width: int
    height: int


def claim(session: Session, *, scanning: bool, now: datetime) -> Claimed | None:
    """Take the newest content that waits, for one worker at a time. ``scanning``: a scanner is there to be asked."""
    query = select(StoredFile).where(_due(now), _waits(scanning=scanning))
    newest = query.order_by(StoredFile.created_at.desc()).limit(1).with_for_update(skip_locked=True)
    row = session.scalars(newest).one_or_none()
    if row is None:
        return None
    row.due_at = now + LEASE
    return Claimed(row.sha256, row.looked_at is None, scanning and row.scan == Scan.PENDING)


def waits(session: Session, *, scanning: bool, now: datetime) -> bool:
    """Tell whether a content waits to be inspected now."""
    return session.scalar(select(StoredFile.sha256).where(_due(now), _waits(scanning=scanning)).limit(1)) is not None


def looked(session: Session, sha256: str, *, trouble: str | None, preview: Preview | None, at: datetime) -> None:
    """Record what was found in a content: why it is kept aside, or its preview."""
    values: dict[str, object] = {"looked_at": at, "trouble": trouble, "due_at": None}
    if preview is not None:
        # Made here from pixels alone: there is nothing in it to look for.
        own = {"size": preview.size, "media_type": preview.media_type, "created_at": at, "looked_at": at}
        row = insert(StoredFile).values(sha256=preview.sha256, scan=Scan.CLEAN, scanned_at=at, **own)
        session.execute(row.on_conflict_do_nothing())
        values |= {"preview_sha256": preview.sha256, "preview_width": preview.width, "preview_height": preview.height}
    session.execute(update(StoredFile).where(StoredFile.sha256 == sha256).values(values))


def scanned(session: Session, sha256: str, *, infected: str | None, at: datetime) -> None:
    """Record what the scanner said: ``infected`` is the name of what it found."""
    state = Scan.CLEAN if infected is None else Scan.INFECTED
    values = {"scan": state, "scan_note": infected, "scanned_at": at, "due_at": None}
    session.execute(update(StoredFile).where(StoredFile.sha256 == sha256, _PENDING).values(values))


def put_off(session: Session, sha256: str, *, until: datetime, note: str | None = None) -> None:
    """Let a content be inspected later; ``note`` says to agents why the scanner could not read it."""
    values: dict[str, object] = {"due_at": until}
    query = update(StoredFile).where(StoredFile.sha256 == sha256)
    if note is not None:
        # Beside another's verdict it would stand for the name of a virus.
        query, values = query.where(_PENDING), {**values, "scan_note": note}
    session.execute(query.values(values))


def oldest_pending(session: Session) -> datetime | None:
    """Return since when the oldest content waits for the scanner."""
    return session.scalar(select(func.min(StoredFile.created_at)).where(_PENDING))


def _due(now: datetime) -> ColumnElement[bool]:
    return or_(StoredFile.due_at.is_(None), StoredFile.due_at <= now)


def _waits(*, scanning: bool) -> ColumnElement[bool]:
    return or_(_UNSEEN, _PENDING if scanning else false())
