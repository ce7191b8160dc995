"""Asking Twilio through its real SDK what it knows: looking a message up, and listing the inbox."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from cases.messages import Address, AddressKind, Attachment, InboundMessage, Receipt
from channels.errors import AccountFault, GatewayDown, OutcomeUnknown, SendError, Throttled
from tests.channels.twilio_account import ACCOUNT, NUMBER, PHONE, SENT_ID, SID, channel
from tests.channels.twilio_answers import MESSAGE, PATH, RECEIPT, refused, taken
from tests.contracts.channel import Answer, scripted

NOW = datetime(2026, 3, 2, 10, 14, 7, tzinfo=UTC)


def listed(*messages: dict[str, Any], more: str | None = None) -> Answer:
    return Answer(200, json.dumps({"messages": list(messages), "next_page_uri": more, "page": 0, "page_size": 100}))


def known(at: datetime = NOW, **changes: Any) -> dict[str, Any]:
    """One message as the gateway's list shows it."""
    day = f"{at:%a, %d %b %Y %H:%M:%S} +0000"
    found: dict[str, Any] = json.loads(taken(date_created=day, date_sent=day, status="sent"))
    return {**found, **changes}


FOUND = [
    ("just now", known(), RECEIPT),
    ("with its price", known(price="-0.01", price_unit="EUR"), Receipt(SENT_ID, "EUR 0.01")),
    ("still waiting, without a date of sending", known(date_sent=None, status="queued"), RECEIPT),
    ("failed there: its report will tell", known(status="failed"), RECEIPT),
    ("in the second before, by a clock of whole seconds", known(NOW - timedelta(seconds=3)), RECEIPT),
    ("with spaces at its ends", known(body=f" {MESSAGE.text}\n"), RECEIPT),
    ("from a trial account", known(body=f"Sent from your Twilio trial account - {MESSAGE.text}"), RECEIPT),
    ("other words", known(body="Other"), None),
    ("more words", known(body=f"{MESSAGE.text} And more"), None),
    ("no words", known(body=None), None),
    ("long before", known(NOW - timedelta(minutes=5)), None),
    ("from the citizen", known(direction="inbound"), None),
    ("without any date", known(date_sent=None, date_created=None), None),
]


@pytest.mark.parametrize(("label", "message", "receipt"), FOUND, ids=[label for label, _, _ in FOUND])
def test_a_message_is_found_by_its_words(label: str, message: dict[str, Any], receipt: Receipt | None) -> None:
    with scripted(listed(known(sid="SM9", body="Another"), message)) as server:
        assert channel(server.url).find(MESSAGE, NOW) == receipt
        (seen,) = server.seen
    assert (seen.method, urlsplit(seen.path).path) == ("GET", PATH)
    # No date is asked for: what still waits has none, and would be sent again.
    assert dict(parse_qsl(urlsplit(seen.path).query)) == {"To": PHONE.value, "PageSize": "100"}


def test_the_newest_of_two_with_the_same_words_is_found_and_later_pages_are_read() -> None:
    more = f"{PATH}?To=%2B233201234567&PageSize=100&Page=1&PageToken=PASM9"
    with scripted(listed(known(sid="SM9", body="Another"), more=more), listed(known(), known(sid="SM8"))) as server:
        assert channel(server.url).find(MESSAGE, NOW) == RECEIPT
        assert server.seen[1].path == more


def test_no_message_at_all_is_found_in_an_empty_list() -> None:
    with scripted(listed()) as server:
        assert channel(server.url).find(MESSAGE, NOW) is None
        assert list(channel(server.url).inbox(NOW)) == []


SILENT = [
    (Answer(401, refused(20003, status=401)), AccountFault),
    (Answer(429, refused(20429, status=429)), Throttled),
    (Answer(500, ""), GatewayDown),
    (Answer(drop=True), OutcomeUnknown),
    (Answer(200, "words"), OutcomeUnknown),
    (Answer(200, "{}"), OutcomeUnknown),
    (None, GatewayDown),
]


@pytest.mark.parametrize(("answer", "error"), SILENT, ids=lambda value: getattr(value, "__name__", ""))
def test_a_gateway_that_does_not_say_is_an_error_and_no_finding(answer: Answer | None, error: type[SendError]) -> None:
    with scripted(answer or Answer()) as server:
        if answer is None:
            server.stop()
            server.stop = lambda: None  # type: ignore[method-assign]
        for ask in (lambda: channel(server.url).find(MESSAGE, NOW), lambda: list(channel(server.url).inbox(NOW))):
            with pytest.raises(error) as caught:
                ask()
            assert type(caught.value) is error


def wrote(sid: str, at: datetime, **changes: Any) -> dict[str, Any]:
    message = known(at, sid=sid, direction="inbound", status="received", to=NUMBER, body=f"I am {sid}")
    return {**message, "from": PHONE.value, **changes}


def test_the_inbox_is_listed_oldest_first_with_the_ids_of_the_callbacks() -> None:
    page = listed(
        wrote("SM5", NOW + timedelta(seconds=2)),
        known(sid="SM4"),
        wrote("SM3", NOW + timedelta(seconds=1)),
        wrote("SM2", NOW + timedelta(seconds=1), body=None, num_media=None, **{"from": "MoMo"}),
        wrote("SM1", NOW - timedelta(minutes=1)),
    )
    with scripted(page) as server:
        found = list(channel(server.url).inbox(NOW))
        query = dict(parse_qsl(urlsplit(server.seen[0].path).query))
    assert query == {"To": NUMBER, "DateSent>": "2026-03-02T10:13:57Z", "PageSize": "100"}
    first = InboundMessage(
        ACCOUNT, "sms", Address(AddressKind.SENDER_NAME, "MoMo"), NUMBER, "", "SM2", NOW + timedelta(seconds=1)
    )
    assert found == [
        first,
        replace(first, sender=PHONE, text="I am SM3", external_id="SM3"),
        replace(first, sender=PHONE, text="I am SM5", external_id="SM5", sent_at=NOW + timedelta(seconds=2)),
    ]


def test_a_picture_in_the_inbox_has_the_address_that_its_callback_had() -> None:
    uri = f"/2010-04-01/Accounts/{SID}/Messages/MM1/Media/ME1"
    media = {"media_list": [{"sid": "ME1", "content_type": "image/jpeg", "uri": f"{uri}.json"}], "next_page_uri": None}
    with scripted(listed(wrote("MM1", NOW, num_media="1")), Answer(200, json.dumps(media))) as server:
        (found,) = channel(server.url).inbox(NOW)
        assert server.seen[1].path == f"/2010-04-01/Accounts/{SID}/Messages/MM1/Media.json?PageSize=20"
    assert found.attachments == (Attachment(f"https://api.twilio.com{uri}", "image/jpeg", "ME1"),)
