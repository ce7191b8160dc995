"""A scan arrives: its pages wait to be read, and its letters get their numbers at once where it can be split."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.orm import Session

from cases import clock
from cases.attachments import safe_name
from cases.base import table
from cases.departments import City
from cases.letters import register
from cases.letters.splitting import Span, Split, seen, split
from cases.messages import KeptFile, PageCode, ScannedFile, ScannedPage
from cases.models import LetterRow, ScanPage, ScanRow

SPLIT, HELD, REFUSED, DISCARDED = "split", "held", "refused", "discarded"
WAITING, READ, UNREAD = "waiting", "read", "unread"
_PAGES, _LETTERS = table(ScanPage), table(LetterRow)
_LOCK = select(func.pg_advisory_xact_lock(bindparam("key")))
_SAME = select(ScanRow.id).where(ScanRow.sha256 == bindparam("sha256")).order_by(ScanRow.id).limit(1)


def arrive(session: Session, scanned: ScannedFile, *, city: City, received_at: datetime | None = None) -> int:
    """Take in a scan that was looked into; returns its id. Whoever calls has made sure that it comes once.

    The same bytes that came before are held as a twin: nobody is to answer a letter twice.
    """
    assert scanned.original is not None
    original, at = scanned.original, clock.now(session)
    received = min(received_at or at, at)
    twin = _twin(session, original)
    parted = _parted(scanned, twin)
    scan = ScanRow(
        account=scanned.account,
        raw_id=scanned.raw_id,
        sha256=original.sha256,
        name=safe_name(scanned.name),
        state=REFUSED if scanned.refused else HELD if parted.held else SPLIT,
        trouble=scanned.refused or parted.held or None,
        pages=len(scanned.pages),
        twin_of=twin,
        came_by=scanned.came_by or "upload",
        received_at=received,
    )
    session.add(scan)
    session.flush()
    if scanned.pages:
        session.execute(insert(_PAGES), list(_page_rows(scan.id, scanned.pages, parted, at)))
    add_letters(session, scan, parted.letters, answers=_answers(scanned.pages, parted.letters), city=city, at=at)
    register.note(session, "arrived", actor="system", at=at, scan_id=scan.id, values={"state": scan.state})
    return scan.id


def add_letters(
    session: Session,
    scan: ScanRow,
    spans: Sequence[Span],
    *,
    answers: Sequence[PageCode | None],
    city: City,
    at: datetime,
) -> list[str]:
    """Enter the letters of a scan in the register, as received when it was; returns their numbers.

    ``answers`` has for each letter the code of the letter of ours that it answers.
    """
    if not spans:
        return []
    received = register.day(scan.received_at, city)
    numbers = register.numbers(session, register.IN, received.year, len(spans))
    rows = [
        {
            "direction": register.IN,
            "register_number": number,
            "account": scan.account,
            "state": "reading",
            "scan_id": scan.id,
            "first_page": span.first,
            "last_page": span.last,
            "received_on": received,
            "proves": code.message_id if code else None,
            "reference_found": code.reference if code else None,
            "created_at": at,
        }
        for number, span, code in zip(numbers, spans, answers, strict=True)
    ]
    session.execute(insert(_LETTERS), rows)
    return numbers


def answer_of(codes: Iterable[PageCode]) -> PageCode | None:
    """Return the one reply code among the codes of a letter; several say nothing for sure."""
    found = {one.message_id: one for one in codes if one.kind == "reply"}
    return next(iter(found.values())) if len(found) == 1 else None


def code_of(stored: dict[str, Any]) -> PageCode:
    """Return a code as it is kept with a page."""
    return PageCode(**stored)


def _parted(scanned: ScannedFile, twin: int | None) -> Split:
    if scanned.refused:
        return Split()
    found = split([seen(one) for one in scanned.pages], single=scanned.single)
    if twin is None or found.held:
        return found
    return Split(covers=found.covers, held="The same file came before: discard it, or say that it is to be kept twice.")


def _twin(session: Session, original: KeptFile) -> int | None:
    """Return the first scan of the same bytes; of two that arrive at once the second waits and sees the first."""
    digest = hashlib.blake2b(f"scan:{original.sha256}".encode(), digest_size=8).digest()
    session.execute(_LOCK, {"key": int.from_bytes(digest, signed=True)})
    return session.scalar(_SAME, {"sha256": original.sha256})


def _answers(pages: Sequence[ScannedPage], spans: Sequence[Span]) -> list[PageCode | None]:
    return [answer_of(code for page in pages[span.first - 1 : span.last] for code in page.codes) for span in spans]


def _page_rows(scan_id: int, pages: Sequence[ScannedPage], parted: Split, at: datetime) -> Iterable[dict[str, Any]]:
    for number, page in enumerate(pages, 1):
        cover = number in parted.covers
        # Of a blank page, a cover sheet and one that cannot be shown there is nothing to read.
        waits = page.picture is not None and not page.blank and not cover
        yield {
            "scan_id": scan_id,
            "number": number,
            "picture_sha256": page.picture.sha256 if page.picture else None,
            "width": page.width or None,
            "height": page.height or None,
            "codes": [asdict(one) for one in page.codes],
            "blank": page.blank,
            "cover": cover,
            "state": WAITING if waits else READ if page.picture else UNREAD,
            "next_try_at": at if waits else None,
        }
