"""Placing and moving calls and fetching recordings, to a scripted server: what is sent, every answer and failure."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from channels.errors import (
    AccountFault,
    BadAddress,
    BadSignature,
    GatewayDown,
    OutcomeUnknown,
    SendError,
    Throttled,
    UnknownCode,
)
from channels.media import MediaFault
from channels.twilio_double import signature
from channels.voice.africastalking_client import LIVE
from channels.webhook import WebhookRequest
from tests.channels.voice_accounts import AGENT, ATVID, CALL_SID, HOOK, KEY, LINE, SID, TOKEN, channel, tw
from tests.contracts.channel import FORM, Answer, scripted

STATUS = HOOK.replace("/call", "/status")
CALLBACKS = {"call": f"{HOOK}#rc=2", "status": STATUS}
CALLS = f"/2010-04-01/Accounts/{SID}/Calls"
QUEUED = {"entries": [{"phoneNumber": AGENT, "status": "Queued", "sessionId": ATVID}], "errorMessage": "None"}
MADE = {"sid": CALL_SID, "status": "queued", "account_sid": SID}
MOVED = {"callTransferResponse": {"errorMessage": "None", "status": "Success"}}
GATEWAYS = ("africastalking", "twilio")


def answered(data: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, json.dumps(data), headers=headers or {})


def entry(status: str) -> dict[str, Any]:
    return {"entries": [{"phoneNumber": AGENT, "status": status, "sessionId": "None"}], "errorMessage": "None"}


def code(number: int, status: int = 400) -> Answer:
    return answered({"code": number, "message": f"refused {AGENT}", "status": status}, status)


@dataclass(frozen=True)
class Refusal:
    """An answer to a call that we want placed, and what it means."""

    gateway: str
    answer: Answer
    error: type[SendError]
    code: str | None = None
    retryable: bool = False
    unknown: bool = False


REFUSALS = [
    Refusal("africastalking", answered(entry("InvalidPhoneNumber")), BadAddress, "InvalidPhoneNumber"),
    Refusal("africastalking", answered(entry("DestinationNotSupported")), SendError, "DestinationNotSupported"),
    Refusal("africastalking", answered(entry("InsufficientCredit")), AccountFault, "InsufficientCredit", True),
    Refusal("africastalking", answered(entry("Levitating")), UnknownCode, "Levitating"),
    Refusal("africastalking", answered({"entries": [], "errorMessage": "Invalid callerId"}), UnknownCode,
            "Invalid callerId"),
    Refusal("africastalking", answered([]), OutcomeUnknown, unknown=True),
    Refusal("africastalking", answered({"entries": 7}), OutcomeUnknown, unknown=True),
    Refusal("africastalking", Answer(200, "<html>"), OutcomeUnknown, unknown=True),
    Refusal("africastalking", Answer(401, "The supplied authentication is invalid"), AccountFault, "HTTP 401", True),
    Refusal("africastalking", Answer(429, "", headers={"Retry-After": "2"}), Throttled, "HTTP 429", True),
    Refusal("africastalking", Answer(500, ""), GatewayDown, "HTTP 500", True),
    Refusal("africastalking", Answer(302, "", headers={"Location": "http://127.0.0.1:9/"}), GatewayDown, None, True),
    Refusal("africastalking", Answer(404, ""), SendError, "HTTP 404"),
    Refusal("africastalking", Answer(drop=True), OutcomeUnknown, unknown=True),
    Refusal("twilio", code(21211), BadAddress, "21211"),
    Refusal("twilio", code(21215), SendError, "21215"),
    Refusal("twilio", code(21210), AccountFault, "21210", True),
    Refusal("twilio", code(99999), UnknownCode, "99999"),
    Refusal("twilio", code(20003, 401), AccountFault, "20003", True),
    Refusal("twilio", code(20429, 429), Throttled, "20429", True),
    Refusal("twilio", code(20500, 500), GatewayDown, "20500", True),
    Refusal("twilio", Answer(502, "<html>"), OutcomeUnknown, "HTTP 502", unknown=True),
    Refusal("twilio", Answer(404, ""), SendError, "HTTP 404"),
    Refusal("twilio", Answer(418, ""), SendError, "HTTP 418"),
    Refusal("twilio", answered({"sid": None, "status": "queued"}, 201), OutcomeUnknown, unknown=True),
    Refusal("twilio", Answer(201, "<html>"), OutcomeUnknown, unknown=True),
    Refusal("twilio", Answer(drop=True), OutcomeUnknown, unknown=True),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS, ids=lambda one: f"{one.gateway}: {one.error.__name__} {one.code}")
def test_why_a_call_is_not_placed_is_said(case: Refusal) -> None:
    with scripted(case.answer) as server, pytest.raises(SendError) as caught:
        channel(case.gateway, base_url=server.url).place(AGENT, tag="c-7", callbacks=CALLBACKS)
    error = caught.value
    assert type(error) is case.error
    assert (error.code, error.retryable, error.unknown) == (case.code, case.retryable, case.unknown)
    assert error.agent_text.endswith(".") and "message" not in error.agent_text
    assert AGENT not in str(error) and KEY not in str(error) and TOKEN not in str(error)


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_a_gateway_that_is_away_has_taken_nothing(gateway: str) -> None:
    with pytest.raises(GatewayDown) as caught:
        channel(gateway, base_url="http://127.0.0.1:9").place(AGENT, tag="c", callbacks=CALLBACKS)
    assert "call" in caught.value.agent_text


def test_a_call_is_placed_at_africastalking() -> None:
    with scripted(answered(QUEUED)) as server:
        assert channel("africastalking", base_url=server.url).place(AGENT, tag="c-7", callbacks=CALLBACKS) == ATVID
    (seen,) = server.seen
    assert (seen.method, seen.path) == ("POST", "/call")
    assert seen.form == {"username": "city", "from": LINE, "to": AGENT, "clientRequestId": "c-7"}
    assert (seen.headers["apikey"], seen.headers["accept"]) == (KEY, "application/json")


def test_a_call_is_placed_at_twilio() -> None:
    with scripted(answered(MADE, 201)) as server:
        assert channel("twilio", base_url=server.url).place(AGENT, tag="c-7", callbacks=CALLBACKS) == CALL_SID
    (seen,) = server.seen
    assert (seen.method, seen.path) == ("POST", f"{CALLS}.json")
    assert (seen.form["To"], seen.form["From"], seen.form["Method"]) == (AGENT, LINE, "POST")
    assert seen.form["Url"] == f"{HOOK}?tag=c-7#rc=2"
    assert seen.form["StatusCallback"] == f"{STATUS}?tag=c-7"
    assert seen.form["StatusCallbackEvent"] == "completed"  # the last of four fields of one name
    assert seen.headers["authorization"] == f"Basic {b64encode(f'{SID}:{TOKEN}'.encode()).decode()}"


def test_a_call_is_moved() -> None:
    for shape in (MOVED, MOVED["callTransferResponse"]):  # its pages show both
        with scripted(answered(shape)) as server:
            channel("africastalking", base_url=server.url).move(ATVID, to=AGENT, callbacks={})
        (seen,) = server.seen
        told = {"username": "city", "sessionId": ATVID, "phoneNumber": AGENT, "callLeg": "callee"}
        assert (seen.path, seen.form) == ("/callTransfer", told)
    with scripted(answered({**MADE, "status": "in-progress"})) as server:
        channel("twilio", base_url=server.url).move(CALL_SID, to="", callbacks={"call": f"{HOOK}?turn=9#rc=2"})
    (seen,) = server.seen
    assert (seen.path, seen.form["Url"]) == (f"{CALLS}/{CALL_SID}.json", f"{HOOK}?turn=9&anew=1#rc=2")


@pytest.mark.parametrize(
    ("gateway", "answer"),
    [
        ("africastalking", answered({"callTransferResponse": {"errorMessage": "NotAllowed", "status": "Failed"}})),
        ("twilio", code(21220)),
        ("twilio", code(20404, 404)),
    ],
)
def test_a_call_that_is_over_cannot_be_moved(gateway: str, answer: Answer) -> None:
    with scripted(answer) as server, pytest.raises(SendError) as caught:
        channel(gateway, base_url=server.url).move(CALL_SID, to=AGENT, callbacks=CALLBACKS)
    assert "over" in caught.value.agent_text and not caught.value.retryable
    with scripted(Answer(200, "[]")) as server, pytest.raises(OutcomeUnknown):
        channel("africastalking", base_url=server.url).move(ATVID, to=AGENT, callbacks={})


def test_the_side_that_is_replaced_can_be_set_and_nothing_else() -> None:
    with scripted(answered(MOVED)) as server:
        channel("africastalking", base_url=server.url, transfers="caller").move(ATVID, to=AGENT, callbacks={})
    assert server.seen[0].form["callLeg"] == "caller"
    with pytest.raises(AssertionError):
        channel("africastalking", transfers="both")
    assert channel("africastalking", username="sandbox").rehearses and not channel("africastalking").rehearses


def test_recordings_are_fetched_from_where_they_lie() -> None:
    sound = f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Recordings/RE1"
    with scripted(Answer(200, b"mp3", "audio/mpeg")) as server:
        for one in (sound, f"{sound}.mp3"):
            with channel("twilio", base_url=server.url).fetch(one) as file:
                assert file.read() == b"mp3"
        with channel("africastalking", base_url=server.url).fetch(f"{LIVE}/recordings/1.mp3") as file:
            assert file.read() == b"mp3"
    assert {seen.path for seen in server.seen} == {
        f"/2010-04-01/Accounts/{SID}/Recordings/RE1.mp3",
        "/recordings/1.mp3",
    }
    assert server.seen[0].headers["authorization"].startswith("Basic ")


def test_a_recording_that_is_not_there_yet_is_fetched_again_where_the_gateway_is_slow() -> None:
    with scripted(Answer(404, "")) as server:
        with (
            pytest.raises(MediaFault) as late,
            channel("twilio", base_url=server.url).fetch(
                f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Recordings/RE1"
            ),
        ):
            pass
        with pytest.raises(MediaFault) as gone, channel("africastalking", base_url=server.url).fetch(f"{LIVE}/r/1.mp3"):
            pass
    assert late.value.again and not gone.value.again
    for gateway, url in (("twilio", "https://evil.example/RE1"), ("africastalking", "https://127.0.0.1:9/r.mp3")):
        with pytest.raises(MediaFault) as inside, channel(gateway).fetch(url):
            pass
        assert inside.value.refused and not inside.value.again


def _signed(token: str, form: Mapping[str, str], url: str = f"{HOOK}?turn=3") -> WebhookRequest:
    headers = {"content-type": FORM, "x-twilio-signature": signature(token, url, form)}
    fields = tuple(form.items())
    return WebhookRequest("POST", "/", headers, {"turn": "3"}, form, b"x", f"{HOOK}?turn=3", fields)


def test_twilios_requests_about_calls_are_signed() -> None:
    form = tw(Digits="2")
    one = channel("twilio", other_auth_token="env:OTHER")
    for token in (TOKEN, "54321"):
        one.verify(_signed(token, form))
    unsigned = WebhookRequest("POST", "/", {"content-type": FORM}, {}, form, b"x", HOOK, tuple(form.items()))
    broken: list[Callable[[], WebhookRequest]] = [
        lambda: unsigned,
        lambda: _signed("another", form),
        lambda: _signed(TOKEN, form, f"{HOOK}?turn=4"),
    ]
    for make in broken:
        with pytest.raises(BadSignature):
            one.verify(make())
    # The known answer of the reference, with the token 12345.
    url = "https://parl.example.gh/hooks/twilio/voice?step=menu"
    known = {**tw(To="+447700900123", Called="+447700900123"), "Digits": "2"}
    assert signature(TOKEN, url, known) == "E4mJFtun18TPvdLJt/wZZuyb4p8="
