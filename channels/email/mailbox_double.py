"""A mail server as we see it from outside, and what citizens' programs write: pure; mail as bytes, values out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from channels.double import Fault
from channels.email.settings import SIMULATED

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*/=?^_`{|}~.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,10}")
#: how a server refuses a command while it misbehaves: the command, and what it says
REFUSALS = {
    Fault.HTTP500: ("MAIL", "451 4.3.0 the server has a fault; try again later"),
    Fault.HTTP429: ("RCPT", "450 4.7.1 too many mails; try again later"),
}
#: local parts whose mailbox refuses mail at once, and what it says
REFUSED = {
    "nobody": "550 5.1.1 there is no such mailbox",
    "full": "552 5.2.2 the mailbox is full",
    "blocked": "554 5.7.1 we take no mail from you",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a mail came back: enhanced status code (RFC 3463), the server's words, and ours for whoever chooses."""

    status: str
    diagnostic: str
    words: str


FAILURES = {
    "no-such-address": Failure("5.1.1", "550 5.1.1 there is no such mailbox", "No such address"),
    "mailbox-full": Failure("5.2.2", "552 5.2.2 the mailbox is full", "Mailbox full"),
    "blocked": Failure("5.7.1", "554 5.7.1 message refused by policy", "Refused by policy"),
}


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes with a mail."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Written:
    """What a citizen writes. ``answers`` is the mail of ours that it answers, as bytes; ``quotes``: with its words.

    ``forged``: our mail server finds that the sender is not who the mail says.
    """

    sender: str
    name: str
    recipient: str
    subject: str
    text: str
    html: str = ""
    files: tuple[File, ...] = ()
    answers: bytes | None = None
    quotes: bool = False
    forged: bool = False


def is_address(given: object) -> bool:
    """Tell whether something is a mail address of the common form."""
    return isinstance(given, str) and _ADDRESS.fullmatch(given) is not None


def verdict(recipient: str) -> str | None:
    """Return how a citizen's server refuses a recipient at once; None: it takes the mail."""
    return REFUSED.get(recipient.partition("@")[0].lower())


def parsed(content: bytes) -> EmailMessage:
    """Return a mail of ours, or one that :func:`write` made."""
    found = message_from_bytes(content, policy=SMTP)
    assert isinstance(found, EmailMessage)
    return found


def write(said: Written, *, number: str, at: datetime) -> bytes:
    """Return the mail as it lies in our mailbox; ``number`` makes its Message-ID. Raises ``ValueError`` for a header
    that cannot be, such as one with a line break.
    """
    mail = EmailMessage(policy=SMTP)
    _received(mail, sender=said.sender, recipient=said.recipient, at=at)
    mail["Authentication-Results"] = f"{SIMULATED}; dmarc={'fail' if said.forged else 'pass'}"
    mail["From"] = Address(said.name, addr_spec=said.sender)
    mail["To"] = Address(addr_spec=said.recipient)
    _head(mail, said.subject, said.sender, number=number, at=at)
    text = said.text
    if said.answers is not None:
        earlier = parsed(said.answers)
        _answer(mail, earlier)
        text += quoted(earlier) if said.quotes else ""
    mail.set_content(f"{text}\n")
    if said.html:
        mail.add_alternative(said.html, subtype="html")
    for file in said.files:
        main, _, sub = file.media_type.partition("/")
        mail.add_attachment(file.content, maintype=main, subtype=sub or "octet-stream", filename=file.name)
    return mail.as_bytes()


def away(ours: bytes, *, by: str, to: str, number: str, at: datetime) -> bytes:
    """Return what a mailbox answers by itself to a mail of ours: to its envelope sender ``to`` (RFC 3834)."""
    earlier = parsed(ours)
    mail = EmailMessage(policy=SMTP)
    _received(mail, sender="", recipient=to, at=at)
    mail["From"] = Address(addr_spec=by)
    mail["To"] = Address(addr_spec=to)
    _head(mail, f"Automatic reply: {earlier.get('Subject', '')}", by, number=number, at=at)
    mail["Auto-Submitted"] = "auto-replied"
    _answer(mail, earlier)
    mail.set_content("I am out of the office until Monday and read no mail. I answer when I am back.\n")
    return mail.as_bytes()


