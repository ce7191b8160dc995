"""Africa's Talking's requests about calls: the fields of a form, read into our values or refused.

After its "Voice: Handle Calls" and "Notifications" pages. All but the call's id and ``isActive`` may be left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from channels.errors import Refused
from channels.voice import fields
from channels.voice.africastalking_codes import TRANSFERS, reached
from channels.voice.settings import VoiceSettings
from channels.voice.values import CallHeard, What
from channels.webhook import WebhookRequest

#: a field that only another product's callbacks carry → that product
_OTHERS = {"serviceCode": "USSD", "networkCode": "SMS or USSD", "productName": "payments", "linkId": "SMS"}
_TAKEN = ("dequeuedToPhoneNumber", "dequeuedToSessionId", "dequeueTime")
#: "bridged" stands on no page that we know; a gateway that says it can mean one thing only
_JOINED = ("bridged", "transferred")


def heard(event: str, request: WebhookRequest, settings: VoiceSettings) -> CallHeard:
    """Read one request to the callback ``event``; raises :class:`Refused`."""
    form = fields.values(request)
    for name, product in _OTHERS.items():
        if name in form:
            raise Refused(name, f"belongs to {product}, not to voice; mend the callback address at the gateway")
    told = _told(form, request, settings)
    state = fields.text(form, "isActive")
    if not state and event == "status":
        state = "0" if fields.text(form, "callSessionState").casefold() == "completed" else "1"
    if state not in ("0", "1"):
        raise Refused("isActive", "is missing" if not state else "must be 0 or 1")
    if state == "0":
        return _over(told, form)
    if any(fields.text(form, name) for name in _TAKEN):
        to = fields.number(fields.text(form, "dequeuedToPhoneNumber"), region=settings.region)
        return replace(told, what=What.TAKEN, number=to)
    return {"call": _asked, "status": _state, "recording": _kept, "dequeue": _taken}[event](told, form, request)


def _told(form: Mapping[str, str], request: WebhookRequest, settings: VoiceSettings) -> CallHeard:
    ours = fields.number(fields.text(form, "destinationNumber"), region=settings.region)
    return CallHeard(
        What.OTHER,
        fields.session(form, "sessionId"),
        ours or settings.line,
        # The telephone's user, also where the call is ours.
        caller=fields.caller(fields.text(form, "callerNumber"), region=settings.region),
        outgoing=fields.text(form, "direction").casefold().startswith("out"),
        turn=fields.turn(request),
        tag=fields.text(form, "clientRequestId") or fields.tag(request),
    )


def _asked(told: CallHeard, form: Mapping[str, str], request: WebhookRequest) -> CallHeard:
    # What the address says comes first: it is reached by what did not happen, whatever the form repeats of before.
    if fields.flag(request, "parted"):
        cause = fields.text(form, "lastBridgeHangupCause")
        to = fields.number(fields.text(form, "dialDestinationNumber"), region=None)
        talked = fields.seconds(form, "dialDurationInSeconds")
        return replace(
            told, what=What.PARTED, reached=reached(cause) or "no_answer", cause=cause, number=to, talked=talked
        )
    if fields.flag(request, "silent"):
        return replace(told, what=What.SILENT)
    keys, recording = fields.keys(form, "dtmfDigits"), fields.url(form, "recordingUrl")
    if recording:
        took = fields.seconds(form, "recordingDuration")
        return replace(told, what=What.RECORDED, recording=recording, recorded_seconds=took)
    if keys:
        return replace(told, what=What.KEYED, keys=keys)
    return replace(told, what=What.BEGUN if told.turn is None else What.SILENT)


def _state(told: CallHeard, form: Mapping[str, str], request: WebhookRequest) -> CallHeard:
    """Read an event: it asks for nothing."""
    state = fields.text(form, "callSessionState").casefold()
    refusal = fields.text(form, "callTransferHangupCause")
    names = ("callTransferredToNumber", "dialDestinationNumber")
    to = next((found for name in names if (found := fields.number(fields.text(form, name), region=None))), "")
    if refusal:
        return replace(told, what=What.PARTED, reached=TRANSFERS.get(refusal, "failed"), cause=refusal, number=to)
    return replace(told, what=What.JOINED if state in _JOINED else What.OTHER, number=to)


def _kept(told: CallHeard, form: Mapping[str, str], request: WebhookRequest) -> CallHeard:
    recording = fields.url(form, "recordingUrl")
    took = fields.seconds(form, "recordingDuration")
    what = What.KEPT if recording else What.OTHER
    return replace(told, what=what, recording=recording, recorded_seconds=took)


def _taken(told: CallHeard, form: Mapping[str, str], request: WebhookRequest) -> CallHeard:
    return replace(told, what=What.TAKEN)


def _over(told: CallHeard, form: Mapping[str, str]) -> CallHeard:
    cause, talked = fields.text(form, "hangupCause"), fields.seconds(form, "dialDurationInSeconds")
    bridge = fields.text(form, "lastBridgeHangupCause")
    rung = fields.number(fields.text(form, "dialDestinationNumber"), region=None)
    cost = fields.amount(form, "amount")
    return replace(
        told,
        what=What.ENDED,
        recording=fields.url(form, "recordingUrl"),
        recorded_seconds=fields.seconds(form, "recordingDuration"),
        reached="answered" if talked else reached(bridge) or ("no_answer" if rung else ""),
        talked=talked,
        number=rung,
        cause=cause or fields.text(form, "status"),
        ended_as=reached(cause) or ("failed" if fields.text(form, "status").casefold() == "aborted" else "answered"),
        seconds=fields.seconds(form, "durationInSeconds"),
        cost=cost,
        currency=fields.text(form, "currencyCode", longest=20) if cost else "",
    )
