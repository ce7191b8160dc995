"""Twilio: SMS and MMS in, SMS out, delivery reports and opt-outs, as its messaging pages say; callbacks are signed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, BinaryIO, ClassVar
from urllib.parse import urlsplit, urlunsplit

from cases.messages import Inbound, InboundMessage, OutboundMessage, Receipt
from channels import twilio_client, twilio_signature
from channels.errors import AccountFault, BadAddress, OutcomeUnknown, SendError, unanswered
from channels.http import Client
from channels.media import MediaFault, download
from channels.needs import Needs
from channels.settings import AccountSettings, Secret
from channels.sms import numbers, twilio_codes, twilio_forms
from channels.sms.twilio_needs import NEEDS
from channels.webhook import Route, WebhookReply, WebhookRequest

#: an empty document: plain text would be sent to the citizen as our answer
SILENCE = WebhookReply(200, '<?xml version="1.0" encoding="UTF-8"?><Response/>', content_type="text/xml; charset=utf-8")
#: the gateway's times have whole seconds, and its clock is not ours
SKEW = timedelta(seconds=10)
#: of the messages to one number, so many of the newest are looked through
LOOKED_THROUGH, PAGE = 200, 100
API = "https://api.twilio.com"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioSettings(AccountSettings):
    """Keys of an account block. ``sender``: a number or a name; without it ``messaging_service``, else the address.

    ``other_auth_token`` is accepted in signatures too, while the token is being changed. ``status_callback`` is
    filled in where the installation has an address that the gateway can reach.
    """

    account_sid: str
    auth_token: Secret
    other_auth_token: Secret | None = None
    messaging_service: str | None = None
    sender: str | None = None
    region: str | None = None
    status_callback: str | None = None


class TwilioSms:
    """One number at the gateway, or a messaging service with several."""

    kind: ClassVar[str] = "sms"
    gateway: ClassVar[str] = "twilio"
    settings_class: ClassVar[type[AccountSettings]] = TwilioSettings
    max_characters: ClassVar[int | None] = 1600
    needs: ClassVar[Needs] = NEEDS
    #: without it the gateway drops a message whose callback failed; a fragment is neither sent nor signed
    hook_suffix: ClassVar[str] = "#rc=3&rp=ct,rt,5xx"

    def __init__(self, settings: TwilioSettings) -> None:
        self._settings = settings

    def routes(self) -> Sequence[Route]:
        """Return the callbacks; an opt-out comes with the message that asked for it."""
        return (
            Route("incoming", twilio_forms.sid, self._incoming, SILENCE),
            Route("delivery", twilio_forms.report_key, self._delivery, SILENCE),
        )

    def verify(self, request: WebhookRequest) -> None:
        """Refuse what was not signed with our token for our public address."""
        settings = self._settings
        secrets = (settings.auth_token, settings.other_auth_token)
        twilio_signature.verify(request, (settings.read_secret(secret) for secret in secrets if secret))

    def warm(self) -> None:
        """Import the SDK and load its list of messages before the worker forks, so that each job need not."""
        with suppress(SendError):  # a key that cannot be read is told with each message
            _ = self._service.messages

    def send(self, message: OutboundMessage) -> Receipt:
        """Send one SMS. There is no idempotency key: an answer that does not come leaves the outcome unknown."""
        with self._messages() as messages:
            made = messages.create(to=_number(message), body=message.text, **self._sender())
        return _receipt(made)

    def find(self, message: OutboundMessage, since: datetime) -> Receipt | None:
        """Look a message up by its number and its words, for the gateway keeps no reference of ours.

        The list is not narrowed by date: a message that still waits there has no date of sending.
        """
        with self._messages() as messages:
            for one in messages.stream(to=_number(message), limit=LOOKED_THROUGH, page_size=PAGE):
                if one.direction != "inbound" and _at(one) >= since - SKEW and _same(one.body, message.text):
                    return Receipt(one.sid, _cost(one))
        return None

    def inbox(self, since: datetime) -> Iterator[InboundMessage]:
        """List what citizens sent to our number, oldest first; the list has no opt-outs and no names of places."""
        first = since.astimezone(UTC) - SKEW
        with self._messages() as messages:
            every = messages.stream(to=self._settings.address, date_sent_after=first, page_size=PAGE)
            newest_first = [one for one in every if one.direction == "inbound" and _at(one) >= first]
            found = newest_first[::-1]  # a second may hold several, and sorting keeps their order
            return iter([self._listed(one) for one in sorted(found, key=_at)])

    def fetch(self, url: str) -> AbstractContextManager[BinaryIO]:
        """Fetch a file of a message: a resource of the account, which sends us on to where the bytes lie."""
        settings = self._settings
        parts, base = urlsplit(url), urlsplit(settings.base_url or API)
        if parts.netloc not in (urlsplit(API).netloc, base.netloc):
            raise MediaFault("It was not fetched: the address is not the gateway's.", refused=True)
        try:
            login = (settings.account_sid, settings.read_secret(settings.auth_token))
        except LookupError as error:
            raise MediaFault("An administrator has to mend the account; it is tried again.", again=True) from error
        client = Client(loopback=base.hostname in LOOPBACK)  # a double on this machine
        own = urlunsplit((base.scheme, base.netloc, base.path + parts.path, parts.query, ""))
        return download(client, own, login=login, known=f"{base.scheme}://{base.netloc}")

    @contextmanager
    def _messages(self) -> Iterator[Any]:
        """Give the SDK's list of messages; whatever goes wrong with it is raised as an error of ours."""
        service = self._service
        service.transport.forget()
        try:
            yield service.messages
        except SendError:
            raise
        except Exception as error:  # noqa: BLE001  the SDK's own classes are not imported before they are needed
            answer = service.transport.last()
            if answer is None:
                raise unanswered(error) from None
            raise twilio_codes.refusal(answer.status, answer.code, answer.retry_after) from None

    @cached_property
    def _service(self) -> twilio_client.Service:
        settings = self._settings
        try:
            token = settings.read_secret(settings.auth_token)
        except LookupError as error:
            raise AccountFault(str(error)) from None
        return twilio_client.service(settings.account_sid, token, base_url=settings.base_url)

    def _sender(self) -> dict[str, str]:
        settings = self._settings
        found = {"status_callback": settings.status_callback} if settings.status_callback else {}
        if settings.messaging_service and not settings.sender:
            return {**found, "messaging_service_sid": settings.messaging_service}
        return {**found, "from_": settings.sender or settings.address}

    def _incoming(self, request: WebhookRequest) -> tuple[WebhookReply, Sequence[Inbound]]:
        settings = self._settings
        return SILENCE, twilio_forms.incoming(request, account=settings.id, channel=self.kind, region=settings.region)

    def _delivery(self, request: WebhookRequest) -> tuple[WebhookReply, Sequence[Inbound]]:
        return SILENCE, twilio_forms.delivery(request, account=self._settings.id)

    def _listed(self, one: Any) -> InboundMessage:
        media = one.media.list(limit=twilio_forms.MOST_MEDIA) if (one.num_media or "0") != "0" else ()
        return InboundMessage(
            account=self._settings.id,
            channel=self.kind,
            sender=numbers.sender(one.from_ or "", region=self._settings.region),
            recipient=one.to or self._settings.address,
            text=one.body or "",
            external_id=one.sid,
            sent_at=_at(one),
            attachments=tuple(
                twilio_forms.attachment(API + str(m.uri).removesuffix(".json"), m.content_type) for m in media
            ),
        )


def _number(message: OutboundMessage) -> str:
    number = numbers.e164(message.recipient.value)
    if number is None:
        raise BadAddress("not a telephone number")
    return number


def _receipt(made: Any) -> Receipt:
    if not made.sid:
        raise OutcomeUnknown("the gateway's answer names no message")
    if made.status in ("failed", "undelivered", "canceled"):
        raise twilio_codes.failure(str(made.error_code or made.status), "it failed at once")
    return Receipt(str(made.sid), _cost(made))


def _cost(one: Any) -> str | None:
    return f"{one.price_unit or ''} {str(one.price).lstrip('-')}".strip() if one.price else None


def _at(one: Any) -> datetime:
    found: datetime | None = one.date_created or one.date_sent
    return found or datetime.min.replace(tzinfo=UTC)


def _same(body: str | None, text: str) -> bool:
    # What the gateway itself puts before the words of a trial account is not ours.
    told = (body or "").removeprefix("Sent from your Twilio trial account - ")
    return told.split() == text.split()
