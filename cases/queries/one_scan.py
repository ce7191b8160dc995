"""One scan for the page on which it is split by hand: its pages, what it became, and the scan that it repeats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases.errors import NotFound
from cases.models import LetterRow, ScanPage, ScanRow, StoredFile
from cases.permissions import Action, Viewer, may
from cases.queries.one_letter import may_see

_NONE = "There is no such scan, or none that you may see."
_SHOWN = func.coalesce(ScanPage.shown_sha256, ScanPage.picture_sha256)


@dataclass(frozen=True, slots=True)
class PageOfScan:
    """One page. ``shown``: there is a picture of it; ``codes``: codes of ours stand on it."""

    number: int
    width: int
    height: int
    blank: bool
    cover: bool
    turn: int
    shown: bool
    codes: bool


@dataclass(frozen=True, slots=True)
class OneScan:
    """A scan. ``letters`` are the register numbers of what it became, its pages among them in their order."""

    id: int
    name: str
    state: str
    trouble: str | None
    pages: int
    twin_of: int | None
    came_by: str
    received_at: datetime
    version: int
    letters: tuple[str, ...]
    every: tuple[PageOfScan, ...]


def load(session: Session, viewer: Viewer, scan_id: int) -> OneScan:
    """Return a scan with its pages; ``NotFound`` alike where there is none and where a letter of it is not theirs."""
    row, letters = _scan(session, viewer, scan_id)
    columns = (ScanPage.number, ScanPage.width, ScanPage.height, ScanPage.blank, ScanPage.cover, ScanPage.turn)
    query = select(*columns, _SHOWN.is_not(None).label("shown"), func.jsonb_array_length(ScanPage.codes).label("codes"))
    pages = session.execute(query.where(ScanPage.scan_id == scan_id).order_by(ScanPage.number))
    return OneScan(
        id=row.id,
        name=row.name,
        state=row.state,
        trouble=row.trouble,
        pages=row.pages,
        twin_of=row.twin_of,
        came_by=row.came_by,
        received_at=row.received_at,
        version=row.version,
        letters=tuple(one.register_number for one in letters),
        every=tuple(_page(one) for one in pages),
    )


def picture(session: Session, viewer: Viewer, scan_id: int, page: int) -> tuple[int, str, list[StoredFile]]:
    """Return the id of a page, the content of its picture, and the records by which it may be held back."""
    _scan(session, viewer, scan_id)
    return picture_of(session, scan_id, page)


def picture_of(session: Session, scan_id: int, page: int) -> tuple[int, str, list[StoredFile]]:
    """Do so for a scan of which the viewer may see at least this page."""
    query = select(ScanPage.id, _SHOWN.label("sha256"), ScanRow.sha256.label("scan")).join(
        ScanRow, ScanRow.id == ScanPage.scan_id
    )
    found = session.execute(query.where(ScanPage.scan_id == scan_id, ScanPage.number == page)).one_or_none()
    if found is None or found.sha256 is None:
        raise NotFound("There is no picture of this page.")
    stored = session.scalars(select(StoredFile).where(StoredFile.sha256.in_([found.sha256, found.scan])))
    return found.id, found.sha256, list(stored)


def _scan(session: Session, viewer: Viewer, scan_id: int) -> tuple[ScanRow, list[LetterRow]]:
    row = session.get(ScanRow, scan_id) if may(viewer, Action.KEEP_REGISTER) and scan_id < 2**63 else None
    letters = list(session.scalars(select(LetterRow).where(LetterRow.scan_id == scan_id).order_by(LetterRow.id)))
    if row is None or not all(may_see(session, viewer, one) for one in letters):
        raise NotFound(_NONE)
    return row, letters


def _page(row: Any) -> PageOfScan:
    size = (row.width or 1, row.height or 1)
    return PageOfScan(row.number, *size, row.blank, row.cover, row.turn, row.shown, bool(row.codes))
