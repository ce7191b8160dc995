"""The one way to a letter or a scan that shall be changed: permitted, locked, as it was seen, and still open to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cases import clock
from cases.errors import Invalid, NotAllowed, NotFound, Stale
from cases.letters import register
from cases.letters.arriving import READ, UNREAD, WAITING
from cases.models import LetterRow, ScanPage, ScanRow
from cases.permissions import Action, Viewer, may

READING, TO_KEY, KEYED = "reading", "to_key", "keyed"
UNREADABLE, PRIVATE, JOINED = "unreadable", "private", "joined"
_CHANGED = "Somebody changed this while you had it open. Look at it again and repeat what is still right."
_WORDS = {
    READING: "its pages are still being read",
    TO_KEY: "it waits to be keyed",
    KEYED: "it was keyed already",
    UNREADABLE: "it was put aside as one that cannot be read",
    PRIVATE: "it was put aside as private",
    JOINED: "its pages are part of another letter",
}


def require(viewer: Viewer) -> None:
    """Raise ``NotAllowed`` for who does not keep the register."""
    if not may(viewer, Action.KEEP_REGISTER):
        raise NotAllowed("Your role does not keep the register of letters.")


def for_change(
    session: Session, viewer: Viewer, register_number: str, version: int, *, states: Collection[str]
) -> LetterRow:
    """Return a letter that came in, locked. Raises ``Stale`` where it is not as it was seen, ``Invalid`` where its
    state does not allow this.
    """
    require(viewer)
    query = select(LetterRow).where(LetterRow.register_number == register_number, LetterRow.direction == register.IN)
    letter = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if letter is None:
        raise NotFound("There is no such letter.", field="letter")
    if letter.version != version:
        raise Stale(_CHANGED)
    if letter.state not in states:
        raise Invalid(f"This cannot be done to {register_number} now: {_WORDS[letter.state]}.", field="letter")
    return letter


def scan_for_change(session: Session, viewer: Viewer, scan_id: int, version: int) -> ScanRow:
    """Return a scan, locked; raises ``Stale`` where it is not as it was seen."""
    require(viewer)
    scan = session.get(ScanRow, scan_id, with_for_update=True, populate_existing=True)
    if scan is None:
        raise NotFound("There is no such scan.", field="scan")
    if scan.version != version:
        raise Stale(_CHANGED)
    return scan


def changed(
    session: Session, letter: LetterRow, kind: str, actor: str, values: Mapping[str, Any] | None = None
) -> None:
    """Count a letter's version up and keep with it what was done."""
    letter.version += 1
    register.note(session, kind, actor=actor, at=clock.now(session), letter_id=letter.id, values=values)


def forget_words(session: Session, letter: LetterRow) -> None:
    """Forget all that was read of a letter; its pictures stay."""
    letter.text, letter.subject, letter.found, letter.reference_found = None, None, {}, None
    _set_pages(session, letter, text="", words=[])


def read_again(session: Session, letter: LetterRow, *, at: datetime) -> None:
    """Let the pages of a letter be read from their beginning."""
    letter.state = READING
    _set_pages(session, letter, state=WAITING, attempts=0, next_try_at=at)


def _set_pages(session: Session, letter: LetterRow, **values: Any) -> None:
    if letter.first_page is None:
        return
    within = ScanPage.number.between(letter.first_page, letter.last_page), ScanPage.state.in_((READ, UNREAD))
    filled = ~ScanPage.blank, ~ScanPage.cover, ScanPage.picture_sha256.is_not(None)
    session.execute(update(ScanPage).where(ScanPage.scan_id == letter.scan_id, *within, *filled).values(**values))
