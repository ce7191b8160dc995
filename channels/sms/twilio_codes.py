"""Twilio's words in ours: what each error code means to a sender and to an agent, and what became of a message.

A code may come at once, as the answer to a send, or later with a delivery report; the sentence fits both.
"""

from __future__ import annotations

from cases.messages import DeliveryStatus
from channels.errors import (
    AccountFault,
    BadAddress,
    GatewayDown,
    OutcomeUnknown,
    RecipientBlocked,
    SendError,
    Throttled,
    UnknownCode,
)

#: what a kind of error adds, where it is the answer to a send
_NEXT: dict[type[SendError], str] = {
    AccountFault: " An administrator has been told.",
    GatewayDown: " The message will be tried again.",
    Throttled: " The message will be tried again.",
}
_SENDER = "The gateway does not let our sender write to this number."
_SERVICE = "The gateway's messaging service of this account cannot send."
_FILTERED = "The operator or the gateway held the message back as unwanted."
_LIMIT = "Our sender has sent as many messages as it may for now."
_UNREGISTERED = "Our sender is not registered with the citizen's operator."
_NOWHERE = "This number cannot be reached."
_FAILED = "The gateway had a failure of its own."
_CONTENT = "The gateway does not carry what this message holds."

CODES: dict[int, tuple[type[SendError], str]] = {
    20003: (AccountFault, "The gateway refuses our account's key."),
    20005: (AccountFault, "The gateway says that our account is not active."),
    20404: (AccountFault, "The gateway does not know our account."),
    20429: (Throttled, "The gateway asks us to slow down."),
    20500: (GatewayDown, _FAILED),
    20503: (GatewayDown, "The gateway is out of order."),
    21211: (BadAddress, "The gateway says that this is no valid number."),
    21212: (AccountFault, "The gateway says that our sender is no valid number."),
    21214: (BadAddress, _NOWHERE),
    21217: (BadAddress, "The gateway says that this is no valid number."),
    21401: (BadAddress, "The gateway says that this is no valid number."),
    21408: (AccountFault, "Our account may not write to numbers of this country."),
    21601: (AccountFault, "Our number cannot send SMS."),
    21602: (SendError, "The message is empty."),
    21603: (AccountFault, "The account has no number to send from."),
    21604: (BadAddress, "The message has no number to go to."),
    21606: (AccountFault, _SENDER),
    21608: (AccountFault, "Our account is a trial one, which writes only to numbers that were verified for it."),
    21609: (AccountFault, "The gateway refuses our address for delivery reports."),
    21610: (RecipientBlocked, "The citizen wrote STOP to this sender; the gateway lets nothing through until START."),
    21611: (Throttled, "Too many of our messages wait at the gateway."),
    21612: (SendError, "The gateway finds no way from our sender to this number."),
    21614: (BadAddress, "This is not a mobile number."),
    21617: (SendError, "The message is longer than the gateway carries."),
    21619: (SendError, "The message is empty."),
    21635: (BadAddress, "This is a landline, which cannot receive SMS."),
    21659: (AccountFault, "The gateway does not know our sender."),
    21660: (AccountFault, "Our sender belongs to another account."),
    21661: (AccountFault, "Our sender cannot send SMS."),
    21701: (AccountFault, _SERVICE),
    21703: (AccountFault, _SERVICE),
    21704: (AccountFault, _SERVICE),
    21705: (AccountFault, _SERVICE),
    21910: (AccountFault, _SENDER),
    30001: (Throttled, "Too many of our messages wait at the gateway."),
    30002: (AccountFault, "The gateway has suspended our account."),
    30003: (SendError, "The phone is switched off or out of reach."),
    30004: (RecipientBlocked, "The citizen or their operator blocks messages from this sender."),
    30005: (BadAddress, "The number is unknown, or no longer in use."),
    30006: (BadAddress, "The number is a landline, or its operator cannot be reached."),
    30007: (SendError, _FILTERED),
    30008: (SendError, "The operator gave no reason."),
    30009: (SendError, "A part of the message was lost on the way."),
    30010: (SendError, "The message costs more than the account allows."),
    30011: (SendError, "This number cannot receive pictures."),
    30017: (Throttled, "The operator's network is congested."),
    30018: (AccountFault, _UNREGISTERED),
    30019: (SendError, "The message is larger than the operator carries."),
    30022: (Throttled, _LIMIT),
    30023: (Throttled, _LIMIT),
    30024: (AccountFault, _UNREGISTERED),
    30027: (Throttled, _LIMIT),
    30032: (AccountFault, _UNREGISTERED),
    30034: (AccountFault, _UNREGISTERED),
    30036: (SendError, "The message was not delivered in time and the gateway gave up."),
    30037: (AccountFault, "Sending is switched off for our account at the gateway."),
    30038: (SendError, _FILTERED),
    30039: (SendError, "The gateway saw two machines answering each other and stopped them."),
    30042: (AccountFault, "The operator does not allow our sender's name."),
    30410: (SendError, "The operator did not answer the gateway in time."),
    30450: (SendError, _FILTERED),
    30453: (SendError, _FILTERED),
    30500: (SendError, _FAILED),
    63001: (AccountFault, "The messaging provider refuses our account's key."),
    63002: (AccountFault, "The messaging provider does not know our sender."),
    63003: (BadAddress, "The messaging provider does not know this number."),
    63005: (SendError, _CONTENT),
    63007: (AccountFault, "The gateway does not know our sender."),
    63009: (GatewayDown, "The messaging provider had a failure of its own."),
    63010: (GatewayDown, _FAILED),
    63012: (GatewayDown, "The messaging provider had a failure of its own."),
    63013: (SendError, "The messaging provider's rules do not allow this message."),
    63014: (RecipientBlocked, "The citizen has blocked messages from this sender."),
    63015: (AccountFault, "The account is a trial one, which writes only to phones that have joined it."),
    63016: (SendError, "The citizen last wrote more than a day ago; only a prepared text is allowed now."),
    63018: (Throttled, _LIMIT),
    63021: (SendError, _CONTENT),
    63024: (BadAddress, "The messaging provider does not know this number."),
    63031: (SendError, "The message was to go to our own number."),
    63032: (SendError, "The messaging provider does not let this message through to this number."),
    63036: (BadAddress, _NOWHERE),
    63038: (Throttled, _LIMIT),
}
#: MessageStatus of a report → ours. ``read`` is more than delivered, and we keep no word for it
STATUSES: dict[str, tuple[DeliveryStatus, str | None]] = {
    "accepted": (DeliveryStatus.SENT, None),
    "scheduled": (DeliveryStatus.SENT, None),
    "queued": (DeliveryStatus.SENT, None),
    "sending": (DeliveryStatus.SENT, None),
    "sent": (DeliveryStatus.SENT, None),
    "partially_delivered": (DeliveryStatus.SENT, "Only a part of the message has been delivered so far."),
    "delivered": (DeliveryStatus.DELIVERED, None),
    "read": (DeliveryStatus.DELIVERED, None),
    "undelivered": (DeliveryStatus.FAILED, "The operator could not deliver the message."),
    "failed": (DeliveryStatus.FAILED, "The gateway could not send the message."),
    "canceled": (DeliveryStatus.FAILED, "The message was cancelled at the gateway."),
}
_TOO_LATE = "30036"


