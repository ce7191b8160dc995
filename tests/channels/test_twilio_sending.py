"""Sending through Twilio's real SDK to a scripted server, and asking it what it knows: every answer and failure."""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from cases.messages import Address, AddressKind, Attachment, InboundMessage, OutboundMessage, Receipt
from channels.base import Finds, Lists, Receives, Sends, Signs
from channels.errors import (
    AccountFault,
    BadAddress,
    GatewayDown,
    OutcomeUnknown,
    RecipientBlocked,
    SendError,
    Throttled,
    UnknownCode,
    unanswered,
)
from channels.settings import Secret
from channels.sms import twilio_client
from tests.channels.twilio_account import ACCOUNT, NUMBER, PHONE, SENT_ID, SID, TOKEN, channel
from tests.contracts.channel import Answer, OutgoingCase, run_outgoing, scripted

MESSAGE = OutboundMessage(ACCOUNT, PHONE, "Yɛagye wo abisadeɛ. 4821-7736", "ref-1")
PATH = f"/2010-04-01/Accounts/{SID}/Messages.json"
NOW = datetime(2026, 3, 2, 10, 14, 7, tzinfo=UTC)


def taken(**changes: Any) -> str:
    """The gateway's answer to a send, with fields changed."""
    told = {
        "sid": SENT_ID, "account_sid": SID, "status": "queued", "to": PHONE.value, "from": NUMBER, "body": MESSAGE.text,
        "num_segments": "1", "num_media": "0", "direction": "outbound-api", "price": None, "price_unit": "USD",
        "error_code": None, "error_message": None, "date_created": "Mon, 02 Mar 2026 10:14:07 +0000",
        "date_updated": "Mon, 02 Mar 2026 10:14:07 +0000", "date_sent": None, "messaging_service_sid": None,
        "api_version": "2010-04-01", "uri": f"{PATH.removesuffix('.json')}/{SENT_ID}.json", "subresource_uris": {},
    }  # fmt: skip
    return json.dumps({**told, **changes})


def refused(code: int, *, status: int = 400) -> str:
    more = f"https://www.twilio.com/docs/errors/{code}"
    # The gateway quotes the number: nothing of its words may reach a log or a page.
    return json.dumps({"code": code, "message": f"Invalid: {PHONE.value}", "more_info": more, "status": status})


def refusal(code: int, error: type[SendError], *, status: int = 400, retryable: bool = False) -> OutgoingCase:
    answer = Answer(status, refused(code, status=status))
    return OutgoingCase(str(code), answer, error=error, retryable=retryable, code=str(code))


