"""Africa's Talking's voice service as we see it from outside: a pure double, for the simulator and the tests.

After its "Voice: Handle Calls", "Actions" and "Notifications" pages. No I/O and no clock; it keeps no call.
"""

from __future__ import annotations

import json
import re
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from channels.double import DoubleAnswer, Fault
from channels.voice import markup_double as markup
from channels.voice import tone_double
from channels.voice.double import (
    Go,
    Handled,
    Keys,
    Operation,
    Post,
    Ring,
    Running,
    Stop,
    Tape,
    Unreadable,
    Utter,
    Uttered,
    Went,
    begun_anew,
    spent,
)
from channels.voice.playing_double import Playing
from channels.voice.values import Reached
from channels.webhook import WebhookReply, WebhookRequest

HOST = "https://voice.africastalking.com"
SLOW_SECONDS = 3.0
#: the gateway's own defaults, in seconds, and how long a telephone rings, of which its pages say nothing
KEYS_TIMEOUT, TAPE_TIMEOUT, RINGS = 30, 3600, 30
PRICE, CURRENCY = 0.0047, "GHS"  # of one second
#: a number that ends so is refused, to try what an agent then reads
REFUSED_ENDING = "0000"
ELEMENTS: markup.Table = {
    "Response": set(),
    "Say": {"voice", "playBeep"},
    "Play": {"url"},
    "GetDigits": {"numDigits", "timeout", "finishOnKey", "callbackUrl"},
    "Record": {"finishOnKey", "maxLength", "timeout", "trimSilence", "playBeep", "callbackUrl"},
    "Dial": {"phoneNumbers", "record", "sequential", "callerId", "ringBackTone", "maxDuration"},
    "Redirect": set(),
    "Reject": set(),
}
#: our word → ``hangupCause``
CAUSES: Mapping[str, str] = {
    "answered": "NORMAL_CLEARING",
    "busy": "USER_BUSY",
    "no_answer": "NO_ANSWER",
    "refused": "CALL_REJECTED",
    "failed": "NORMAL_TEMPORARY_FAILURE",
    "cancelled": "ORIGINATOR_CANCEL",
}
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_PLAIN = "text/plain; charset=UTF-8"


