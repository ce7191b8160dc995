"""Twilio's requests about calls: the fields of a form, read into our values or refused.

After its "TwiML Voice: Request" page, the pages of its verbs and of its status callbacks. What the gateway adds without
telling is let be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from channels.errors import Refused
from channels.voice import fields
from channels.voice.settings import VoiceSettings
from channels.voice.twilio_codes import ENDS, GOING_ON
from channels.voice.values import CallHeard, Reached, What
from channels.webhook import WebhookRequest

#: a field that only another product's callbacks carry → that product
_OTHERS = {"MessageSid": "messaging", "SmsSid": "messaging", "ConversationSid": "Conversations", "FaxSid": "fax"}
#: the key that ended a recording is no answer, nor is that the caller hung up
_HANGUP = "hangup"
#: ``QueueResult``: somebody took the caller out of the gateway's own queue
_BRIDGED = ("bridged", "bridging-in-process")


def heard(event: str, request: WebhookRequest, settings: VoiceSettings, *, account_sid: str) -> CallHeard:
    """Read one request to the callback ``event``; raises :class:`Refused`."""
    form = fields.values(request)
    for name, product in _OTHERS.items():
        if name in form:
            raise Refused(name, f"belongs to {product}, not to voice; mend the callback address at the gateway")
    if fields.text(form, "AccountSid") not in ("", account_sid):
        raise Refused("AccountSid", "is another account's; mend the callback address at the gateway")
    told = _told(form, request, settings)
    return {"call": _asked, "status": _state, "recording": _kept, "dequeue": _dequeued}[event](told, form, request)


def _told(form: Mapping[str, str], request: WebhookRequest, settings: VoiceSettings) -> CallHeard:
    outgoing = fields.text(form, "Direction").startswith("outbound")
    mine, theirs = ("From", "To") if outgoing else ("To", "From")
    line = fields.number(fields.text(form, mine), region=settings.region)
    return CallHeard(
        What.OTHER,
        fields.session(form, "CallSid"),
        line or settings.line,
        caller=fields.caller(fields.text(form, theirs), region=settings.region),
        outgoing=outgoing,
        turn=fields.turn(request),
        tag=fields.tag(request),
    )


def _asked(told: CallHeard, form: Mapping[str, str], request: WebhookRequest) -> CallHeard:
    status = _status(form)
    if "DialCallStatus" in form or fields.flag(request, "parted"):
        return _parted(told, form)
    # Before whether the call is over: who hangs up while they record has said what they said.
    recording = fields.url(form, "RecordingUrl")
    if recording:
        return replace(
            told, what=What.RECORDED, recording=recording, recorded_seconds=fields.seconds(form, "RecordingDuration")
        )
    if status in ENDS:
        return _over(told, form, status)
    if "QueueResult" in form:
        return _dequeued(told, form, request)
    keys = "" if fields.flag(request, "silent") else _keys(form)
    if keys:
        return replace(told, what=What.KEYED, keys=keys)
    begins = told.turn is None or fields.flag(request, "anew")
    return replace(told, what=What.BEGUN if begins else What.SILENT)


def _parted(told: CallHeard, form: Mapping[str, str]) -> CallHeard:
    word = fields.text(form, "DialCallStatus")
    if word and word not in ENDS:
        raise Refused("DialCallStatus", f"{word[:40]!r} is none that this gateway documents")
    reached: Reached = ENDS[word] if word else "no_answer"
    return replace(
        told,
        what=What.PARTED,
        reached=reached,
        cause=word,
        talked=fields.seconds(form, "DialCallDuration"),
        recording=fields.url(form, "RecordingUrl"),
        recorded_seconds=fields.seconds(form, "RecordingDuration"),
    )


def _state(told: CallHeard, form: Mapping[str, str], request: WebhookRequest) -> CallHeard:
    """Read how a call stands. A telephone that was rung has an id of its own, and names the call that it belongs to."""
    status, parent = _status(form), fields.text(form, "ParentCallSid")
    if not status:
        raise Refused("CallStatus", "is missing")
    if parent:
        number = fields.number(fields.text(form, "To"), region=None)
        what = What.JOINED if status == "in-progress" else What.OTHER
        # Its own From and To are those of the other telephone: the citizen is told of by the call itself.
        return replace(told, what=what, session=parent, number=number, reached=ENDS.get(status, ""), caller=None)
    return _over(told, form, status) if status in ENDS else told


def _over(told: CallHeard, form: Mapping[str, str], status: str) -> CallHeard:
    return replace(
        told,
        what=What.ENDED,
        cause=status,
        ended_as=ENDS[status],
        seconds=fields.seconds(form, "CallDuration"),
        recording=fields.url(form, "RecordingUrl"),
        recorded_seconds=fields.seconds(form, "RecordingDuration"),
    )


def _kept(told: CallHeard, form: Mapping[str, str], request: WebhookRequest) -> CallHeard:
    word = fields.text(form, "RecordingStatus")
    recording = fields.url(form, "RecordingUrl")
    if word in ("absent", "in-progress", "failed") or not recording:
        return told
    took = fields.seconds(form, "RecordingDuration")
    return replace(told, what=What.KEPT, recording=recording, recorded_seconds=took)


def _dequeued(told: CallHeard, form: Mapping[str, str], request: WebhookRequest) -> CallHeard:
    result = fields.text(form, "QueueResult")
    return replace(told, what=What.TAKEN if result in ("", *_BRIDGED) else What.OTHER, cause=result)


def _status(form: Mapping[str, str]) -> str:
    word = fields.text(form, "CallStatus")
    if word and word not in ENDS and word not in GOING_ON:
        raise Refused("CallStatus", f"{word[:40]!r} is none that this gateway documents")
    return word


def _keys(form: Mapping[str, str]) -> str:
    return "" if fields.text(form, "Digits") == _HANGUP else fields.keys(form, "Digits")
