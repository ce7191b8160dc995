"""A message with very many or very large files: the case is there, what breaks a limit is kept aside and says why."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cases import file_limits, intake
from cases.messages import Attachment as Reference
from cases.messages import InboundMessage
from cases.models import Attachment, Case, IncomingMedia, StoredFile
from cases.queries import case as case_query
from config.settings import Settings
from contactcentre.container import Container
from contactcentre.db import Database
from tests.factories import make_agent, phone
from tests.integration.mailboxes import mail_city, put, read_all


@pytest.fixture
def container(settings: Settings, db: Database, tmp_path: Path) -> Iterator[Container]:
    with mail_city(settings, db, tmp_path) as made:
        yield made


def mail(*sizes: int) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "ama@example.com", "desk@northport.example", "Gutter"
    made.set_content("See the files")
    for number, size in enumerate(sizes):
        content = b"%04d" % number + b"x" * (size - 4)
        made.add_attachment(content, maintype="application", subtype="exe", filename=f"{number}.bin")
    return made.as_bytes()


def shown(container: Container) -> tuple[list[str], list[str]]:
    """Return the names of the files at the message, and why others are not there."""

    def work(uow: Any) -> tuple[list[str], list[str]]:
        reference = uow.session.scalars(select(Case.reference)).one()
        view = case_query.load(uow.session, make_agent(uow.session), reference, city=container.city)
        entry = next(one for one in view.timeline if getattr(one, "direction", "") == "in")
        return [one.name for one in entry.attachments], list(entry.missing)

    return container.db.run(work)


def test_files_beyond_the_most_are_kept_aside(container: Container, db: Database) -> None:
    put(container, mail(*[10] * 53))
    assert read_all() == 1
    names, missing = shown(container)
    assert names == [f"{number}.bin" for number in range(50)]
    assert missing == [
        f"{number}.bin: The message has more than 50 files; this one was kept aside." for number in (50, 51, 52)
    ]
    with db.reader() as session:
        aside = session.scalars(select(IncomingMedia).where(IncomingMedia.state == "refused")).all()
        assert all(session.get_one(StoredFile, str(one.sha256)).size == 10 for one in aside), "the bytes are there"


def test_what_is_too_large_by_itself_or_together_is_kept_aside(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_limits, "RECEIVED", 1000)
    monkeypatch.setattr(file_limits, "ALL_FILES", 1500)
    put(container, mail(900, 1001, 700, 600))
    read_all()
    names, missing = shown(container)
    assert names == ["0.bin", "3.bin"]
    assert ["larger than" in missing[0], "together" in missing[1], len(missing)] == [True, True, 2]


def test_what_a_citizen_sends_is_kept_whatever_it_is(container: Container, db: Database) -> None:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "ama@example.com", "desk@northport.example", "Gutter"
    made.set_content("See the files")
    for name, content in (("a.svg", b"<svg onload='x()'/>"), ("b.exe", b"MZ\x90\x00"), ("c.txt", b"words")):
        made.add_attachment(content, maintype="image", subtype="png", filename=name)
    put(container, made.as_bytes())
    read_all()
    with db.reader() as session:
        query = select(Attachment.name, StoredFile.media_type).join(StoredFile, StoredFile.sha256 == Attachment.sha256)
        found = dict(session.execute(query).all())  # type: ignore[arg-type]
    assert found == {"a.svg": "application/octet-stream", "b.exe": "application/octet-stream", "c.txt": "text/plain"}


def test_a_gateway_that_names_too_many_pictures_is_asked_for_fifty(container: Container, db: Database) -> None:
    references = tuple(Reference(f"https://api.twilio.com/{n}", "image/png", f"{n}.png") for n in range(52))
    message = InboundMessage("sms-front", "sms", phone(1), "1422", "Look", "MM-1", attachments=references)
    db.run(lambda uow: intake.receive(uow.session, message, city=container.city))
    with db.reader() as session:
        states = session.scalars(select(IncomingMedia.state).order_by(IncomingMedia.position)).all()
    assert states == ["waiting"] * 50 + ["refused"] * 2
