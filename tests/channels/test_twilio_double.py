"""The double against the gateway's documented shapes and against the real adapter."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from twilio.request_validator import RequestValidator

from cases.messages import DeliveryReport, DeliveryStatus, InboundMessage, OptOut
from channels.double import DoubleAnswer, Fault, LedgerLine, Remembers
from channels.sms import twilio_double
from channels.sms.twilio import TwilioSms
from channels.sms.twilio_double import TwilioDouble
from channels.webhook import WebhookRequest
from tests.channels.twilio_account import ACCOUNT, NUMBER, SID, channel
from tests.channels.twilio_citizen import CITIZEN, MESSAGE
from tests.contracts.channel import request_of, route_of

NOW = datetime(2026, 3, 2, 10, 14, 7, 500_000, UTC)
TOKEN, HOOK = "a-token", "https://contact.northport.example/hooks/sms-tw/s/delivery"
PATH = f"/2010-04-01/Accounts/{SID}/Messages.json"
FORM = {"To": CITIZEN, "From": NUMBER, "Body": "Hello", "StatusCallback": HOOK}


@pytest.fixture
def double() -> TwilioDouble:
    return TwilioDouble(TOKEN, SID, ACCOUNT)


def ask(
    double: TwilioDouble,
    *,
    method: str = "POST",
    path: str = PATH,
    user: str = SID,
    token: str = TOKEN,
    now: datetime = NOW,
    fault: Fault | None = None,
    **changes: str,
) -> DoubleAnswer:
    form = {**FORM, **changes} if method == "POST" else {}
    query = {} if method == "POST" else changes
    key = b64encode(f"{user}:{token}".encode()).decode()
    request = WebhookRequest(method, path, {"authorization": f"Basic {key}"}, query, form, b"")
    return double.handle(request, now=now, fault=fault)


def data(answer: DoubleAnswer) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.reply.body)
    return found


def parse(event: str, form: dict[str, str]) -> list[Any]:
    return list(route_of(channel(), event).parse(request_of(form))[1])


def test_a_message_is_queued_and_stands_in_the_ledger(double):
    answer = ask(double)
    told = data(answer)
    assert (answer.reply.status, answer.reply.content_type) == (201, "application/json")
    assert (told["status"], told["to"], told["from"], told["num_segments"]) == ("queued", CITIZEN, NUMBER, "1")
    assert (told["date_created"], told["date_sent"]) == ("Mon, 02 Mar 2026 10:14:07 +0000", None)
    (line,) = answer.ledger
    assert line.id == told["sid"]
    assert (line.id[:2], len(line.id)) == ("SM", 34)
    assert (line.account, line.gateway, line.sender, line.recipient, line.text, line.at, line.client_reference) == (
        ACCOUNT, "twilio", NUMBER, CITIZEN, "Hello", NOW, None,
    )  # fmt: skip


def test_a_service_accepts_without_a_number_of_its_own(double):
    told = data(ask(double, From="", MessagingServiceSid="MG1"))
    assert (told["status"], told["from"], told["messaging_service_sid"], told["num_segments"]) == (
        "accepted", None, "MG1", "0",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"To": ""}, 21604),
        ({"From": ""}, 21603),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"To": "0200000101"}, 21211),
        ({"To": "+233200010000"}, 21211),
        ({"To": "+15005550001"}, 21211),
        ({"To": "+15005550002"}, 21612),
        ({"To": "+15005550003"}, 21408),
        ({"To": "+15005550004"}, 21610),
        ({"To": "+15005550009"}, 21614),
    ],
)
def test_what_is_wrong_is_told_by_its_code(double, changes, code):
    answer = ask(double, **changes)
    assert (answer.reply.status, data(answer)["status"], data(answer)["code"]) == (400, 400, code)
    assert (answer.ledger, answer.callbacks) == ((), ())
    ((number, why),) = answer.refused
    assert (number, why.split()[0]) == (changes.get("To", CITIZEN), str(code))


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("changes", [{"token": "other"}, {"user": "AC1"}])
def test_a_wrong_key_or_account_is_refused(double, method, changes):
    answer = ask(double, method=method, **changes)
    assert (answer.reply.status, data(answer)["code"]) == (401, 20003)
    assert not answer.ledger


def test_another_address_or_method_is_not_served(double):
    for path in ("/2010-04-01/Accounts/AC9/Messages.json", f"/2010-04-01/Accounts/{SID}/Calls.json", "/"):
        assert ask(double, method="GET", path=path).reply.status == 404
    assert ask(double, method="DELETE").reply.status == 405
    assert ask(double, path=PATH.replace(".json", "/SM1.json")).reply.status == 405


# Callbacks.


def test_reports_come_in_order_are_signed_and_the_adapter_reads_them(double):
    answer = ask(double)
    assert [(c.after_seconds, c.event, c.state) for c in answer.callbacks] == [
        (0.2, "delivery", "sent"), (0.6, "delivery", "delivered"),
    ]  # fmt: skip
    external_id = answer.ledger[0].id
    assert [parse("delivery", dict(c.form)) for c in answer.callbacks] == [
        [DeliveryReport(ACCOUNT, external_id, DeliveryStatus.SENT, None)],
        [DeliveryReport(ACCOUNT, external_id, DeliveryStatus.DELIVERED, None)],
    ]
    for callback in answer.callbacks:
        headers = callback.sign(f"{HOOK}#rc=3&rp=ct,rt,5xx")
        assert RequestValidator(TOKEN).validate(HOOK, dict(callback.form), headers["X-Twilio-Signature"])
        assert callback.sign(HOOK) == headers  # the same on every try
    assert len({c.sign(HOOK)["I-Twilio-Idempotency-Token"] for c in answer.callbacks}) == 2


def test_nobody_is_told_who_did_not_ask(double):
    assert ask(double, StatusCallback="").callbacks == ()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.DUPLICATE_REPORTS, ["sent", "sent", "delivered", "delivered"]),
        (Fault.REORDER_REPORTS, ["delivered", "sent"]),
        (Fault.OK, ["sent", "delivered"]),
        (Fault.LOSE_REPORTS, []),
    ],
)
def test_reports_can_be_doubled_and_swapped(double, fault, words):
    callbacks = sorted(ask(double, fault=fault).callbacks, key=lambda c: c.after_seconds)
    assert [c.form["MessageStatus"] for c in callbacks] == words


def test_a_citizens_message_reaches_the_adapter(double):
    callback = double.incoming(CITIZEN, NUMBER, text="Ɛkwan no asɛe", now=NOW)
    assert (callback.event, callback.after_seconds, callback.line) == ("incoming", 0.0, callback.form["MessageSid"])
    (message,) = parse("incoming", dict(callback.form))
    assert isinstance(message, InboundMessage)
    assert (message.text, message.recipient, message.sender.value) == ("Ɛkwan no asɛe", NUMBER, CITIZEN)
    assert message.external_id == callback.line
    signature = callback.sign(HOOK)["X-Twilio-Signature"]
    assert RequestValidator(TOKEN).validate(HOOK, dict(callback.form), signature)


def test_a_picture_comes_as_a_reference_that_can_be_fetched_with_the_key(double):
    callback = double.incoming(CITIZEN, NUMBER, text="", now=NOW, media=2)
    (message,) = parse("incoming", dict(callback.form))
    assert [one.media_type for one in message.attachments] == ["image/png"] * 2
    assert len({one.url for one in message.attachments}) == 2
    for one in message.attachments:
        path = urlsplit(one.url).path
        assert one.name == path.rpartition("/")[2]
        reply = ask(double, method="GET", path=path).reply
        assert (reply.status, reply.content_type, bytes(reply.body)[:4]) == (200, "image/png", b"\x89PNG")
        assert ask(double, method="GET", path=path, token="other").reply.status == 401
        assert ask(double, method="GET", path=f"{path}9").reply.status == 404


def test_the_gateway_obeys_stop_and_start_and_says_so(double):
    said = [
        parse("incoming", dict(double.incoming(CITIZEN, NUMBER, text=text, now=NOW).form))[1:]
        for text in ("Stop", "help", "The stop sign is gone")
    ]
    assert said == [[OptOut(ACCOUNT, MESSAGE.recipient)], [], []]
    assert data(ask(double))["code"] == 21610
    start = dict(double.incoming(CITIZEN, NUMBER, text=" START ", now=NOW).form)
    assert parse("incoming", start)[1:] == [OptOut(ACCOUNT, MESSAGE.recipient, opted_out=False)]
    assert ask(double).reply.status == 201


# Lists.


def sids(answer: DoubleAnswer) -> list[str]:
    return [message["sid"] for message in data(answer)["messages"]]


def test_messages_are_listed_newest_first_by_number(double):
    later = NOW + timedelta(seconds=5)
    first = ask(double).ledger[0].id
    other = ask(double, To="+233200000102").ledger[0].id
    second = ask(double).ledger[0].id  # at the same instant
    third = ask(double, now=later).ledger[0].id
    came = double.incoming(CITIZEN, NUMBER, text="Hi", now=later).line
    assert sids(ask(double, method="GET", now=later)) == [came, third, second, other, first]
    assert sids(ask(double, method="GET", now=later, To=CITIZEN)) == [third, second, first]
    assert sids(ask(double, method="GET", now=later, To=NUMBER)) == [came]
    assert sids(ask(double, method="GET", now=later, From=CITIZEN)) == [came]
    one = data(ask(double, method="GET", path=PATH.replace(".json", f"/{first}.json"), now=later))
    assert (one["sid"], one["status"], one["direction"]) == (first, "delivered", "outbound-api")
    assert ask(double, method="GET", path=PATH.replace(".json", "/SM9.json")).reply.status == 404


def test_a_message_goes_its_way_and_what_waits_has_no_date(double):
    path = PATH.replace(".json", f"/{ask(double).ledger[0].id}.json")
    shown = [
        data(ask(double, method="GET", path=path, now=NOW + timedelta(seconds=after))) for after in (0, 0.1, 0.3, 0.7)
    ]
    assert [message["status"] for message in shown] == ["queued", "queued", "sent", "delivered"]
    assert [bool(message["date_sent"]) for message in shown] == [False, False, True, True]
    assert sids(ask(double, method="GET", now=NOW, **{"DateSent>": "2026-03-01"})) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"DateSent": "2026-03-02"}, True),
        ({"DateSent": "2026-03-01"}, False),
        ({"DateSent>": "2026-03-02"}, True),
        ({"DateSent>": "2026-03-03"}, False),
        ({"DateSent>": "2026-03-02T10:14:07Z"}, True),
        ({"DateSent>": "2026-03-02T10:14:08Z"}, False),
        ({"DateSent<": "2026-03-02"}, True),
        ({"DateSent<": "2026-03-01"}, False),
        ({"DateSent<": "2026-03-02T10:14:06Z"}, False),
        ({"DateSent>": "2026-03-02", "DateSent<": "2026-03-01"}, False),
    ],
)
def test_a_list_is_narrowed_by_date(double, query, found):
    ask(double)
    assert len(sids(ask(double, method="GET", now=NOW + timedelta(seconds=1), **query))) == int(found)


def test_a_long_list_has_pages_that_go_on_where_the_last_one_ended(double):
    sent = [ask(double, now=NOW + timedelta(seconds=n)).ledger[0].id for n in range(5)]
    later, seen, query = NOW + timedelta(minutes=1), [], {"To": CITIZEN, "PageSize": "2"}
    while True:
        page = ask(double, method="GET", now=later, **query)
        seen.append(sids(page))
        ask(double, now=later)  # what arrives meanwhile moves nothing
        if data(page)["next_page_uri"] is None:
            break
        parts = urlsplit(data(page)["next_page_uri"])
        assert parts.path == PATH
        query = dict(parse_qsl(parts.query))
    assert [sid for page in seen for sid in page] == sent[::-1]
    assert [len(page) for page in seen] == [2, 2, 1]


def test_a_message_told_once_more_keeps_its_place_and_what_was_sent_before_is_remembered(double):
    assert isinstance(double, Remembers)
    first = double.incoming(CITIZEN, NUMBER, text="Hi", now=NOW, media=1)
    double.remember(LedgerLine("SM7", ACCOUNT, "twilio", NUMBER, CITIZEN, "Hello", NOW - timedelta(hours=1)))
    assert double.incoming(CITIZEN, NUMBER, text="Hi", now=NOW + timedelta(hours=1), external_id=first.line) == first
    assert sids(ask(double, method="GET")) == [first.line, "SM7"]


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [(Fault.HTTP500, 500, 20500), (Fault.HTTP429, 429, 20429), (Fault.TIMEOUT, 504, 20504)],
)
def test_a_fault_before_accepting_leaves_no_trace(double, fault, status, code):
    answer = ask(double, fault=fault)
    assert (answer.reply.status, data(answer)["code"]) == (status, code)
    assert (answer.ledger, answer.callbacks) == ((), ())
    assert answer.hang is (fault is Fault.TIMEOUT)
    assert answer.reply.headers.get("Retry-After") == ("2" if fault is Fault.HTTP429 else None)
    assert sids(ask(double, method="GET")) == []


def test_a_fault_after_accepting_has_taken_the_message(double):
    hung = ask(double, fault=Fault.ACCEPT_THEN_HANG)
    assert hung.hang
    assert (len(hung.ledger), len(hung.callbacks)) == (1, 2)
    slow = ask(double, fault=Fault.SLOW)
    assert (slow.delay, slow.hang, slow.reply.status, len(slow.ledger)) == (3.0, False, 201, 1)


def test_the_double_speaks_for_the_gateway_that_its_adapter_names() -> None:
    from contactcentre.simulator.host import DOUBLES

    assert DOUBLES[TwilioSms.gateway] is TwilioDouble
    assert twilio_double.TwilioDouble.gateway == TwilioSms.gateway
