"""Who did not get a mail, and why."""

from __future__ import annotations

import pytest

from channels.email import reasons
from channels.email.mail import Action, Reason
from channels.email.reading import parse
from tests.mail.letters import REPORT, notice


def test_a_report_for_machines() -> None:
    bounce = parse(REPORT).bounce
    assert bounce
    first, second = bounce.recipients
    assert (first.address, first.action, first.status, first.reply_code) == (
        "ama@example.com",
        Action.FAILED,
        "5.1.1",
        "550",
    )
    assert (first.hard, first.reason, first.diagnostic) == (True, Reason.NO_SUCH_ADDRESS, "550 5.1.1 User unknown")
    assert (second.address, second.action, second.hard, second.reason) == (
        "kofi@example.com",
        Action.DELAYED,
        False,
        Reason.MAILBOX_FULL,
    )
    assert bounce.original_message_id == "ours.4821@assembly.example.gh"
    assert bounce.addresses == ("bounces+token7@assembly.example.gh", "desk+token8@assembly.example.gh")


def test_recipients_without_a_blank_line_between_them_are_two() -> None:
    bounce = parse(REPORT.replace(b"User unknown\n\nFinal", b"User unknown\nFinal")).bounce
    assert bounce
    assert [one.address for one in bounce.recipients] == ["ama@example.com", "kofi@example.com"]


COPY = "\n\n--- Below this line is a copy of the message.\n\nReceived: x\nMessage-ID: <ours@x>\nTo: other@c.example\n"


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("I was unable to deliver it.\n\n<a@b.example>:\nno such user" + COPY, ["a@b.example"]),
        (
            "could not be delivered\n\n  a@b.example\n    after RCPT TO:<a@b.example>: 550 no",
            ["a@b.example"],
        ),
        (
            "not delivered\n\n<a@b.example>: host said: 550 no\n<c@b.example>: 550 no",
            ["a@b.example", "c@b.example"],
        ),
        ("Undeliverable: your message to a@b.example was not delivered. Ask postmaster@c.example.", ["a@b.example"]),
        ("It was undeliverable and is attached" + COPY, ["other@c.example"]),
        ("user unknown\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1", ["a@b.example"]),
        ("could not be delivered:\n<desk@assembly.example.gh>: user unknown", ["desk@assembly.example.gh"]),
        ("could not be delivered, nobody is named", []),
    ],
)
def test_notices_in_words(text: str, addresses: list[str]) -> None:
    bounce = parse(notice(text)).bounce
    assert bounce
    assert [one.address for one in bounce.recipients] == addresses


def test_the_copys_id_is_found_below_the_words() -> None:
    bounce = parse(notice("unable to deliver\n\n<a@b.example>: no" + COPY)).bounce
    assert bounce
    assert bounce.original_message_id == "ours@x"


def test_a_field_names_whom_the_text_does_not() -> None:
    raw = notice("A message could not be delivered.").replace(
        b"\n\n", b"\nX-Failed-Recipients: a@b.example, c@d.example\n\n", 1
    )
    bounce = parse(raw).bounce
    assert bounce
    assert [one.address for one in bounce.recipients] == ["a@b.example", "c@d.example"]


def test_a_delay_is_no_failure() -> None:
    bounce = parse(notice("This is a warning only.\n\n<a@b.example>: connection timed out")).bounce
    assert bounce
    assert [(one.action, one.hard) for one in bounce.recipients] == [(Action.DELAYED, False)]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("550 5.1.1 <a@b.example>: user unknown", Reason.NO_SUCH_ADDRESS),
        ("550 No mailbox here by that name", Reason.NO_SUCH_ADDRESS),
        ("550 5.4.4 Host unknown", Reason.NO_SUCH_DOMAIN),
        ("552 5.2.2 Mailbox full", Reason.MAILBOX_FULL),
        ("552 5.3.4 Message size exceeds fixed limit", Reason.TOO_LARGE),
        ("550 5.2.1 The account that you tried to reach is disabled", Reason.MAILBOX_CLOSED),
        ("556 5.1.10 Recipient address has null MX", Reason.TAKES_NO_MAIL),
        ("554 5.7.1 blocked using zen.spamhaus.org", Reason.SENDER_BLOCKED),
        ("554 5.7.1 This message looks like spam", Reason.SPAM),
        ("550 5.7.26 unauthenticated", Reason.AUTHENTICATION),
        ("550 5.7.1 Relaying denied", Reason.RELAYING),
        ("553 Sender address rejected: domain not found", Reason.SENDER_REFUSED),
        ("421 4.7.0 too many connections", Reason.TOO_MANY),
        ("retry timeout exceeded", Reason.TIMED_OUT),
        ("connect to mx.b.example: No route to host", Reason.NETWORK),
        ("550 5.7.1 administrative prohibition", Reason.POLICY),
        ("550 5.1.6 gone", Reason.ADDRESS_MOVED),
        ("something else", Reason.OTHER),
    ],
)
def test_reasons(words: str, reason: Reason) -> None:
    assert reasons.reason(reasons.status_of(words), reasons.reply_of(words), [words]) is reason


@pytest.mark.parametrize(
    ("action", "reason", "hard"),
    [
        (Action.FAILED, Reason.NO_SUCH_ADDRESS, True),
        (Action.FAILED, Reason.MAILBOX_FULL, False),
        (Action.FAILED, Reason.OTHER, None),
        (Action.DELAYED, Reason.NO_SUCH_DOMAIN, False),
        (Action.DELIVERED, Reason.OTHER, None),
    ],
)
def test_hard_and_soft(action: Action, reason: Reason, hard: bool | None) -> None:
    assert reasons.hard(action, reason) is hard


@pytest.mark.parametrize(
    ("words", "status", "reply"),
    [
        ("smtp; 550 5.1.1 no", "5.1.1", "550"),
        ("550-5.7.1 [192.0.2.25] no", "5.7.1", "550"),
        ("host 10.5.0.4 said 5.0.0 then 5.1.2", "5.1.2", None),
        ("took 500 seconds", None, None),
    ],
)
def test_codes(words: str, status: str | None, reply: str | None) -> None:
    assert (reasons.status_of(words), reasons.reply_of(words)) == (status, reply)
