"""Mail leaves by a real SMTP server, and each of its refusals is told by what it means."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from cases.messages import Address, AddressKind, OutboundMessage, OutgoingMail
from channels.email import smtp, tokens
from channels.email.mailbox import Mailbox
from channels.email.settings import MailboxSettings
from channels.errors import (
    AccountFault,
    BadAddress,
    GatewayDown,
    OutcomeUnknown,
    RecipientBlocked,
    SendError,
    Throttled,
)
from channels.settings import Secret
from tests.channels.smtp_server import Server, serving

AT = datetime(2026, 3, 2, 10, 13, 2, tzinfo=UTC)
REFERENCE = "0123456789abcdef0123456789abcdef"
OURS = "desk@assembly.example.gh"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


def _mailbox(port: int, **changed: Any) -> Mailbox:
    values = {
        "id": "mail", "channel": "email", "gateway": "mailbox", "address": OURS, "hook_secret": Secret("env:HOOK"),
        "read_secret": lambda _: "secret", "user": "desk", "smtp_host": "127.0.0.1", "smtp_port": port,
        "smtp_security": "none",
    }  # fmt: skip
    return Mailbox(MailboxSettings(**{**values, **changed}))


def _message(**mail: Any) -> OutboundMessage:
    to = Address(AddressKind.EMAIL, "ama@example.com")
    return OutboundMessage("mail", to, "We are on it.\n.\nYes", REFERENCE, OutgoingMail("Re: Gutter", AT, **mail))


def test_a_mail_leaves_from_the_address_that_proves_it(server: Server) -> None:
    receipt = _mailbox(server.port).send(_message())
    ((sender, recipients, content),) = server.taken
    assert receipt.external_id == f"{REFERENCE}@assembly.example.gh"
    assert tokens.read(sender, OURS, key=b"secret") == REFERENCE
    assert recipients == ["ama@example.com"]
    assert b"Subject: Re: Gutter" in content


def test_what_a_machine_sends_has_no_sender_to_bounce_to(server: Server) -> None:
    _mailbox(server.port).send(_message(automatic=True))
    assert server.taken[0][0] == ""


@pytest.mark.parametrize(
    ("command", "says", "error"),
    [
        ("RCPT", "550 5.1.1 no such user", BadAddress),
        ("RCPT", "550 5.7.1 blocked", RecipientBlocked),
        ("RCPT", "450 4.2.1 try later", Throttled),
        ("MAIL", "452 4.3.1 full", Throttled),
        ("MAIL", "550 5.7.60 not yours to send as", AccountFault),
        ("DATA", "554 5.6.0 refused", SendError),
        ("DATA", "451 4.3.0 later", Throttled),
    ],
)
def test_a_refusal_says_what_it_means(server: Server, command: str, says: str, error: type[SendError]) -> None:
    server.says[command] = says
    with pytest.raises(SendError) as refused:
        _mailbox(server.port).send(_message())
    assert type(refused.value) is error
    assert refused.value.code == says.split()[1]
    assert server.taken == []


def test_an_answer_that_is_lost_leaves_the_outcome_unknown(server: Server) -> None:
    server.cut = True
    with pytest.raises(OutcomeUnknown):
        _mailbox(server.port).send(_message())


def test_a_server_that_is_away_has_taken_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(GatewayDown):
        _mailbox(port).send(_message())


@pytest.mark.parametrize(("password", "accepted"), [("secret", True), ("other", False)])
@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")
def test_the_password_is_asked_for(password: str, accepted: bool) -> None:
    def check(_: object, __: object, ___: object, ____: object, given: LoginPassword) -> AuthResult:
        return AuthResult(success=given.password == password.encode(), handled=False)

    with serving(authenticator=check, auth_required=True, auth_require_tls=False) as server:
        mailbox = _mailbox(server.port, password=Secret("env:PASSWORD"))
        if accepted:
            mailbox.send(_message())
        else:
            with pytest.raises(AccountFault):
                mailbox.send(_message())
        assert len(server.taken) == accepted


def test_who_asks_for_tls_never_sends_without_it(server: Server) -> None:
    with pytest.raises(AccountFault):
        _mailbox(server.port, smtp_security="starttls").send(_message())
    assert server.taken == []


def test_the_pace_of_an_account_is_kept() -> None:
    pace = smtp._Pace(6)
    for _ in range(11):  # ten may go together after a pause, and the next
        pace.next()
    with pytest.raises(Throttled) as slowed:
        pace.next()
    assert slowed.value.retry_after is not None
    assert slowed.value.retry_after > 0
