"""Letters for whoever keeps the register: what waits to be keyed, scans that are held, the register, one letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from cases.errors import NotFound
from cases.identity.names import fold
from cases.letters import register, taking
from cases.letters.arriving import HELD, REFUSED
from cases.letters.pages import pages_of
from cases.letters.taking import PRIVATE, READING, TO_KEY
from cases.models import Agent, Case, LetterChange, LetterRow, ScanPage, ScanRow
from cases.permissions import Viewer
from cases.queries import scope

#: rows of one page of a list
PAGE = 50
HIDDEN = "(kept with its case)"


@dataclass(frozen=True, slots=True)
class Line:
    """A letter in a list. ``sender`` and ``subject`` are empty where this viewer may not read its case, or nobody may:
    then ``hidden`` is set.
    """

    register_number: str
    direction: str
    state: str
    received_on: date | None
    created_at: datetime
    sender: str
    subject: str
    pages: int
    reference: str
    trouble: str
    keyed_by: str
    keyed_at: datetime | None
    by_machine: bool
    hidden: bool


@dataclass(frozen=True, slots=True)
class HeldScan:
    """A scan that waits for a person: ``refused`` has no pages. ``twin_of`` is the first scan of the same bytes."""

    id: int
    name: str
    refused: bool
    trouble: str
    pages: int
    twin_of: int | None
    came_by: str
    received_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many letters wait to be keyed and scans are held, each up to 100, and since when the oldest letter waits."""

    to_key: int
    reading: int
    held: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Opened:
    """One letter with its pages and what was done to it. ``following`` is the next one to key."""

    letter: LetterRow
    scan: ScanRow
    pages: Sequence[ScanPage]
    changes: Sequence[LetterChange]
    reference: str
    following: str


@dataclass(frozen=True, slots=True)
class OpenedScan:
    """One scan with all its pages, and the letters that were made of it."""

    scan: ScanRow
    pages: Sequence[ScanPage]
    letters: Sequence[LetterRow]
    twin: ScanRow | None


def waiting(session: Session, viewer: Viewer) -> Waiting:
    """Return what waits, in one statement."""
    taking.require(viewer)
    some = select(LetterRow.state, LetterRow.created_at).where(LetterRow.state.in_((READING, TO_KEY)))
    letters = some.order_by(LetterRow.id).limit(100).subquery()
    held = select(ScanRow.id).where(ScanRow.state.in_((HELD, REFUSED))).limit(100).subquery()
    row = session.execute(
        select(
            func.count().filter(letters.c.state == TO_KEY),
            func.count().filter(letters.c.state == READING),
            select(func.count()).select_from(held).scalar_subquery(),
            func.min(letters.c.created_at).filter(letters.c.state == TO_KEY),
        )
    ).one()
    return Waiting(*row)


def to_key(session: Session, viewer: Viewer, *, after: int = 0) -> list[Line]:
    """Return the letters that wait, the oldest first, and those still being read behind them in the same order."""
    taking.require(viewer)
    query = _lines(viewer).where(LetterRow.state.in_((TO_KEY, READING)), LetterRow.id > after)
    return [_line(row) for row in session.execute(query.order_by(LetterRow.id).limit(PAGE))]


def held(session: Session, viewer: Viewer) -> list[HeldScan]:
    """Return the scans that wait for a person, the oldest first."""
    taking.require(viewer)
    query = select(ScanRow).where(ScanRow.state.in_((HELD, REFUSED))).order_by(ScanRow.id).limit(PAGE)
    return [
        HeldScan(
            *(one.id, one.name, one.state == REFUSED, one.trouble or "", one.pages, one.twin_of),
            *(one.came_by, one.received_at, one.version),
        )
        for one in session.scalars(query)
    ]


def keyed_since(session: Session, viewer: Viewer, since: datetime) -> list[Line]:
    """Return the letters that were keyed, or put aside, since an instant, the latest first."""
    taking.require(viewer)
    query = _lines(viewer).where(LetterRow.keyed_at >= since, LetterRow.direction == register.IN)
    return [_line(row) for row in session.execute(query.order_by(LetterRow.keyed_at.desc()).limit(PAGE))]


def entries(
    session: Session,
    viewer: Viewer,
    *,
    direction: str = register.IN,
    words: str = "",
    since: date | None = None,
    until: date | None = None,
    before: int | None = None,
) -> list[Line]:
    """Return a page of the register, the latest first. ``words`` is a number or its end, a sender's name, or words of
    the subject: what this viewer may not read is not found by them.
    """
    taking.require(viewer)
    query = _lines(viewer).where(LetterRow.direction == direction)
    if words.strip():
        query = query.where(_named(viewer, words.strip()))
    query = query.where(LetterRow.received_on >= since) if since else query
    query = query.where(LetterRow.received_on <= until) if until else query
    query = query.where(LetterRow.id < before) if before else query
    return [_line(row) for row in session.execute(query.order_by(LetterRow.id.desc()).limit(PAGE))]


