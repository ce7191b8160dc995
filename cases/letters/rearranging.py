"""Where letters begin, said by a person: scans confirmed or put away, letters split or joined, pages turned."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import clock
from cases.departments import City
from cases.errors import Invalid, NotFound
from cases.letters import arriving, register, taking
from cases.letters.arriving import DISCARDED, HELD, READ, REFUSED, SPLIT, UNREAD, WAITING
from cases.letters.splitting import Span
from cases.letters.taking import JOINED, READING, TO_KEY, UNREADABLE
from cases.messages import PageCode
from cases.models import LetterRow, ScanPage, ScanRow
from cases.permissions import Viewer

OPEN = (READING, TO_KEY, UNREADABLE)
#: why a scan is put away; the reasons are few, so that they can be counted
DISCARDS = {
    "twin": "It is the same as an earlier scan",
    "blank": "Nothing is on it",
    "no_letter": "It is no letter",
    "again": "It was scanned again, better",
}


@dataclass(frozen=True, slots=True)
class Marks:
    """What a person says of a scan's pages, by their numbers: where letters begin, and which are cover sheets."""

    starts: Collection[int]
    covers: Collection[int] = ()


def confirm(session: Session, viewer: Viewer, *, city: City, scan_id: int, version: int, marks: Marks) -> list[str]:
    """Make the letters of a held scan; returns their register numbers. ``Invalid`` where a page would be lost."""
    scan = taking.scan_for_change(session, viewer, scan_id, version)
    if scan.state != HELD:
        raise Invalid("This scan does not wait for its letters to be marked.", field="scan")
    at, pages = clock.now(session), _pages(session, scan.id)
    spans = _spans(pages, marks)
    for page in pages:
        page.cover = page.number in marks.covers
        if page.state == READ and not page.cover and not page.blank and page.shown_sha256 is None:
            page.state, page.next_try_at = WAITING, at  # it was taken for a cover sheet, and never read
        elif page.state == WAITING and page.cover:
            page.state, page.next_try_at = READ, None
    answers = [_answer(pages, span) for span in spans]
    scan.state, scan.trouble = SPLIT, None
    scan.version += 1
    session.flush()
    numbers = arriving.add_letters(session, scan, spans, answers=answers, city=city, at=at)
    values = {"letters": numbers, "starts": sorted(marks.starts)}
    register.note(session, "confirmed", actor=viewer.actor, at=at, scan_id=scan.id, values=values)
    return numbers


def enter(session: Session, viewer: Viewer, *, city: City, scan_id: int, version: int) -> str:
    """Make one letter of a scan that could not be looked into, to be keyed by hand; returns its register number."""
    scan = taking.scan_for_change(session, viewer, scan_id, version)
    if scan.state != REFUSED:
        raise Invalid("The pages of this scan can be seen: mark where its letters begin.", field="scan")
    at, trouble = clock.now(session), scan.trouble
    numbers = arriving.add_letters(session, scan, [Span(1, 0)], answers=[None], city=city, at=at)
    letter = session.scalars(select(LetterRow).where(LetterRow.register_number == numbers[0])).one()
    letter.state, letter.trouble, letter.first_page, letter.last_page = TO_KEY, trouble, None, None
    scan.state = SPLIT
    scan.version += 1
    register.note(session, "entered", actor=viewer.actor, at=at, scan_id=scan.id, values={"letters": numbers})
    return numbers[0]


def discard(session: Session, viewer: Viewer, *, scan_id: int, version: int, reason: str) -> ScanRow:
    """Put a scan away of which no letter was made; the file stays in the store."""
    scan = taking.scan_for_change(session, viewer, scan_id, version)
    if scan.state not in (HELD, REFUSED):
        raise Invalid("Letters were made of this scan: put these aside one by one.", field="scan")
    if reason not in DISCARDS:
        raise Invalid(f"Choose why: {', '.join(DISCARDS)}.", field="reason")
    at = clock.now(session)
    scan.state, scan.trouble = DISCARDED, DISCARDS[reason]
    scan.version += 1
    for page in _pages(session, scan.id):
        if page.state == WAITING:
            page.state, page.next_try_at = UNREAD, None
    register.note(session, "discarded", actor=viewer.actor, at=at, scan_id=scan.id, values={"reason": reason})
    return scan


def split_here(session: Session, viewer: Viewer, *, city: City, register_number: str, version: int, page: int) -> str:
    """Let a new letter begin at a page, counted as in the scan; returns its register number."""
    letter = taking.for_change(session, viewer, register_number, version, states=OPEN)
    first, last = letter.first_page or 0, letter.last_page or 0
    if not first < page <= last:
        raise Invalid(f"Choose a page behind the first of this letter, up to {last}.", field="page")
    scan, at = session.get_one(ScanRow, letter.scan_id), clock.now(session)
    pages = _pages(session, scan.id)
    letter.last_page = page - 1
    _begin_again(letter, _answer(pages, Span(first, page - 1)))
    new = Span(page, last)
    number = arriving.add_letters(session, scan, [new], answers=[_answer(pages, new)], city=city, at=at)[0]
    taking.changed(session, letter, "split", viewer.actor, {"page": page, "into": number})
    return number


