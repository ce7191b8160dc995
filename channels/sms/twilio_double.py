"""Twilio's messaging service as we see it from outside: a pure double, for the simulator and the tests.

Shapes, codes and magic numbers follow the gateway's "Messages resource", "Webhook request", "Security" and "Test
credentials" pages. No I/O and no clock.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from channels.double import Callback, DoubleAnswer, Fault, LedgerLine
from channels.sms.twilio_texts_double import (
    DELIVERED_AFTER,
    PICTURE,
    PICTURE_TYPE,
    SENT_AFTER,
    Text,
    Texts,
)
from channels.twilio_double import API, VERSION, Signer, answered, basic, error
from channels.twilio_double import signature as signature  # noqa: PLC0414  spoken of by this module's name
from channels.webhook import WebhookReply, WebhookRequest

#: a number that ends so is refused, to try what an agent then reads
REFUSED_ENDING = "0000"
_UNSUBSCRIBED = (21610, "Attempt to send to unsubscribed recipient")
#: the numbers that the gateway itself refuses for whoever tries it out
MAGIC = {
    "+15005550001": (21211, "Invalid 'To' Phone Number"),
    "+15005550002": (21612, "The 'To' phone number is not currently reachable"),
    "+15005550003": (21408, "Permission to send an SMS has not been enabled for the region"),
    "+15005550004": _UNSUBSCRIBED,
    "+15005550009": (21614, "'To' number is not a valid mobile number"),
}
SLOW_SECONDS = 3.0
LONGEST = 1600
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_PATH = re.compile(
    rf"/{VERSION}/Accounts/(?P<account>[^/]+)/Messages"
    r"(?:/(?P<sid>\w+)(?P<media>/Media(?:/(?P<file>\w+))?)?)?(?:\.json)?"
)
#: what the gateway itself understands, before it tells us
_WORDS = {
    **dict.fromkeys(("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"), "STOP"),
    **dict.fromkeys(("start", "unstop", "yes"), "START"),
    **dict.fromkeys(("help", "info"), "HELP"),
}


class TwilioDouble:
    """One account at the gateway: its token, its messages, and who wrote STOP to it."""

    gateway = "twilio"

    def __init__(self, api_key: str, username: str, account: str) -> None:
        self._token, self._sid, self._account = api_key, username, account
        self._texts = Texts(username)
        self._stopped: set[str] = set()
        self._media_failures = 0

    def handle(self, request: WebhookRequest, *, now: datetime, fault: Fault | None = None) -> DoubleAnswer:
        """Answer a send or a look-up; a fault comes before everything that the gateway would check."""
        early = _EARLY.get(fault or Fault.OK)
        if early is not None:
            return early
        delay = SLOW_SECONDS if fault is Fault.SLOW else 0.0
        if request.headers.get("authorization", "") != f"Basic {basic(self._sid, self._token)}":
            return DoubleAnswer(error(401, 20003, "Authenticate"), delay=delay)
        wanted = _PATH.fullmatch(request.url.partition("?")[0])
        if wanted is None or wanted["account"] != self._sid:
            return DoubleAnswer(_NOT_FOUND, delay=delay)
        if request.method == "POST" and wanted["sid"] is None:
            return self._send(request.form, now=now, fault=fault, delay=delay)
        if request.method != "GET":
            return DoubleAnswer(error(405, 20004, "Method not allowed"), delay=delay)
        reply = self._texts.listed(request.query, now) if wanted["sid"] is None else self._one(wanted, now)
        return DoubleAnswer(reply, delay=delay)

    def incoming(
        self,
        sender: str,
        recipient: str,
        *,
        text: str,
        now: datetime,
        external_id: str | None = None,
        media: int = 0,
    ) -> Callback:
        """Take a citizen's message, with so many pictures. The gateway obeys STOP and START, and says that it did."""
        sid = external_id or f"{'MM' if media else 'SM'}{uuid.uuid4().hex}"
        known = self._texts.get(sid) or Text(sid, sender, recipient, text, now.astimezone(UTC), True, media)
        self._texts.keep(known)
        form = {
            **dict.fromkeys(("MessageSid", "SmsSid", "SmsMessageSid"), sid),
            **dict.fromkeys(("FromCity", "FromState", "FromZip", "ToCity", "ToState", "ToZip"), ""),
            "AccountSid": self._sid,
            "ApiVersion": VERSION,
            "From": sender,
            "To": recipient,
            "Body": text,
            "SmsStatus": "received",
            "NumSegments": str(known.parts),
            "NumMedia": str(known.media),
        }
        for number, file in enumerate(known.files()):
            form[f"MediaUrl{number}"] = f"{API}{self._texts.uri(sid)}/Media/{file}"
            form[f"MediaContentType{number}"] = PICTURE_TYPE
        word = _WORDS.get(text.strip().lower())
        if word is not None:
            form["OptOutType"] = word
            self._obey(word, sender)
        return self._callback(0.0, "incoming", form, sid, "delivered")

    def fail_media(self, times: int) -> None:
        """Answer so many of the next requests for a picture with a failure."""
        self._media_failures = times

    def remember(self, line: LedgerLine) -> None:
        """Take back what was sent before this double was made."""
        self._texts.keep(Text(line.id, line.sender, line.recipient, line.text, line.at.astimezone(UTC)))

    def _obey(self, word: str, sender: str) -> None:
        if word == "STOP":
            self._stopped.add(sender)
        elif word == "START":
            self._stopped.discard(sender)

    def _send(self, form: Mapping[str, str], *, now: datetime, fault: Fault | None, delay: float) -> DoubleAnswer:
        number, sender = form.get("To", ""), form.get("From") or form.get("MessagingServiceSid") or ""
        wrong = self._wrong(form, number, sender)
        if wrong is not None:
            code, message = wrong
            return DoubleAnswer(error(400, code, message), delay=delay, refused=((number, f"{code} {message}"),))
        text = Text(f"SM{uuid.uuid4().hex}", sender, number, form["Body"], now.astimezone(UTC))
        self._texts.keep(text)
        return DoubleAnswer(
            answered(201, self._texts.shown(text, text.at)),
            (LedgerLine(text.sid, self._account, self.gateway, sender, number, text.body, now),),
            # Nobody is told where nobody asked to be.
            tuple(self._reports(text, fault)) if form.get("StatusCallback") else (),
            delay,
            hang=fault is Fault.ACCEPT_THEN_HANG,
        )

    def _wrong(self, form: Mapping[str, str], number: str, sender: str) -> tuple[int, str] | None:
        if not number:
            return 21604, "A 'To' phone number is required."
        if not sender:
            return 21603, "A 'From' or 'MessagingServiceSid' is required."
        if not form.get("Body"):
            return 21602, "Message body is required."
        if len(form["Body"]) > LONGEST:
            return 21617, "The concatenated message body exceeds the 1600 character limit"
        if number in MAGIC:
            return MAGIC[number]
        if not _NUMBER.fullmatch(number) or number.endswith(REFUSED_ENDING):
            return 21211, "Invalid 'To' Phone Number"
        return _UNSUBSCRIBED if number in self._stopped else None

    def _reports(self, text: Text, fault: Fault | None) -> Iterator[Callback]:
        if fault is Fault.LOSE_REPORTS:
            return
        words = ("delivered", "sent") if fault is Fault.REORDER_REPORTS else ("sent", "delivered")
        for after, word in zip((SENT_AFTER, DELIVERED_AFTER), words, strict=True):
            form = {
                **dict.fromkeys(("MessageSid", "SmsSid"), text.sid),
                **dict.fromkeys(("MessageStatus", "SmsStatus"), word),
                "To": text.recipient,
                "MessagingServiceSid" if text.by_service else "From": text.sender,
                "AccountSid": self._sid,
                "ApiVersion": VERSION,
            }
            report = self._callback(after, "delivery", form, text.sid, word)
            yield from (report, report) if fault is Fault.DUPLICATE_REPORTS else (report,)

    def _callback(self, after: float, event: str, form: Mapping[str, str], sid: str, state: str) -> Callback:
        known = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{event}:{sid}:{form.get('MessageStatus', '')}"))
        return Callback(after, event, form, sid, state, Signer(self._token, form, known))

    def _one(self, wanted: re.Match[str], now: datetime) -> WebhookReply:
        text, file = self._texts.get(wanted["sid"]), wanted["file"]
        if text is None or file and file not in text.files():
            return _NOT_FOUND
        if file and self._media_failures:
            self._media_failures -= 1
            return _FAILED
        if file:
            return WebhookReply(200, PICTURE, PICTURE_TYPE)
        return self._texts.media(text) if wanted["media"] else answered(200, self._texts.shown(text, now))


_NOT_FOUND = error(404, 20404, "The requested resource was not found")
_FAILED = error(500, 20500, "An internal server error has occurred")
_EARLY = {
    Fault.HTTP500: DoubleAnswer(_FAILED),
    Fault.HTTP429: DoubleAnswer(error(429, 20429, "Too Many Requests", {"Retry-After": "2"})),
    Fault.TIMEOUT: DoubleAnswer(error(504, 20504, "Gateway Timeout"), hang=True),
}
