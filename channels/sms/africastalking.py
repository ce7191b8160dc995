"""Africa's Talking: SMS in, out, delivery reports and opt-outs,
as its "SMS › Notifications" and "Sending" pages say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, ClassVar

import requests

from cases.messages import (
    FETCHED,
    DeliveryReport,
    DeliveryStatus,
    Inbound,
    InboundMessage,
    OptOut,
    OutboundMessage,
    Receipt,
)
from channels.errors import (
    AccountFault,
    BadAddress,
    GatewayDown,
    OutcomeUnknown,
    Refused,
    SendError,
    Throttled,
    UnknownCode,
    unanswered,
)
from channels.needs import Needs
from channels.settings import AccountSettings, Secret
from channels.sms import africastalking_client, numbers
from channels.sms.africastalking_codes import ACCEPTED, FAILURES, REPORTS, SEND_CODES, SEND_WORDS
from channels.sms.africastalking_needs import NEEDS
from channels.sms.segments import MOST_PARTS
from channels.webhook import Route, WebhookReply, WebhookRequest

TIMEOUT = (3.05, 10.0)
#: pages of the inbox in one reading; more is read the next time
MOST_PAGES = 500
_UNREADABLE = "the gateway's answer could not be read"
_DATES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d+%H:%M:%S")
OK = WebhookReply(200, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class AfricasTalkingSettings(AccountSettings):
    """Keys of an account block. ``sender``: a registered name or a short code; without it the account's own address."""

    username: str
    api_key: Secret
    sender: str | None = None
    region: str | None = None


class AfricasTalkingSms:
    """One SMS account: a short code, a long number or, for sending alone, a sender name."""

    kind: ClassVar[str] = "sms"
    gateway: ClassVar[str] = "africastalking"
    settings_class: ClassVar[type[AccountSettings]] = AfricasTalkingSettings
    max_characters: ClassVar[int | None] = 153 * MOST_PARTS
    needs: ClassVar[Needs] = NEEDS

    def __init__(self, settings: AfricasTalkingSettings) -> None:
        self._settings = settings
        self._read_up_to = 0
        #: with this name the gateway itself only plays, and no message reaches a telephone
        self.rehearses = settings.username == "sandbox"

    def routes(self) -> Sequence[Route]:
        """Return the callbacks; ``optout`` also takes subscription notices, which say nothing about a message."""
        return (
            Route("incoming", lambda request: request.form.get("id") or None, self._incoming),
            Route("delivery", _report_key, self._delivery),
            Route("optout", lambda _: None, self._opt_out),
        )

    def warm(self) -> None:
        """Import the SDK before the worker forks, so that each job need not."""
        with suppress(SendError):  # a key that cannot be read is told with each message
            _ = self._service

    def send(self, message: OutboundMessage) -> Receipt:
        """Send one SMS. There is no idempotency key: an answer that does not come leaves the outcome unknown."""
        number = numbers.e164(message.recipient.value)
        if number is None:
            raise BadAddress("not a telephone number")
        service, sender = self._service, self._settings.sender or self._settings.address
        africastalking_client.forget()
        try:
            answer = service.send(message.text, [number], sender, enqueue=True, timeout=TIMEOUT)
        except requests.TooManyRedirects as error:  # somebody else answered in the gateway's place
            raise GatewayDown(type(error).__name__) from None
        except Exception as error:  # noqa: BLE001  the SDK's own class is not imported before it is needed
            refused = africastalking_client.last_answer()
            raise (unanswered(error) if refused is None else _http_error(refused)) from None
        return _receipt(answer)

    def inbox(self, since: datetime) -> Iterator[InboundMessage]:
        """List what citizens wrote, page by page. The list numbers messages otherwise than the callbacks do."""
        last = self._read_up_to
        for _ in range(MOST_PAGES):
            page = self._page(last)
            for row in page:
                last = max(last, int(row["id"]))
                message = self._listed(row)
                if message.sent_at is None or message.sent_at >= since:
                    yield message
                else:
                    self._read_up_to = last  # older than asked for: never to be read again
            if not page:
                return

    def _page(self, last: int) -> Sequence[Any]:
        service = self._service
        africastalking_client.forget()
        try:
            answer = service.fetch_messages(last)
            data = json.loads(answer) if isinstance(answer, str) else answer
            return list(data["SMSMessageData"]["Messages"])
        except Exception as error:  # noqa: BLE001  as in send
            refused = africastalking_client.last_answer()
            raise (unanswered(error) if refused is None else _http_error(refused)) from None

    def _listed(self, row: Any) -> InboundMessage:
        settings = self._settings
        return InboundMessage(
            account=settings.id,
            channel=self.kind,
            sender=numbers.sender(str(row["from"]), region=settings.region),
            recipient=str(row["to"]),
            text=str(row["text"]),
            external_id=f"{FETCHED}{row['id']}",
            sent_at=_date(str(row["date"])),
        )

    @cached_property
    def _service(self) -> Any:
        settings = self._settings
        try:
            api_key = settings.read_secret(settings.api_key)
        except LookupError as error:
            raise AccountFault(str(error)) from None
        return africastalking_client.service(settings.username, api_key, base_url=settings.base_url)

    def _incoming(self, request: WebhookRequest) -> tuple[WebhookReply, Sequence[Inbound]]:
        form = request.form
        _refuse_other_products(form)
        sender, recipient = _needed(form, "from"), _needed(form, "to")
        if "text" not in form:
            raise Refused("text", "is missing; an incoming message has one, be it empty")
        message = InboundMessage(
            account=self._settings.id,
            channel=self.kind,
            sender=numbers.sender(sender, region=self._settings.region),
            recipient=recipient,
            text=form["text"],
            external_id=form.get("id") or None,
            sent_at=_date(form.get("date")),
            extra={key: form[key] for key in ("linkId", "networkCode", "cost") if form.get(key)},
        )
        return OK, [message]

    def _delivery(self, request: WebhookRequest) -> tuple[WebhookReply, Sequence[Inbound]]:
        form = request.form
        _refuse_other_products(form)
        external_id, word = _needed(form, "id"), _needed(form, "status")
        if word not in REPORTS:
            raise Refused("status", f"{word[:40]!r} is in no table of delivery reports")
        status, reason = REPORTS[word]
        failure = form.get("failureReason")
        if failure and status is not DeliveryStatus.SENT:
            reason = FAILURES.get(failure, f"The operator's reason: {failure[:60]}.")
        address = numbers.e164(form.get("phoneNumber", "").strip(), region=self._settings.region)
        return OK, [DeliveryReport(self._settings.id, external_id, status, reason, address=address)]

    def _opt_out(self, request: WebhookRequest) -> tuple[WebhookReply, Sequence[Inbound]]:
        form = request.form
        _refuse_other_products(form)
        phone = _needed(form, "phoneNumber")
        if form.get("updateType"):
            if form["updateType"].casefold() not in ("addition", "deletion"):
                raise Refused("updateType", f"{form['updateType'][:40]!r} is neither addition nor deletion")
            return OK, []  # a premium subscription: we have none, and it asks nothing of us
        _needed(form, "senderId")
        return OK, [OptOut(self._settings.id, numbers.sender(phone, region=self._settings.region))]