RECEIPT = Receipt(SENT_ID)
PLAIN, HTML = "text/plain; charset=UTF-8", "text/html"
OUTGOING = [
    OutgoingCase("queued", Answer(201, taken()), RECEIPT),
    OutgoingCase("by a service", Answer(201, taken(status="accepted", num_segments="0")), RECEIPT),
    OutgoingCase("with its price", Answer(201, taken(price="-0.00750")), Receipt(SENT_ID, "USD 0.00750")),
    OutgoingCase("slow but in time", Answer(201, taken(), delay=0.1), RECEIPT),
    OutgoingCase("with fields that are new", Answer(201, taken(mood="fine")), RECEIPT),
    refusal(21211, BadAddress),
    refusal(21214, BadAddress),
    refusal(21217, BadAddress),
    refusal(21408, AccountFault, status=403, retryable=True),
    refusal(21602, SendError),
    refusal(21603, AccountFault, retryable=True),
    refusal(21606, AccountFault, retryable=True),
    refusal(21608, AccountFault, retryable=True),
    refusal(21609, AccountFault, retryable=True),
    refusal(21610, RecipientBlocked),
    refusal(21611, Throttled, retryable=True),
    refusal(21612, SendError),
    refusal(21614, BadAddress),
    refusal(21617, SendError),
    refusal(21635, BadAddress),
    refusal(21703, AccountFault, retryable=True),
    refusal(30002, AccountFault, status=403, retryable=True),
    refusal(30003, SendError),
    refusal(30004, RecipientBlocked),
    refusal(30005, BadAddress),
    refusal(30006, BadAddress),
    refusal(30007, SendError),
    refusal(63003, BadAddress),
    refusal(63016, SendError),
    refusal(20003, AccountFault, status=401, retryable=True),
    refusal(20404, AccountFault, status=404, retryable=True),
    refusal(99999, UnknownCode),
    OutgoingCase(
        "in the newer shape of errors",
        Answer(400, json.dumps({"type": "about:blank", "title": "Bad", "status": 400, "code": 21211})),
        error=BadAddress,
        code="21211",
    ),
    OutgoingCase(
        "failed at once", Answer(201, taken(status="failed", error_code=30005)), error=BadAddress, code="30005"
    ),
    OutgoingCase("failed, and no code", Answer(201, taken(status="failed")), error=UnknownCode, code="failed"),
    OutgoingCase("taken without an id", Answer(201, taken(sid=None)), error=OutcomeUnknown, unknown=True),
    OutgoingCase("401 as text", Answer(401, "No", PLAIN), error=AccountFault, retryable=True, code="HTTP 401"),
    OutgoingCase("403 as text", Answer(403, "No", HTML), error=AccountFault, retryable=True, code="HTTP 403"),
    OutgoingCase("400 as text", Answer(400, "No", PLAIN), error=SendError, code="HTTP 400"),
    OutgoingCase("a refusal of another shape", Answer(400, "[]"), error=SendError, code="HTTP 400"),
    OutgoingCase("a code of another shape", Answer(400, '{"code": {}}'), error=SendError, code="HTTP 400"),
    OutgoingCase(
        "429 with Retry-After",
        Answer(429, refused(20429, status=429), headers={"Retry-After": "17"}),
        error=Throttled,
        retryable=True,
        code="20429",
        retry_after=17.0,
    ),
    OutgoingCase("429 as text", Answer(429, "Slow", PLAIN), error=Throttled, retryable=True, code="HTTP 429"),
    OutgoingCase(
        "429 with a date",
        Answer(429, "", PLAIN, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}),
        error=Throttled,
        retryable=True,
        code="HTTP 429",
    ),
    OutgoingCase("500", Answer(500, refused(20500, status=500)), error=GatewayDown, retryable=True, code="20500"),
    OutgoingCase(
        "503 with Retry-After",
        Answer(503, "", PLAIN, {"Retry-After": "5"}),
        error=GatewayDown,
        retryable=True,
        code="HTTP 503",
        retry_after=5.0,
    ),
    OutgoingCase("a proxy's 502", Answer(502, "", HTML), error=OutcomeUnknown, unknown=True, code="HTTP 502"),
    OutgoingCase("a proxy's 504", Answer(504, "", HTML), error=OutcomeUnknown, unknown=True, code="HTTP 504"),
    OutgoingCase(
        "redirected",
        Answer(302, "", HTML, {"Location": "/elsewhere"}),
        error=GatewayDown,
        retryable=True,
        code="HTTP 302",
    ),
    OutgoingCase("nobody listens", None, error=GatewayDown, retryable=True),
    OutgoingCase("never answers", Answer(201, taken(), delay=2.0), error=OutcomeUnknown, unknown=True),
    OutgoingCase("hangs up", Answer(drop=True), error=OutcomeUnknown, unknown=True),
    OutgoingCase("body is words", Answer(201, "Sent, thank you", PLAIN), error=OutcomeUnknown, unknown=True),
    OutgoingCase("body is empty", Answer(201, ""), error=OutcomeUnknown, unknown=True),
    OutgoingCase("JSON that is cut off", Answer(201, taken()[:40]), error=OutcomeUnknown, unknown=True),
    OutgoingCase("JSON of another shape", Answer(201, "[]"), error=OutcomeUnknown, unknown=True),
    OutgoingCase("JSON that says nothing", Answer(201, "{}"), error=OutcomeUnknown, unknown=True),
    OutgoingCase("a date of another shape", Answer(201, taken(date_created=7)), error=OutcomeUnknown, unknown=True),
    OutgoingCase(
        "body cut off in transit",
        Answer(201, taken()[:30], headers={"Content-Length": "900", "Connection": "close"}),
        error=OutcomeUnknown,
        unknown=True,
    ),
    OutgoingCase(
        "not a number",
        Answer(201, taken()),
        error=BadAddress,
        message=OutboundMessage(ACCOUNT, Address(AddressKind.SENDER_NAME, "Bank"), "hello there", "ref-2"),
    ),
]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twilio_client, "TIMEOUT", (2.0, 0.8))


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("case", OUTGOING, ids=lambda case: case.label)
def test_outgoing(case: OutgoingCase) -> None:
    seen = run_outgoing(channel, case, message=MESSAGE)
    expected = 0 if case.answer is None or case.message else 1
    assert len(seen) == expected, "one attempt, and no redirect followed"


def test_it_has_the_abilities_that_it_says() -> None:
    for ability in (Receives, Sends, Signs, Finds, Lists):
        assert isinstance(channel(), ability)


def sent_by(**changes: Any) -> dict[str, str]:
    """What the gateway is asked to send by an account with these keys."""
    case = OutgoingCase("request", Answer(201, taken()), RECEIPT)
    (seen,) = run_outgoing(lambda url: channel(url, **changes), case, message=MESSAGE)
    assert (seen.method, seen.path) == ("POST", PATH)
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    assert seen.headers["authorization"] == f"Basic {b64encode(f'{SID}:{TOKEN}'.encode()).decode()}"
    return dict(seen.form)


def test_the_request_is_what_the_gateway_documents() -> None:
    words = {"To": PHONE.value, "Body": MESSAGE.text}
    hook = "https://contact.northport.example/hooks/sms-tw/secret/delivery"
    assert sent_by() == {**words, "From": NUMBER}
    assert sent_by(sender="NORTHPORT") == {**words, "From": "NORTHPORT"}
    assert sent_by(messaging_service="MG1") == {**words, "MessagingServiceSid": "MG1"}
    assert sent_by(messaging_service="MG1", sender="NORTHPORT") == {**words, "From": "NORTHPORT"}
    assert sent_by(status_callback=hook) == {**words, "From": NUMBER, "StatusCallback": hook}


