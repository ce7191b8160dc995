"""What each voice gateway sends, and what is heard of it: every documented request, and what is broken or hostile."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.base import HoldsMedia, MovesCalls, PlacesCalls, Signs, TakesCalls
from channels.errors import Refused
from channels.voice.values import EVENTS, CallHeard, What
from channels.webhook import WebhookRequest
from tests.channels.test_shared_callbacks import folder
from tests.channels.voice_accounts import AGENT, ATVID, CALL_SID, CITIZEN, LINE, SID, asked, at, channel, tw

AT = CallHeard(What.BEGUN, ATVID, LINE, CITIZEN)
TW = CallHeard(What.BEGUN, CALL_SID, LINE, CITIZEN)
SOUND = "https://media.example/rec/abc123.mp3"
KEPT = "https://api.twilio.com/2010-04-01/Accounts/AC0/Recordings/RE1"
LEG = {"CallSid": "CA3", "ParentCallSid": CALL_SID, "Direction": "outbound-dial", "From": LINE, "To": AGENT}


@dataclass(frozen=True)
class Case:
    """One request to a callback: what is heard, or the field that is refused."""

    label: str
    gateway: str
    request: WebhookRequest
    heard: CallHeard | None = None
    event: str = "call"
    refused: str = ""


def a(label: str, form: Any, heard: CallHeard | None = None, *, query: str = "", **more: Any) -> Case:
    return Case(label, "africastalking", asked(form, query), heard, **more)


def t(label: str, form: Any, heard: CallHeard | None = None, *, query: str = "", **more: Any) -> Case:
    return Case(label, "twilio", asked(form, query), heard, **more)


FINAL_AT = (
    f"isActive=0&sessionId={ATVID}&direction=Inbound&callerNumber=%2B233201234567&destinationNumber=%2B233302000000"
    "&callSessionState=Completed&status=Success&hangupCause=NORMAL_CLEARING&callStartTime=2026-03-02%2B10%3A12%3A00"
    "&durationInSeconds=74&currencyCode=GHS&amount=0.3500&recordingUrl=https%3A%2F%2Fmedia.example%2Frec%2Fabc123.mp3"
)
OVER_AT = replace(
    AT, what=What.ENDED, recording=SOUND, cause="NORMAL_CLEARING", ended_as="answered", seconds=74, cost="0.3500",
    currency="GHS",
)  # fmt: skip
DIALLED = {"dialDestinationNumber": AGENT, "dialDurationInSeconds": "31", "dialStartTime": "2026-03-02 10:13:00"}
CASES = [
    a("a call comes", at(callSessionState="Ringing"), AT),
    a("as it stands in a body", f"isActive=1&sessionId={ATVID}&direction=Inbound&callerNumber=%2B233201234567"
      "&destinationNumber=%2B233302000000&callSessionState=Ringing&callStartTime=2026-03-02%2B10%3A12%3A00", AT),
    a("a time with a space", at(callStartTime="2026-03-02 10:12:00"), AT),
    a("nothing but what must be there", {"isActive": "1", "sessionId": ATVID}, replace(AT, caller=None)),
    a("numbers without a plus", at(callerNumber="233201234567", destinationNumber="233302000000"), AT),
    a("numbers with two zeros", at(callerNumber="00233201234567"), AT),
    a("a plus that became a space", at(callerNumber=" 233201234567"), AT),
    a("a withheld number", at(callerNumber="anonymous"), replace(AT, caller=None)),
    a("no number", at(callerNumber=""), replace(AT, caller=None)),
    a("a browser's name", at(callerNumber="desk.city"), replace(AT, caller=None)),
    a("a short code", at(callerNumber="1422"), replace(AT, caller=None)),
    a("an agent behind SIP", at(destinationNumber="desk.city@ke.sip.example"), AT),
    a("direction in small letters", at(direction="inbound"), AT),
    a("direction in other words", at(direction="incoming"), AT),
    a("no direction", at(direction=None), AT),
    a("our call is answered", at(direction="Outbound", callerNumber=AGENT, clientRequestId="c-7"),
      replace(AT, caller=replace(CITIZEN, value=AGENT), outgoing=True, tag="c-7")),
    a("our call, in small letters", at(direction="outbound"), replace(AT, outgoing=True)),
    a("keys", at(dtmfDigits="42"), replace(AT, what=What.KEYED, turn=3, keys="42"), query="turn=3"),
    a("no keys", at(dtmfDigits=""), replace(AT, what=What.SILENT, turn=3), query="turn=3"),
    a("the way round a question", at(), replace(AT, what=What.SILENT, turn=3), query="turn=3&silent=1"),
    a("keys of before, repeated there", at(dtmfDigits="4"), replace(AT, what=What.SILENT, turn=3),
      query="turn=3&silent=1"),
    a("a telephone was not reached", at(), replace(AT, what=What.PARTED, turn=4, reached="no_answer"),
      query="turn=4&parted=1"),
    a("and why", at(lastBridgeHangupCause="USER_BUSY"),
      replace(AT, what=What.PARTED, turn=4, reached="busy", cause="USER_BUSY"), query="turn=4&parted=1"),
    a("a recording", at(recordingUrl=SOUND), replace(AT, what=What.RECORDED, turn=5, recording=SOUND), query="turn=5"),
    a("a recording of nothing", at(recordingUrl=""), replace(AT, what=What.SILENT, turn=5), query="turn=5"),
    a("somebody took the caller", at(dequeuedToPhoneNumber=AGENT, dequeuedToSessionId="ATVId_1", dequeueTime="7"),
      replace(AT, what=What.TAKEN, number=AGENT)),
    a("the same at its own address", at(dequeuedToSessionId="ATVId_1"), replace(AT, what=What.TAKEN), event="dequeue"),
    a("nothing but that", at(), replace(AT, what=What.TAKEN), event="dequeue"),
    a("the last request", FINAL_AT, OVER_AT),
    a("it comes to where we were asked last", FINAL_AT, replace(OVER_AT, turn=9), query="turn=9&silent=1"),
    a("after a talk", at(isActive="0", hangupCause="NORMAL_CLEARING", recordingUrl="", **DIALLED),
      replace(AT, what=What.ENDED, cause="NORMAL_CLEARING", ended_as="answered", reached="answered", talked=31,
              number=AGENT)),
    a("after ringing in vain", at(isActive="0", hangupCause="NORMAL_CLEARING", lastBridgeHangupCause="NO_ANSWER",
                                  dialDestinationNumber=AGENT, dialDurationInSeconds="0"),
      replace(AT, what=What.ENDED, cause="NORMAL_CLEARING", ended_as="answered", reached="no_answer", talked=0,
              number=AGENT)),
    a("nobody took our call", at(isActive="0", direction="Outbound", hangupCause="USER_BUSY", status="NotAnswered",
                                 durationInSeconds="0", clientRequestId="c-7"),
      replace(AT, what=What.ENDED, outgoing=True, cause="USER_BUSY", ended_as="busy", seconds=0, tag="c-7")),
    a("a cause that no table has", at(isActive="0", hangupCause="SOLAR_FLARE"),
      replace(AT, what=What.ENDED, cause="SOLAR_FLARE", ended_as="failed")),
    a("aborted", at(isActive="0", status="Aborted"),
      replace(AT, what=What.ENDED, cause="Aborted", ended_as="failed")),
    a("a price that is none", at(isActive="0", amount="NaN", currencyCode="GHS"),
      replace(AT, what=What.ENDED, ended_as="answered")),
    a("an event", at(callSessionState="Ringing", clientRequestId="c-7"), replace(AT, what=What.OTHER, tag="c-7"),
      event="status"),
    a("an event of the end, without isActive", at(isActive=None, callSessionState="Completed"),
      replace(AT, what=What.ENDED, ended_as="answered"), event="status"),
    a("an event of a move", at(callSessionState="Transferred", callTransferState="Active",
                               callTransferredToNumber=AGENT), replace(AT, what=What.JOINED, number=AGENT),
      event="status"),
    a("a move that did not go", at(callTransferHangupCause="NotAllowed", callTransferredToNumber=AGENT),
      replace(AT, what=What.PARTED, reached="failed", cause="NotAllowed", number=AGENT), event="status"),
    a("a move that is over", at(callSessionState="TransferCompleted", callTransferState="Completed",
                                callTransferredToNumber=AGENT, callTransferParam=f"{AGENT}:20"),
      replace(AT, what=What.OTHER, number=AGENT), event="status"),
    a("a recording at its own address", at(recordingUrl=SOUND), replace(AT, what=What.KEPT, recording=SOUND),
      event="recording"),
    a("no id", at(sessionId=" "), refused="sessionId"),
    a("an id without end", at(sessionId="A" * 201), refused="sessionId"),
    a("running or not", at(isActive=None), refused="isActive"),
    a("neither", at(isActive="yes"), refused="isActive"),
    a("keys that are none", at(dtmfDigits="<script>"), query="turn=1", refused="dtmfDigits"),
    a("too many keys", at(dtmfDigits="1" * 41), query="turn=1", refused="dtmfDigits"),
    a("a turn that is none", at(), query="turn=-1", refused="turn"),
    a("a turn in other digits", at(), query="turn=%D9%A3", refused="turn"),
    a("a recording from our disk", at(recordingUrl="file:///etc/passwd"), query="turn=1", refused="recordingUrl"),
    a("a length that is none", at(isActive="0", durationInSeconds="long"), refused="durationInSeconds"),
    a("a USSD session", at(serviceCode="*920#"), refused="serviceCode"),
    t("a call comes", tw(CallStatus="ringing"), TW),
    t("as it stands in a body", urlencode(tw(CallStatus="ringing", StirVerstat="x", ForwardedFrom="")), TW),
    t("a withheld number", tw(From="+266696687"), replace(TW, caller=None)),
    t("a withheld number in words", tw(From="anonymous"), replace(TW, caller=None)),
    t("a browser", tw(From="client:desk"), replace(TW, caller=None)),
    t("our call is answered", tw(Direction="outbound-api", From=LINE, To=AGENT),
      replace(TW, caller=replace(CITIZEN, value=AGENT), outgoing=True, tag="c-7"), query="tag=c-7"),
    t("keys", tw(Digits="2"), replace(TW, what=What.KEYED, turn=3, keys="2"), query="turn=3"),
    t("no keys", tw(Digits=""), replace(TW, what=What.SILENT, turn=3), query="turn=3"),
    t("no field of keys", tw(), replace(TW, what=What.SILENT, turn=3), query="turn=3"),
    t("the way round a recording", tw(Digits="1"), replace(TW, what=What.SILENT, turn=3), query="turn=3&silent=1"),
    t("a call that was moved asks anew", tw(), replace(TW, turn=8), query="turn=8&anew=1"),
    t("a recording", tw(RecordingUrl=KEPT, RecordingDuration="42", Digits="#"),
      replace(TW, what=What.RECORDED, turn=5, recording=KEPT, recorded_seconds=42), query="turn=5"),
    t("and the caller hung up", tw(RecordingUrl=KEPT, RecordingDuration="3", Digits="hangup", CallStatus="completed"),
      replace(TW, what=What.RECORDED, turn=5, recording=KEPT, recorded_seconds=3), query="turn=5"),
    *(t(f"a telephone was rung: {word}", tw(DialCallStatus=word, DialCallSid="CA3"),
        replace(TW, what=What.PARTED, turn=6, reached=reached, cause=word), query="turn=6&parted=1")
      for word, reached in (("busy", "busy"), ("no-answer", "no_answer"), ("failed", "failed"),
                            ("canceled", "cancelled"), ("completed", "answered"))),
    t("and they spoke", tw(DialCallStatus="completed", DialCallDuration="31", RecordingUrl=KEPT),
      replace(TW, what=What.PARTED, turn=6, reached="answered", cause="completed", talked=31, recording=KEPT),
      query="turn=6&parted=1"),
    t("the call is over", tw(CallStatus="completed", CallDuration="74", SequenceNumber="3", Timestamp="x"),
      replace(TW, what=What.ENDED, cause="completed", ended_as="answered", seconds=74), event="status"),
    *(t(f"our call was not taken: {word}", tw(CallStatus=word, Direction="outbound-api", From=LINE, To=AGENT),
        replace(TW, what=What.ENDED, caller=replace(CITIZEN, value=AGENT), outgoing=True, cause=word, ended_as=ended,
                tag="c-7"), event="status", query="tag=c-7")
      for word, ended in (("busy", "busy"), ("no-answer", "no_answer"), ("failed", "failed"),
                          ("canceled", "cancelled"))),
    *(t(f"our call is on its way: {word}", tw(CallStatus=word), replace(TW, what=What.OTHER), event="status")
      for word in ("queued", "initiated", "ringing", "in-progress")),
    t("the telephone that was rung answers", tw(**LEG), replace(TW, what=What.JOINED, caller=None, outgoing=True,
                                                               number=AGENT), event="status"),
    t("and hangs up", tw(**LEG, CallStatus="completed"),
      replace(TW, what=What.OTHER, caller=None, outgoing=True, number=AGENT, reached="answered"), event="status"),
    t("over, at the address that asks", tw(CallStatus="completed"),
      replace(TW, what=What.ENDED, cause="completed", ended_as="answered", turn=2), query="turn=2"),
    t("a recording lies ready", tw(RecordingStatus="completed", RecordingUrl=KEPT, RecordingDuration="42"),
      replace(TW, what=What.KEPT, recording=KEPT, recorded_seconds=42), event="recording"),
    t("a recording is being made", tw(RecordingStatus="in-progress", RecordingUrl=KEPT),
      replace(TW, what=What.OTHER), event="recording"),
    t("there was nothing to record", tw(RecordingStatus="absent"), replace(TW, what=What.OTHER), event="recording"),
    t("somebody took the caller", tw(QueueResult="bridged", QueueSid="QU1", QueueTime="9"),
      replace(TW, what=What.TAKEN, cause="bridged"), event="dequeue"),
    t("the caller left the queue", tw(QueueResult="hangup"), replace(TW, what=What.OTHER, cause="hangup"),
      event="dequeue"),
    t("no id", tw(CallSid=None), refused="CallSid"),
    t("another account's", tw(AccountSid="AC1"), refused="AccountSid"),
    t("keys that are none", tw(Digits="1; drop"), query="turn=1", refused="Digits"),
    t("a status that no page has", tw(CallStatus="levitating"), refused="CallStatus"),
    t("and of the other telephone", tw(DialCallStatus="lost"), query="turn=1", refused="DialCallStatus"),
    t("no status where one is told", tw(CallStatus=None), event="status", refused="CallStatus"),
    t("a length that is none", tw(CallStatus="completed", CallDuration="1e9"), event="status", refused="CallDuration"),
    t("a message", tw(MessageSid="SM1"), refused="MessageSid"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.gateway}: {case.event}: {case.label}")
def test_a_request_is_heard_or_refused(case: Case) -> None:
    one = channel(case.gateway)
    if case.refused:
        with pytest.raises(Refused) as caught:
            one.hear(case.event, case.request)
        assert caught.value.field == case.refused
        assert CITIZEN.value not in str(caught.value)
        return
    assert one.hear(case.event, case.request) == case.heard == one.hear(case.event, case.request)


def test_a_gateway_may_ask_by_get() -> None:
    for gateway, form, session in (("africastalking", at(dtmfDigits="4"), ATVID), ("twilio", tw(Digits="4"), CALL_SID)):
        heard = channel(gateway).hear("call", asked(form, "turn=3", method="GET"))
        assert (heard.what, heard.session, heard.keys, heard.turn) == (What.KEYED, session, "4", 3)


def test_each_has_the_abilities_that_calls_need() -> None:
    for gateway, anew in (("africastalking", False), ("twilio", True)):
        one = channel(gateway, address="+233 30 200 0000".replace(" ", ""))
        abilities = (TakesCalls, PlacesCalls, MovesCalls, HoldsMedia)
        assert all(isinstance(one, ability) for ability in abilities)
        assert (one.asks_anew, one.line, one.menu, one.answers_by) == (anew, LINE, "main", "sms")
    assert isinstance(channel("twilio"), Signs) and not isinstance(channel("africastalking"), Signs)
    assert channel("africastalking", address="0302000000").line == LINE


def test_keys_that_were_pressed_are_stored_as_dots() -> None:
    for gateway, form, name in (
        ("africastalking", at(dtmfDigits="4821"), "dtmfDigits"),
        ("twilio", tw(Digits="4821"), "Digits"),
    ):
        for method in ("POST", "GET"):
            hidden = channel(gateway).hide(asked(form, "turn=3", method=method))
            told = hidden.query if method == "GET" else hidden.form
            assert (
                told[name] == "••••"
                and told["turn" if method == "GET" else "To" if gateway == "twilio" else "isActive"]
            )
            assert "4821" not in repr(hidden) + hidden.body.decode() + repr(hidden.fields) + hidden.public_url
        untouched = asked(at() if gateway == "africastalking" else tw(), "turn=3")
        assert channel(gateway).hide(untouched) == untouched


_VALUES = st.text(max_size=60) | st.sampled_from(
    ["1", "0", "", "x" * 3000, "\x00", "+233201234567", "None", "१२", "1" * 400]
)
_NAMES = [*at(), *tw(), "dtmfDigits", "Digits", "recordingUrl", "RecordingUrl", "RecordingDuration",
          "durationInSeconds",
          "amount", "dialDurationInSeconds", "DialCallStatus", "DialCallDuration", "CallDuration", "ParentCallSid",
          "callTransferHangupCause", "dequeueTime", "QueueResult", "hangupCause", "RecordingStatus"]  # fmt: skip


@pytest.mark.parametrize("gateway", ["africastalking", "twilio"])
@given(
    changes=st.dictionaries(st.sampled_from(_NAMES), _VALUES, max_size=8),
    query=st.dictionaries(st.sampled_from(["turn", "silent", "parted", "anew", "tag"]), _VALUES, max_size=3),
    event=st.sampled_from(EVENTS),
    whole=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_whatever_comes_is_heard_or_refused(gateway: str, changes: Any, query: Any, event: str, whole: bool) -> None:
    usual = (at() if gateway == "africastalking" else tw()) if whole else {}
    form = {**usual, **changes}
    request = WebhookRequest("POST", "/", {}, query, form, urlencode(form).encode())
    one = channel(gateway)
    one.hide(request)
    try:
        heard = one.hear(event, request)
    except Refused:
        return
    assert heard.session and "\x00" not in f"{heard}" and len(heard.keys) <= 40


def test_every_entry_of_the_shared_data_about_calls_is_heard_as_labelled(capsys: pytest.CaptureFixture[str]) -> None:
    every = json.loads((folder() / "africastalking_notifications.json").read_text(encoding="utf-8"))
    others = json.loads((folder() / "gateway_callbacks.json").read_text(encoding="utf-8"))
    calls = [entry for entry in every if entry["notification"].startswith("voice")]
    foreign = [entry for entry in every if entry not in calls]
    # Upstream fills isActive with anything: what a request can hold there are the two that the gateway documents.
    for entry in calls:
        for word, what in (("1", What.BEGUN), ("0", What.ENDED)):
            one = channel("africastalking", address=entry["fields"]["destinationNumber"])
            heard = one.hear("call", asked({**entry["fields"], "isActive": word}))
            assert heard.what is what and heard.session == entry["fields"]["sessionId"]
            assert heard.caller and heard.caller.value == entry["fields"]["callerNumber"]
            assert heard.line == entry["fields"]["destinationNumber"]
            told = one.hear("status", asked(entry["fields"]))
            assert told.what is What.ENDED  # by its state alone
    for entry in foreign:
        with pytest.raises(Refused):
            channel("africastalking").hear("call", asked({k: v for k, v in entry["fields"].items() if v is not None}))
    spoken = [entry for entry in others if entry["request"].get("body", "").startswith(("CallSid=", "isActive="))]
    with capsys.disabled():
        print(f"\nvoice entries: {len(calls)} heard as labelled, {len(foreign)} of other products refused", end="")
        print(f", {len(spoken)} of {len(others)} in the other file are about calls")
    assert (len(calls), len(foreign), len(spoken)) == (1, 9, 0)
    assert SID in tw().values()
