"""Which mail a person wrote, which a machine; and by which signs."""

from __future__ import annotations

import pytest

from channels.email.mail import Kind
from channels.email.reading import parse
from tests.mail.letters import REPORT, letter, notice

PARTS = 'MIME-Version: 1.0\nContent-Type: multipart/report; report-type={0}; boundary="b"'
PART = "--b\nContent-Type: text/plain\n\nwords\n--b\nContent-Type: {0}\n\n{1}\n--b--\n"


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ("Auto-Submitted: auto-replied", Kind.AUTO_REPLY),
        ("Auto-Submitted: auto-generated", Kind.AUTOMATIC),
        ("Auto-Submitted: no", Kind.ORDINARY),
        ("X-Autoreply: yes", Kind.AUTO_REPLY),
        ("Precedence: auto_reply", Kind.AUTO_REPLY),
        ("Delivered-To: Autoresponder", Kind.AUTO_REPLY),
        ("List-Id: <water.example.com>", Kind.LIST),
        ("Precedence: list", Kind.LIST),
        ("Feedback-ID: 1:2:3", Kind.AUTOMATIC),
    ],
)
def test_fields_that_decide_alone(fields: str, kind: Kind) -> None:
    mail = parse(letter("Hello", fields))
    assert (mail.kind, mail.quiet) == (kind, kind is not Kind.ORDINARY)
    assert bool(mail.why) is mail.quiet


@pytest.mark.parametrize(
    "fields",
    ["Precedence: bulk", "X-Auto-Response-Suppress: OOF, RN", "Return-Path: <>", "X-Loop: x", "Received: x\n" * 51],
)
def test_weak_fields_hold_answers_back_and_say_nothing_of_who_wrote(fields: str) -> None:
    mail = parse(letter("The pipe is broken.", fields.strip()))
    assert (mail.kind, mail.quiet) == (Kind.ORDINARY, True)


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Broken pipe", "Out of Office: x", "Abwesenheitsnotiz: x", "Réponse automatique : x",
        "Respuesta automática: x", "Resposta automática: x", "Automatisch antwoord: x", "Risposta automatica: x",
    ],
)  # fmt: skip
def test_absences_in_many_languages(subject: str) -> None:
    raw = f"From: Kofi <kofi@example.com>\nSubject: {subject}\n\nI am away.".encode()
    assert parse(raw).kind is Kind.AUTO_REPLY
    assert parse(raw.replace(b"Subject: ", b"Subject: Re: ")).kind is Kind.ORDINARY


def test_words_of_absence_alone_are_a_persons() -> None:
    assert parse(letter("I am away until Monday, on vacation.")).kind is Kind.ORDINARY
    assert parse(letter("I am away until Monday.", "Precedence: bulk")).kind is Kind.AUTO_REPLY


@pytest.mark.parametrize(
    ("report", "part", "fields", "kind"),
    [
        ("feedback-report", "message/feedback-report", "Feedback-Type: abuse", Kind.ABUSE_REPORT),
        ("disposition-notification", "message/disposition-notification", "Disposition: x", Kind.READ_RECEIPT),
        (
            "delivery-status",
            "message/delivery-status",
            "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@b.example\nAction: delivered\nStatus: 2.0.0",
            Kind.DELIVERY_SUCCESS,
        ),
        (
            "delivery-status",
            "message/delivery-status",
            "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.0.0",
            Kind.BOUNCE,
        ),
    ],
)
def test_reports(report: str, part: str, fields: str, kind: Kind) -> None:
    assert parse(letter(PART.format(part, fields), PARTS.format(report))).kind is kind


def test_a_forwarded_report_is_a_persons_mail() -> None:
    body = (
        "--b\nContent-Type: text/plain\n\nWhat is this?\n--b\nContent-Type: message/rfc822\n\n"
        + REPORT.decode()
        + "--b--\n"
    )
    mail = parse(letter(body, 'Content-Type: multipart/mixed; boundary="b"'))
    assert (mail.kind, mail.quiet, mail.bounce) == (Kind.ORDINARY, False, None)


def test_a_person_who_complains_of_lost_mail_is_no_machine() -> None:
    text = "My mail could not be delivered: <desk@example.gh>: 550 5.1.1 user unknown. Please check."
    raw = f"From: Ama <ama@example.com>\nSubject: Undeliverable: my letter\n\n{text}".encode()
    assert (parse(raw).kind, parse(raw).quiet) == (Kind.ORDINARY, False)


def test_a_servers_notice_in_words() -> None:
    assert parse(notice("<a@b.example>:\nuser unknown")).kind is Kind.BOUNCE
    assert parse(notice("hello", subject="Mail")).kind is Kind.AUTOMATIC


CHALLENGE = (
    "My account is protected by a filter. Click on the following link to get on the allowed list: https://x.example"
)


def test_rules_that_rest_on_one_file_can_be_left_out() -> None:
    assert parse(letter(CHALLENGE)).kind is Kind.CHALLENGE
    assert parse(letter(CHALLENGE), lone=False).kind is Kind.ORDINARY


@pytest.mark.parametrize("sender", ["noreply@example.com", "no-reply@example.com", "donotreply@example.com"])
def test_senders_that_read_nothing(sender: str) -> None:
    assert parse(f"From: {sender}\nSubject: s\n\nx".encode()).kind is Kind.AUTOMATIC
