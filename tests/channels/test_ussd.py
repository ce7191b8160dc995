"""USSD gateways' requests and our answers, as tables: what each sends, what it means, what each reads back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import pytest

from cases.messages import Address, AddressKind, DialogueEnded
from channels import registry
from channels.base import Converses, Heard
from channels.dialogue.pages import Budget
from channels.errors import Refused
from channels.settings import Secret, parse_account
from channels.webhook import WebhookReply, WebhookRequest
from tests.channels.test_shared_callbacks import folder
from tests.contracts.channel import FORM, IncomingCase, run_incoming

WHO = Address(AddressKind.PHONE, "+233241234567")
CODE = "*920*55#"
S = "ATUid_5d3b4c2bc589f4811820a7184eed4df5"


def channel(gateway: str, **more: Any) -> Any:
    """Return an account of this gateway."""
    block = {"id": "ussd", "channel": "ussd", "gateway": gateway, "address": CODE, "hook_secret": "file:hook"}
    extra = {"user": "NALOTest"} if gateway == "nalo" else {}
    found = registry.find("ussd", gateway)
    assert found is not None

    def read_secret(secret: Secret) -> str:
        raise LookupError(secret.reference)

    settings, faults = parse_account(
        found.settings_class, {**block, "answers_by": "sms", "region": "GH", **extra, **more}, read_secret
    )
    assert faults == []
    return found(settings)


def form(body: str) -> WebhookRequest:
    return WebhookRequest("POST", "/", {"content-type": FORM}, {}, dict(parse_qsl(body, True)), body.encode())


def sent(value: Any) -> WebhookRequest:
    body = json.dumps(value).encode() if not isinstance(value, bytes) else value
    return WebhookRequest("POST", "/", {"content-type": "application/json"}, {}, {}, body)


@dataclass(frozen=True)
class Case:
    """One request: what is heard, or the field that is refused."""

    label: str
    gateway: str
    request: WebhookRequest
    heard: Heard | None = None
    refused: str = ""


def at(text: str, **more: str) -> WebhookRequest:
    fields = {"sessionId": S, "serviceCode": CODE, "phoneNumber": WHO.value, "networkCode": "62001", "text": text}
    every = {**fields, **more}
    return WebhookRequest("POST", "/", {"content-type": FORM}, {}, {k: v for k, v in every.items() if v != "-"}, b"")


def arkesel(**more: Any) -> WebhookRequest:
    usual = {"sessionID": "16", "userID": "U", "newSession": False, "msisdn": "233241234567", "userData": "1"}
    return sent({**usual, "network": "MTN", **more})


def nalo(**more: Any) -> WebhookRequest:
    usual = {"USERID": "NALOTest", "MSISDN": "233241234567", "USERDATA": "3", "MSGTYPE": False, "SESSIONID": "1659"}
    return sent({**usual, "NETWORK": "MTN", **more})


def hubtel(**more: Any) -> WebhookRequest:
    usual = {"Mobile": "233241234567", "SessionId": "3c79", "ServiceCode": "713", "Type": "Response", "Message": "1"}
    return sent({**usual, "Operator": "mtn", "Sequence": 2, "ClientState": "menu", **more})


ID = f"{CODE} {S}"
CASES = [
    Case("the first request", "africastalking", at(""), Heard(ID, WHO, whole="")),
    Case("all that was keyed in", "africastalking", at("1*Brakwa road*1"), Heard(ID, WHO, whole="1*Brakwa road*1")),
    Case("no text at all", "africastalking", at("-"), Heard(ID, WHO, whole="")),
    Case("a plus that became a space", "africastalking", at("", phoneNumber=" 233241234567"), Heard(ID, WHO, whole="")),
    Case("as it stands in a body", "africastalking",
         form(f"sessionId={S}&serviceCode=%2A920%2A55%23&phoneNumber=%2B233241234567&text=1"),
         Heard(ID, WHO, whole="1")),
    Case("no session", "africastalking", at("", sessionId="-"), refused="sessionId"),
    Case("an empty session", "africastalking", at("", sessionId=" "), refused="sessionId"),
    Case("no code", "africastalking", at("", serviceCode="-"), refused="serviceCode"),
    Case("no number", "africastalking", at("", phoneNumber="-"), refused="phoneNumber"),
    Case("a number that is none", "africastalking", at("", phoneNumber="MTN"), refused="phoneNumber"),
    Case("too much text", "africastalking", at("1" * 2001), refused="text"),
    Case("somebody dials", "arkesel", arkesel(newSession=True, userData="*928*99#"), Heard("16", WHO)),
    Case("an answer", "arkesel", arkesel(), Heard("16", WHO, "1")),
    Case("numbers instead of texts", "arkesel", arkesel(sessionID=16, userData=1), Heard("16", WHO, "1")),
    Case("a flag as a word", "arkesel", arkesel(newSession="false"), Heard("16", WHO, "1")),
    Case("a star is what was typed", "arkesel", arkesel(userData="1*2"), Heard("16", WHO, "1*2")),
    Case("no flag", "arkesel", arkesel(newSession=None), refused="newSession"),
    Case("a number as an object", "arkesel", arkesel(msisdn={}), refused="msisdn"),
    Case("no JSON", "arkesel", sent(b"newSession=true"), refused="body"),
    Case("JSON, but no object", "arkesel", sent([1]), refused="body"),
    Case("somebody dials", "nalo", nalo(MSGTYPE=True, USERDATA="*714*5#"), Heard("1659", WHO)),
    Case("an answer", "nalo", nalo(), Heard("1659", WHO, "3")),
    Case("an empty answer", "nalo", nalo(USERDATA=None), Heard("1659", WHO, "")),
    Case("no session", "nalo", nalo(SESSIONID=None), refused="SESSIONID"),
    Case("somebody dials", "hubtel", hubtel(Type="Initiation", Message="*713*5#", Sequence=1),
         Heard("3c79", WHO, turn="1")),
    Case("an answer", "hubtel", hubtel(), Heard("3c79", WHO, "1", turn="2")),
    Case("in small letters", "hubtel", hubtel(Type="response"), Heard("3c79", WHO, "1", turn="2")),
    Case("no number of the turn", "hubtel", hubtel(Sequence=None), Heard("3c79", WHO, "1")),
    Case("the citizen hung up", "hubtel", hubtel(Type="Release"), Heard("3c79", WHO, hung_up=True)),
    Case("too slow", "hubtel", hubtel(Type="Timeout"), Heard("3c79", WHO, hung_up=True)),
    Case("an unknown type", "hubtel", hubtel(Type="Hijack"), refused="Type"),
    Case("a number that is none", "hubtel", hubtel(Sequence="two"), refused="Sequence"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.gateway}: {case.label}")
def test_a_request_is_heard_or_refused(case: Case) -> None:
    one = channel(case.gateway)
    assert isinstance(one, Converses)
    if case.refused:
        with pytest.raises(Refused) as caught:
            one.hear(case.request)
        assert caught.value.field == case.refused
        assert WHO.value not in str(caught.value)
        return
    assert one.hear(case.request) == case.heard == one.hear(case.request)


def said(reply: WebhookReply) -> Any:
    assert reply.status == 200
    if reply.content_type == "application/json":
        return json.loads(reply.body)
    assert reply.content_type == "text/plain; charset=utf-8"
    return reply.body


HEARD = Heard("16", WHO, "1")
OURS = {"sessionID": "16", "userID": "ussd", "msisdn": "233241234567"}
ANSWERS: Mapping[str, tuple[Any, Any, Any]] = {
    "africastalking": ("CON Desk\n1 Yes", "END Thank you", "END Sorry"),
    "arkesel": (
        {**OURS, "message": "Desk\n1 Yes", "continueSession": True},
        {**OURS, "message": "Thank you", "continueSession": False},
        {"sessionID": "", "userID": "ussd", "msisdn": "", "message": "Sorry", "continueSession": False},
    ),
    "nalo": (
        {"USERID": "NALOTest", "MSISDN": "233241234567", "MSG": "Desk\n1 Yes", "MSGTYPE": True},
        {"USERID": "NALOTest", "MSISDN": "233241234567", "MSG": "Thank you", "MSGTYPE": False},
        {"USERID": "NALOTest", "MSISDN": "", "MSG": "Sorry", "MSGTYPE": False},
    ),
    "hubtel": (
        {"Type": "Response", "Message": "Desk\n1 Yes", "ClientState": "home"},
        {"Type": "Release", "Message": "Thank you", "ClientState": "done"},
        {"Type": "Release", "Message": "Sorry", "ClientState": ""},
    ),
}  # fmt: skip


@pytest.mark.parametrize("gateway", ANSWERS)
def test_an_answer_is_in_the_gateways_words(gateway: str) -> None:
    one, (goes_on, ends, unread) = channel(gateway), ANSWERS[gateway]
    assert said(one.say(HEARD, "Desk\n1 Yes", ends=False, step="home")) == goes_on
    assert said(one.say(HEARD, "Thank you", ends=True, step="done")) == ends
    assert said(one.say(None, "Sorry", ends=True)) == unread


def test_all_gateways_that_are_there_are_tried() -> None:
    assert {gateway for kind, gateway in registry.discover() if kind == "ussd"} == ANSWERS.keys()


def test_the_page_is_the_accounts() -> None:
    assert channel("hubtel").budget == Budget(120, 70)
    assert channel("arkesel", page=182, page_wide=80).budget == Budget(182, 80)


def test_the_step_is_told_to_the_gateway_as_a_label() -> None:
    reply = channel("africastalking").say(HEARD, "x", ends=False, step="a|b" * 50)
    label = reply.headers["at-ussd-hop-metadata"]
    assert len(label) <= 99
    assert "|" not in label


END = {
    "date": "2026-03-02 10:14:07", "sessionId": S, "serviceCode": CODE, "networkCode": "62001",
    "phoneNumber": WHO.value, "status": "Success", "cost": "0.0450", "durationInMillis": "41230", "hopsCount": "4",
    "input": "1*Brakwa road*1", "lastAppResponse": "END Received.",
}  # fmt: skip
ENDED = [
    IncomingCase("a session's end", "ended", END, (DialogueEnded("ussd", ID, "Success"),), external_id=S),
    IncomingCase(
        "an error of ours", "ended", {**END, "status": "Failed"}, (DialogueEnded("ussd", ID, "Failed"),)
    ),
    IncomingCase("an unknown state", "ended", {**END, "status": "Lost"}, refused="status"),
    IncomingCase("no session", "ended", {k: v for k, v in END.items() if k != "sessionId"}, refused="sessionId"),
]  # fmt: skip


@pytest.mark.parametrize("case", ENDED, ids=lambda case: case.label)
def test_a_sessions_end_is_read(case: IncomingCase) -> None:
    run_incoming(channel("africastalking"), case)


def test_every_request_that_other_projects_recorded_is_read() -> None:
    found = json.loads((folder() / "africastalking_ussd_requests.json").read_text())
    for entry in found:
        fields = dict(part.partition("=")[::2] for part in entry["request_body"].split("&"))
        request = WebhookRequest("POST", "/", {}, {}, fields, entry["request_body"].encode())
        heard = channel("africastalking").hear(request)
        assert (heard.session, heard.address.value) == ("*123# 123", "+1234567890")
        assert heard.whole == fields["text"]
        assert said(channel("africastalking").say(heard, "x", ends=True)).startswith("END ")
    assert len(found) == 2


def test_every_notification_of_ussd_that_other_projects_recorded_is_read() -> None:
    found = json.loads((folder() / "africastalking_notifications.json").read_text())
    ended = [one for one in found if one["notification"] == "ussd-event-notification"]
    asked = [
        one for one in found if one["notification"] != "ussd-event-notification" and "serviceCode" in one["fields"]
    ]
    for entry in ended:
        fields = {name: value or "" for name, value in entry["fields"].items()}
        event = DialogueEnded("ussd", f"{fields['serviceCode']} {fields['sessionId']}", fields["status"])
        run_incoming(channel("africastalking"), IncomingCase(entry["id"], "ended", fields, (event,)))
    for entry in asked:
        request = WebhookRequest(
            "POST", "/", {}, {}, {name: value or "" for name, value in entry["fields"].items()}, b""
        )
        assert channel("africastalking").hear(request).address.value.startswith("+254")
    assert len(ended) == 2
    assert asked or len(found) == 10
