"""Scans as a scanner's file has been looked into, and the letters that come of them."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select

from cases import clock, intake
from cases.departments import Account, City
from cases.letters import pages
from cases.letters.pages import Words
from cases.messages import KeptFile, PageCode, ScannedFile, ScannedPage
from cases.models import LetterRow, ScanPage, ScanRow
from contactcentre.db import Database, UnitOfWork

ACCOUNT = "letters"
_numbers = itertools.count(1)


def with_letters(city: City) -> City:
    """Return the city with an account of letters."""
    letters = Account(ACCOUNT, "letters", "paper", "P.O. Box 1\nNorthport", "desk")
    return replace(city, accounts={**city.accounts, ACCOUNT: letters})


def kept(words: str, kind: str = "image/png") -> KeptFile:
    """Return a file that is said to be in the store."""
    return KeptFile(hashlib.sha256(words.encode()).hexdigest(), len(words), kind, words)


def page(*codes: PageCode, blank: bool = False, broken: bool = False) -> ScannedPage:
    """Return one page."""
    if broken:
        return ScannedPage(None)
    return ScannedPage(kept(f"page {next(_numbers)}"), 1654, 2339, codes, blank=blank)


def cover(number: int) -> ScannedPage:
    """Return a cover sheet."""
    return page(PageCode("cover", number=number))


def scan(*sides: ScannedPage, name: str = "SCAN_0001.pdf", same_as: str = "", **said: object) -> ScannedFile:
    """Return a scan; ``same_as`` names its bytes."""
    number = next(_numbers)
    original = kept(same_as or f"scan {number}", "application/pdf")
    return ScannedFile(ACCOUNT, name, "folder", sides, original=original, raw_id=number, **said)  # type: ignore[arg-type]


def arrives(db: Database, city: City, scanned: ScannedFile) -> int:
    """Let a scan be taken in; returns its id."""

    def work(uow: UnitOfWork) -> int:
        assert scanned.original is not None
        pages.keep(uow.session, scanned.original, at=clock.now(uow.session))
        intake.receive(uow.session, scanned, city=city)
        found = select(ScanRow.id).where(ScanRow.raw_id == scanned.raw_id)
        return uow.session.scalars(found).one()

    return db.run(work)


def is_read(
    db: Database, text: str = "Dear Sir, the gutter is choked.", *, found: dict[str, object] | None = None
) -> int:
    """Let all pages that wait be read as this text, and letters be put together; returns how many letters."""

    def read_one(uow: UnitOfWork) -> bool:
        one = pages.claim(uow.session, now=clock.now(uow.session))
        if one is not None:
            words = [[word, 10 * at, 10, 9, 9, 90, 0] for at, word in enumerate(text.split())]
            values = {"turned": 0, "skew": 0.0, "confidence": 91.5, "text": text, "words": words}
            values |= {"width": 1654, "height": 2339}
            pages.read(uow.session, one, Words(values, kept("shown"), kept("pdf", "application/pdf")))
        return one is not None

    while db.run(read_one):
        pass
    return put_together(db, found or {})


def put_together(db: Database, found: dict[str, object]) -> int:
    """Let letters be put together whose pages are through; returns how many."""

    def work(uow: UnitOfWork) -> bool:
        one = pages.whole(uow.session)
        if one is None:
            return False
        pdf = kept(f"letter {one.id}", "application/pdf")
        at = clock.now(uow.session)
        assert pages.put_together(uow.session, one, pdf=pdf, found=found, at=at) is not None
        return True

    done = 0
    while db.run(work):
        done += 1
    return done


def letters(db: Database) -> Sequence[LetterRow]:
    """Return all letters that came, in the order of the register."""
    with db.reader() as session:
        return session.scalars(select(LetterRow).order_by(LetterRow.register_number)).all()


def sides(db: Database, scan_id: int) -> Sequence[ScanPage]:
    """Return the pages of a scan."""
    with db.reader() as session:
        return session.scalars(select(ScanPage).where(ScanPage.scan_id == scan_id).order_by(ScanPage.number)).all()


def the_scan(db: Database, scan_id: int) -> ScanRow:
    """Return a scan as it stands."""
    with db.reader() as session:
        return session.get_one(ScanRow, scan_id)
