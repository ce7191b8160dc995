"""The shared language between channels and cases: frozen values, no behaviour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

#: begins the external id of a message that was read from a gateway's list, whose numbers are not those of its callbacks
FETCHED = "fetched:"
#: chosen for a letter instead of the reference of a case
NEW_CASE = "new"


class AddressKind(StrEnum):
    """What an address is; only a phone can be answered by SMS."""

    PHONE = "phone"
    SENDER_NAME = "sender_name"  # an alphanumeric SMS sender such as a bank: never answered
    SHORT_CODE = "short_code"  # another service's number: never answered
    EMAIL = "email"
    POSTAL = "postal"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody can be reached. A phone's ``value`` is E.164 with its plus sign."""

    kind: AddressKind
    value: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message: a reference to fetch later, never the bytes."""

    url: str
    media_type: str
    name: str


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file whose bytes are in the file store already.

    ``media_type`` is what the bytes are, ``content_id`` the name by which the HTML of its mail shows it in place.
    """

    sha256: str
    size: int
    media_type: str
    name: str
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """What a mail says beside its words; anybody can write any of it, but for ``proved``.

    ``identifier`` is its Message-ID without brackets, ``answers`` the ids that it says it answers, the nearest first.
    ``proved`` are those of our own mails at whose signed address it arrived; ``forged``: it arrived at one that we did
    not sign. ``automatic`` says by what it is known to be written by a machine or to many, so that no machine answers;
    ``machine``: nobody wrote it at all. ``whole`` is all of its text where the message's own is only what is new in it,
    ``html`` the hash of its HTML in the file store. ``genuine``: our own mail server found that it comes from its
    sender's domain (RFC 7489); None: it did not say. ``cut``: it was too large, and only its beginning is here.
    """

    identifier: str = ""
    subject: str = ""
    sender_name: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    proved: tuple[str, ...] = ()
    forged: bool = False
    automatic: str = ""
    machine: bool = False
    whole: str = ""
    html: str = ""
    genuine: bool | None = None
    cut: bool = False

    @property
    def doubtful(self) -> bool:
        """Tell whether somebody else than its sender may have sent it: then nothing is done in that name."""
        return self.forged or (self.genuine is False and not self.proved)


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter says beside its words, as it was keyed.

    ``proved`` is the message of ours that its reply code names, by id. ``into`` is the reference of the case that a
    person has chosen, :data:`NEW_CASE` where they want a new one, empty where nobody has chosen. ``citizen`` is who
    wrote it, by id: several people may use one address.
    """

    register_number: str
    letter_id: int
    subject: str = ""
    sender_name: str = ""
    proved: int | None = None
    into: str = ""
    citizen: int | None = None


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One thing a citizen said. ``external_id`` is the gateway's; ``sent_at`` is the gateway's claim, in UTC,
    or None. ``attachments`` are to be fetched, ``files`` are here.
    """

    account: str
    channel: str
    sender: Address
    recipient: str
    text: str
    external_id: str | None
    sent_at: datetime | None = None
    attachments: tuple[Attachment, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)
    files: tuple[KeptFile, ...] = ()
    mail: Mail | None = None
    letter: Letter | None = None


@dataclass(frozen=True, slots=True)
class PageCode:
    """A code on a page, read and checked. ``kind``: ``cover`` (of a cover sheet of ours, by its number), ``reply`` (the
    answer to our message ``message_id``, in the case ``reference``) or ``false`` (looks like ours and is not signed).
    What else is printed in letters is none of these, and left out.
    """

    kind: str
    number: int = 0
    reference: str = ""
    message_id: int = 0


@dataclass(frozen=True, slots=True)
class ScannedPage:
    """One page as it was scanned. ``picture`` is None where it could not be rendered. ``text`` is what a PDF itself
    says of it, which nobody has checked against what can be seen.
    """

    picture: KeptFile | None
    width: int = 0
    height: int = 0
    codes: tuple[PageCode, ...] = ()
    blank: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class ScannedFile:
    """One scan that was looked into. ``came_by``: folder, upload or mail. ``refused`` says why there are no pages.

    ``single``: without cover sheets it is one letter. ``original`` is the file as it came, ``raw_id`` the row that
    holds it: whoever stored it fills these in.
    """

    account: str
    name: str
    came_by: str
    pages: tuple[ScannedPage, ...] = ()
    refused: str = ""
    single: bool = False
    original: KeptFile | None = None
    raw_id: int | None = None


@dataclass(frozen=True, slots=True)
class HandedOn:
    """A scan that came inside of something else (a mail): it is read as what the account ``account`` got itself.

    ``key`` names it there for ever.
    """

    account: str
    key: str
    file: KeptFile
    came_by: str


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """A file that leaves with a mail; ``read`` gives its bytes, once they are needed."""

    name: str
    media_type: str
    read: Callable[[], bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """What a mail of ours says beside its words.

    ``answers`` are the Message-IDs of what it answers, oldest first. ``automatic``: a machine decided to send it.
    ``sender_name`` and ``signature`` are the department's, ``language`` an ISO 639 code, ``at`` its date.
    """

    subject: str
    at: datetime
    answers: tuple[str, ...] = ()
    automatic: bool = False
    sender_name: str = ""
    signature: str = ""
    language: str = ""
    files: tuple[OutgoingFile, ...] = ()


@dataclass(frozen=True, slots=True)
class OutgoingLetter:
    """What a letter of ours says to the print room beside its words: ``message_id`` is that of its message."""

    message_id: int


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One message for one address. ``client_reference`` is the same on every attempt,
    so that an attempt can be looked up. ``mail`` or ``letter`` is there where it leaves as one.
    """

    account: str
    recipient: Address
    text: str
    client_reference: str
    mail: OutgoingMail | None = None
    letter: OutgoingLetter | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A gateway's word that it accepted a message; ``cost`` is its own text, such as ``GHS 0.0300``."""

    external_id: str
    cost: str | None = None


class DeliveryStatus(StrEnum):
    """Our words for what became of a message; every gateway's codes are mapped to these beside its adapter."""

    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What a gateway says became of a message; ``reason`` is a sentence for agents, ``address`` the recipient."""

    account: str
    external_id: str
    status: DeliveryStatus
    reason: str | None = None
    at: datetime | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class OptOut:
    """A gateway's notice that a number wants no more automatic texts (``opted_out`` False: wants them again)."""

    account: str
    sender: Address
    opted_out: bool = True


@dataclass(frozen=True, slots=True)
class DialogueEnded:
    """A gateway's notice that a session is over; ``how`` is its own word for it."""

    account: str
    session: str
    how: str


Inbound = InboundMessage | DeliveryReport | OptOut | DialogueEnded | ScannedFile | HandedOn
