"""The register as its keepers read it: what is to be keyed or split, what was keyed today, and every letter by number.

Of a letter whose case somebody may not read, and of a private one, they see that there is one, and nothing of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    DateTime,
    Select,
    and_,
    bindparam,
    exists,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy import case as either
from sqlalchemy.orm import Session, aliased

from cases import clock
from cases.letters import keyers
from cases.models import Agent, Case, Filing, LetterRow, ScanRow
from cases.permissions import Action, Viewer, may
from cases.queries import paging
from cases.queries.paging import Page
from cases.queries.scope import visible
from cases.together import NOW, Found, first

#: how many letters, and scans, the page of what waits shows
MOST_WAITING, MOST_HELD, MOST_TODAY = 40, 20, 20
#: among how many of the newest letters those are looked for that were keyed today
_NEWEST = 2000
LONGEST_SEARCH = 100
#: a number as people type it: ``L-2026-0001``, ``l 2026 1``
_NUMBER = re.compile(r"([LD])[\s-]?(\d{4})[\s-]?(\d{1,6})", re.IGNORECASE)
TO_KEY, READING, PRIVATE = "to_key", "reading", "private"
_DONE = ("keyed", "unreadable", PRIVATE)
_SPLIT_FIRST = ("held", "refused")
#: when today began where the city is
TODAY: BindParameter[datetime] = bindparam("today", None, type_=DateTime(timezone=True))
_SCAN = tuple(
    getattr(ScanRow, name).label(name)
    for name in ("id", "name", "state", "trouble", "pages", "came_by", "received_at", "twin_of")
)
#: as it was keyed, else as it was read
_NAME = func.coalesce(LetterRow.sender_name, LetterRow.recipient_name, LetterRow.found["sender_name"]["value"].astext)
_SUBJECT = func.coalesce(LetterRow.subject, LetterRow.found["subject"]["value"].astext)
_OF_LETTER = ("id", "register_number", "direction", "state", "received_on", "created_at", "keyed_at")


@dataclass(frozen=True, slots=True)
class LetterLine:
    """One letter as a list shows it. ``shut``: its case is not the viewer's, or it is private; then nothing else is
    told than its number, its state and its days. ``keyer`` is who keys it now, or who has keyed it.
    """

    id: int
    register_number: str
    direction: str
    state: str
    shut: bool
    name: str | None
    subject: str | None
    received_on: date | None
    created_at: datetime
    pages: int
    keyer: str | None
    keyed_at: datetime | None
    reference: str | None


@dataclass(frozen=True, slots=True)
class ScanLine:
    """A scan that waits for a person. ``twin_of`` is the scan of the same bytes that came first."""

    id: int
    name: str
    state: str
    trouble: str | None
    pages: int
    came_by: str
    received_at: datetime
    twin_of: int | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is to be done in the register, the oldest first. ``more``: of letters to key than are listed."""

    to_key: tuple[LetterLine, ...]
    more: int
    held: tuple[ScanLine, ...]
    reading: int
    today: tuple[LetterLine, ...]


@dataclass(frozen=True, slots=True)
class RegisterFilter:
    """What the register is searched for. ``words``: a number, or a part of a name or subject."""

    words: str = ""
    since: date | None = None
    until: date | None = None
    direction: str = ""

    @property
    def empty(self) -> bool:
        """Tell whether nothing is searched for."""
        return not (self.words or self.since or self.until or self.direction)