def one(session: Session, viewer: Viewer, register_number: str) -> Opened:
    """Return one letter that came in; raises ``NotFound`` also where it is in a case that this viewer may not read, or
    was put aside as private.
    """
    taking.require(viewer)
    query = select(LetterRow, ScanRow, Case.reference).join(ScanRow, ScanRow.id == LetterRow.scan_id)
    query = query.outerjoin(Case, Case.id == LetterRow.case_id)
    row = session.execute(query.where(LetterRow.register_number == register_number, _readable(viewer))).first()
    if row is None:
        raise NotFound("There is no such letter, or none that you may see.", field="letter")
    letter, scan, reference = row
    return Opened(
        letter,
        scan,
        () if letter.state == PRIVATE else pages_of(session, letter),
        session.scalars(_changes().where(LetterChange.letter_id == letter.id)).all(),
        reference or "",
        next_to_key(session, viewer, after=letter.id),
    )


def scan(session: Session, viewer: Viewer, scan_id: int) -> OpenedScan:
    """Return one scan. Its pages are those that this viewer may see: not the ones of letters in others' cases."""
    taking.require(viewer)
    found = session.get(ScanRow, scan_id)
    if found is None:
        raise NotFound("There is no such scan.", field="scan")
    letters = session.scalars(
        select(LetterRow)
        .outerjoin(Case, Case.id == LetterRow.case_id)
        .where(LetterRow.scan_id == scan_id, _readable(viewer))
        .order_by(LetterRow.first_page, LetterRow.id)
    ).all()
    twin = session.get(ScanRow, found.twin_of) if found.twin_of is not None else None
    return OpenedScan(found, session.scalars(_seen_pages(viewer, scan_id)).all(), letters, twin)


def page(session: Session, viewer: Viewer, scan_id: int, number: int) -> ScanPage:
    """Return one page of a scan, as far as this viewer may see it."""
    taking.require(viewer)
    found = session.scalars(_seen_pages(viewer, scan_id).where(ScanPage.number == number)).one_or_none()
    if found is None:
        raise NotFound("There is no such page, or none that you may see.", field="page")
    return found


def next_to_key(session: Session, viewer: Viewer, *, after: int) -> str:
    """Return the number of the letter to key behind one, or of the first; empty where none waits."""
    taking.require(viewer)
    behind = case((LetterRow.id > after, 0), else_=1)
    query = select(LetterRow.register_number).where(LetterRow.state == TO_KEY, LetterRow.id != after)
    return session.scalar(query.order_by(behind, LetterRow.id).limit(1)) or ""


def _seen_pages(viewer: Viewer, scan_id: int) -> Select[ScanPage]:
    theirs = aliased(LetterRow)
    hidden = (
        select(literal(1))
        .select_from(theirs)
        .outerjoin(Case, Case.id == theirs.case_id)
        .where(theirs.scan_id == ScanPage.scan_id, ScanPage.number.between(theirs.first_page, theirs.last_page))
        .where(or_(theirs.state == PRIVATE, and_(theirs.case_id.is_not(None), ~_sees(viewer))))
    )
    return select(ScanPage).where(ScanPage.scan_id == scan_id, ~hidden.exists()).order_by(ScanPage.number)


def _readable(viewer: Viewer) -> ColumnElement[bool]:
    return or_(LetterRow.case_id.is_(None), _sees(viewer))


def _sees(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition that the case is the viewer's to read, never null: what is not known is not shown."""
    return func.coalesce(scope.visible(viewer), false())


def _lines(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    return (
        select(LetterRow, Case.reference, _readable(viewer).label("readable"), Agent.name.label("keyer"))
        .outerjoin(Case, Case.id == LetterRow.case_id)
        .outerjoin(Agent, Agent.id == LetterRow.keyed_by)
    )


def _line(row: Any) -> Line:
    letter, reference, readable, keyer = row
    hidden = not readable or letter.state == PRIVATE
    found = letter.found or {}
    sender = letter.sender_name or letter.recipient_name or (found.get("sender_name") or {}).get("value", "")
    subject = letter.subject or (found.get("subject") or {}).get("value", "")
    return Line(
        register_number=letter.register_number,
        direction=letter.direction,
        state=letter.state,
        received_on=letter.received_on,
        created_at=letter.created_at,
        sender="" if hidden else sender,
        subject="" if hidden else subject,
        pages=0 if letter.first_page is None else letter.last_page - letter.first_page + 1,
        reference="" if hidden else reference or "",
        trouble="" if hidden else letter.trouble or "",
        keyed_by=keyer or "",
        keyed_at=letter.keyed_at,
        by_machine=letter.keyed_at is not None and letter.keyed_by is None,
        hidden=hidden,
    )


def _named(viewer: Viewer, words: str) -> ColumnElement[bool]:
    """Return the condition that a letter is meant: by its number, or by words of what this viewer may read of it."""
    number = LetterRow.register_number.ilike(f"%{_plain(words)}")
    said = func.concat_ws(" ", LetterRow.sender_name, LetterRow.recipient_name, LetterRow.subject)
    each = [func.lower(said).like(f"%{_plain(one)}%") for one in words.casefold().split()]
    readable = and_(_readable(viewer), LetterRow.state != PRIVATE)
    return or_(number, and_(readable, *each)) if fold(words) else number


def _plain(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _changes() -> Select[LetterChange]:
    return select(LetterChange).order_by(LetterChange.id)