def test_an_address_below_a_path_is_kept() -> None:
    with scripted(Answer(201, taken())) as server:
        channel(f"{server.url}/gateways/twilio/sms-tw").send(MESSAGE)
        assert server.seen[0].path == f"/gateways/twilio/sms-tw{PATH}"


def test_without_a_base_address_the_gateways_own_is_called_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TWILIO_EDGE", "elsewhere")
    monkeypatch.setenv("TWILIO_REGION", "xx1")
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC9")
    service = twilio_client.service(SID, TOKEN, base_url=None)
    assert service.client.get_hostname(f"https://api.twilio.com{PATH}") == f"https://api.twilio.com{PATH}"
    assert service.transport._aimed(f"https://api.twilio.com{PATH}?a=b") == f"https://api.twilio.com{PATH}?a=b"
    assert service.client.auth == (SID, TOKEN)


def test_threads_share_one_client_and_keep_their_connections() -> None:
    from workers.deliver import THREADS

    threads = 4  # the scripted server lets few more wait at its door
    barrier = threading.Barrier(threads, timeout=30)

    def send(_: int) -> Receipt:
        barrier.wait()  # all at once, and all again
        return one.send(MESSAGE)

    with scripted(Answer(201, taken(), delay=0.2)) as server:
        one = channel(server.url)
        one.warm()
        with ThreadPoolExecutor(threads) as pool:
            assert list(pool.map(send, range(threads * 3))) == [RECEIPT] * (threads * 3)
        assert len({seen.connection for seen in server.seen}) <= threads
    assert twilio_client.CONNECTIONS >= THREADS


def test_one_threads_answer_is_not_anothers() -> None:
    """The headers of an error are kept beside the SDK, which loses them: two threads must not read each other's."""
    both_answered, found = threading.Barrier(2, timeout=30), {}

    def ask(name: str) -> None:
        transport.request("GET", "https://api.twilio.com/")
        both_answered.wait()
        found[name] = transport.last()

    with scripted(Answer(429, "", headers={"Retry-After": "9"}), Answer(400, refused(21211))) as server:
        transport = twilio_client.Transport(server.url)
        pair = [threading.Thread(target=ask, args=(name,)) for name in "ab"]
        for thread in pair:
            thread.start()
        for thread in pair:
            thread.join()
    assert {answer and (answer.status, answer.code, answer.retry_after) for answer in found.values()} == {
        (429, None, 9.0),
        (400, "21211", None),
    }


def test_an_old_answer_is_not_read_for_a_new_failure() -> None:
    with scripted(Answer(429, ""), Answer(drop=True), Answer(429, "")) as server:
        one = channel(server.url)
        for error in (Throttled, OutcomeUnknown, Throttled):
            with pytest.raises(error):
                one.send(MESSAGE)
        one._service.client.http_client = None  # the SDK fails before it asks anything
        with pytest.raises(OutcomeUnknown):
            one.send(MESSAGE)


def test_two_accounts_do_not_mix_their_keys() -> None:
    with scripted(Answer(201, taken())) as server:
        first = channel(server.url, account_sid="AC1", read_secret=lambda _: "one")
        second = channel(server.url, account_sid="AC2", read_secret=lambda _: "two")
        for each in (first, second, first):
            each.send(MESSAGE)
        keys = [f"Basic {b64encode(pair).decode()}" for pair in (b"AC1:one", b"AC2:two", b"AC1:one")]
        assert [seen.headers["authorization"] for seen in server.seen] == keys
        assert [seen.path.split("/")[3] for seen in server.seen] == ["AC1", "AC2", "AC1"]


def test_a_missing_key_is_an_account_fault_and_nothing_is_sent() -> None:
    def unreadable(secret: Secret) -> str:
        raise LookupError(f"secret {secret.reference}: is empty or not set")

    with scripted(Answer(201, taken())) as server:
        one = channel(server.url, read_secret=unreadable)
        one.warm()  # a worker starts all the same
        with pytest.raises(AccountFault, match="env:TOKEN"):
            one.send(MESSAGE)
        assert not server.seen


def test_a_certificate_that_is_not_trusted_and_an_address_that_is_none_left_nothing_behind() -> None:
    import requests
    from urllib3.exceptions import MaxRetryError, SSLError

    untrusted = SSLError(__import__("ssl").SSLCertVerificationError("self-signed certificate"))
    broken = SSLError(__import__("ssl").SSLEOFError("EOF occurred in violation of protocol"))
    pool: Any = None
    assert type(unanswered(requests.exceptions.SSLError(MaxRetryError(pool, "/", untrusted)))) is GatewayDown
    assert type(unanswered(requests.exceptions.SSLError(MaxRetryError(pool, "/", broken)))) is OutcomeUnknown
    assert type(unanswered(RuntimeError())) is OutcomeUnknown
    with pytest.raises(GatewayDown):
        channel("nowhere").send(MESSAGE)


# Looking up, and listing.


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
