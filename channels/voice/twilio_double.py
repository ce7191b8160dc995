"""Twilio's voice service as we see it from outside: a pure double, for the simulator and the tests.

After its "TwiML Voice", "Calls resource", "Call status" and "Recording status" pages. No I/O and no clock; it keeps no
call. Callbacks are signed.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from channels.double import DoubleAnswer, Fault
from channels.twilio_double import API, VERSION, Signer, answered, basic, error
from channels.voice import tone_double, twiml_double
from channels.voice.double import Handled, Operation, Post, Ring, Running, Tape, Went, begun_anew, spent
from channels.voice.playing_double import Playing
from channels.voice.values import Reached
from channels.webhook import WebhookRequest

SLOW_SECONDS = 3.0
#: seconds after which a recording lies ready
READY = 0.3
#: a number that ends so is refused, to try what an agent then reads
REFUSED_ENDING = "0000"
#: our word → ``CallStatus``
STATUSES: Mapping[str, str] = {
    "answered": "completed",
    "busy": "busy",
    "refused": "busy",  # a telephone that refuses is busy to the gateway
    "no_answer": "no-answer",
    "failed": "failed",
    "cancelled": "canceled",
}
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_CALLS = re.compile(rf"/{VERSION}/Accounts/(?P<account>[^/]+)/Calls(?:/(?P<sid>\w+))?\.json")
_SOUND = re.compile(rf"/{VERSION}/Accounts/(?P<account>[^/]+)/Recordings/(?P<sid>RE\w+)(\.mp3|\.wav)?")


class TwilioVoiceDouble(Playing):
    """One account at the gateway: its token."""

    gateway = "twilio"

    def __init__(self, api_key: str, username: str, account: str) -> None:
        self._token, self._sid, self._account = api_key, username, account

    def begin(self, phone: str, line: str, *, now: datetime) -> Went:
        """Let somebody call a number of ours."""
        call = Running(f"CA{uuid.uuid4().hex}", phone, line, now)
        return Went(call, self.ask(call, "", {}))

    def handle(
        self, request: WebhookRequest, calls: Mapping[str, Running], *, now: datetime, fault: Fault = Fault.OK
    ) -> Handled:
        """Answer a request of ours; ``calls`` are those that run, by the gateway's ids."""
        early = _EARLY.get(fault)
        if early is not None:
            return Handled(early)
        if request.headers.get("authorization", "") != f"Basic {basic(self._sid, self._token)}":
            return Handled(DoubleAnswer(error(401, 20003, "Authenticate")))
        path = request.url.partition("?")[0]
        sound, wanted = _SOUND.fullmatch(path), _CALLS.fullmatch(path)
        if sound:
            return Handled(DoubleAnswer(tone_double.reply(path)))
        if wanted is None or wanted["account"] != self._sid:
            return Handled(DoubleAnswer(_NOT_FOUND))
        if request.method == "POST" and wanted["sid"] is None:
            found = self._placed(request, now)
        else:
            found = self._one(wanted["sid"] or "", request, calls, now)
        slow, hang = SLOW_SECONDS if fault is Fault.SLOW else 0.0, fault is Fault.ACCEPT_THEN_HANG
        return replace(found, answer=replace(found.answer, delay=slow, hang=hang))

    def _placed(self, request: WebhookRequest, now: datetime) -> Handled:
        form = request.form
        states = tuple(value for name, value in request.fields if name == "StatusCallbackEvent")
        number, line = form.get("To", ""), form.get("From", "")
        if not _NUMBER.fullmatch(number) or number.endswith(REFUSED_ENDING):
            told = f"21211 Invalid 'To' Phone Number: {number}"
            wrong = error(400, 21211, f"Invalid 'To' Phone Number: {number}")
            return Handled(DoubleAnswer(wrong, refused=((number, told),)))
        if not form.get("Url"):
            return Handled(DoubleAnswer(error(400, 21205, "Url parameter is required.")))
        call = Running(
            f"CA{uuid.uuid4().hex}",
            number,
            line,
            now,
            url=form["Url"],
            outgoing=True,
            state_url=form.get("StatusCallback", ""),
            states=states or ("completed",),  # one field for each
        )
        begun = (*self.states(call, "initiated", now), *self.states(call, "ringing", now))
        return Handled(DoubleAnswer(answered(201, self._shown(call, "queued"))), (Went(call, tells=begun),))

    def _one(self, sid: str, request: WebhookRequest, calls: Mapping[str, Running], now: datetime) -> Handled:
        call = calls.get(sid)
        if call is None:
            return Handled(DoubleAnswer(_NOT_FOUND))
        if request.method == "GET":
            return Handled(DoubleAnswer(answered(200, self._shown(call, self._status(call)))))
        if call.ended_at is not None:
            return Handled(DoubleAnswer(error(400, 21220, "Call is not in-progress. Cannot redirect.")))
        shown = DoubleAnswer(answered(200, self._shown(call, self._status(call))))
        if request.form.get("Status") in ("completed", "canceled"):
            return Handled(shown, (self.hang_up(call, now=now),))
        talked = replace(call, talked=spent(call.joined_at, now))
        tells = self.ring_states(talked, "answered", now) if call.talks else ()
        gone = replace(begun_anew(call), joined_at=None, rest=())
        return Handled(shown, (Went(gone, self.ask(gone, request.form.get("Url", ""), {}), tells),))

    def parsed(self, call: Running, status: int, body: bytes) -> Sequence[Operation]:
        """Read an answer."""
        return twiml_double.operations(status, body, here=call.url)

    def rings(self, call: Running, now: datetime) -> Went:
        """Give the telephone that is rung an id of its own."""
        return Went(replace(call, leg=f"CA{uuid.uuid4().hex}"))

    def redirected(self, call: Running, url: str) -> Running:
        """Keep the address: what names none asks it again."""
        return replace(call, url=url)

    def ask(self, call: Running, url: str, more: Mapping[str, str]) -> Post:
        """Return a request that is answered with a document."""
        return self._post({**self._form(call), **more}, "call", url)

    def keyed(self, keys: str) -> Mapping[str, str]:
        """Return the field of keys, without the one that ended them."""
        return {"Digits": keys}

    def sound(self, call: Running) -> str:
        """Return the address of a recording: it has no ending."""
        return f"{API}/{VERSION}/Accounts/{self._sid}/Recordings/RE{uuid.uuid4().hex}"

    def spoken(self, call: Running, at: Tape, seconds: int, now: datetime, *, hangs_up: bool) -> Went:
        """Ask with the recording, also where the caller hangs up; soon after it is told that the sound lies ready."""
        told = {"RecordingUrl": call.recording, "RecordingDuration": str(seconds)}
        kept = self._kept(call, at.kept_url, seconds, "RecordVerb")
        call = replace(call, rest=())
        if not hangs_up:
            return Went(call, self.ask(call, at.url, {**told, "Digits": at.finish[:1] or "#"}), kept)
        over = self._over(call, "answered", now)
        last = self.ask(over.call, at.url, {**told, "Digits": "hangup"})
        return replace(over, tells=(last, *kept, *over.tells))

    def unspoken(self, call: Running, at: Tape, now: datetime) -> Went:
        """Carry out what follows."""
        return self._on(call, now)

    def after_ring(self, call: Running, at: Ring, now: datetime) -> Went:
        """Ask what to do after it, where an address is named for that."""
        kept = self._kept(call, at.kept_url, call.talked or 0, "DialVerb") if call.recording and at.record else ()
        if not at.url:
            went = self._on(begun_anew(call), now)
            return replace(went, tells=(*kept, *went.tells))
        told = {"DialCallStatus": STATUSES[call.reached or "failed"], "DialCallSid": call.leg}
        if call.talked:
            told |= {"DialCallDuration": str(call.talked)}
        if call.recording and at.record:
            told |= {"RecordingUrl": call.recording}
        call = replace(begun_anew(call), rest=(), recording="")
        return Went(call, self.ask(call, at.url, told), kept)

    def states(self, call: Running, word: str, now: datetime) -> tuple[Post, ...]:
        """Tell how a call of ours stands, where it was asked for."""
        status = {"answered": "in-progress", "initiated": "initiated", "ringing": "ringing"}[word]
        return (self._state(call, status, now),) if word in call.states and call.state_url else ()

    def ring_states(self, call: Running, reached: Reached, now: datetime) -> tuple[Post, ...]:
        """Tell of the telephone that was rung, where it was asked for."""
        at = call.at
        if not isinstance(at, Ring) or not at.state_url:
            return ()
        answers = call.joined_at == now and call.talked is None
        if ("answered" if answers else "completed") not in at.states:
            return ()
        form = {
            **self._form(call),
            **dict.fromkeys(("From", "Caller"), at.shows or call.phone),
            **dict.fromkeys(("To", "Called"), at.number),
            "CallSid": call.leg,
            "ParentCallSid": call.session,
            "Direction": "outbound-dial",
            "CallStatus": "in-progress" if answers else STATUSES[reached or "cancelled"],
        }
        more = {} if answers else {"CallDuration": str(call.talked or 0)}
        return (self._post({**form, **more}, "status", at.state_url),)

    def ended(self, call: Running, reached: Reached, now: datetime) -> tuple[Post, ...]:
        """Tell the address for it; the application is not asked again."""
        status = STATUSES[reached or "answered"]
        at = call.at
        kept = self._kept(call, at.kept_url, call.talked or 0, "DialVerb") if isinstance(at, Ring) else ()
        if call.outgoing and ("completed" not in call.states or not call.state_url):
            return kept
        return (*kept, self._state(call, status, now, {"CallDuration": str(spent(call.answered_at, now))}))

    def _kept(self, call: Running, url: str, seconds: int, source: str) -> tuple[Post, ...]:
        if not url or not call.recording:
            return ()
        form = {
            "AccountSid": self._sid,
            "CallSid": call.session,
            "RecordingSid": call.recording.rpartition("/")[2],
            "RecordingUrl": call.recording,
            "RecordingStatus": "completed",
            "RecordingDuration": str(seconds),
            "RecordingChannels": "1",
            "RecordingSource": source,
        }
        return (replace(self._post(form, "recording", url), after_seconds=READY),)

    def _state(self, call: Running, status: str, now: datetime, more: Mapping[str, str] | None = None) -> Post:
        told = {
            "CallStatus": status,
            "Timestamp": format_datetime(now.astimezone(UTC)),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(("initiated", "ringing", "in-progress").index(status) if more is None else 3),
        }
        return self._post({**self._form(call), **told, **(more or {})}, "status", call.state_url)

    def _post(self, form: Mapping[str, str], event: str, url: str) -> Post:
        return Post(form, event, url, sign=Signer(self._token, form, str(uuid.uuid4())))

    def _status(self, call: Running) -> str:
        if call.ended_at is not None:
            return "completed"
        return "in-progress" if call.answered_at else "ringing"

    def _form(self, call: Running) -> dict[str, str]:
        sender, called = (call.line, call.phone) if call.outgoing else (call.phone, call.line)
        return {
            "CallSid": call.session,
            "AccountSid": self._sid,
            "ApiVersion": VERSION,
            "From": sender,
            "To": called,
            "Caller": sender,
            "Called": called,
            "CallStatus": self._status(call),
            "Direction": "outbound-api" if call.outgoing else "inbound",
            "FromCountry": "GH",
            "ToCountry": "GH",
        }

    def _shown(self, call: Running, status: str) -> dict[str, Any]:
        return {
            "sid": call.session,
            "account_sid": self._sid,
            "from": call.line if call.outgoing else call.phone,
            "to": call.phone if call.outgoing else call.line,
            "status": status,
            "direction": "outbound-api" if call.outgoing else "inbound",
            "api_version": VERSION,
            "uri": f"/{VERSION}/Accounts/{self._sid}/Calls/{call.session}.json",
        }


_NOT_FOUND = error(404, 20404, "The requested resource was not found")
_EARLY = {
    Fault.HTTP500: DoubleAnswer(error(500, 20500, "An internal server error has occurred")),
    Fault.HTTP429: DoubleAnswer(error(429, 20429, "Too Many Requests", {"Retry-After": "2"})),
    Fault.TIMEOUT: DoubleAnswer(error(504, 20504, "Gateway Timeout"), hang=True),
}
