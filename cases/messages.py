"""The shared language between channels and cases: frozen values, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

#: begins the external id of a message that was read from a gateway's list, whose numbers are not those of its callbacks
FETCHED = "fetched:"


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
class InboundMessage:
    """One thing a citizen said. ``external_id`` is the gateway's; ``sent_at`` is the gateway's claim, in UTC,
    or None.
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


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One message for one address. ``client_reference`` is the same on every attempt,
    so that an attempt can be looked up.
    """

    account: str
    recipient: Address
    text: str
    client_reference: str


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


Inbound = InboundMessage | DeliveryReport | OptOut | DialogueEnded
