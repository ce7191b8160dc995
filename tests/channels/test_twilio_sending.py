"""Sending through Twilio's real SDK to a scripted server: every answer and failure."""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cases.messages import Address, AddressKind, OutboundMessage, Receipt
from channels import twilio_client
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
from tests.channels.twilio_account import ACCOUNT, NUMBER, PHONE, SENT_ID, SID, TOKEN, channel
from tests.channels.twilio_answers import MESSAGE, PATH, RECEIPT, refused, taken
from tests.contracts.channel import Answer, OutgoingCase, run_outgoing, scripted


def refusal(code: int, error: type[SendError], *, status: int = 400, retryable: bool = False) -> OutgoingCase:
    answer = Answer(status, refused(code, status=status))
    return OutgoingCase(str(code), answer, error=error, retryable=retryable, code=str(code))


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
