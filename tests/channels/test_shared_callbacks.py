"""Callbacks that other projects recorded or wrote down, from the shared test data: read them as they are labelled."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from cases.messages import Address, AddressKind, DeliveryReport, DeliveryStatus, Inbound, InboundMessage
from channels.errors import Refused
from tests.channels import twilio_account
from tests.channels.africastalking_account import ACCOUNT, channel
from tests.contracts.channel import request_of, route_of

EVENTS = ("incoming", "delivery", "optout")
#: what a real request holds where upstream's test fills in anything
PLAUSIBLE = {
    "retryCount": "0",
    "durationInMillis": "1520",
    "hopsCount": "2",
    "cost": "KES 0.8000",
    "date": "2022-03-01 16:13:56",
    "text": "The tap has been dry since Monday",
    "to": "6942",
    "isActive": "0",
    "clientAccount": "Rates",
    "productName": "Rates",
    "phoneNumber": "+254720123123",
    "value": "KES 600.00",
}
CALLER = Address(AddressKind.PHONE, "+254720123123")


@dataclass(frozen=True)
class Entry:
    """A labelled callback. ``outcome`` judges what came of it; a refusal is handed over as the exception."""

    id: str
    events: tuple[str, ...]
    form: dict[str, str]
    outcome: Callable[[Any], bool]


def folder() -> Path:
    """Return the shared data's folder; skips where there is none, for the product's repository does not carry it."""
    given = os.environ.get("CONTACTCENTRE_SHARED_DATA")
    found = Path(given) if given else Path(__file__).parents[3] / "shared" / "data"
    if not (found / "webhooks").is_dir():
        pytest.skip(f"no shared test data at {found}: set CONTACTCENTRE_SHARED_DATA to its folder")
    return found / "webhooks"


def entries() -> list[Entry]:
    return [*_notifications(folder()), *_callbacks(folder()), *_ussd(folder())]


def twilio_entries() -> list[Entry]:
    """Return Twilio's, and those of the gateways that speak like it."""
    every = json.loads((folder() / "gateway_callbacks.json").read_text(encoding="utf-8"))
    found = [entry for entry in every if entry["provider"] == "twiml"]
    assert len(found) == 20
    return [_twilio(entry) for entry in found]


def judge(entry: Entry, event: str, *, by: Any = None) -> bool:
    """Tell whether our route of this event does with the entry what its label says."""
    route, request = route_of(by or channel(), event), request_of(entry.form, event=event)
    route.external_id(request)
    try:
        reply, values = route.parse(request)
    except Refused as refusal:
        return entry.outcome(refusal)
    return reply.status == 200 and entry.outcome(tuple(values))


def _refused(came: object) -> bool:
    return isinstance(came, Refused)


def _nothing(came: object) -> bool:
    return came == ()


def _is(*wanted: Inbound) -> Callable[[object], bool]:
    return lambda came: came == wanted


def _notifications(data: Path) -> list[Entry]:
    found = json.loads((data / "africastalking_notifications.json").read_text(encoding="utf-8"))
    assert len(found) == 10
    return [_notification(entry) for entry in found]


def _notification(entry: dict[str, Any]) -> Entry:
    form = {name: value for name, value in entry["fields"].items() if value is not None}
    form |= {name: PLAUSIBLE[name] for name in entry["fields_random_upstream"]}
    match entry["notification"]:
        case "incoming-message-notification":
            extra = {"networkCode": form["networkCode"]}
            at = datetime(2022, 3, 1, 16, 13, 56, tzinfo=UTC)
            values = (ACCOUNT, "sms", CALLER, form["to"], form["text"], form["id"], at)
            return Entry(entry["id"], ("incoming",), form, _is(InboundMessage(*values, extra=extra)))
        case "sms-delivery-report-notification":
            failed = DeliveryReport(
                ACCOUNT,
                form["id"],
                DeliveryStatus.FAILED,
                "The operator could not deliver the message.",
                address=form["phoneNumber"],
            )
            return Entry(entry["id"], ("delivery",), form, _is(failed))
        case "subscription-notification":
            return Entry(entry["id"], ("optout",), form, _nothing)
        case _:  # voice, USSD, airtime, payments: refused by whichever address they were sent to by mistake
            return Entry(entry["id"], EVENTS, form, _refused)


def _callbacks(data: Path) -> list[Entry]:
    every = json.loads((data / "gateway_callbacks.json").read_text(encoding="utf-8"))
    found = [entry for entry in every if entry["provider"] == "africastalking"]
    assert len(found) == 3
    return [_callback(entry) for entry in found]


def _callback(entry: dict[str, Any]) -> Entry:
    form = dict(parse_qsl(entry["request"]["body"], keep_blank_values=True))
    event = {"/receive/": "incoming", "/status/": "delivery"}[entry["request"]["path"]]
    if entry["kind"] == "rejected":
        return Entry(entry["id"], (event,), form, _refused)
    (status,) = entry["expected"]["statuses"]

    def agrees(came: object) -> bool:
        # Upstream counts an expired message as failed; we keep the two apart, and neither is delivered.
        return isinstance(came, tuple) and [(report.external_id, report.status) for report in came] == [
            (status["ExternalID"], {"MsgStatusFailed": DeliveryStatus.EXPIRED}[status["Status"]])
        ]

    return Entry(entry["id"], (event,), form, agrees)


