"""Mails as invented people and servers write them."""

from __future__ import annotations


def letter(body: str, *fields: str, headers: str = "") -> bytes:
    """Return a mail of Ama Mensah's; ``fields`` are further header lines."""
    head = [
        "From: Ama Mensah <ama@example.com>",
        "To: Assembly <desk@assembly.example.gh>",
        "Subject: Broken pipe",
        "Date: Mon, 02 Mar 2026 10:12:00 +0000",
        "Message-ID: <one@example.com>",
    ]
    return ("\n".join([headers] if headers else [*head, *fields]) + "\n\n" + body).encode()


REPORT = b"""\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: bounces+token7@assembly.example.gh
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B1"

--B1
Content-Type: text/plain; charset=us-ascii

The mail system: host mx.example.com said: 550 5.1.1 User unknown
--B1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
Arrival-Date: Mon, 2 Mar 2026 10:12:00 +0000

Final-Recipient: rfc822; ama@example.com
Original-Recipient: rfc822;ama@example.com
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

Final-Recipient: rfc822; kofi@example.com
Action: delayed
Status: 4.2.2
Diagnostic-Code: smtp; 452 4.2.2 over quota
--B1
Content-Type: message/rfc822

Message-ID: <ours.4821@assembly.example.gh>
From: Desk <desk+token8@assembly.example.gh>
To: ama@example.com
Subject: Your case

Text
--B1--
"""


def notice(text: str, *, sender: str = "MAILER-DAEMON@mx.example.net", subject: str = "failure notice") -> bytes:
    """Return a notice of failure in words alone."""
    return f"Return-Path: <>\nFrom: {sender}\nTo: desk@assembly.example.gh\nSubject: {subject}\n\n{text}".encode()