class AfricasTalkingVoiceDouble(Playing):
    """One account at the gateway: its key."""

    gateway = "africastalking"

    def __init__(self, api_key: str, username: str, account: str) -> None:
        self._api_key, self._username, self._account = api_key, username, account

    def begin(self, phone: str, line: str, *, now: datetime) -> Went:
        """Let somebody call a number of ours."""
        call = Running(f"ATVId_{uuid.uuid4().hex}", phone, line, now)
        return Went(call, self.ask(call, "", {}))

    def handle(
        self, request: WebhookRequest, calls: Mapping[str, Running], *, now: datetime, fault: Fault = Fault.OK
    ) -> Handled:
        """Answer a request of ours; ``calls`` are those that run, by the gateway's ids."""
        path = request.url.partition("?")[0]
        if request.method == "GET" and path.startswith("/recordings/"):
            return Handled(DoubleAnswer(tone_double.reply(path)))
        early = _EARLY.get(fault)
        if early is not None:
            return Handled(early)
        if request.headers.get("apikey") != self._api_key or request.form.get("username") != self._username:
            return Handled(DoubleAnswer(_UNKNOWN_KEY))
        found = self._done(path, request.form, calls, now)
        slow, hang = SLOW_SECONDS if fault is Fault.SLOW else 0.0, fault is Fault.ACCEPT_THEN_HANG
        return replace(found, answer=replace(found.answer, delay=slow, hang=hang))

    def moved(self, call: Running, *, answered: bool, now: datetime) -> Went:
        """Let the telephone that a call is moved to be answered, or not; then the talk before goes on."""
        if not answered:
            return Went(replace(call, moving=""), tells=(self._moving(call, "Active", "Completed", 0),))
        told = self._moving(call, "Transferred", "Active", None)
        return Went(replace(call, rung=call.moving, moving="", joined_at=now), tells=(told,))

    def _done(self, path: str, form: Mapping[str, str], calls: Mapping[str, Running], now: datetime) -> Handled:
        if path == "/call":
            return self._placed(form, now)
        if path == "/callTransfer":
            return self._transferred(form, calls)
        if path == "/queueStatus":
            return Handled(_json({"entries": [], "errorMessage": "None", "status": "Success"}))
        return Handled(DoubleAnswer(WebhookReply(404, "The requested resource could not be found.", _PLAIN)))

    def _placed(self, form: Mapping[str, str], now: datetime) -> Handled:
        number, line = form.get("to", ""), form.get("from", "")
        if not _NUMBER.fullmatch(number) or number.endswith(REFUSED_ENDING):
            entry = {"phoneNumber": number, "status": "InvalidPhoneNumber", "sessionId": "None"}
            return Handled(_json({"entries": [entry], "errorMessage": "None"}, refused=((number, entry["status"]),)))
        session, tag = f"ATVId_{uuid.uuid4().hex}", form.get("clientRequestId", "")
        call = Running(session, number, line, now, outgoing=True, tag=tag)
        entry = {"phoneNumber": number, "status": "Queued", "sessionId": session}
        return Handled(_json({"entries": [entry], "errorMessage": "None"}), (Went(call, tells=(self._event(call),)),))

    def _transferred(self, form: Mapping[str, str], calls: Mapping[str, Running]) -> Handled:
        call, number = calls.get(form.get("sessionId", "")), form.get("phoneNumber", "")
        trouble = "None"
        if call is None or not call.talks:
            trouble = "NotAllowed"
        elif not _NUMBER.fullmatch(number) or number.endswith(REFUSED_ENDING):
            trouble = "InvalidPhoneNumber"
        elif form.get("callLeg", "callee") != "callee":
            trouble = "this double puts another telephone in place of the callee alone"
        status = "Success" if trouble == "None" else "Failed"
        went = (Went(replace(call, moving=number)),) if call and trouble == "None" else ()
        return Handled(_json({"callTransferResponse": {"errorMessage": trouble, "status": status}}), went)

    def parsed(self, call: Running, status: int, body: bytes) -> Sequence[Operation]:
        """Read an answer."""
        root = markup.root(status, body, ELEMENTS)
        if len(root) > 1 and any(one.tag == "Reject" for one in root):
            raise Unreadable("Reject must be the only element")
        return [self._operation(call, one) for one in root]

    def _operation(self, call: Running, one: ET.Element) -> Operation:
        match one.tag:
            case "Say" | "Play":
                return Utter(_uttered(one))
            case "GetDigits":
                return self._keys(call, one)
            case "Record":
                if not one.attrib:
                    raise Unreadable("Record to the end of a call is not carried out here")
                markup.flag(one, "trimSilence")
                markup.flag(one, "playBeep")
                return Tape(
                    _nested(one),
                    self._back(call, one),
                    markup.number(one, "maxLength", 0),
                    markup.number(one, "timeout", TAPE_TIMEOUT),
                    one.get("finishOnKey", ""),
                )
            case "Dial":
                number = one.get("phoneNumbers", "").partition(",")[0].strip()
                if not _NUMBER.fullmatch(number):
                    raise Unreadable(f"Dial has no telephone number but {number!r}")
                return Ring(number, RINGS, one.get("callerId", ""), record=markup.flag(one, "record"))
            case "Redirect":
                return Go(markup.address(markup.words(one)))
            case "Reject":
                return Stop(refuses=True)
        raise Unreadable(f"{one.tag} does not stand here")

    def _keys(self, call: Running, one: ET.Element) -> Keys:
        count, finish = markup.number(one, "numDigits", 0), one.get("finishOnKey", "")
        if not count and not finish:
            count = 1  # neither is told: the first key is sent
        seconds = markup.number(one, "timeout", KEYS_TIMEOUT)
        return Keys(_nested(one), self._back(call, one), count, finish, seconds)

    def _back(self, call: Running, one: ET.Element) -> str:
        given = one.get("callbackUrl", "")
        return markup.address(given) if given else call.url

    def redirected(self, call: Running, url: str) -> Running:
        """Keep the address: a redirect's stays the one that is asked for the rest of the call."""
        return replace(call, url=url)

    def ask(self, call: Running, url: str, more: Mapping[str, str]) -> Post:
        """Return a request that is answered with a document."""
        return Post({**self._form(call, active=True), **more}, "call", url)

    def keyed(self, keys: str) -> Mapping[str, str]:
        """Return the field of keys, without the one that ended them."""
        return {"dtmfDigits": keys}

    def sound(self, call: Running) -> str:
        """Return the address of a recording."""
        return f"{HOST}/recordings/{uuid.uuid4().hex}.mp3"

    def spoken(self, call: Running, at: Tape, seconds: int, now: datetime, *, hangs_up: bool) -> Went:
        """Ask with the recording; who hangs up has it told in the last request."""
        call = replace(call, url=at.url)  # it stays the one that is asked for the rest of the call
        if hangs_up:
            return self._over(call, "answered", now)
        told, after = {"recordingUrl": call.recording}, replace(call, recording="", rest=())
        return Went(after, self.ask(call, at.url, told))

    def unspoken(self, call: Running, at: Tape, now: datetime) -> Went:
        """Ask with an empty address of a recording."""
        call = replace(call, url=at.url, rest=())
        return Went(call, self.ask(call, at.url, {"recordingUrl": ""}))

    def after_ring(self, call: Running, at: Ring, now: datetime) -> Went:
        """End the call behind a talk; where the telephone was not reached, go on to what follows."""
        return self._over(call, "answered", now) if call.talked else self._on(begun_anew(call), now)

    def states(self, call: Running, word: str, now: datetime) -> tuple[Post, ...]:
        """Tell the events address how the call stands."""
        return (self._event(call),)

    def ring_states(self, call: Running, reached: Reached, now: datetime) -> tuple[Post, ...]:
        """Tell nothing: no page of the gateway speaks of an event when a telephone that was dialled answers."""
        return ()

    def ended(self, call: Running, reached: Reached, now: datetime) -> tuple[Post, ...]:
        """Ask a last time, and tell the events address the same; the answer is not read."""
        seconds = spent(call.answered_at, now)
        form = {
            **self._form(call, active=False),
            "status": "Success" if reached == "answered" else "Aborted" if reached == "failed" else "NotAnswered",
            "hangupCause": CAUSES[reached or "answered"],
            "durationInSeconds": str(seconds),
            "currencyCode": CURRENCY,
            "amount": f"{PRICE * seconds:.4f}",
            "recordingUrl": call.recording,
        }
        if call.rung:
            form["dialDestinationNumber"] = call.rung
            form["dialDurationInSeconds"] = str(call.talked or 0)
            form["lastBridgeHangupCause"] = CAUSES[call.reached or "cancelled"]
        moved = (self._moving(call, "TransferCompleted", "Completed", call.talked),) if call.moving else ()
        return (Post(form, "call", call.url), Post(form, "status"), *moved)

    def _moving(self, call: Running, state: str, how: str, seconds: int | None) -> Post:
        told = {"callTransferState": how, "callTransferredToNumber": call.moving}
        more = {} if seconds is None else {"callTransferParam": f"{call.moving}:{seconds}"}
        return Post({**self._form(call, active=True), "callSessionState": state, **told, **more}, "status")

    def _event(self, call: Running) -> Post:
        return Post(self._form(call, active=True), "status")

    def _form(self, call: Running, *, active: bool) -> dict[str, str]:
        state = "Active" if call.answered_at else "Ringing"
        form = {
            "isActive": "1" if active else "0",
            "sessionId": call.session,
            "direction": "Outbound" if call.outgoing else "Inbound",
            "callerNumber": call.phone,
            "destinationNumber": call.line,
            "callerCountryCode": "GH",
            "callerCarrierName": "Athena",
            "callSessionState": state if active else "Completed",
            # With a plus between day and time, as it stands in the gateway's own samples once they are decoded.
            "callStartTime": f"{call.began_at.astimezone(UTC):%Y-%m-%d+%H:%M:%S}",
        }
        return {**form, "clientRequestId": call.tag} if call.tag else form


