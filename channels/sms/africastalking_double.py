"""Africa's Talking's SMS service as we see it from outside: a pure double, for the simulator and the tests.

Shapes and codes follow the gateway's "Sending", "Notifications" and "Fetch messages" pages. No I/O and no clock.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from channels.double import Callback, DoubleAnswer, Fault, LedgerLine
from channels.sms import segments
from channels.webhook import WebhookReply, WebhookRequest

PATH = "/version1/messaging"
#: the sandbox's code of the network, whatever the number
NETWORK = "99999"
#: a number that ends so is refused, to try what an agent then reads
REFUSED_ENDING = "0000"
SHARED_SENDER = "AFRICASTKNG"
SLOW_SECONDS = 3.0
FIRST_REPORT, LAST_REPORT = 0.2, 0.6
PRICE = 0.0079  # of one part, in _CURRENCY
_CURRENCY = "USD"
_INBOX, _BATCH = 10_000, 100
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_PLAIN = "text/plain; charset=UTF-8"
_STATES = {"Sent": "sent", "Success": "delivered"}


class AfricasTalkingDouble:
    """One account at the gateway: its key, its inbox."""

    gateway = "africastalking"

    def __init__(self, api_key: str, username: str, account: str) -> None:
        self._api_key, self._username, self._account = api_key, username, account
        self._inbox: dict[str, dict[str, Any]] = {}
        self._last = 0

    def handle(self, request: WebhookRequest, *, now: datetime, fault: Fault | None = None) -> DoubleAnswer:
        """Answer a send or a fetch of the inbox; a fault comes before everything that the gateway would check."""
        early = _EARLY.get(fault or Fault.OK)
        if early is not None:
            return early
        delay = SLOW_SECONDS if fault is Fault.SLOW else 0.0
        if not request.url.partition("?")[0].endswith(PATH):
            return DoubleAnswer(WebhookReply(404, "The requested resource could not be found.", _PLAIN), delay=delay)
        if request.method not in ("GET", "POST"):
            return DoubleAnswer(WebhookReply(405, "HTTP method not allowed", _PLAIN), delay=delay)
        fields = request.form if request.method == "POST" else request.query
        if request.headers.get("apikey") != self._api_key or fields.get("username") != self._username:
            return DoubleAnswer(_UNKNOWN_KEY, delay=delay)
        if request.method == "GET":
            return DoubleAnswer(self._fetch(fields.get("lastReceivedId", "0")), delay=delay)
        return self._send(request, now=now, fault=fault, delay=delay)

    def incoming(
        self, sender: str, recipient: str, *, text: str, now: datetime, external_id: str | None = None
    ) -> Callback:
        """Take a citizen's message; as at the gateway, the callback's ``id`` is another than the inbox's number."""
        known, at = external_id or str(uuid.uuid4()), now.astimezone(UTC)
        if known not in self._inbox:
            self._last = max(int(at.timestamp() * 1000), self._last + 1)
            date = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            self._inbox[known] = {
                "linkId": "", "text": text, "to": recipient, "id": self._last, "date": date, "from": sender
            }  # fmt: skip
            if len(self._inbox) > _INBOX:
                del self._inbox[next(iter(self._inbox))]
        form = {
            "linkId": "",
            "text": text,
            "to": recipient,
            "id": known,
            "date": f"{at:%Y-%m-%d %H:%M:%S}",
            "from": sender,
            "networkCode": NETWORK,
            "cost": f"{_CURRENCY} 0.0000",
        }
        return Callback(0.0, "incoming", form, known, "delivered")

    def _fetch(self, last: str) -> WebhookReply:
        if not last.isdigit():
            return WebhookReply(400, "The query parameter 'lastReceivedId' was malformed", _PLAIN)
        found = [message for message in self._inbox.values() if message["id"] > int(last)][:_BATCH]
        return _json(200, {"Messages": found})

    def _send(self, request: WebhookRequest, *, now: datetime, fault: Fault | None, delay: float) -> DoubleAnswer:
        form = request.form
        for name in ("to", "message"):
            if not form.get(name):
                return DoubleAnswer(
                    WebhookReply(400, f"Request is missing required form field '{name}'", _PLAIN), delay=delay
                )
        sender, text = form.get("from") or SHARED_SENDER, form["message"]
        parts = segments.count(text).parts
        # enqueue=1 answers "queued", and the sending comes later; without it the gateway says "sent".
        code = 102 if form.get("enqueue") == "1" else 101
        recipients, lines, refused = [], [], []
        for number in (part.strip() for part in form["to"].split(",")):
            if not _NUMBER.fullmatch(number) or number.endswith(REFUSED_ENDING):
                recipients.append(_recipient(number, code=403, status="InvalidPhoneNumber"))
                refused.append((number, "InvalidPhoneNumber"))
                continue
            line = LedgerLine(f"ATXid_{uuid.uuid4().hex}", self._account, self.gateway, sender, number, text, now)
            lines.append(line)
            cost = f"{_CURRENCY} {PRICE * parts:.4f}"
            recipients.append(_recipient(number, code=code, status="Success", external_id=line.id, cost=cost))
        summary = (
            f"Sent to {len(lines)}/{len(recipients)} Total Cost: {_CURRENCY} {PRICE * parts * len(lines):.4f}"
            f" Message parts: {parts}"
        )
        return DoubleAnswer(
            _json(201, {"Message": summary, "Recipients": recipients}),
            tuple(lines),
            tuple(report for line in lines for report in _reports(line, fault)),
            delay,
            hang=fault is Fault.ACCEPT_THEN_HANG,
            refused=tuple(refused),
        )


def _recipient(number: str, *, code: int, status: str, external_id: str = "None", cost: str = "0") -> dict[str, Any]:
    return {"cost": cost, "messageId": external_id, "number": number, "status": status, "statusCode": code}


def _reports(line: LedgerLine, fault: Fault | None) -> Iterator[Callback]:
    if fault is Fault.LOSE_REPORTS:
        return
    words = ("Success", "Sent") if fault is Fault.REORDER_REPORTS else ("Sent", "Success")
    for after, word in zip((FIRST_REPORT, LAST_REPORT), words, strict=True):
        form = {
            "id": line.id,
            "status": word,
            "phoneNumber": line.recipient,
            "networkCode": NETWORK,
            "retryCount": "0",
        }
        report = Callback(after, "delivery", form, line.id, _STATES[word])
        yield from (report, report) if fault is Fault.DUPLICATE_REPORTS else (report,)


def _json(status: int, data: dict[str, Any]) -> WebhookReply:
    # The bare type: with a charset behind it the SDK hands the body through unread.
    return WebhookReply(status, json.dumps({"SMSMessageData": data}), "application/json")


_UNKNOWN_KEY = WebhookReply(
    401, "The supplied authentication is invalid", _PLAIN, {"WWW-Authenticate": 'Basic realm="api",charset=UTF-8'}
)
_EARLY = {
    Fault.HTTP500: DoubleAnswer(WebhookReply(500, "There was an internal server error.", _PLAIN)),
    Fault.HTTP429: DoubleAnswer(WebhookReply(429, "Too many requests", _PLAIN, {"Retry-After": "2"})),
    Fault.TIMEOUT: DoubleAnswer(WebhookReply(504, "The server was not able to respond in time.", _PLAIN), hang=True),
}
