"""Sending through Africa's Talking's real SDK to a scripted server: every answer, refusal and failure we know of."""

from __future__ import annotations

import json
import threading

import pytest

from cases.messages import Address, AddressKind, OutboundMessage, Receipt
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
from channels.settings import Secret
from channels.sms import africastalking, africastalking_client
from tests.channels.africastalking_account import ACCOUNT, KEY, PHONE, SENT_ID, channel
from tests.contracts.channel import Answer, OutgoingCase, run_outgoing, scripted

MESSAGE = OutboundMessage(ACCOUNT, PHONE, "Yɛagye wo abisadeɛ. 4821-7736", "ref-1")


def taken(code: int = 102, status: str = "Success", *, identity: str = SENT_ID, cost: str = "GHS 0.0300") -> str:
    line = {"cost": cost, "messageId": identity, "number": PHONE.value, "status": status, "statusCode": code}
    words = "Sent to 1/1 Total Cost: USD 0.0079 Message parts: 1"
    return json.dumps({"SMSMessageData": {"Message": words, "Recipients": [line]}})


def words(text: str) -> str:
    return json.dumps({"SMSMessageData": {"Message": text, "Recipients": []}})


def refusal(code: int, status: str, error: type[SendError], *, retryable: bool = False) -> OutgoingCase:
    body = taken(code, status, identity="None", cost="0")
    return OutgoingCase(f"{code} {status}", Answer(201, body), error=error, retryable=retryable, code=str(code))