def _nested(one: ET.Element) -> tuple[Uttered, ...]:
    if len(one) > 1:
        raise Unreadable(f"{one.tag} may hold one Say or Play, not {len(one)}")
    return tuple(_uttered(inner) for inner in one)


def _uttered(one: ET.Element) -> Uttered:
    if one.tag == "Say":
        return Uttered(markup.words(one))
    if one.tag == "Play":
        return Uttered(audio=markup.address(one.get("url", "")))
    raise Unreadable(f"{one.tag} does not stand here")


def _json(data: dict[str, Any], *, refused: tuple[tuple[str, str], ...] = ()) -> DoubleAnswer:
    return DoubleAnswer(WebhookReply(200, json.dumps(data), "application/json"), refused=refused)


_UNKNOWN_KEY = WebhookReply(401, "The supplied authentication is invalid", _PLAIN)
_EARLY = {
    Fault.HTTP500: DoubleAnswer(WebhookReply(500, "There was an internal server error.", _PLAIN)),
    Fault.HTTP429: DoubleAnswer(WebhookReply(429, "Too many requests", _PLAIN, {"Retry-After": "2"})),
    Fault.TIMEOUT: DoubleAnswer(WebhookReply(504, "The server was not able to respond in time.", _PLAIN), hang=True),
}
