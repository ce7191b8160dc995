"""Twilio's callbacks for messages: the fields of a form, read into our values or refused with the field at fault."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cases.messages import Attachment, DeliveryReport, Inbound, InboundMessage, OptOut
from channels.errors import Refused
from channels.sms import numbers, twilio_codes
from channels.webhook import WebhookRequest

MOST_MEDIA = 20
#: what is understood, or says nothing about the message; the rest is kept beside it
_UNDERSTOOD = {
    "From", "To", "Body", "MessageSid", "SmsSid", "SmsMessageSid", "AccountSid", "ApiVersion", "NumMedia", "SmsStatus",
    "MessageStatus",
}  # fmt: skip
_MEDIA = re.compile(r"Media(Url|ContentType)\d+")
MOST_EXTRA, LONGEST_EXTRA = 40, 200
#: a field that only another product's callbacks carry → that product
_OTHERS = {
    "CallSid": "voice",
    "CallStatus": "voice",
    "RecordingSid": "voice",
    "ConversationSid": "Conversations",
    "FaxSid": "fax",
}
_INCOMING = ("", "receiving", "received")


def incoming(request: WebhookRequest, *, account: str, channel: str, region: str | None) -> Sequence[Inbound]:
    """Read a citizen's message, and the opt-out that it asks for; raises :class:`Refused`."""
    form = _values(request)
    _refuse_other_products(form)
    if _status(form) not in _INCOMING:
        raise Refused("MessageStatus", "tells of a message of ours; mend the callback address at the gateway")
    sender, recipient, attachments = _phone(form, "From"), _phone(form, "To"), _attachments(form)
    if "Body" not in form and not attachments:
        raise Refused("Body", "is missing; an incoming message has one, be it empty")
    message = InboundMessage(
        account=account,
        channel=channel,
        sender=numbers.sender(sender, region=region),
        recipient=recipient,
        text=form.get("Body", ""),
        external_id=sid(request),
        attachments=attachments,
        extra=_extra(form),
    )
    word = form.get("OptOutType", "").upper()
    # HELP asks for nothing that the message itself does not.
    return [message, OptOut(account, message.sender, word == "STOP")] if word in ("STOP", "START") else [message]


def delivery(request: WebhookRequest, *, account: str) -> Sequence[Inbound]:
    """Read what became of a message of ours; raises :class:`Refused`."""
    form, external_id = _values(request), sid(request)
    _refuse_other_products(form)
    word = _status(form)
    if external_id is None or not word:
        raise Refused("MessageStatus" if external_id else "MessageSid", "is missing")
    if word in _INCOMING:
        raise Refused("MessageStatus", "tells of a citizen's message; mend the callback address at the gateway")
    try:
        status, reason = twilio_codes.outcome(word, form.get("ErrorCode", "").strip())
    except KeyError:
        raise Refused("MessageStatus", f"{word[:40]!r} is in no table of delivery reports") from None
    return [DeliveryReport(account, external_id, status, reason)]


def sid(request: WebhookRequest) -> str | None:
    """Return the gateway's id of the message, by whichever of its names."""
    form = _values(request)
    return form.get("MessageSid") or form.get("SmsSid") or form.get("SmsMessageSid") or None


def report_key(request: WebhookRequest) -> str | None:
    """Return what a report is known by: one message has several."""
    external_id, word = sid(request), _status(_values(request))
    return f"{external_id}:{word}" if external_id and word else None


def attachment(url: str, media_type: str | None) -> Attachment:
    """Return the reference to a file; the gateway tells no name of it but the last part of its address."""
    name = url.partition("?")[0].rstrip("/").rpartition("/")[2]
    return Attachment(url, media_type or "application/octet-stream", name)


def _values(request: WebhookRequest) -> Mapping[str, str]:
    # The method is chosen for each number at the gateway, and both are in use.
    return request.query if request.method == "GET" else request.form


def _status(form: Mapping[str, str]) -> str:
    return (form.get("MessageStatus") or form.get("SmsStatus", "")).strip()


def _phone(form: Mapping[str, str], name: str) -> str:
    value = form.get(name, "").strip()
    if not value:
        raise Refused(name, "is missing")
    scheme, colon, _ = value.partition(":")
    if colon:
        raise Refused(name, f"is an address of {scheme[:20]!r}, not of SMS; this account takes SMS alone")
    return value


def _refuse_other_products(form: Mapping[str, str]) -> None:
    for field, product in _OTHERS.items():
        if field in form:
            raise Refused(field, f"belongs to {product}, not to SMS; mend the callback address at the gateway")


def _attachments(form: Mapping[str, str]) -> tuple[Attachment, ...]:
    told = form.get("NumMedia", "").strip() or "0"
    if not told.isdecimal():
        raise Refused("NumMedia", f"{told[:20]!r} is no number")
    urls = ((form.get(f"MediaUrl{n}", "").strip(), form.get(f"MediaContentType{n}", "")) for n in range(MOST_MEDIA))
    return tuple(attachment(url, media_type) for url, media_type in urls if url)


def _extra(form: Mapping[str, str]) -> dict[str, str]:
    """Return what else came: the gateway adds fields without telling, and none of them may be lost or refused."""
    kept = [name for name, value in form.items() if value and name not in _UNDERSTOOD and not _MEDIA.fullmatch(name)]
    return {name: form[name][:LONGEST_EXTRA] for name in kept[:MOST_EXTRA]}
