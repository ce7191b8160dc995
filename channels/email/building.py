"""The one place where a mail of ours is made: its headers are ours alone, whatever its words and names hold."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from cases.messages import OutboundMessage, OutgoingFile, OutgoingMail
from channels.email import tokens
from channels.email.settings import MailboxSettings
from channels.errors import BadAddress

#: what could end a header line, or hide how it reads: controls, line separators, marks of direction
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")
#: what we send to: the common form of RFC 5321, without quoted local parts and address literals
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*/=?^_`{|}~.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,10}")
_IDENTIFIER = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]{1,250}")
#: some servers refuse header lines of more than a kilobyte: the first and the latest are kept
MOST_REFERENCES = 12
LONGEST_NAME, LONGEST_SUBJECT = 80, 250


def build(message: OutboundMessage, settings: MailboxSettings, *, key: bytes) -> EmailMessage:
    """Return the mail; raises :class:`channels.errors.BadAddress` for a recipient that no mail can be sent to."""
    mail = message.mail
    assert mail is not None, "whoever writes a message to a mailbox says what its mail is"
    made = EmailMessage(policy=SMTP)
    reference = message.client_reference
    made["From"] = Address(_line(mail.sender_name, LONGEST_NAME), addr_spec=settings.address)
    made["To"] = Address(addr_spec=recipient(message))
    if settings.plus_addresses:
        made["Reply-To"] = Address(addr_spec=tokens.signed(settings.address, reference, key=key))
    made["Subject"] = _line(mail.subject, LONGEST_SUBJECT)
    made["Date"] = format_datetime(mail.at)
    made["Message-ID"] = f"<{tokens.identifier(reference, settings.domain)}>"
    _answer(made, mail.answers)
    if mail.automatic:  # RFC 3834, 5, and what Exchange and others ask for
        made["Auto-Submitted"] = "auto-replied"
        made["X-Auto-Response-Suppress"] = "All"
        made["Precedence"] = "auto_reply"
    _say(made, message.text, mail)
    for file in mail.files:
        _attach(made, file)
    return made


def is_address(given: str) -> bool:
    """Tell whether something is an address that mail can be sent to."""
    return _ADDRESS.fullmatch(given) is not None


def recipient(message: OutboundMessage) -> str:
    """Return the address that a message goes to, if it is one."""
    address = message.recipient.value
    if not is_address(address):
        raise BadAddress("no mail address", agent_text="This is no address that mail can be sent to.")
    return address


def envelope_sender(message: OutboundMessage, settings: MailboxSettings, *, key: bytes) -> str:
    """Return to whom a notice of failure goes: nobody for what a machine sent (RFC 3834, 3.3), else the signed address,
    by which it is known what failed.
    """
    if message.mail is not None and message.mail.automatic:
        return ""
    if not settings.plus_addresses:
        return settings.address
    return tokens.signed(settings.address, message.client_reference, key=key)


def _answer(made: EmailMessage, answers: Sequence[str]) -> None:
    """Name what is answered (RFC 5322, 3.6.4); an id that is none is left out."""
    known = [one for one in answers if _IDENTIFIER.fullmatch(one)]
    if not known:
        return
    if len(known) > MOST_REFERENCES:
        known = [known[0], *known[1 - MOST_REFERENCES :]]
    made["In-Reply-To"] = f"<{known[-1]}>"
    made["References"] = " ".join(f"<{one}>" for one in known)


def _say(made: EmailMessage, text: str, mail: OutgoingMail) -> None:
    signature = f"\n\n-- \n{mail.signature}" if mail.signature else ""
    words = f"{text}{signature}\n".replace("\x00", "")
    made.set_content(words, cte="quoted-printable")
    made.add_alternative(_as_html(text, mail), subtype="html", cte="quoted-printable")


def _as_html(text: str, mail: OutgoingMail) -> str:
    paragraphs = [part for part in text.replace("\x00", "").split("\n\n") if part.strip()]
    body = "".join(f"<p>{_lines(one)}</p>\n" for one in paragraphs)
    if mail.signature:
        body += f'<p style="color:#555">{_lines(mail.signature)}</p>\n'
    language = f' lang="{html.escape(mail.language)}"' if mail.language else ""
    return f'<!doctype html>\n<html{language}><head><meta charset="utf-8"></head><body>\n{body}</body></html>\n'


def _lines(text: str) -> str:
    return html.escape(text).replace("\n", "<br>\n")


def _attach(made: EmailMessage, file: OutgoingFile) -> None:
    main, _, sub = file.media_type.partition("/")
    name = _line(file.name, 120) or "file"
    made.add_attachment(file.read(), maintype=main, subtype=sub or "octet-stream", filename=name)


def _line(words: str, longest: int) -> str:
    """Return words as one line that can be nothing but a value."""
    return " ".join(_UNSEEN.sub(" ", words).split())[:longest].strip()
