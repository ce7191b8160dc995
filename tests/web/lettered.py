"""Letters as a keyer finds them: scanned, read and in the register, without a scanner and without reading anything."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw

from cases import clock
from cases.letters import register
from cases.models import LetterRow, ScanPage, ScanRow, StoredFile
from contactcentre.db import Database
from tests.integration.letter_city import ACCOUNT

if TYPE_CHECKING:
    from contactcentre.container import Container

SENDER, POSTAL = "Traders of Lower Pier", "P.O. Box 418, Northport"
TEXT = "We ask that the gutter be desilted before the rains and that the slab be replaced"
FOUND = {
    "sender_name": {"value": SENDER, "confidence": 98},
    "postal": {"value": POSTAL, "confidence": 61},
    "subject": {"value": "Choked gutter", "confidence": 99},
}
WIDTH, HEIGHT = 414, 585
_numbers = count(1)


@dataclass(frozen=True)
class Put:
    """A letter that was put in."""

    number: str
    id: int
    scan_id: int

    @property
    def address(self) -> str:
        return f"/desk/letters/{self.number}"


def put(container: Container, db: Database, text: str = TEXT, **values: Any) -> Put:
    """Enter a letter in the register as one that was read; see :func:`enter`."""
    return db.run(lambda uow: enter(uow.session, container, text, **values))


def enter(
    session: Any,
    container: Container,
    text: str = TEXT,
    *,
    pages: int = 1,
    doubtful: Mapping[str, int] = {},
    found: Mapping[str, Any] = FOUND,
    state: str = "to_key",
    account: str = ACCOUNT,
    **more: Any,
) -> Put:
    """Do so in a transaction. ``doubtful`` are words of its text with how sure they are; ``more`` the row's own."""
    at = clock.now(session)
    scan = hold(session, container, text, pages=pages, doubtful=doubtful, state="split", account=account)
    (number,) = register.numbers(session, "in", at.year)
    row = LetterRow(
        direction="in",
        register_number=number,
        account=account,
        state=state,
        scan_id=scan.id,
        first_page=1,
        last_page=pages,
        received_on=at.date(),
        text=text,
        found=dict(found),
        pdf_sha256=stored(session, container, b"%PDF-1.4 " + number.encode(), "application/pdf"),
        created_at=at,
        **more,
    )
    session.add(row)
    session.flush()
    return Put(number, row.id, scan.id)


def hold(
    session: Any,
    container: Container,
    text: str = TEXT,
    *,
    pages: int = 1,
    doubtful: Mapping[str, int] = {},
    state: str = "held",
    covers: Sequence[int] = (),
    account: str = ACCOUNT,
    **more: Any,
) -> ScanRow:
    """Put a scan in, of which no letter has been made."""
    at, number = clock.now(session), next(_numbers)
    row = ScanRow(
        account=account,
        sha256=stored(session, container, f"scan {number}".encode(), "application/pdf"),
        name=f"SCAN_{number:04d}.pdf",
        state=state,
        pages=pages,
        came_by="folder",
        received_at=at,
        **more,
    )
    session.add(row)
    session.flush()
    for page in range(1, pages + 1):
        sha256 = stored(session, container, picture(f"{text} {number} {page}"), "image/png")
        read = {"state": "read", "confidence": 91.0, "text": text, "words": words_of(text, doubtful)}
        size = {"picture_sha256": sha256, "shown_sha256": sha256, "width": WIDTH, "height": HEIGHT}
        session.add(ScanPage(scan_id=row.id, number=page, cover=page in covers, **size, **read))
    session.flush()
    return row


def stored(session: Any, container: Container, content: bytes, media_type: str) -> str:
    """Keep a content with its record, as one that was looked into; returns its hash."""
    kept = container.files.keep(io.BytesIO(content), largest=10_000_000)
    if session.get(StoredFile, kept.sha256) is None:
        at = clock.now(session)
        session.add(StoredFile(sha256=kept.sha256, size=kept.size, media_type=media_type, created_at=at, looked_at=at))
        session.flush()
    return kept.sha256


def picture(text: str) -> bytes:
    """Return a small page with some words on it."""
    page = Image.new("L", (WIDTH, HEIGHT), 255)
    draw = ImageDraw.Draw(page)
    for line, start in enumerate(range(0, len(text), 48)):
        draw.text((30, 60 + 18 * line), text[start : start + 48], fill=0)
    made = io.BytesIO()
    page.save(made, "PNG")
    return made.getvalue()


def words_of(text: str, doubtful: Mapping[str, int]) -> list[list[Any]]:
    """Return the words of a page as reading gives them."""
    return [
        [word, 30 + 60 * (place % 6), 60 + 18 * (place // 6), 50, 14, doubtful.get(word, 96), place // 6]
        for place, word in enumerate(text.split())
    ]
