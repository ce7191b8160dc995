"""A mail's bytes are stored first, read apart, and applied once; what cannot be read harms nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from cases import clock
from cases.clock import TestClock, set_test_clock
from cases.models import Attachment, Case, IncomingMedia, MailRow, Message, RawRequest, StoredFile
from cases.models.raw import RawState
from config.settings import Settings
from contactcentre import parcels, raw
from contactcentre.app import create_app
from contactcentre.container import Container
from contactcentre.db import Database
from tests.integration.mailboxes import ACCOUNT, mail_city, put, raw_mail, read_all
from workers.ticker import nudge_readers

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


@pytest.fixture
def container(settings: Settings, db: Database, tmp_path: Path) -> Iterator[Container]:
    with mail_city(settings, db, tmp_path) as made:
        yield made
    set_test_clock(None)


def _raws(db: Database) -> list[RawRequest]:
    with db.reader() as session:
        return list(session.scalars(select(RawRequest).order_by(RawRequest.id)))


def _words(db: Database) -> list[str]:
    with db.reader() as session:
        return list(session.scalars(select(Message.text).where(Message.direction == "in").order_by(Message.id)))


def test_a_mail_becomes_a_case_and_its_bytes_stay(container: Container, db: Database) -> None:
    content = raw_mail("The gutter is choked\r\n\r\n> an older mail")
    put(container, content)
    assert read_all() == 1
    (row,) = _raws(db)
    assert (row.state, row.size) == (RawState.APPLIED, len(content))
    with container.files.open(str(row.sha256)) as stored:
        assert stored.read() == content
    with db.reader() as session:
        case = session.scalars(select(Case)).one()
        mail = session.scalars(select(MailRow).where(MailRow.raw_id.is_not(None))).one()
    assert (case.subject, case.channel) == ("Gutter", "email")
    assert (mail.raw_id, mail.sender_name, mail.identifier) == (row.id, "Ama Demo", "1@example.com")


def test_the_files_of_a_mail_stand_in_its_case(container: Container, db: Database) -> None:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "ama@example.com", "desk@northport.example", "Gutter"
    made.set_content("See the picture")
    made.add_alternative('<p>See <img src="cid:one"></p>', subtype="html")
    made.add_attachment(PNG, maintype="image", subtype="png", filename="../../gutter.png", cid="<one>")
    put(container, made.as_bytes())
    assert read_all() == 1
    with db.reader() as session:
        media, attachment = session.scalars(select(IncomingMedia)).one(), session.scalars(select(Attachment)).one()
        file = session.get_one(StoredFile, attachment.sha256)
        mail = session.scalars(select(MailRow).where(MailRow.raw_id.is_not(None))).one()
    assert (attachment.name, file.media_type, file.size) == ("gutter.png", "image/png", len(PNG))
    assert (media.state, media.content_id) == ("stored", "one")
    with container.files.open(str(mail.html_sha256)) as page:
        assert b"cid:one" in page.read()


def test_the_same_thing_twice_is_stored_once(container: Container, db: Database) -> None:
    for _ in range(2):
        put(container, raw_mail())
    read_all()
    assert parcels.Inbox(container, ACCOUNT).missing(["1.1", "1.2"]) == ["1.2"]
    assert (len(_raws(db)), len(_words(db))) == (1, 1)


def test_a_mailbox_made_anew_gives_old_mails_without_a_second_case(container: Container, db: Database) -> None:
    old, new = raw_mail("Old", Message_ID=""), raw_mail("New", Message_ID="")
    put(container, old, "1.1", series="1")
    read_all()
    put(container, old, "2.1", series="2")
    put(container, new, "2.2", series="2")
    read_all()
    assert [word.strip() for word in _words(db)] == ["Old", "New"]
    assert parcels.Inbox(container, ACCOUNT).missing(["2.1", "2.2"]) == []


def test_twins_without_an_id_are_two_mails(container: Container, db: Database) -> None:
    for key in ("1.1", "1.2"):
        put(container, raw_mail(Message_ID=""), key)
    read_all()
    assert len(_words(db)) == 2


def test_what_cannot_be_read_waits_for_a_person_and_the_next_flows(
    container: Container, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from channels.email.mailbox import Mailbox

    monkeypatch.setattr(Mailbox, "reader", "tests.unit.bounded_readers:misbehave")
    put(container, b"raise", "1.1")
    put(container, b"kill-parent", "1.2")
    assert read_all() == 0
    first, second = _raws(db)
    assert (first.state, second.state) == (RawState.QUARANTINED, RawState.FAILED)
    assert first.reason is not None
    assert "broken" in first.reason
    monkeypatch.undo()
    put(container, raw_mail(), "1.3")
    assert read_all() == 1


def test_what_failed_is_read_again_when_it_is_due(
    container: Container, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from channels.email.mailbox import Mailbox

    with monkeypatch.context() as broken:
        broken.setattr(Mailbox, "reader", "tests.unit.bounded_readers:misbehave")
        put(container, raw_mail("kill-parent"))  # no deed of that name: it breaks
        read_all()
    (row,) = _raws(db)
    assert db.run(lambda uow: parcels.again(uow.session, row.id))
    assert read_all() == 1
    assert not db.run(lambda uow: parcels.again(uow.session, row.id))


def test_a_worker_that_dies_in_the_middle_holds_nothing_up_for_long(container: Container, db: Database) -> None:
    put(container, raw_mail())
    claimed = db.run(lambda uow: parcels.claim(uow.session, account=ACCOUNT))
    assert len(claimed) == 1
    assert nudge_readers(container) == 0
    with db.reader() as session:
        anchor = clock.now(session)
    set_test_clock(TestClock(anchor, parcels.LEASE, speed=1.0))
    assert read_all() == 1
    assert len(_words(db)) == 1


def test_a_replay_of_callbacks_leaves_mails_to_their_readers(container: Container, db: Database) -> None:
    put(container, raw_mail())
    failed = update(RawRequest).values(state=RawState.FAILED, next_try_at=func.now())
    db.run(lambda uow: uow.session.execute(failed))
    with db.reader() as session:
        assert raw.due(session) == []
    assert nudge_readers(container) in (0, 1)
    assert read_all() == 1


def test_a_mail_over_http_is_stored_and_a_repeat_is_not(container: Container, db: Database) -> None:
    web = create_app(container).test_client()
    secret = container.read_secret(container.account_settings[ACCOUNT].hook_secret)
    for _ in range(2):
        answer = web.post(f"/hooks/{ACCOUNT}/{secret}/inbound", data=raw_mail(), content_type="message/rfc822")
        assert answer.status_code == 200
    assert web.post(f"/hooks/{ACCOUNT}/{secret}/inbound", data=b"").status_code == 400
    assert read_all() == 1
    assert len(_raws(db)) == 1


def test_a_mail_that_is_too_large_is_known_as_cut(container: Container, db: Database) -> None:
    put(container, raw_mail("The beginning of it"), whole=False)
    read_all()
    with db.reader() as session:
        assert session.scalars(select(MailRow).where(MailRow.cut)).one().raw_id == 1