RECEIPT = Receipt(SENT_ID, "GHS 0.0300")
PLAIN = "text/plain; charset=UTF-8"
OUTGOING = [
    OutgoingCase("queued", Answer(201, taken(102)), RECEIPT),
    OutgoingCase("sent", Answer(201, taken(101)), RECEIPT),
    OutgoingCase("processed", Answer(201, taken(100)), RECEIPT),
    OutgoingCase("content type with a charset", Answer(201, taken(), "application/json; charset=utf-8"), RECEIPT),
    OutgoingCase("slow but in time", Answer(201, taken(), delay=0.1), RECEIPT),
    refusal(401, "RiskHold", SendError),
    refusal(402, "InvalidSenderId", AccountFault, retryable=True),
    refusal(403, "InvalidPhoneNumber", BadAddress),
    refusal(404, "UnsupportedNumberType", BadAddress),
    refusal(405, "InsufficientBalance", AccountFault, retryable=True),
    refusal(406, "UserInBlacklist", RecipientBlocked),
    refusal(407, "CouldNotRoute", GatewayDown, retryable=True),
    refusal(409, "DoNotDisturbRejection", RecipientBlocked),
    refusal(500, "InternalServerError", GatewayDown, retryable=True),
    refusal(501, "GatewayError", GatewayDown, retryable=True),
    refusal(502, "RejectedByGateway", SendError),
    refusal(777, "Novelty", UnknownCode),
    OutgoingCase("accepted without an id", Answer(201, taken(identity="None")), error=UnknownCode, code="102"),
    OutgoingCase(
        "words: InvalidSenderId",
        Answer(201, words("InvalidSenderId")),
        error=AccountFault,
        retryable=True,
        code="InvalidSenderId",
    ),
    OutgoingCase(
        "words: InsufficientBalance",
        Answer(201, words("InsufficientBalance")),
        error=AccountFault,
        retryable=True,
        code="InsufficientBalance",
    ),
    OutgoingCase(
        "words: InvalidPhoneNumber",
        Answer(201, words("InvalidPhoneNumber")),
        error=BadAddress,
        code="InvalidPhoneNumber",
    ),
    OutgoingCase("words that are new", Answer(201, words("Closed today")), error=UnknownCode, code="Closed today"),
    OutgoingCase(
        "401 as text",
        Answer(401, "The supplied authentication is invalid", PLAIN, {"WWW-Authenticate": 'Basic realm="api"'}),
        error=AccountFault,
        retryable=True,
        code="HTTP 401",
    ),
    OutgoingCase("403 as text", Answer(403, "No", PLAIN), error=AccountFault, retryable=True, code="HTTP 403"),
    OutgoingCase("400 as text", Answer(400, "No 'to'", PLAIN), error=SendError, code="HTTP 400"),
    OutgoingCase(
        "429 with Retry-After",
        Answer(429, "Slow down", PLAIN, {"Retry-After": "17"}),
        error=Throttled,
        retryable=True,
        code="HTTP 429",
        retry_after=17.0,
    ),
    OutgoingCase("429 without", Answer(429, "Slow down", PLAIN), error=Throttled, retryable=True, code="HTTP 429"),
    OutgoingCase(
        "429 with a date",
        Answer(429, "", PLAIN, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}),
        error=Throttled,
        retryable=True,
        code="HTTP 429",
    ),
    OutgoingCase(
        "500", Answer(500, "There was an internal error", PLAIN), error=GatewayDown, retryable=True, code="HTTP 500"
    ),
    OutgoingCase("503", Answer(503, "", PLAIN), error=GatewayDown, retryable=True, code="HTTP 503"),
    OutgoingCase("redirected", Answer(302, "", PLAIN, {"Location": "/elsewhere"}), error=GatewayDown, retryable=True),
    OutgoingCase("nobody listens", None, error=GatewayDown, retryable=True),
    OutgoingCase("never answers", Answer(201, taken(), delay=1.0), error=OutcomeUnknown, unknown=True),
    OutgoingCase("hangs up", Answer(drop=True), error=OutcomeUnknown, unknown=True),
    OutgoingCase("body is words", Answer(201, "Sent, thank you", PLAIN), error=OutcomeUnknown, unknown=True),
    OutgoingCase("body is empty", Answer(201, "", PLAIN), error=OutcomeUnknown, unknown=True),
    OutgoingCase(
        "body is XML", Answer(201, "<AfricasTalkingResponse/>", "text/xml"), error=OutcomeUnknown, unknown=True
    ),
    OutgoingCase("JSON that is cut off", Answer(201, taken()[:40]), error=OutcomeUnknown, unknown=True),
    OutgoingCase("JSON of another shape", Answer(201, "[]"), error=OutcomeUnknown, unknown=True),
    OutgoingCase("JSON without recipients", Answer(201, '{"SMSMessageData": {}}'), error=OutcomeUnknown, unknown=True),
    OutgoingCase(
        "recipients of another shape",
        Answer(201, '{"SMSMessageData": {"Recipients": ["ok"]}}'),
        error=OutcomeUnknown,
        unknown=True,
    ),
    OutgoingCase(
        "a code of another type",
        Answer(201, taken().replace('"statusCode": 102', '"statusCode": []')),
        error=UnknownCode,
        code="[]",
    ),
    OutgoingCase(
        "body cut off in transit",
        Answer(201, taken()[:30], headers={"Content-Length": "300", "Connection": "close"}, drop=False),
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
    monkeypatch.setattr(africastalking, "TIMEOUT", (0.4, 0.4))


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("case", OUTGOING, ids=lambda case: case.label)
def test_outgoing(case: OutgoingCase) -> None:
    seen = run_outgoing(channel, case, message=MESSAGE)
    expected = 0 if case.answer is None or case.error is BadAddress and case.message else 1
    assert len(seen) == expected, "one attempt, and no redirect followed"


def test_the_request_is_what_the_gateway_documents() -> None:
    case = OutgoingCase("request", Answer(201, taken()), RECEIPT)
    (seen,) = run_outgoing(lambda url: channel(url, sender="TOWN"), case, message=MESSAGE)
    assert (seen.method, seen.path) == ("POST", "/version1/messaging")
    assert seen.headers["apikey"] == KEY
    assert seen.headers["accept"] == "application/json"
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    assert dict(seen.form) == {
        "username": "town",
        "to": PHONE.value,
        "message": MESSAGE.text,
        "bulkSMSMode": "1",
        "from": "TOWN",
        "enqueue": "1",
    }


def test_without_a_sender_name_the_accounts_own_address_sends() -> None:
    case = OutgoingCase("request", Answer(201, taken()), RECEIPT)
    (seen,) = run_outgoing(channel, case, message=MESSAGE)
    assert seen.form["from"] == "1422"


def test_one_threads_answer_is_not_anothers() -> None:
    """The status of an error is kept beside the SDK, which loses it: two threads must not read each other's."""
    caught: dict[str, SendError] = {}

    def send(name: str, url: str) -> None:
        try:
            channel(url).send(MESSAGE)
        except SendError as error:
            caught[name] = error

    with scripted(Answer(429, "", PLAIN, delay=0.2)) as slow, scripted(Answer(500, "", PLAIN)) as quick:
        threads = [threading.Thread(target=send, args=pair) for pair in (("slow", slow.url), ("quick", quick.url))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert type(caught["slow"]) is Throttled
    assert type(caught["quick"]) is GatewayDown


def test_an_old_answer_is_not_read_for_a_new_failure() -> None:
    with scripted(Answer(429, "", PLAIN)) as server, pytest.raises(Throttled):
        channel(server.url).send(MESSAGE)
    case = OutgoingCase("refused", None, error=GatewayDown, retryable=True)
    run_outgoing(channel, case, message=MESSAGE)


def test_two_accounts_do_not_mix_their_keys() -> None:
    with scripted(Answer(201, taken())) as one, scripted(Answer(201, taken())) as two:
        first = channel(one.url, username="first", read_secret=lambda _: "key-one")
        second = channel(two.url, username="second", read_secret=lambda _: "key-two")
        for each in (first, second, first):
            each.send(MESSAGE)
        assert [(seen.headers["apikey"], seen.form["username"]) for seen in one.seen] == [("key-one", "first")] * 2
        assert [(seen.headers["apikey"], seen.form["username"]) for seen in two.seen] == [("key-two", "second")]


def test_the_sdk_still_makes_its_calls_through_the_name_that_is_replaced() -> None:
    """africastalking_client replaces ``requests`` in the SDK's module; a release that works otherwise is noticed."""
    import requests
    from africastalking import Service

    assert hasattr(Service, "requests"), "the SDK's Service module no longer holds `requests`"
    channel("http://127.0.0.1:1").warm()
    assert Service.requests is africastalking_client._transport
    with scripted(Answer(201, taken())) as server:
        one = channel(server.url)
        assert one.send(MESSAGE) == one.send(MESSAGE) == RECEIPT
        assert len(server.seen) == 2
        assert len({seen.connection for seen in server.seen}) == 1, "each send opened a connection of its own"
        assert africastalking_client.last_answer() is not None
        # What would be without the replacement, so that the check above is known to see the difference.
        for _ in range(2):
            requests.post(f"{server.url}/version1/messaging", data={"to": "x"}, timeout=5)
        assert len({seen.connection for seen in server.seen[2:]}) == 2


def test_without_a_base_address_the_gateways_own_is_called() -> None:
    service = africastalking_client.service("town", KEY, base_url=None)
    assert service._baseUrl == "https://api.africastalking.com/version1"
    sandbox = africastalking_client.service("sandbox", KEY, base_url=None)
    assert sandbox._baseUrl == "https://api.sandbox.africastalking.com/version1"


def test_a_missing_key_is_named_and_nothing_is_sent() -> None:
    def unreadable(secret: Secret) -> str:
        raise LookupError(f"secret {secret.reference}: is empty or not set")

    with scripted(Answer(201, taken())) as server:
        with pytest.raises((AccountFault, LookupError)) as caught:
            channel(server.url, read_secret=unreadable).send(MESSAGE)
        assert not server.seen
    if isinstance(caught.value, SendError):
        assert caught.value.retryable
