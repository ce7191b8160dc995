"""Pages of scans on their way to words: claimed, read, tried again, or left to a person; then the letters of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases.holding import Scan
from cases.letters.arriving import READ, UNREAD, WAITING
from cases.letters.cover_words import looks_like_cover
from cases.messages import KeptFile
from cases.models import LetterRow, ScanPage, StoredFile

#: who reads a page has so long for it; longer than its reader's own limit
LEASE = timedelta(minutes=2)
PAUSES = (timedelta(seconds=5), timedelta(seconds=60))
MOST_TRIES = 3
READING, TO_KEY = "reading", "to_key"
#: characters of a letter's words that are kept; sixty pages of small print have no more
LONGEST_TEXT = 500_000


@dataclass(frozen=True, slots=True)
class Claimed:
    """One page that this process reads now. ``attempt`` counts from 1."""

    id: int
    picture_sha256: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Words:
    """What reading a page found, see ``channels.letters.apart``, and the files that it left, in the store already."""

    values: Mapping[str, Any]
    shown: KeptFile
    pdf: KeptFile


@dataclass(frozen=True, slots=True)
class Whole:
    """A letter of which all pages are through, and these in their order."""

    id: int
    pages: Sequence[ScanPage]


def waits(session: Session, *, now: datetime) -> bool:
    """Tell whether a page is to be read or a letter to be put together now."""
    due = select(ScanPage.id).where(ScanPage.state == WAITING, ScanPage.next_try_at <= now).limit(1)
    return session.scalar(due) is not None or session.scalar(_through().limit(1)) is not None


def claim(session: Session, *, now: datetime) -> Claimed | None:
    """Take the page that waits for longest, for one process at a time."""
    query = (
        select(ScanPage)
        .where(ScanPage.state == WAITING, ScanPage.next_try_at <= now)
        .order_by(ScanPage.next_try_at, ScanPage.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = session.scalars(query).one_or_none()
    if row is None:
        return None
    row.attempts += 1
    row.next_try_at = now + LEASE
    return Claimed(row.id, str(row.picture_sha256), row.attempts)


def read(session: Session, one: Claimed, found: Words) -> None:
    """Keep what was read of a page; nothing where another process has taken it over."""
    row = _locked(session, one)
    if row is None:
        return
    values = found.values
    row.state, row.next_try_at = READ, None
    row.shown_sha256, row.pdf_sha256 = found.shown.sha256, found.pdf.sha256
    row.width, row.height = int(values["width"]), int(values["height"])
    row.turned, row.skew, row.confidence = int(values["turned"]), float(values["skew"]), float(values["confidence"])
    row.text, row.words = str(values["text"]).replace("\x00", " "), list(values["words"])


def fail(session: Session, one: Claimed, *, again: bool, at: datetime) -> None:
    """Record that a page could not be read: tried again after a pause, or left to a person, who sees its picture."""
    row = _locked(session, one)
    if row is None:
        return
    if again and one.attempt < MOST_TRIES:
        row.next_try_at = at + PAUSES[min(one.attempt, len(PAUSES)) - 1]
    else:
        row.state, row.next_try_at = UNREAD, None


def whole(session: Session, *, besides: Sequence[int] = ()) -> Whole | None:
    """Return the oldest letter of which all pages are through; without a lock, for putting it together takes time."""
    letter_id = session.scalar(_through().where(LetterRow.id.not_in(besides)).limit(1))
    if letter_id is None:
        return None
    return Whole(letter_id, pages_of(session, session.get_one(LetterRow, letter_id)))


def pages_of(session: Session, letter: LetterRow) -> Sequence[ScanPage]:
    """Return the pages of a letter in their order, no cover sheet among them."""
    within = ScanPage.number.between(letter.first_page, letter.last_page)
    query = select(ScanPage).where(ScanPage.scan_id == letter.scan_id, within, ~ScanPage.cover)
    return session.scalars(query.order_by(ScanPage.number)).all()


def put_together(
    session: Session, one: Whole, *, pdf: KeptFile | None, found: Mapping[str, Any], at: datetime
) -> LetterRow | None:
    """Let a letter wait for whoever keys it, with its words, what was found in them, and its pages as one file.

    None where it changed meanwhile: then it is put together again.
    """
    letter = session.get(LetterRow, one.id, with_for_update=True, populate_existing=True)
    if letter is None or letter.state != READING:
        return None
    now = [(page.id, page.turn) for page in pages_of(session, letter)]
    if now != [(page.id, page.turn) for page in one.pages]:
        return None
    if pdf is not None:
        keep(session, pdf, at=at)
        letter.pdf_sha256 = pdf.sha256
    letter.text = "\n\n".join(page.text.strip() for page in one.pages if page.text.strip())[:LONGEST_TEXT]
    letter.found = dict(found)
    letter.reference_found = letter.reference_found or str(found.get("reference", {}).get("value", "")) or None
    letter.trouble = _doubt(one.pages)
    letter.state = TO_KEY
    letter.version += 1
    return letter


def keep(session: Session, file: KeptFile, *, at: datetime) -> None:
    """Let a file be given out that was made here, of pictures and words alone: there is nothing in it to look for."""
    own = {"size": file.size, "media_type": file.media_type, "created_at": at, "looked_at": at}
    row = insert(StoredFile).values(sha256=file.sha256, scan=Scan.CLEAN, scanned_at=at, **own)
    session.execute(row.on_conflict_do_nothing())


def _doubt(pages: Sequence[ScanPage]) -> str | None:
    """Tell where two letters may lie together: a cover sheet whose code is torn still has its words."""
    for page in pages:
        if looks_like_cover(page.text):
            return f"Page {page.number} looks like a cover sheet whose code could not be read: are these two letters?"
    return None


def _through() -> Select[int]:
    left = exists().where(
        and_(
            ScanPage.scan_id == LetterRow.scan_id,
            ScanPage.number.between(LetterRow.first_page, LetterRow.last_page),
            ScanPage.state == WAITING,
        )
    )
    return select(LetterRow.id).where(LetterRow.state == READING, ~left).order_by(LetterRow.id)


def _locked(session: Session, one: Claimed) -> ScanPage | None:
    row = session.get(ScanPage, one.id, with_for_update=True)
    return row if row is not None and row.state == WAITING and row.attempts == one.attempt else None