def _ussd(data: Path) -> list[Entry]:
    found = json.loads((data / "africastalking_ussd_requests.json").read_text(encoding="utf-8"))
    assert len(found) == 2
    return [Entry(entry["id"], EVENTS, dict(parse_qsl(entry["request_body"])), _refused) for entry in found]


def _twilio(entry: dict[str, Any]) -> Entry:
    form = dict(parse_qsl(entry["request"]["body"], keep_blank_values=True))
    event = {"/receive": "incoming", "/status": "delivery"}[entry["request"]["path"].partition("?")[0]]
    # An account of ours takes SMS alone: what came by WhatsApp is kept for a person, and not answered by SMS.
    if entry["kind"] == "rejected" or form.get("From", "").startswith("whatsapp:"):
        return Entry(entry["id"], (event,), form, _refused)
    return Entry(entry["id"], (event,), form, _text(entry) if entry["kind"] == "message" else _report(entry))


def _text(entry: dict[str, Any]) -> Callable[[object], bool]:
    wanted = entry["expected"]

    def agrees(came: object) -> bool:
        (message,) = came if isinstance(came, tuple) else (None,)
        return isinstance(message, InboundMessage) and (
            (message.text, message.external_id) == (wanted["message_text"], wanted["external_id"])
            and message.sender.kind is AddressKind.PHONE
            and message.sender.value.removeprefix("+") == wanted["from_urn"].partition(":")[2].removeprefix("+")
            and [one.url for one in message.attachments] == (wanted.get("attachments") or [])
        )

    return agrees


def _report(entry: dict[str, Any]) -> Callable[[object], bool]:
    (status,) = entry["expected"]["statuses"]
    # Upstream keeps a failure that it would try again apart; to us each failure is one, with its reason.
    words = {"Sent": DeliveryStatus.SENT, "Delivered": DeliveryStatus.DELIVERED, "Errored": DeliveryStatus.FAILED}
    wanted = [(status["ExternalID"], words[status["Status"].removeprefix("MsgStatus")])]
    return lambda came: isinstance(came, tuple) and [(one.external_id, one.status) for one in came] == wanted


def test_every_twilio_callback_is_read_as_labelled(capsys: pytest.CaptureFixture[str]) -> None:
    every, by = twilio_entries(), twilio_account.channel()
    wrong = [entry.id for entry in every if not all(judge(entry, event, by=by) for event in entry.events)]
    foreign = sum("whatsapp:" in entry.form.get("From", "") for entry in every)
    with capsys.disabled():
        print(f"\ntwilio callbacks: {len(every) - len(wrong)} of {len(every)} as expected", end="")
        print(f", {foreign} of them WhatsApp's, which an SMS account is expected to refuse")
    assert not wrong
    assert foreign == 2


def test_every_africastalking_callback_is_read_as_labelled(capsys: pytest.CaptureFixture[str]) -> None:
    every = entries()
    wrong = [(entry.id, event) for entry in every for event in entry.events if not judge(entry, event)]
    right = len(every) - len({name for name, _ in wrong})
    with capsys.disabled():
        print(f"\nafricastalking callbacks: {right} of {len(every)} as expected")
    assert not wrong
    assert (right, len(every)) == (15, 15)


def test_a_twilio_callback_that_is_read_otherwise_is_noticed() -> None:
    by, form = twilio_account.channel(), {"From": "+254720123123", "To": "1422", "Body": "x", "MessageSid": "SM1"}
    expected = {"message_text": "x", "external_id": "SM1", "from_urn": "tel:+254720123123"}
    assert judge(Entry("right", ("incoming",), form, _text({"expected": expected})), "incoming", by=by)
    for key, other in (("message_text", "y"), ("external_id", "SM2"), ("from_urn", "tel:+1"), ("attachments", ["a"])):
        wrong = _text({"expected": {**expected, key: other}})
        assert not judge(Entry(key, ("incoming",), form, wrong), "incoming", by=by)
    report = {"MessageSid": "SM1", "MessageStatus": "sent"}
    for word, right in (("Sent", True), ("Delivered", False)):
        told = _report({"expected": {"statuses": [{"ExternalID": "SM1", "Status": f"MsgStatus{word}"}]}})
        assert judge(Entry(word, ("delivery",), report, told), "delivery", by=by) == right


def test_a_callback_that_is_read_otherwise_is_noticed() -> None:
    form = {"from": "+254720123123", "to": "1422", "text": "x", "id": "1"}
    assert not judge(Entry("accepted", ("incoming",), form, _refused), "incoming")
    assert not judge(Entry("refused", ("incoming",), {}, _nothing), "incoming")
    assert not judge(Entry("another", ("incoming",), form, _is()), "incoming")