def waits_part(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    """Return the read of whether anything waits in the register, with the column ``waits``; not for who keeps none."""
    if not may(viewer, Action.KEEP_REGISTER):
        return select(literal(value=False).label("waits"))
    to_key = exists().where(LetterRow.state == TO_KEY, LetterRow.direction == "in")
    held = exists().where(ScanRow.state.in_(_SPLIT_FIRST))
    return select(or_(to_key, held).label("waits"))


def waiting_parts(viewer: Viewer) -> dict[str, Select[*tuple[Any, ...]]]:
    """Return the reads of what waits; ``today`` is a parameter, the instant at which the day began."""
    at_work = and_(LetterRow.state == TO_KEY, LetterRow.direction == "in")
    newest = select(LetterRow.id).order_by(LetterRow.id.desc()).limit(first(_NEWEST)).scalar_subquery()
    today = and_(LetterRow.id.in_(newest), LetterRow.state.in_(_DONE), LetterRow.keyed_at >= TODAY)
    reading = select(LetterRow.id).where(LetterRow.state == READING).subquery()
    return {
        "to_key": _lines(viewer).where(at_work).order_by(LetterRow.id).limit(first(MOST_WAITING)),
        "number": select(func.count().label("number")).select_from(
            select(LetterRow.id).where(at_work).limit(first(1000)).subquery()
        ),
        "held": select(*_SCAN).where(ScanRow.state.in_(_SPLIT_FIRST)).order_by(ScanRow.id).limit(first(MOST_HELD)),
        "reading": select(func.count().label("number")).select_from(reading),
        "today": _lines(viewer).where(today).order_by(LetterRow.keyed_at.desc()).limit(first(MOST_TODAY)),
    }


def waiting_of(found: Found) -> Waiting:
    """Return what waits, of the rows of :func:`waiting_parts`."""
    to_key = tuple(_line(one) for one in found["to_key"])
    return Waiting(
        to_key=to_key,
        more=found["number"][0].number - len(to_key),
        held=tuple(scan_line(one) for one in found["held"]),
        reading=found["reading"][0].number,
        today=tuple(_line(one) for one in found["today"]),
    )


def page(
    session: Session, viewer: Viewer, asked: RegisterFilter, *, cursor: str | None = None, limit: int = 50
) -> Page[LetterLine]:
    """Return the letters that were searched for, the newest first. A name is looked for only where it may be read."""
    query = _lines(viewer).where(*_narrowed(viewer, asked)).order_by(LetterRow.id.desc())
    if cursor:
        (last,) = paging.decode(cursor, int)
        query = query.where(LetterRow.id < last)
    rows = session.execute(query.limit(paging.limited(limit) + 1), {"now": clock.now(session)}).all()
    found = tuple(_line(one) for one in rows[:limit])
    return Page(found, paging.encode(found[-1].id) if len(rows) > limit else None)


def number_of(words: str) -> str | None:
    """Return a register number as it is written in the register, of how people type it; None for anything else."""
    found = _NUMBER.fullmatch(words.strip())
    return f"{found[1].upper()}-{found[2]}-{int(found[3]):04d}" if found else None


#: the case in which a letter's message stands, and the one into which that was merged: further away nothing is told
_NOW_IN = (
    select(Filing.case_id)
    .where(Filing.message_id == LetterRow.message_id, Filing.removed_at.is_(None))
    .order_by(Filing.id.desc())
    .limit(1)
    .scalar_subquery()
)
_First, _Case = aliased(Case), aliased(Case)


def _readable(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on ``LetterRow``, with its case beside it, that the viewer may know what it says."""
    filed = func.coalesce(and_(visible(viewer, of=_Case), _Case.merged_into_id.is_(None)), false())
    return and_(LetterRow.state != PRIVATE, or_(LetterRow.case_id.is_(None), filed))


def _lines(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    """Return the read of lines of the register, narrowed by the caller."""
    shown, has_keyed = _readable(viewer), aliased(Agent)
    keys = keyers.by_letter(viewer, now=NOW).subquery()
    columns = (getattr(LetterRow, one).label(one) for one in _OF_LETTER)
    return (
        select(
            *columns,
            (~shown).label("shut"),
            either((shown, _NAME), else_=None).label("name"),
            either((shown, _SUBJECT), else_=None).label("subject"),
            either((shown, _Case.reference), else_=None).label("reference"),
            func.coalesce(LetterRow.last_page - LetterRow.first_page + 1, 0).label("pages"),
            func.coalesce(keys.c.names, has_keyed.name).label("keyer"),
        )
        .select_from(LetterRow)
        .outerjoin(_First, _First.id == func.coalesce(_NOW_IN, LetterRow.case_id))
        .outerjoin(_Case, _Case.id == func.coalesce(_First.merged_into_id, _First.id))
        .outerjoin(keys, keys.c.letter_id == LetterRow.id)
        .outerjoin(has_keyed, has_keyed.id == LetterRow.keyed_by)
    )


def _narrowed(viewer: Viewer, asked: RegisterFilter) -> list[ColumnElement[bool]]:
    found = list[ColumnElement[bool]]()
    number, words = number_of(asked.words), asked.words.strip()[:LONGEST_SEARCH]
    if number:
        found.append(LetterRow.register_number == number)
    elif words:
        sought = f"%{_plain(words)}%"
        columns = (_NAME, LetterRow.signed_by, _SUBJECT)
        found += [_readable(viewer), or_(*(one.ilike(sought, escape="\\") for one in columns))]
    if asked.direction in ("in", "out"):
        found.append(LetterRow.direction == asked.direction)
    day = func.coalesce(LetterRow.received_on, LetterRow.posted_on)
    found += [day >= asked.since] if asked.since else []
    found += [day <= asked.until] if asked.until else []
    return found


def _plain(words: str) -> str:
    """Return words of which no sign means something to the database."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("\x00", "")


def _line(row: Any) -> LetterLine:
    return LetterLine(
        id=row.id,
        register_number=row.register_number,
        direction=row.direction,
        state=row.state,
        shut=bool(row.shut),
        name=row.name,
        subject=row.subject,
        received_on=row.received_on,
        created_at=row.created_at,
        pages=row.pages,
        keyer=row.keyer,
        keyed_at=row.keyed_at,
        reference=row.reference,
    )


def scan_line(row: Any) -> ScanLine:
    """Return a scan, of a row with its columns."""
    return ScanLine(*(getattr(row, one.key) for one in _SCAN))
