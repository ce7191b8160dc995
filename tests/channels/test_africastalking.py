"""Africa's Talking's callbacks, as its pages document them: each field, each status, and what belongs elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cases.messages import Address, AddressKind, DeliveryReport, DeliveryStatus, InboundMessage, OptOut
from tests.channels.africastalking_account import ACCOUNT, PHONE, SENT_ID, channel
from tests.contracts.channel import IncomingCase, run_incoming

AT = datetime(2026, 3, 2, 10, 12, tzinfo=UTC)
IDENTITY = "8f2b1c7e-0d6a-4f0e-9a51-2f0d3d9f7a11"
FIELDS = {
    "from": "+233201234567",
    "to": "1422",
    "text": "Yɛsrɛ mo, ɛkwan no asɛe",
    "id": IDENTITY,
    "date": "2026-03-02 10:12:00",
}


def form(**changes: str | None) -> dict[str, str]:
    """The ordinary incoming message with fields changed, or dropped where None."""
    return {name: value for name, value in {**FIELDS, **changes}.items() if value is not None}


def came(**changes: Any) -> tuple[InboundMessage]:
    """What the ordinary incoming message becomes."""
    values = {
        "account": ACCOUNT,
        "channel": "sms",
        "sender": PHONE,
        "recipient": "1422",
        "text": FIELDS["text"],
        "external_id": IDENTITY,
        "sent_at": AT,
    }
    return (InboundMessage(**{**values, **changes}),)


def by(kind: AddressKind, value: str) -> tuple[InboundMessage]:
    return came(sender=Address(kind, value))


INCOMING = [
    IncomingCase("as the page shows it", "incoming", form(), came(), external_id=IDENTITY),
    IncomingCase(
        "all fields",
        "incoming",
        form(linkId="", networkCode="62002", cost="GHS 0.0000"),
        came(extra={"networkCode": "62002", "cost": "GHS 0.0000"}),
    ),
    IncomingCase("premium link", "incoming", form(linkId="Link7"), came(extra={"linkId": "Link7"})),
    IncomingCase("date in ISO with Z", "incoming", form(date="2026-03-02T10:12:00Z"), came()),
    IncomingCase("date in ISO with fractions", "incoming", form(date="2026-03-02T10:12:00.000Z"), came()),
    IncomingCase("date in ISO with an offset", "incoming", form(date="2026-03-02T13:12:00+03:00"), came()),
    IncomingCase("date with an undecoded plus", "incoming", form(date="2026-03-02+10:12:00"), came()),
    IncomingCase("no date", "incoming", form(date=None), came(sent_at=None)),
    IncomingCase("empty date", "incoming", form(date=""), came(sent_at=None)),
    IncomingCase(
        "no id: de-duplicated by content", "incoming", form(id=None), came(external_id=None), external_id=None
    ),
    IncomingCase("empty id", "incoming", form(id=""), came(external_id=None), external_id=None),
    IncomingCase("empty text", "incoming", form(text=""), came(text="")),
    IncomingCase("text is kept to the letter", "incoming", form(text="  a\r\n\tb 😀 "), came(text="  a\r\n\tb 😀 ")),
    IncomingCase("number without its plus", "incoming", form(**{"from": "233201234567"}), came()),
    IncomingCase("number with 00", "incoming", form(**{"from": "00233201234567"}), came()),
    IncomingCase("national number", "incoming", form(**{"from": "020 123 4567"}), came()),
    IncomingCase("a plus that became a space", "incoming", form(**{"from": " 233201234567"}), came()),
    IncomingCase("a name", "incoming", form(**{"from": "MoMo"}), by(AddressKind.SENDER_NAME, "MoMo")),
    IncomingCase("a short code", "incoming", form(**{"from": "1500"}), by(AddressKind.SHORT_CODE, "1500")),
    IncomingCase("to a long number", "incoming", form(to="+233302000142"), came(recipient="+233302000142")),
    IncomingCase("no sender", "incoming", form(**{"from": None}), refused="from"),
    IncomingCase("blank sender", "incoming", form(**{"from": "  "}), refused="from"),
    IncomingCase("no recipient", "incoming", form(to=None), refused="to"),
    IncomingCase("no text", "incoming", form(text=None), refused="text"),
    IncomingCase("date lacks seconds", "incoming", form(date="2026-03-02T10:12"), refused="date"),
    IncomingCase("a date alone", "incoming", form(date="2026-03-02"), refused="date"),
    IncomingCase("no such day", "incoming", form(date="2026-02-30 10:12:00"), refused="date"),
    IncomingCase("words for a date", "incoming", form(date="yesterday"), refused="date"),
    IncomingCase("a date before all dates", "incoming", form(date="0001-01-01T00:00:00+14:00"), refused="date"),
    IncomingCase("nothing at all", "incoming", {}, refused="from", external_id=None),
    IncomingCase("read as a query", "incoming", form(), refused="from", method="GET"),
]


def report(status: str | None = "Success", **changes: str | None) -> dict[str, str]:
    fields = {
        "id": SENT_ID,
        "status": status,
        "phoneNumber": "+233201234567",
        "networkCode": "62002",
        "retryCount": "0",
    }
    return {name: value for name, value in {**fields, **changes}.items() if value is not None}


def _anonymous(status: DeliveryStatus) -> tuple[DeliveryReport]:
    return (DeliveryReport(ACCOUNT, SENT_ID, status),)


def became(status: DeliveryStatus, reason: str | None = None) -> tuple[DeliveryReport]:
    return (DeliveryReport(ACCOUNT, SENT_ID, status, reason, address="+233201234567"),)


SENT, DELIVERED, FAILED, EXPIRED = (
    DeliveryStatus.SENT,
    DeliveryStatus.DELIVERED,
    DeliveryStatus.FAILED,
    DeliveryStatus.EXPIRED,
)
ABSENT = "The phone is switched off or out of reach; the operator tries again."
LATE = "The phone was not reached in time and the operator gave up."
REASONS = {
    "InsufficientCredit": "The account had no credit.",
    "InvalidLinkId": "The operator refused the link of a premium message.",
    "UserIsInactive": "The number is not active.",
    "UserInBlackList": "The citizen's number is blocked for this sender.",
    "UserAccountSuspended": "The citizen's number is suspended.",
    "NotNetworkSubcriber": "The number does not belong to the network.",
    "NotNetworkSubscriber": "The number does not belong to the network.",
    "UserNotSubscribedToProduct": "The number is not subscribed to this service.",
    "UserDoesNotExist": "The operator says that this number does not exist.",
    "DeliveryFailure": "The operator could not deliver the message.",
    "DoNotDisturbRejection": "The number is on a do-not-disturb list.",
}
DELIVERY = [
    IncomingCase("sent", "delivery", report("Sent"), became(SENT), external_id=f"{SENT_ID}:Sent"),
    IncomingCase("submitted", "delivery", report("Submitted"), became(SENT), external_id=f"{SENT_ID}:Submitted"),
    IncomingCase("buffered", "delivery", report("Buffered"), became(SENT)),
    IncomingCase("absent is not final", "delivery", report("AbsentSubscriber"), became(SENT, ABSENT)),
    IncomingCase("on the handset", "delivery", report(), became(DELIVERED), external_id=f"{SENT_ID}:Success"),
    IncomingCase("rejected", "delivery", report("Rejected"), became(FAILED, "The operator rejected the message.")),
    IncomingCase("failed", "delivery", report("Failed"), became(FAILED, "The operator could not deliver the message.")),
    IncomingCase("expired", "delivery", report("Expired"), became(EXPIRED, LATE)),
    *(
        IncomingCase(f"failed: {word}", "delivery", report("Failed", failureReason=word), became(FAILED, sentence))
        for word, sentence in REASONS.items()
    ),
    IncomingCase(
        "rejected with a reason",
        "delivery",
        report("Rejected", failureReason="UserInBlackList"),
        became(FAILED, REASONS["UserInBlackList"]),
    ),
    IncomingCase(
        "a reason that is new",
        "delivery",
        report("Failed", failureReason="SolarFlare"),
        became(FAILED, "The operator's reason: SolarFlare."),
    ),
    IncomingCase("a stale reason on the way", "delivery", report("Sent", failureReason="UserIsInactive"), became(SENT)),
    IncomingCase("only what is needed", "delivery", {"id": SENT_ID, "status": "Success"}, _anonymous(DELIVERED)),
    IncomingCase("a status that is new", "delivery", report("Teleported"), refused="status"),
    IncomingCase("another spelling", "delivery", report("success"), refused="status"),
    IncomingCase("no status", "delivery", report(None), refused="status", external_id=None),
    IncomingCase("no id", "delivery", report(id=None), refused="id", external_id=None),
]
OPTOUT = [
    IncomingCase(
        "opt-out",
        "optout",
        {"senderId": "TOWN", "phoneNumber": "+233201234567"},
        (OptOut(ACCOUNT, PHONE),),
        external_id=None,
    ),
    IncomingCase("no phone", "optout", {"senderId": "TOWN"}, refused="phoneNumber"),
    IncomingCase("no sender", "optout", {"phoneNumber": "+233201234567"}, refused="senderId"),
    *(
        IncomingCase(
            f"subscription {word}",
            "optout",
            {"phoneNumber": "+233201234567", "shortCode": "1422", "keyword": "news", "updateType": word},
        )
        for word in ("addition", "deletion", "Addition", "Deletion")
    ),
    IncomingCase("odd update", "optout", {"phoneNumber": "+233201234567", "updateType": "swap"}, refused="updateType"),
]
OTHERS = (
    ("callerNumber", "+233201234567"),
    ("callSessionState", "Completed"),
    ("isActive", "1"),
    ("dtmfDigits", "1"),
    ("serviceCode", "*920#"),
    ("lastAppResponse", "END"),
    ("transactionId", "ATXid_1"),
    ("productName", "Rates"),
    ("sourceIpAddress", "127.0.0.1"),
)
FOREIGN = [
    IncomingCase(f"{field} at {event}", event, {**whole, field: value}, refused=field)
    for event, whole in (
        ("incoming", form()),
        ("delivery", report()),
        ("optout", {"senderId": "TOWN", "phoneNumber": "+233201234567"}),
    )
    for field, value in OTHERS
]


@pytest.mark.parametrize(
    "case", [*INCOMING, *DELIVERY, *OPTOUT, *FOREIGN], ids=lambda case: f"{case.event}: {case.label}"
)
def test_incoming(case: IncomingCase) -> None:
    run_incoming(channel(), case)


def test_a_report_never_goes_back() -> None:
    """Several reports come in any order: what is final here must be more than what is not (see cases.receipts)."""
    from cases.receipts import RANK

    assert RANK[SENT] < min(RANK[status] for status in (DELIVERED, FAILED, EXPIRED))


def test_the_national_number_needs_the_accounts_region() -> None:
    case = IncomingCase(
        "no region", "incoming", form(**{"from": "0201234567"}), by(AddressKind.SENDER_NAME, "0201234567")
    )
    run_incoming(channel(region=None), case)
