"""Twilio's callbacks for messages, as its pages document them: each field, each status, and what belongs elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cases.messages import Address, AddressKind, Attachment, DeliveryReport, DeliveryStatus, InboundMessage, OptOut
from channels.errors import SendError
from channels.sms import twilio_codes, twilio_forms
from channels.webhook import WebhookReply
from tests.channels.twilio_account import ACCOUNT, NUMBER, PHONE, SENT_ID, SID, channel
from tests.contracts.channel import IncomingCase, request_of, route_of, run_incoming

IDENTITY = "SM8f2b1c7e0d6a4f0e9a512f0d3d9f7a11"
#: the example of the gateway's page
FIELDS = {
    "ToCountry": "GB",
    "ToState": "",
    "SmsMessageSid": IDENTITY,
    "NumMedia": "0",
    "ToCity": "",
    "FromZip": "",
    "SmsSid": IDENTITY,
    "FromState": "",
    "SmsStatus": "received",
    "FromCity": "",
    "Body": "Mepa wo kyɛw, kanea no adum",
    "FromCountry": "GH",
    "To": NUMBER,
    "ToZip": "",
    "NumSegments": "1",
    "MessageSid": IDENTITY,
    "AccountSid": SID,
    "From": PHONE.value,
    "ApiVersion": "2010-04-01",
}
EXTRA = {"ToCountry": "GB", "FromCountry": "GH", "NumSegments": "1"}


def form(**changes: str | None) -> dict[str, str]:
    """The ordinary incoming message with fields changed, or dropped where None."""
    return {name: value for name, value in {**FIELDS, **changes}.items() if value is not None}


def came(*more: OptOut, extra: dict[str, str] | None = None, **changes: Any) -> tuple[InboundMessage | OptOut, ...]:
    """What the ordinary incoming message becomes."""
    values = {
        "account": ACCOUNT,
        "channel": "sms",
        "sender": PHONE,
        "recipient": NUMBER,
        "text": FIELDS["Body"],
        "external_id": IDENTITY,
        "extra": {**EXTRA, **(extra or {})},
    }
    return (InboundMessage(**{**values, **changes}), *more)


def by(kind: AddressKind, value: str) -> tuple[InboundMessage | OptOut, ...]:
    return came(sender=Address(kind, value))


MEDIA = "https://api.twilio.com/2010-04-01/Accounts/AC0/Messages/MM1/Media"
PICTURE = Attachment(f"{MEDIA}/ME1", "image/jpeg", "ME1")
SOUND = Attachment(f"{MEDIA}/ME2", "audio/amr", "ME2")
WITH_MEDIA = {
    "MediaUrl0": PICTURE.url,
    "MediaContentType0": "image/jpeg",
    "MediaUrl1": SOUND.url,
    "MediaContentType1": "audio/amr",
}
INCOMING = [
    IncomingCase("as the page shows it", "incoming", form(), came(), external_id=IDENTITY),
    IncomingCase(
        "through a service", "incoming", form(MessagingServiceSid="MG1"), came(extra={"MessagingServiceSid": "MG1"})
    ),
    IncomingCase("a field that is new", "incoming", form(Mood="cross"), came(extra={"Mood": "cross"})),
    IncomingCase("a long one is cut", "incoming", form(Mood="x" * 500), came(extra={"Mood": "x" * 200})),
    IncomingCase("the older names of the id", "incoming", form(MessageSid=None), came(), external_id=IDENTITY),
    IncomingCase(
        "the oldest name of the id", "incoming", form(MessageSid=None, SmsSid=""), came(), external_id=IDENTITY
    ),
    IncomingCase(
        "no id: de-duplicated by content",
        "incoming",
        form(MessageSid=None, SmsSid=None, SmsMessageSid=None),
        came(external_id=None),
        external_id=None,
    ),
    IncomingCase("empty text", "incoming", form(Body=""), came(text="")),
    IncomingCase("text is kept to the letter", "incoming", form(Body="  a\r\n\tb 😀 "), came(text="  a\r\n\tb 😀 ")),
    IncomingCase("the longest text", "incoming", form(Body="ɛ" * 1600), came(text="ɛ" * 1600)),
    IncomingCase("number without its plus", "incoming", form(From="233201234567"), came()),
    IncomingCase("a plus that became a space", "incoming", form(From=" 233201234567"), came()),
    IncomingCase("a name", "incoming", form(From="MoMo"), by(AddressKind.SENDER_NAME, "MoMo")),
    IncomingCase("a short code", "incoming", form(From="15000"), by(AddressKind.SHORT_CODE, "15000")),
    IncomingCase("to a short code", "incoming", form(To="384387"), came(recipient="384387")),
    IncomingCase("without a status", "incoming", form(SmsStatus=None), came()),
    IncomingCase("still receiving", "incoming", form(SmsStatus="receiving"), came()),
    IncomingCase(
        "pictures and words", "incoming", form(NumMedia="2", **WITH_MEDIA), came(attachments=(PICTURE, SOUND))
    ),
    IncomingCase(
        "a picture alone",
        "incoming",
        form(NumMedia="2", Body="", **WITH_MEDIA),
        came(text="", attachments=(PICTURE, SOUND)),
    ),
    IncomingCase(
        "a picture and no text field",
        "incoming",
        form(NumMedia="1", Body=None, MediaUrl0=PICTURE.url, MediaContentType0="image/jpeg"),
        came(text="", attachments=(PICTURE,)),
    ),
    IncomingCase(
        "a picture of no kind",
        "incoming",
        form(NumMedia="1", MediaUrl0=PICTURE.url),
        came(attachments=(replace(PICTURE, media_type="application/octet-stream"),)),
    ),
    IncomingCase("more are told than come", "incoming", form(NumMedia="2"), came()),
    IncomingCase(
        "fewer are told than come",
        "incoming",
        form(NumMedia=None, MediaUrl0=PICTURE.url, MediaContentType0="image/jpeg"),
        came(attachments=(PICTURE,)),
    ),
    IncomingCase(
        "STOP",
        "incoming",
        form(Body="STOP", OptOutType="STOP"),
        came(OptOut(ACCOUNT, PHONE), text="STOP", extra={"OptOutType": "STOP"}),
        external_id=IDENTITY,
    ),
    IncomingCase(
        "a word of ours for STOP",
        "incoming",
        form(Body="Gyae", OptOutType="STOP"),
        came(OptOut(ACCOUNT, PHONE), text="Gyae", extra={"OptOutType": "STOP"}),
    ),
    IncomingCase(
        "START",
        "incoming",
        form(Body="Start", OptOutType="START"),
        came(OptOut(ACCOUNT, PHONE, opted_out=False), text="Start", extra={"OptOutType": "START"}),
    ),
    IncomingCase(
        "HELP", "incoming", form(Body="help", OptOutType="HELP"), came(text="help", extra={"OptOutType": "HELP"})
    ),
    IncomingCase("no word for opting out", "incoming", form(OptOutType=""), came()),
    IncomingCase("no sender", "incoming", form(From=None), refused="From"),
    IncomingCase("blank sender", "incoming", form(From="  "), refused="From"),
    IncomingCase("no recipient", "incoming", form(To=None), refused="To"),
    IncomingCase("no text and no picture", "incoming", form(Body=None), refused="Body"),
    IncomingCase("a count that is none", "incoming", form(NumMedia="some"), refused="NumMedia"),
    IncomingCase("from WhatsApp", "incoming", form(From="whatsapp:+233201234567"), refused="From"),
    IncomingCase("to WhatsApp", "incoming", form(To="whatsapp:+447700900123"), refused="To"),
    IncomingCase("from RCS", "incoming", form(From="rcs:somebody"), refused="From"),
    IncomingCase("a report at the wrong address", "incoming", form(MessageStatus="delivered"), refused="MessageStatus"),
    IncomingCase(
        "a report by its older name", "incoming", form(SmsStatus="delivered", Body=None), refused="MessageStatus"
    ),
    IncomingCase("nothing at all", "incoming", {}, refused="From", external_id=None),
    IncomingCase("called by GET", "incoming", form(), came(), external_id=IDENTITY, method="GET"),
]


def report(status: str | None = "delivered", **changes: str | None) -> dict[str, str]:
    fields = {
        "SmsSid": SENT_ID,
        "SmsStatus": status,
        "MessageStatus": status,
        "To": PHONE.value,
        "MessageSid": SENT_ID,
        "AccountSid": SID,
        "From": NUMBER,
        "ApiVersion": "2010-04-01",
    }
    return {name: value for name, value in {**fields, **changes}.items() if value is not None}


def became(status: DeliveryStatus, reason: str | None = None) -> tuple[DeliveryReport]:
    return (DeliveryReport(ACCOUNT, SENT_ID, status, reason),)


SENT, DELIVERED, FAILED, EXPIRED = (
    DeliveryStatus.SENT,
    DeliveryStatus.DELIVERED,
    DeliveryStatus.FAILED,
    DeliveryStatus.EXPIRED,
)
NOT_DELIVERED = "The operator could not deliver the message."
REASONS = {
    "30001": "Too many of our messages wait at the gateway.",
    "30002": "The gateway has suspended our account.",
    "30003": "The phone is switched off or out of reach.",
    "30004": "The citizen or their operator blocks messages from this sender.",
    "30005": "The number is unknown, or no longer in use.",
    "30006": "The number is a landline, or its operator cannot be reached.",
    "30007": "The operator or the gateway held the message back as unwanted.",
    "30008": "The operator gave no reason.",
    "63016": "The citizen last wrote more than a day ago; only a prepared text is allowed now.",
    "63018": "Our sender has sent as many messages as it may for now.",
    "21610": "The citizen wrote STOP to this sender; the gateway lets nothing through until START.",
    "99999": "The gateway's reason: code 99999.",
    "odd": "The gateway's reason: code odd.",
}
DELIVERY = [
    *(
        IncomingCase(f"{word} is on its way", "delivery", report(word), became(SENT), external_id=f"{SENT_ID}:{word}")
        for word in ("accepted", "scheduled", "queued", "sending", "sent")
    ),
    IncomingCase(
        "a part is delivered",
        "delivery",
        report("partially_delivered"),
        became(SENT, "Only a part of the message has been delivered so far."),
    ),
    IncomingCase("on the handset", "delivery", report(), became(DELIVERED), external_id=f"{SENT_ID}:delivered"),
    IncomingCase("read", "delivery", report("read"), became(DELIVERED), external_id=f"{SENT_ID}:read"),
    IncomingCase("undelivered", "delivery", report("undelivered"), became(FAILED, NOT_DELIVERED)),
    IncomingCase("failed", "delivery", report("failed"), became(FAILED, "The gateway could not send the message.")),
    IncomingCase(
        "canceled", "delivery", report("canceled"), became(FAILED, "The message was cancelled at the gateway.")
    ),
    *(
        IncomingCase(
            f"undelivered: {code}", "delivery", report("undelivered", ErrorCode=code), became(FAILED, sentence)
        )
        for code, sentence in REASONS.items()
    ),
    IncomingCase(
        "failed with a code", "delivery", report("failed", ErrorCode="30003"), became(FAILED, REASONS["30003"])
    ),
    IncomingCase(
        "too late",
        "delivery",
        report("failed", ErrorCode="30036"),
        became(EXPIRED, "The message was not delivered in time and the gateway gave up."),
    ),
    IncomingCase("no code", "delivery", report("undelivered", ErrorCode=""), became(FAILED, NOT_DELIVERED)),
    IncomingCase("a stale code on the way", "delivery", report("sent", ErrorCode="30003"), became(SENT)),
    IncomingCase("a code with good news", "delivery", report("delivered", ErrorCode="30003"), became(DELIVERED)),
    IncomingCase(
        "only what is needed",
        "delivery",
        {"MessageSid": SENT_ID, "MessageStatus": "delivered"},
        became(DELIVERED),
        external_id=f"{SENT_ID}:delivered",
    ),
    IncomingCase(
        "by the older names",
        "delivery",
        {"SmsSid": SENT_ID, "SmsStatus": "sent"},
        became(SENT),
        external_id=f"{SENT_ID}:sent",
    ),
    IncomingCase("with a carrier's date", "delivery", report(RawDlrDoneDate="2603021014"), became(DELIVERED)),
    IncomingCase("called by GET", "delivery", report(), became(DELIVERED), method="GET"),
    IncomingCase("a status that is new", "delivery", report("teleported"), refused="MessageStatus"),
    IncomingCase("another spelling", "delivery", report("Delivered"), refused="MessageStatus"),
    IncomingCase("no status", "delivery", report(None), refused="MessageStatus", external_id=None),
    IncomingCase("no id", "delivery", report(MessageSid=None, SmsSid=None), refused="MessageSid", external_id=None),
    IncomingCase("nothing at all", "delivery", {}, refused="MessageSid", external_id=None),
    IncomingCase("a citizen's message", "delivery", form(), refused="MessageStatus"),
]
FOREIGN = [
    IncomingCase(f"{field} at {event}", event, {**whole, field: "x"}, refused=field)
    for event, whole in (("incoming", form()), ("delivery", report()))
    for field in ("CallSid", "CallStatus", "RecordingSid", "ConversationSid", "FaxSid")
]


@pytest.mark.parametrize("case", [*INCOMING, *DELIVERY, *FOREIGN], ids=lambda case: f"{case.event}: {case.label}")
def test_incoming(case: IncomingCase) -> None:
    run_incoming(channel(), case)


@pytest.mark.parametrize(("event", "fields"), [("incoming", form()), ("delivery", report())])
def test_the_gateway_hears_an_empty_document_and_never_words_that_it_would_send_on(
    event: str, fields: dict[str, str]
) -> None:
    route = route_of(channel(), event)
    silence = WebhookReply(
        200, '<?xml version="1.0" encoding="UTF-8"?><Response/>', content_type="text/xml; charset=utf-8"
    )
    assert route.parse(request_of(fields))[0] == silence
    assert route.neutral == silence  # to a repeat, and where parsing failed


def test_no_more_is_kept_than_a_message_needs() -> None:
    many = {f"New{number}": "x" for number in range(100)}
    (message,) = route_of(channel(), "incoming").parse(request_of(form(**many)))[1]
    assert len(message.extra) == twilio_forms.MOST_EXTRA
    pictures = {f"MediaUrl{number}": PICTURE.url for number in range(100)}
    (message,) = route_of(channel(), "incoming").parse(request_of(form(**pictures)))[1]
    assert len(message.attachments) == twilio_forms.MOST_MEDIA


@pytest.mark.parametrize("code", twilio_codes.CODES, ids=str)
def test_every_code_is_a_sentence_that_an_agent_can_read(code: int) -> None:
    error = twilio_codes.failure(str(code), "x")
    kind, sentence = twilio_codes.CODES[code]
    assert type(error) is kind
    assert (error.code, error.unknown) == (str(code), False)
    assert issubclass(kind, SendError)
    for said in (sentence, error.agent_text):
        assert said[0].isupper()
        assert said.endswith(".")
        assert str(code) not in said
    assert ("again" in error.agent_text or "administrator" in error.agent_text) == kind.retryable


def test_the_codes_that_were_asked_for_are_known() -> None:
    wanted = {21211, 21214, 21217, 21408, 21610, 21611, 21612, 21614, 20003, 20429, *range(30001, 30009), 63016}
    assert wanted <= set(twilio_codes.CODES)


def test_a_number_without_its_country_needs_the_accounts_region() -> None:
    national = form(From="020 123 4567")
    run_incoming(channel(), IncomingCase("region", "incoming", national, came()))
    unknown = by(AddressKind.SENDER_NAME, "020 123 4567")
    run_incoming(channel(region=None), IncomingCase("no region", "incoming", national, unknown))