def _report_key(request: WebhookRequest) -> str | None:
    external_id, status = request.form.get("id"), request.form.get("status")
    return f"{external_id}:{status}" if external_id and status else None


def _needed(form: Any, name: str) -> str:
    value: str = form.get(name, "").strip()
    if not value:
        raise Refused(name, "is missing")
    return value


#: a field that only another product's callbacks carry → that product
_OTHERS = {
    "callerNumber": "voice",
    "callSessionState": "voice",
    "isActive": "voice",
    "dtmfDigits": "voice",
    "serviceCode": "USSD",
    "lastAppResponse": "USSD",
    "transactionId": "airtime or payments",
    "productName": "payments",
    "sourceIpAddress": "airtime",
}


def _refuse_other_products(form: Any) -> None:
    for field, product in _OTHERS.items():
        if field in form:
            raise Refused(field, f"belongs to {product}, not to SMS; mend the callback address at the gateway")


def _date(text: str | None) -> datetime | None:
    if not text:
        return None
    for pattern in _DATES:
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
    try:
        at = datetime.fromisoformat(text)
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # the first and the last day have offsets that lead out of the calendar
        raise Refused("date", f"{text[:40]!r} is no date that this gateway documents") from None
    # fromisoformat would take a date alone or a time without seconds; the gateway sends neither
    if len(text) < len("2026-01-01T00:00:00"):
        raise Refused("date", f"{text[:40]!r} lacks its seconds")
    return at


def _http_error(answer: requests.Response) -> SendError:
    status, code = answer.status_code, f"HTTP {answer.status_code}"
    if status == 429:
        return Throttled("too many requests", code=code, retry_after=_seconds(answer.headers.get("Retry-After")))
    if status in (401, 403):
        return AccountFault("the key was refused", code=code)
    if status >= 500:
        return GatewayDown("the gateway failed", code=code)
    if status < 300:  # accepted, as far as the status says, in words that the SDK could not read
        return OutcomeUnknown(_UNREADABLE)
    return SendError("the gateway refused the request", code=code)


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isdigit() else None


def _receipt(answer: Any) -> Receipt:
    line, words = _read(answer)
    if line is None:
        kind, text = SEND_WORDS.get(words, (UnknownCode, None))
        raise kind(f"refused: {words[:60]}", code=words[:60], agent_text=text)
    code, external_id = line.get("statusCode"), line.get("messageId")
    known = code if isinstance(code, int) else -1
    if known in ACCEPTED and external_id and external_id != "None":
        return Receipt(str(external_id), line.get("cost"))
    kind, text = SEND_CODES.get(known, (UnknownCode, None))
    raise kind(f"refused with {code}", code=str(code), agent_text=text)


def _read(answer: Any) -> tuple[dict[str, Any] | None, str]:
    """Return the recipient's line, or None and the gateway's words where it refused the whole request."""
    try:
        # With any other content type than the bare one the SDK hands the text through unread.
        data = (json.loads(answer) if isinstance(answer, str) else answer)["SMSMessageData"]
        line, words = data["Recipients"][0] if data["Recipients"] else None, str(data.get("Message", ""))
        if isinstance(line, dict | None):
            return line, words
    except (ValueError, LookupError, TypeError, AttributeError):
        pass
    raise OutcomeUnknown(_UNREADABLE)
