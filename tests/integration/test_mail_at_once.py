"""Copies of one mail from two mailboxes at once are one message; thanks and machines leave a closed case closed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from cases import intake
from cases.lifecycle import Status
from cases.messages import InboundMessage
from cases.models import Case, Filing, Message
from contactcentre.db import Database
from tests.factories import inbound, make_city
from tests.integration.mailing import arrives, mail, with_mailbox


def _count(db: Database, model: type) -> int:
    with db.reader() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_copies_of_one_mail_read_at_once_are_one_message(db: Database) -> None:
    city, together = with_mailbox(make_city()), threading.Barrier(2)

    def come(account: str) -> bool:
        together.wait(30)
        return arrives(db, city, mail(account=account)).duplicate

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(come, ("mail", "mail-works")))
    assert sorted(told) == [False, True]
    assert _count(db, Case) == 1


@pytest.mark.parametrize(
    "later",
    [
        mail("Thank you", identifier="2@example.com"),
        mail("I am on leave", identifier="2@example.com", automatic="an absence notice", machine=True),
    ],
)
@pytest.mark.parametrize("first", [mail(), mail(subject="Re: Light")])
def test_thanks_and_machines_leave_a_closed_case_closed(
    db: Database, first: InboundMessage, later: InboundMessage
) -> None:
    _closed_and_again(db, first, later)


def test_thanks_by_sms_leave_a_closed_case_closed(db: Database) -> None:
    _closed_and_again(db, inbound("The gutter is choked"), inbound("Thanks"))


def _closed_and_again(db: Database, first: InboundMessage, later: InboundMessage) -> None:
    city = with_mailbox(make_city())
    case_id = arrives(db, city, first).case_id

    def close(case: Case) -> None:
        case.status, case.resolved_at = Status.CLOSED, case.opened_at

    db.run(lambda uow: close(uow.session.get_one(Case, case_id)))
    with db.reader() as session:
        sent = session.scalar(select(func.count()).where(Message.direction == "out"))
        late = session.get_one(Case, case_id).opened_at + timedelta(days=30)
    again = db.run(lambda uow: intake.receive(uow.session, later, city=city, received_at=late))
    assert again.case_id == case_id
    with db.reader() as session:
        assert session.get_one(Case, case_id).status == Status.CLOSED
        assert session.scalar(select(func.count()).where(Message.direction == "out")) == sent
        reasons = session.scalars(select(Filing.reason).where(Filing.message_id == again.message_id)).all()
    assert reasons == ["thanks"]