def join_previous(session: Session, viewer: Viewer, *, register_number: str, version: int) -> str:
    """Let a letter's pages be part of the one before it in the same scan; returns that one's number. Its own number
    stays in the register, and says where the pages are.
    """
    letter = taking.for_change(session, viewer, register_number, version, states=OPEN)
    before = session.scalars(
        select(LetterRow)
        .where(LetterRow.scan_id == letter.scan_id, LetterRow.last_page < letter.first_page)
        .where(LetterRow.state != JOINED)
        .order_by(LetterRow.last_page.desc())
        .limit(1)
        .with_for_update()
    ).one_or_none()
    if before is None:
        raise NotFound("There is no letter before this one in its scan.", field="letter")
    if before.state not in OPEN:
        raise Invalid(f"{before.register_number} before it was keyed already: it keeps its pages.", field="letter")
    before.last_page = letter.last_page
    span = Span(before.first_page or 0, before.last_page or 0)
    _begin_again(before, _answer(_pages(session, letter.scan_id or 0), span))
    letter.state, letter.joined_to = JOINED, before.id
    taking.changed(session, letter, "joined", viewer.actor, {"to": before.register_number})
    taking.changed(session, before, "took_in", viewer.actor, {"letter": letter.register_number})
    return before.register_number


def turn(session: Session, viewer: Viewer, *, scan_id: int, page: int, degrees: int) -> ScanPage:
    """Turn a page as it is shown, clockwise; a letter that waits to be keyed is put together again."""
    taking.require(viewer)
    if degrees not in (90, 180, 270):
        raise Invalid("A page is turned by 90, 180 or 270 degrees.", field="degrees")
    one = session.scalars(
        select(ScanPage).where(ScanPage.scan_id == scan_id, ScanPage.number == page).with_for_update()
    ).one_or_none()
    if one is None:
        raise NotFound("There is no such page.", field="page")
    one.turn = (one.turn + degrees) % 360
    waiting = select(LetterRow).where(
        LetterRow.scan_id == scan_id,
        LetterRow.state == TO_KEY,
        LetterRow.first_page <= page,
        LetterRow.last_page >= page,
    )
    for letter in session.scalars(waiting.with_for_update()):
        letter.state = READING
    session.flush()
    return one


def proposed(pages: Sequence[ScanPage]) -> Marks:
    """Return what a person is shown at first: a letter behind each cover sheet, or one of all pages."""
    covers = [page.number for page in pages if page.cover]
    filled = [page.number for page in pages if not page.cover and not page.blank]
    first = [next((one for one in filled if one > cover), None) for cover in covers]
    starts = {one for one in (*filled[:1], *first) if one is not None}
    return Marks(sorted(starts), covers)


def _begin_again(letter: LetterRow, answer: PageCode | None) -> None:
    """Let a letter be put together again, of the pages that it has now."""
    letter.state, letter.trouble, letter.pdf_sha256, letter.found = READING, None, None, {}
    letter.proves = answer.message_id if answer else None
    letter.reference_found = answer.reference if answer else None


def _pages(session: Session, scan_id: int) -> Sequence[ScanPage]:
    return session.scalars(select(ScanPage).where(ScanPage.scan_id == scan_id).order_by(ScanPage.number)).all()


def _answer(pages: Sequence[ScanPage], span: Span) -> PageCode | None:
    """Return the code of the letter of ours that pages answer."""
    within = (page for page in pages if span.first <= page.number <= span.last)
    return arriving.answer_of(arriving.code_of(code) for page in within for code in page.codes)


def _spans(pages: Sequence[ScanPage], marks: Marks) -> list[Span]:
    known = {page.number for page in pages}
    covers, starts = set(marks.covers), sorted(set(marks.starts))
    if not starts or not known.issuperset(starts) or not known.issuperset(covers):
        raise Invalid("Mark the pages on which a letter begins.", field="starts")
    if covers.intersection(starts):
        raise Invalid("A cover sheet is no page of a letter: mark the page behind it.", field="starts")
    spans = [_span(start, [*starts, len(pages) + 1], covers) for start in starts]
    held = {number for span in spans for number in range(span.first, span.last + 1)}
    lost = [page.number for page in pages if not page.blank and page.number not in held | covers]
    if lost:
        raise Invalid(f"Page {lost[0]} would be in no letter: mark where its letter begins.", field="starts")
    return spans


def _span(start: int, starts: Sequence[int], covers: Collection[int]) -> Span:
    """Return a letter's pages: up to the next one's first, or to a cover sheet before that."""
    following = min(one for one in starts if one > start)
    cover = min((one for one in covers if start < one < following), default=following)
    return Span(start, cover - 1)