def refusal(status: int, code: str | None, retry_after: float | None) -> SendError:
    """Return the error that an HTTP answer stands for; one that says yes is one that could not be read."""
    told = code or f"HTTP {status}"
    if status < 300:
        return OutcomeUnknown("the gateway's answer could not be read")
    if status == 429:
        return Throttled("too many requests", code=told, retry_after=retry_after)
    if status in (502, 504):  # said by a proxy before the gateway, which may have taken the message
        return OutcomeUnknown("the gateway did not answer its own proxy", code=told)
    if status < 400 or status >= 500:
        return GatewayDown("the gateway failed", code=told, retry_after=retry_after)
    if code is not None:
        return failure(code, "the gateway refused the request")
    if status in (401, 403):
        return AccountFault("the key was refused", code=told)
    return SendError("the gateway refused the request", code=told)


def failure(code: str, detail: str) -> SendError:
    """Return the error that the gateway's answer ``code`` to a send stands for."""
    known = CODES.get(int(code)) if code.isdecimal() else None
    if known is None:
        return UnknownCode(detail, code=code)
    kind, sentence = known
    return kind(detail, code=code, agent_text=sentence + _NEXT.get(kind, ""))


def outcome(word: str, code: str) -> tuple[DeliveryStatus, str | None]:
    """Return what a report says, with its reason; raises ``KeyError`` for a status that is in no table."""
    status, reason = STATUSES[word]
    if not code or status is not DeliveryStatus.FAILED:
        return status, reason
    if code == _TOO_LATE:
        status = DeliveryStatus.EXPIRED
    known = CODES.get(int(code)) if code.isdecimal() else None
    return status, known[1] if known else f"The gateway's reason: code {code[:20]}."