def notice(ours: bytes, *, why: Failure, recipient: str, to: str, number: str, at: datetime) -> bytes:
    """Return the notice that a mail of ours did not arrive, to its envelope sender ``to`` (RFC 3462, RFC 3464)."""
    earlier, server = parsed(ours), f"mx.{recipient.rpartition('@')[2]}"
    mail = EmailMessage(policy=SMTP)
    _received(mail, sender="", recipient=to, at=at)
    mail["From"] = f"Mail Delivery System <mailer-daemon@{server}>"
    mail["To"] = Address(addr_spec=to)
    _head(mail, "Undelivered Mail Returned to Sender", f"x@{server}", number=number, at=at)
    mail["Auto-Submitted"] = "auto-replied"
    mail["Content-Type"] = "multipart/report; report-type=delivery-status"
    words = (
        f"This is the mail system at {server}.\n\nYour mail could not be delivered.\n\n<{recipient}>: {why.diagnostic}"
    )
    mail.attach(_part("text/plain", f"{words}\n"))
    mail.attach(_status(server, recipient, why))
    mail.attach(_part("text/rfc822-headers", _headers(earlier)))
    return mail.as_bytes()


def quoted(earlier: EmailMessage) -> str:
    """Return a mail's words as most programs quote them under an answer."""
    lines = "\n".join(f"> {line}" for line in words_of(earlier).splitlines())
    return f"\n\nOn {earlier.get('Date', 'that day')}, {earlier.get('From', '')} wrote:\n{lines}"


def words_of(mail: EmailMessage) -> str:
    """Return the plain text of a mail, the empty text where it has none."""
    part = mail.get_body(("plain",))
    return str(part.get_content()).replace("\r\n", "\n").strip() if part is not None else ""


def files_of(mail: EmailMessage) -> Sequence[tuple[str, str, int]]:
    """Return name, media type and bytes of each file of a mail."""
    parts = ((one, one.get_payload(decode=True)) for one in mail.iter_attachments())
    return [(one.get_filename() or "", one.get_content_type(), len(content or b"")) for one, content in parts]


def answer_to(ours: EmailMessage) -> str:
    """Return the address that an answer to a mail goes to."""
    return parseaddr(str(ours.get("Reply-To") or ours.get("From") or ""))[1]


def thread_of(mail: EmailMessage) -> str:
    """Return the id of the mail that a conversation began with; a notice belongs to the mail that came back."""
    if mail.get_content_type() == "multipart/report":
        parts = [one for one in mail.iter_parts() if one.get_content_type() == "text/rfc822-headers"]
        returned = parsed(bytes(parts[-1].get_payload(decode=True) or b"")) if parts else mail
        return thread_of(returned) if parts else identifier(mail)
    earlier = str(mail.get("References") or mail.get("In-Reply-To") or "").split()
    return earlier[0].strip("<>") if earlier else identifier(mail)


def address_in(header: str) -> str:
    """Return the address of a header such as From, in small letters; the header itself where it holds none."""
    return (parseaddr(header)[1] or header).lower()


def identifier(mail: Message) -> str:
    """Return a mail's Message-ID without its brackets."""
    return str(mail.get("Message-ID") or "").strip().strip("<>")


def _received(mail: EmailMessage, *, sender: str, recipient: str, at: datetime) -> None:
    """Begin a mail as the receiving server does: whom it was for, and who sent it."""
    mail["Return-Path"] = f"<{sender}>"
    mail["Delivered-To"] = recipient
    mail["Received"] = f"from simulator by {SIMULATED} for <{recipient}>; {format_datetime(at)}"


def _head(mail: EmailMessage, subject: str, sender: str, *, number: str, at: datetime) -> None:
    mail["Subject"] = subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{number}@{sender.rpartition('@')[2].lower()}>"


def _answer(mail: EmailMessage, earlier: EmailMessage) -> None:
    known = [*str(earlier.get("References") or "").split(), f"<{identifier(earlier)}>"]
    mail["In-Reply-To"] = known[-1]
    mail["References"] = " ".join(known)


def _part(kind: str, words: str) -> EmailMessage:
    part = EmailMessage(policy=SMTP)
    part["Content-Type"] = f"{kind}; charset=utf-8"
    part.set_payload(words, "utf-8")
    return part


def _status(server: str, recipient: str, why: Failure) -> EmailMessage:
    fields = (
        f"Reporting-MTA: dns; {server}\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\nAction: failed\r\n"
        f"Status: {why.status}\r\nDiagnostic-Code: smtp; {why.diagnostic}\r\n"
    )
    part = EmailMessage(policy=SMTP)
    part["Content-Type"] = "message/delivery-status"
    blocks: list[Message | str] = [message_from_bytes(one.encode(), policy=SMTP) for one in fields.split("\r\n\r\n")]
    part.set_payload(blocks)
    return part


def _headers(mail: EmailMessage) -> str:
    return mail.as_bytes().partition(b"\r\n\r\n")[0].decode("ascii", "replace") + "\r\n"
