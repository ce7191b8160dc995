"""A mailbox on the accounts pages: no word of telephones, when its source was reached, and a test mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from cases.models import MailRow, OutboxEntry, Trial
from config.settings import Settings
from contactcentre import setup, setup_facts
from contactcentre.app import create_app
from contactcentre.cli import doctor
from contactcentre.container import Container
from contactcentre.db import Database
from tests.integration import mailboxes
from tests.web.conftest import Browser, make_agent

PAGE = f"/admin/accounts/{mailboxes.ACCOUNT}"
TO = "officer@example.com"
TROUBLE = "The mail server refuses the user's name or password."


@dataclass
class Office:
    """An administrator in a city whose mailbox is listened to."""

    admin: Browser
    container: Container
    db: Database


@pytest.fixture
def office(settings: Settings, db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setattr(mailboxes, "BLOCK", f'{mailboxes.BLOCK}imap_host = "127.0.0.1"\nimap_security = "none"\n')
    with mailboxes.mail_city(settings, db, tmp_path) as container:
        app = create_app(container)
        app.testing = True
        viewer = db.run(lambda uow: make_agent(uow.session, "esi", "Esi", (("administrator", "*"),)))
        admin = Browser(app.test_client(), viewer)
        admin.log_in("esi")
        yield Office(admin, container, db)


def test_the_pages_of_a_mailbox_speak_of_mail(office: Office) -> None:
    office.admin.get(PAGE)
    for word in ("Telephone", "telephone", "delivery report:", "Spent today"):
        assert word not in office.admin.page
    assert "What the mail server needs" in office.admin.page
    assert "Never reached" in office.admin.page
    office.admin.get("/admin/accounts")
    own = office.admin.page.split(f'id="account-{mailboxes.ACCOUNT}"')[1].split("</section>")[0]
    assert "Mailbox last connected to" in own
    assert "Spent today" not in own


def test_a_source_is_told_of_where_it_is_reached_and_where_it_is_not(office: Office) -> None:
    def found(key: str) -> setup.Check:
        return next(one for one in setup.look(setup_facts.read(office.container)) if one.key == key)

    assert "mail: its mailbox was never reached" in found("accounts").found
    assert found("sources").state is setup.State.OK
    office.container.sightings.note_source(mailboxes.ACCOUNT, TROUBLE)
    office.admin.get(PAGE)
    assert "refuses the user&#39;s name or password" in office.admin.page
    assert "Mailbox not reached" in office.admin.page
    assert found("sources").found == (f"mail: {TROUBLE}",)
    assert [one.wrong for one in doctor.examine(office.container) if one.what == "mailbox mail"] == [TROUBLE]
    office.container.sightings.note_source(mailboxes.ACCOUNT, "")
    office.admin.get(PAGE)
    assert "Mailbox not reached" not in office.admin.page
    assert "The mailbox was last connected to: <time" in office.admin.page
    assert found("sources").state is setup.State.OK
    assert not any(one.startswith("mail:") for one in found("accounts").found)


def test_a_test_goes_to_a_mail_address(office: Office) -> None:
    office.admin.get(PAGE)
    assert office.admin.send(f"{PAGE}/trial", to=TO.title()).status_code == 303
    with office.db.reader() as session:
        entry = session.scalars(select(OutboxEntry)).one()
        assert (entry.account, entry.recipient, entry.message_class) == (mailboxes.ACCOUNT, TO, "staff")
        assert session.scalars(select(MailRow).where(MailRow.message_id == entry.message_id)).one().subject
    office.admin.get(f"{PAGE}/trials")
    assert TO in office.admin.page
    assert "Queued" in office.admin.page


@pytest.mark.parametrize("typed", ["", "nobody", "+233200000077", "a@b@c.example", "x" * 250 + "@example.com"])
def test_what_is_no_mail_address_is_refused(office: Office, typed: str) -> None:
    office.admin.get(PAGE)
    assert office.admin.send(f"{PAGE}/trial", to=typed).status_code == 422
    assert "Write a mail address" in office.admin.page
    with office.db.reader() as session:
        assert session.scalars(select(Trial)).all() == []
