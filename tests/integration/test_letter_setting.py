"""A worker sends an answer by letter and sets it: register number, letterhead, address and code stand on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pypdfium2 import PdfDocument
from sqlalchemy import select

from cases import clock, outbox, replies
from cases.models import Attachment, LetterRow, Message, StoredFile
from channels.letters import codes
from config.settings import Settings
from contactcentre.container import Container
from contactcentre.db import Database
from contactcentre.letters import setting
from tests.factories import make_agent
from tests.integration.papers import ACCOUNT, answered, paper_city, written_to
from tests.unit.test_letter_drawing import codes_on, pages, plain
from workers import deliver, letter_setting


@pytest.fixture
def container(settings: Settings, db: Database, tmp_path: Path) -> Iterator[Container]:
    with paper_city(settings, db, tmp_path) as made:
        yield made


def test_it_stands_in_the_register_and_in_the_store(container: Container, db: Database) -> None:
    agent = db.run(lambda uow: make_agent(uow.session))
    case = written_to(container)
    row = answered(container, agent, case)
    content = container.files.content(row.pdf_sha256 or "")
    (page,) = pages(content)
    for words in (
        "City of Northport", "P.O. Box 9, Northport", "Araba Demo", "P.O. Box TK 418", row.register_number,
        "Our crew comes on Tuesday.", f"{case.reference[:4]}-{case.reference[4:]}", "Please send this page back",
    ):  # fmt: skip
        assert plain(words) in plain(page), words
    (code,) = codes_on(content)
    key = container.accounts[ACCOUNT].key
    assert codes.read(code, key) == codes.Reply(case.reference, row.message_id or 0)
    with db.reader() as session:
        message = session.get_one(Message, row.message_id)
        assert (message.status, message.external_id, message.copies) == ("sent", f"letter-{message.id}", 1)
        (file,) = session.scalars(select(Attachment))
        assert (file.name, file.message_id) == (f"{row.register_number}.pdf", message.id)
        assert session.get_one(StoredFile, row.pdf_sha256).looked_at is not None
    with PdfDocument(content) as document:
        assert document.get_metadata_dict()["Title"].startswith(row.register_number)


def test_a_sender_that_dies_leaves_one_letter(container: Container, db: Database) -> None:
    agent = db.run(lambda uow: make_agent(uow.session))
    case = written_to(container)
    how = {"city": container.city, "reference": case.reference, "text": "We come."}
    db.run(lambda uow: replies.reply(uow.session, agent, **how))  # type: ignore[arg-type]
    db.run(lambda uow: outbox.claim(uow.session, account=ACCOUNT, now=clock.now(uow.session), limit=5))  # and dies
    from cases import outcomes
    from tests.integration.leaving import moved

    with moved(db) as time:
        time.pass_by(seconds=90)
        db.run(lambda uow: outcomes.expire_leases(uow.session, now=clock.now(uow.session)))
        time.pass_by(seconds=10)
        assert deliver.drain(ACCOUNT) == 1
        assert deliver.drain(ACCOUNT) == 0
    with db.reader() as session:
        (row,) = session.scalars(select(LetterRow))
        assert session.get_one(Message, row.message_id).copies == 1


def test_one_that_cannot_be_set_keeps_no_other_back(
    container: Container, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = db.run(lambda uow: make_agent(uow.session))
    for number in (1, 2):
        case = written_to(container, home=f"House {number}\nNorthport")
        how = {"city": container.city, "reference": case.reference, "text": f"Words {number}"}
        db.run(lambda uow, how=how: replies.reply(uow.session, agent, **how))
    assert deliver.drain(ACCOUNT) == 2
    real = setting.draw

    def fails(letter: object) -> bytes:
        if letter.text == "Words 1":  # type: ignore[attr-defined]
            raise OSError("the disk is full")
        return real(letter)  # type: ignore[arg-type]

    monkeypatch.setattr(setting, "draw", fails)
    assert setting.set_waiting(container) == 1
    monkeypatch.setattr(setting, "draw", real)
    assert letter_setting.nudge(container) is True
    assert letter_setting.letters(setting.KEY) == 1
    assert letter_setting.nudge(container) is False
