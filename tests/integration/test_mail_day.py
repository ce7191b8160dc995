"""A citizen's day by mail, from the bytes of the first to the notice that the last did not arrive."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select

from cases import replies
from cases.models import Case, Message, Timer
from cases.permissions import Viewer
from config.settings import Settings
from contactcentre.container import Container
from contactcentre.db import Database
from tests.channels.smtp_server import Server, serving
from tests.factories import make_agent
from tests.integration.mailboxes import ACCOUNT, mail_city, put, raw_mail, read_all
from workers import deliver
from workers.ticker import wake_timers


@dataclass
class Day:
    """The office's end of it, and the citizen's mail server."""

    container: Container
    db: Database
    agent: Viewer
    server: Server
    came: int = 0

    def comes(self, content: bytes) -> None:
        """Let a mail come."""
        self.came += 1
        put(self.container, content, f"1.{self.came}")
        assert read_all() == 1

    def leaves(self) -> list[EmailMessage]:
        """Let all leave that waits; returns what arrived at the citizen's server until now."""
        deliver.drain(ACCOUNT)
        return [message_from_bytes(content, policy=policy.default) for _, _, content in self.server.taken]  # type: ignore[misc]

    def answers(self, text: str) -> int:
        """Let the agent answer."""
        reference = self.case.reference
        say = {"city": self.container.city, "reference": reference, "text": text}
        return self.db.run(lambda uow: replies.reply(uow.session, self.agent, **say).id)  # type: ignore[arg-type]

    @property
    def case(self) -> Case:
        """The only case."""
        with self.db.reader() as session:
            return session.scalars(select(Case)).one()

    def timer(self, kind: str) -> str:
        """The state of a promise."""
        with self.db.reader() as session:
            return session.scalars(select(Timer.state).where(Timer.kind == kind)).one()


@pytest.fixture
def day(settings: Settings, db: Database, tmp_path: Path) -> Iterator[Day]:
    with serving() as server, mail_city(settings, db, tmp_path, smtp_port=server.port) as container:
        agent = db.run(lambda uow: make_agent(uow.session, "Ama", ("supervisor", "*")))
        yield Day(container, db, agent, server)


def _notice(of: EmailMessage, sender: str) -> bytes:
    """Return the notice that a mail of ours did not arrive (RFC 3464)."""
    return (
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.com\r\n"
        f"To: {sender}\r\nSubject: Undelivered Mail\r\nMessage-ID: <b1@mx.example.com>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\r\n\r\n'
        "--B\r\nContent-Type: text/plain\r\n\r\nNo such user.\r\n"
        "--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\n"
        "Final-Recipient: rfc822; ama@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        f"--B\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {of['Message-ID']}\r\n\r\n--B--\r\n"
    ).encode()


def test_written_acknowledged_answered_quoted_and_not_delivered(day: Day) -> None:
    day.comes(raw_mail("The gutter is choked."))
    (acknowledgement,) = day.leaves()
    written = f"{day.case.reference[:4]}-{day.case.reference[4:]}"
    assert acknowledgement["Auto-Submitted"] == "auto-replied"
    assert str(acknowledgement["In-Reply-To"]) == "<1@example.com>"
    assert re.search(rf"{written}.*code \d{{4}}", acknowledgement.get_body(("plain",)).get_content(), re.DOTALL)  # type: ignore[union-attr]

    day.answers("Which street?")
    answer = day.leaves()[-1]
    assert str(answer["Subject"]) == f"Re: Gutter [{written}]"
    assert day.timer("first_response") == "met"

    quoted = "Beach Road.\r\n\r\nOn Mon, 2 Mar 2026 at 10:13, Desk <desk@northport.example> wrote:\r\n> Which street?"
    day.comes(raw_mail(quoted, Message_ID="<2@example.com>", To=str(answer["Reply-To"]), Subject="Re: Gutter"))
    with day.db.reader() as session:
        words = session.scalars(select(Message.text).where(Message.direction == "in").order_by(Message.id)).all()
    assert words == ["The gutter is choked.", "Beach Road."]

    last = day.answers("The crew comes tomorrow.")
    sender = day.server.taken[-1][0] if day.leaves() else ""
    day.comes(_notice(day.leaves()[-1], day.server.taken[-1][0]))
    assert sender != ""
    with day.db.reader() as session:
        message = session.get_one(Message, last)
    assert (message.status, message.status_reason) == ("failed", "There is no such address.")
    assert len(day.server.taken) == 3


def test_the_notice_takes_back_the_answer_that_kept_the_promise(day: Day) -> None:
    day.comes(raw_mail("The gutter is choked."))
    day.leaves()
    day.answers("Which street?")
    answer = day.leaves()[-1]
    assert day.timer("first_response") == "met"
    day.comes(_notice(answer, day.server.taken[-1][0]))
    wake_timers(day.container)
    assert day.timer("first_response") != "met"


def test_a_notice_without_our_address_is_known_by_the_mail_that_it_returns(day: Day) -> None:
    day.comes(raw_mail("The gutter is choked."))
    message_id = day.answers("Which street?")
    answer = day.leaves()[-1]
    day.comes(_notice(answer, "desk@northport.example"))
    with day.db.reader() as session:
        assert session.get_one(Message, message_id).status == "failed"
