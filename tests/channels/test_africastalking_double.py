"""The double against the gateway's documented shapes, and against what the real adapter makes of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from cases.messages import DeliveryReport, DeliveryStatus, InboundMessage
from channels.double import DoubleAnswer, Fault
from channels.settings import Secret
from channels.sms.africastalking import AfricasTalkingSettings, AfricasTalkingSms
from channels.sms.africastalking_double import AfricasTalkingDouble
from channels.webhook import WebhookRequest

NOW = datetime(2026, 3, 2, 10, 14, 7, tzinfo=UTC)
FORM = {"username": "city", "to": "+233200000101", "message": "Hello", "from": "1422", "enqueue": "1"}


@pytest.fixture
def double() -> AfricasTalkingDouble:
    return AfricasTalkingDouble("key", "city", "sms-at")


def ask(
    double: AfricasTalkingDouble, *, method: str = "POST", key: str = "key", fault: Fault | None = None, **changes: str
) -> DoubleAnswer:
    fields = {**FORM, **changes} if method == "POST" else {"username": "city", **changes}
    request = WebhookRequest(
        method=method,
        url="/version1/messaging",
        headers={"apikey": key},
        query=fields if method == "GET" else {},
        form=fields if method == "POST" else {},
        body=b"",
    )
    return double.handle(request, now=NOW, fault=fault)


def data(answer: DoubleAnswer) -> dict:
    return json.loads(answer.reply.body)["SMSMessageData"]


def adapter() -> AfricasTalkingSms:
    return AfricasTalkingSms(
        AfricasTalkingSettings(
            id="sms-at", channel="sms", gateway="africastalking", address="1422", hook_secret=Secret("env:H"),
            read_secret=lambda _: "key", username="city", api_key=Secret("env:K"),
        )
    )  # fmt: skip


def parse(event: str, form: dict) -> object:
    route = next(route for route in adapter().routes() if route.event == event)
    _, (value,) = route.parse(WebhookRequest("POST", "/", {}, {}, form, b""))
    return value


def test_a_message_is_queued_and_stands_in_the_ledger(double):
    answer = ask(double)
    assert (answer.reply.status, answer.reply.content_type) == (201, "application/json")
    (recipient,) = data(answer)["Recipients"]
    assert recipient["statusCode"] == 102
    assert recipient["status"] == "Success"
    assert recipient["number"] == "+233200000101"
    assert recipient["cost"] == "USD 0.0079"
    (line,) = answer.ledger
    assert line.id == recipient["messageId"]
    assert line.id.startswith("ATXid_")
    assert (line.account, line.gateway, line.sender, line.recipient, line.text, line.at, line.client_reference) == (
        "sms-at", "africastalking", "1422", "+233200000101", "Hello", NOW, None,
    )  # fmt: skip


def test_without_enqueue_it_is_sent_at_once_and_without_from_the_shared_sender_is_used(double):
    answer = ask(double, enqueue="", **{"from": ""})
    assert data(answer)["Recipients"][0]["statusCode"] == 101
    assert answer.ledger[0].sender == "AFRICASTKNG"


@pytest.mark.parametrize("text,parts", [("a" * 160, 1), ("a" * 161, 2), ("ɛ" * 71, 2)])
def test_the_cost_is_that_of_the_parts(double, text, parts):
    answer = data(ask(double, message=text))
    assert f"Message parts: {parts}" in answer["Message"]
    assert answer["Recipients"][0]["cost"] == f"USD {0.0079 * parts:.4f}"


def test_each_recipient_has_an_answer_of_its_own(double):
    answer = ask(double, to="+233200000101,+233200010000,0200000101")
    codes = {r["number"]: (r["statusCode"], r["messageId"] == "None", r["cost"]) for r in data(answer)["Recipients"]}
    assert codes["+233200010000"] == codes["0200000101"] == (403, True, "0")
    assert codes["+233200000101"][:2] == (102, False)
    assert data(answer)["Message"].startswith("Sent to 1/3 ")
    assert len(answer.ledger) == 1
    assert answer.refused == (("+233200010000", "InvalidPhoneNumber"), ("0200000101", "InvalidPhoneNumber"))


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("changes", [{"key": "other"}, {"username": "other"}])
def test_a_wrong_key_or_user_is_refused_in_plain_text(double, method, changes):
    answer = ask(double, method=method, **changes)
    assert (answer.reply.status, answer.reply.body) == (401, "The supplied authentication is invalid")
    assert answer.reply.content_type.startswith("text/plain")
    assert not answer.ledger
    assert not answer.callbacks


@pytest.mark.parametrize("field", ["to", "message"])
def test_a_missing_field_is_named(double, field):
    answer = ask(double, **{field: ""})
    assert answer.reply.status == 400
    assert f"'{field}'" in answer.reply.body


def test_reports_come_in_order_and_the_adapter_reads_them(double):
    answer = ask(double)
    assert [(c.after_seconds, c.event, c.state) for c in answer.callbacks] == [
        (0.2, "delivery", "sent"), (0.6, "delivery", "delivered"),
    ]  # fmt: skip
    reports, line = [parse("delivery", dict(c.form)) for c in answer.callbacks], answer.ledger[0]
    assert reports == [
        DeliveryReport("sms-at", line.id, DeliveryStatus.SENT, address=line.recipient),
        DeliveryReport("sms-at", line.id, DeliveryStatus.DELIVERED, address=line.recipient),
    ]


@pytest.mark.parametrize(
    "fault,words",
    [
        (Fault.DUPLICATE_REPORTS, ["Sent", "Sent", "Success", "Success"]),
        (Fault.REORDER_REPORTS, ["Success", "Sent"]),
        (Fault.OK, ["Sent", "Success"]),
        (Fault.LOSE_REPORTS, []),
    ],
)
def test_reports_can_be_doubled_and_swapped(double, fault, words):
    callbacks = sorted(ask(double, fault=fault).callbacks, key=lambda c: c.after_seconds)
    assert [c.form["status"] for c in callbacks] == words


@pytest.mark.parametrize("fault,status", [(Fault.HTTP500, 500), (Fault.HTTP429, 429), (Fault.TIMEOUT, 504)])
def test_a_fault_before_accepting_leaves_no_trace(double, fault, status):
    answer = ask(double, fault=fault)
    assert answer.reply.status == status
    assert not answer.ledger
    assert not answer.callbacks
    assert answer.hang is (fault is Fault.TIMEOUT)
    assert answer.reply.headers.get("Retry-After") == ("2" if fault is Fault.HTTP429 else None)


def test_a_fault_after_accepting_has_taken_the_message(double):
    hung = ask(double, fault=Fault.ACCEPT_THEN_HANG)
    assert hung.hang
    assert len(hung.ledger) == 1
    assert len(hung.callbacks) == 2
    slow = ask(double, fault=Fault.SLOW)
    assert (slow.delay, slow.hang, slow.reply.status, len(slow.ledger)) == (3.0, False, 201, 1)


def test_a_citizens_message_reaches_the_adapter(double):
    callback = double.incoming("+233200000101", "1422", text="Ɛkwan no asɛe", now=NOW)
    assert (callback.event, callback.after_seconds, callback.line) == ("incoming", 0.0, callback.form["id"])
    message = parse("incoming", dict(callback.form))
    assert isinstance(message, InboundMessage)
    assert (message.text, message.recipient, message.sent_at) == ("Ɛkwan no asɛe", "1422", NOW)
    assert message.sender.value == "+233200000101"
    assert message.external_id == callback.line


def test_the_inbox_is_read_from_the_last_number_on(double):
    for n in range(3):
        double.incoming("+233200000101", "1422", text=f"n{n}", now=NOW)  # the same instant: numbers still grow
    first = data(ask(double, method="GET"))["Messages"]
    assert [m["text"] for m in first] == ["n0", "n1", "n2"]
    assert first[0]["date"] == "2026-03-02T10:14:07.000Z"
    later = data(ask(double, method="GET", lastReceivedId=str(first[1]["id"])))["Messages"]
    assert [m["text"] for m in later] == ["n2"]
    assert ask(double, method="GET", lastReceivedId="x").reply.status == 400


def test_a_message_told_once_more_keeps_its_one_place_in_the_inbox(double):
    first = double.incoming("+233200000101", "1422", text="Hi", now=NOW)
    (before,) = data(ask(double, method="GET"))["Messages"]
    again = double.incoming("+233200000101", "1422", text="Hi", now=NOW, external_id=first.line)
    assert again == first
    assert data(ask(double, method="GET"))["Messages"] == [before]


def test_another_address_or_method_is_not_served(double):
    elsewhere = WebhookRequest("POST", "/version1/airtime", {"apikey": "key"}, {}, FORM, b"")
    assert double.handle(elsewhere, now=NOW).reply.status == 404
    put = WebhookRequest("PUT", "/version1/messaging", {"apikey": "key"}, {}, FORM, b"")
    assert double.handle(put, now=NOW).reply.status == 405
