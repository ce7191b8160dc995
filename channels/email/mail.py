"""What a mail is once it is read: frozen values, no bytes of transport. Everything in them is the sender's claim."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """Who speaks: a person, a list, or a machine, and then which. Only ``ORDINARY`` may be answered by a machine."""

    ORDINARY = "ordinary"
    LIST = "list"
    #: a machine's notice or a newsletter that is none of the rest
    AUTOMATIC = "automatic"
    AUTO_REPLY = "auto_reply"
    #: asks its reader to prove that a person wrote
    CHALLENGE = "challenge"
    ABUSE_REPORT = "abuse_report"
    #: a notice of failure or delay
    BOUNCE = "bounce"
    DELIVERY_SUCCESS = "delivery_success"
    READ_RECEIPT = "read_receipt"


class Action(StrEnum):
    """What became of one recipient (RFC 3464, 2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"


class Reason(StrEnum):
    """Why a mail did not arrive, in our words. What is read from one server's text is a guess."""

    NO_SUCH_ADDRESS = "no_such_address"
    NO_SUCH_DOMAIN = "no_such_domain"
    ADDRESS_MOVED = "address_moved"
    #: the domain or the mailbox takes no mail at all
    TAKES_NO_MAIL = "takes_no_mail"
    MAILBOX_FULL = "mailbox_full"
    MAILBOX_CLOSED = "mailbox_closed"
    TOO_LARGE = "too_large"
    SPAM = "spam"
    VIRUS = "virus"
    #: our server, its address or its name is not wanted
    SENDER_BLOCKED = "sender_blocked"
    #: our own address was refused
    SENDER_REFUSED = "sender_refused"
    #: SPF, DKIM or DMARC did not agree
    AUTHENTICATION = "authentication"
    POLICY = "policy"
    SECURITY = "security"
    TOO_MANY = "too_many"
    RELAYING = "relaying"
    CONTENT = "content"
    TIMED_OUT = "timed_out"
    NETWORK = "network"
    SERVER_FAULT = "server_fault"
    OTHER = "other"


#: reasons that stay: to write to the address again is of no use until somebody changes it
LASTING = frozenset({Reason.NO_SUCH_ADDRESS, Reason.NO_SUCH_DOMAIN, Reason.ADDRESS_MOVED, Reason.TAKES_NO_MAIL})


@dataclass(frozen=True, slots=True)
class Mailbox:
    """``address`` may lack its ``@``: some senders write anything there. ``name`` is empty where none stands."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Part:
    """A file that came with a mail. ``name`` is data, never a path. ``nested``: a whole mail, not taken apart.
    ``inline``: shown within the text by its ``content_id``.
    """

    name: str | None
    media_type: str
    content: bytes
    content_id: str | None = None
    inline: bool = False
    nested: bool = False


@dataclass(frozen=True, slots=True)
class BouncedRecipient:
    """``status`` is the enhanced code (RFC 3463), ``reply_code`` the SMTP one. ``hard``: see :data:`LASTING`; None
    where nothing is known, and for what was delivered.
    """

    address: str
    action: Action
    status: str | None
    reply_code: str | None
    diagnostic: str
    hard: bool | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class Bounce:
    """``addresses``: where the notice was sent to and who sent the mail that it returns; our token stands in one."""

    recipients: tuple[BouncedRecipient, ...]
    original_message_id: str | None
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mail:
    """``text`` is all of it, ``new_text`` what the sender added above or between quotes, signature included. ``html``
    is as it came: never show it unsanitised. ``quiet``: no machine may answer. ``why``: the signs that decided the
    kind. ``date`` is the sender's clock, aware.
    """

    message_id: str | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    subject: str
    sender: Mailbox | None
    reply_to: tuple[Mailbox, ...]
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    delivered_to: tuple[str, ...]
    return_path: str | None
    date: datetime | None
    text: str
    new_text: str
    html: str | None
    parts: tuple[Part, ...]
    kind: Kind
    quiet: bool
    why: tuple[str, ...]
    bounce: Bounce | None
    authentication: tuple[str, ...]
    defects: tuple[str, ...]
