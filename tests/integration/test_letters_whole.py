"""A file of a scanner becomes letters that wait to be keyed: stored first, looked into and read apart, by every way."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select

from cases.letters import keying, rearranging
from cases.letters.keying import Keyed
from cases.letters.rearranging import Marks
from cases.messages import NEW_CASE
from cases.models import Attachment, Case, LetterRow, Message, RawRequest, ScanPage, ScanRow, StoredFile
from cases.models.raw import RawState
from channels.base import Listens
from channels.letters import codes
from config.settings import Settings
from contactcentre.app import create_app
from contactcentre.container import Container
from contactcentre.db import Database
from contactcentre.parcels import Inbox
from contactcentre.simulator import sheets
from tests.factories import make_agent
from tests.integration.letter_city import ACCOUNT, DEVICE, MAILBOX, letter_city, put, read_all, typed
from tests.integration.lettering import letters, sides
from workers import read
from workers.ticker import guarded

WORDS = "Dear Sir,\n\nCHOKED GUTTER\n\nThe gutter behind the market is choked.\n\nYours faithfully,\nAma Demo"


@pytest.fixture
def container(settings: Settings, db: Database, tmp_path: Path) -> Iterator[Container]:
    with letter_city(settings, db, tmp_path) as made:
        yield made


def _scans(db: Database) -> list[ScanRow]:
    with db.reader() as session:
        return list(session.scalars(select(ScanRow).order_by(ScanRow.id)))


def test_a_scan_becomes_a_letter_that_is_keyed_with_its_pages(container: Container, db: Database) -> None:
    put(container, typed(WORDS), "SCAN_0001.pdf")
    assert read_all() == (1, 1)
    (letter,) = letters(db)
    assert (letter.state, letter.reference_found) == ("to_key", None)
    assert "gutter behind the market" in (letter.text or "")
    (side,) = sides(db, letter.scan_id or 0)
    assert side.state == "read"
    assert side.confidence is not None
    assert side.confidence > 60
    assert len(side.words) > 8
    agent = db.run(lambda uow: make_agent(uow.session, "Esi", ("supervisor", "*")))
    keyed = Keyed(text=letter.text or "", subject="Choked gutter", into=NEW_CASE)
    how = {"register_number": letter.register_number, "keyed": keyed, "version": letter.version}
    db.run(lambda uow: keying.key(uow.session, agent, city=container.city, **how))  # type: ignore[arg-type]
    with db.reader() as session:
        attachment, case = session.scalars(select(Attachment)).one(), session.scalars(select(Case)).one()
        file = session.get_one(StoredFile, attachment.sha256)
        original = session.get_one(StoredFile, _scans(db)[0].sha256)
    assert (file.media_type, file.scan, original.scan) == ("application/pdf", "clean", "pending")
    assert (case.channel, case.subject) == ("letters", "Choked gutter")
    with container.files.open(attachment.sha256) as stored:
        assert stored.read(5) == b"%PDF-"


def test_a_pile_with_cover_sheets_one_upside_down_becomes_letters(container: Container, db: Database) -> None:
    key = container.accounts[ACCOUNT].key
    laid = [
        sheets.cover(codes.cover(1, key), 1),
        *sheets.typed("The first letter"),
        *sheets.lying([sheets.cover(codes.cover(2, key), 2), *sheets.typed("The second letter")], turned=180, slant=0),
        *sheets.lying([sheets.cover(codes.cover(3, key), 3), *sheets.typed("The third")], turned=0, slant=2.5),
    ]
    put(container, sheets.as_pdf(laid))
    read.read(ACCOUNT)
    assert [(one.first_page, one.last_page) for one in letters(db)] == [(2, 2), (4, 4), (6, 6)]


def test_a_foreign_cover_sheet_holds_the_pile(container: Container, db: Database) -> None:
    put(container, typed("One", "Two", covers=(codes.cover(1, b"another"), codes.cover(2, b"another"))))
    read.read(ACCOUNT)
    (scan,) = _scans(db)
    assert scan.state == "held"
    assert "did not sign" in (scan.trouble or "")
    agent = db.run(lambda uow: make_agent(uow.session, "Esi", ("counter_clerk", "*")))
    marks = Marks((2, 4), (1, 3))
    how = {"city": container.city, "scan_id": scan.id, "version": scan.version, "marks": marks}
    db.run(lambda uow: rearranging.confirm(uow.session, agent, **how))  # type: ignore[arg-type]
    assert len(letters(db)) == 2


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"%!PS-Adobe-3.0\n(/etc/passwd) (r) file\n", "letter.pdf"), (b"%PDF-1.4\nno end", "x.pdf"), (b"MZ", "a.exe")],
)
def test_what_cannot_be_read_ends_with_a_person(container: Container, db: Database, content: bytes, name: str) -> None:
    put(container, content, name)
    assert read_all() == (1, 0)
    (scan,) = _scans(db)
    assert (scan.state, scan.name) == ("refused", name)
    assert scan.trouble
    with db.reader() as session:
        assert session.scalars(select(RawRequest.state)).one() == RawState.APPLIED


def test_a_reader_that_dies_again_and_again_leaves_it_to_a_person(
    container: Container, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from channels.letters.paper import Paper
    from contactcentre import parcels

    monkeypatch.setattr(Paper, "reader", "tests.unit.bounded_readers:misbehave")
    monkeypatch.setattr(parcels.raw, "TRIES", 1)
    put(container, b"kill-parent")
    read.read(ACCOUNT)
    (scan,) = _scans(db)
    assert scan.state == "refused"


def test_what_lies_in_the_folder_is_stored_once_and_moved(container: Container, db: Database, tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    folder.mkdir()
    (folder / "SCAN_0001.tif").write_bytes(sheets.as_tiff(sheets.typed("Dear Sir")))
    channel = container.accounts[ACCOUNT]
    assert isinstance(channel, Listens)

    def done() -> bool:
        return any((folder / "done").rglob("*.tif")) if (folder / "done").exists() else False

    channel.run(Inbox(container, ACCOUNT), done)
    assert read.read(ACCOUNT) == 1
    (scan,) = _scans(db)
    assert (scan.name, scan.came_by, scan.state) == ("SCAN_0001.tif", "folder", "split")


def test_a_scan_over_http_is_taken_once_under_one_name(container: Container, db: Database) -> None:
    web = create_app(container).test_client()
    secret = container.read_secret(container.account_settings[ACCOUNT].hook_secret)
    for name in ("a.pdf", "a.pdf", "b.pdf"):
        answer = web.post(f"/hooks/{ACCOUNT}/{secret}/upload?name={name}", data=b"MZ")
        assert answer.status_code == 200
    assert read.read(ACCOUNT) == 2
    assert [(one.name, one.twin_of) for one in _scans(db)] == [("a.pdf", None), ("b.pdf", 1)]


def test_a_scanner_mails_its_scans_and_anybody_else_mails_mails(container: Container, db: Database) -> None:
    content = typed("Dear Sir")
    for sender in (DEVICE, "ama@example.com"):
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, "desk@northport.example", "Scan"
        mail["Message-ID"] = f"<{sender}>"
        mail.set_content("Scanned by the device")
        mail.add_attachment(content, maintype="application", subtype="pdf", filename="scan.pdf")
        _mailed(container, mail)
    assert read.read(MAILBOX) == 2
    assert read.read(ACCOUNT) == 1
    (scan,) = _scans(db)
    assert (scan.came_by, scan.name, scan.state) == ("mail", "scan.pdf", "split")
    with db.reader() as session:
        assert list(session.scalars(select(Message.channel).where(Message.direction == "in"))) == ["email"]


def test_the_ticker_has_pages_read_whose_nudge_was_lost(container: Container, db: Database) -> None:
    from workers import letters as worker

    put(container, typed("Dear Sir"))
    read.read(ACCOUNT)
    assert worker.nudge(container)
    assert guarded("letters", lambda: worker.nudge(container))
    with db.reader() as session:
        assert session.scalars(select(ScanPage.state)).one() == "waiting"
        assert session.scalars(select(LetterRow.state)).one() == "reading"


def _mailed(container: Container, mail: EmailMessage) -> None:
    import io

    from channels.base import Parcel

    Inbox(container, MAILBOX).take(Parcel(str(mail["Message-ID"]), "1", io.BytesIO(mail.as_bytes())))
