"""Twilio: telephone calls in and out, as its voice pages say; our answers are TwiML, and its callbacks are signed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO, ClassVar
from urllib.parse import urlsplit, urlunsplit

from channels import twilio_client, twilio_signature
from channels.errors import AccountFault, BadAddress, OutcomeUnknown, SendError
from channels.http import Client
from channels.media import MediaFault, download
from channels.needs import Needs
from channels.numbers import e164
from channels.settings import AccountSettings, Secret
from channels.voice import faults, fields, twilio_codes, twilio_forms, twilio_xml
from channels.voice.links import link
from channels.voice.settings import VoiceSettings
from channels.voice.twilio_needs import NEEDS
from channels.voice.values import CallHeard, VoicePage, What
from channels.webhook import WebhookReply, WebhookRequest

XML = "text/xml; charset=utf-8"
API = "https://api.twilio.com"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
#: what we want to be told of a call of ours
STATES = ["initiated", "ringing", "answered", "completed"]
#: the form in which recordings are fetched; the gateway's address has no ending
SOUND = ".mp3"
#: asks that the gateway tells of nothing by a document: an empty answer
_TOLD = (What.ENDED, What.KEPT, What.OTHER, What.JOINED)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioVoiceSettings(VoiceSettings):
    """``other_auth_token`` is accepted in signatures too, while the token is being changed."""

    account_sid: str
    auth_token: Secret
    other_auth_token: Secret | None = None


class TwilioVoice:
    """One number that people call."""

    kind: ClassVar[str] = "voice"
    gateway: ClassVar[str] = "twilio"
    settings_class: ClassVar[type[AccountSettings]] = TwilioVoiceSettings
    max_characters: ClassVar[int | None] = None
    needs: ClassVar[Needs] = NEEDS
    #: all tries together must end within the 15 seconds that it waits; a fragment is neither sent nor signed
    hook_suffix: ClassVar[str] = "#rc=2&ct=2000&rt=5000&rp=ct,rt,5xx"
    #: a call that is moved asks the callback ``call`` what to say next
    asks_anew: ClassVar[bool] = True

    def __init__(self, settings: TwilioVoiceSettings) -> None:
        self._settings = settings
        self.menu, self.answers_by, self.line = settings.menu, settings.answers_by, settings.line

    def verify(self, request: WebhookRequest) -> None:
        """Refuse what was not signed with our token for our public address."""
        settings = self._settings
        secrets = (settings.auth_token, settings.other_auth_token)
        twilio_signature.verify(request, (settings.read_secret(secret) for secret in secrets if secret))

    def hear(self, event: str, request: WebhookRequest) -> CallHeard:
        """Read one request."""
        return twilio_forms.heard(event, request, self._settings, account_sid=self._settings.account_sid)

    def say(self, heard: CallHeard | None, page: VoicePage, *, callback: str) -> WebhookReply:
        """Render a page; what only tells of something is answered with an empty document."""
        told = heard is not None and heard.what in _TOLD
        return WebhookReply(200, twilio_xml.EMPTY if told else twilio_xml.document(page, callback=callback), XML)

    def hide(self, request: WebhookRequest) -> WebhookRequest:
        """Return a request as it may be kept."""
        return fields.hidden(request, "Digits")

    def warm(self) -> None:
        """Import the SDK before the worker forks, so that each job need not."""
        try:
            _ = self._service.client.calls
        except SendError:
            return  # a key that cannot be read is told with each call

    def place(self, number: str, *, tag: str, callbacks: Mapping[str, str]) -> str:
        """Call a telephone. The tag stands in both addresses: the gateway keeps none of its own."""
        to = e164(number)
        if to is None:
            raise faults.fault(BadAddress, "not a telephone number")
        told = {"url": link(callbacks["call"], tag=tag), "method": "POST"}
        if "status" in callbacks:
            status = link(callbacks["status"], tag=tag)
            told |= {"status_callback": status, "status_callback_method": "POST"}
        with self._calls() as calls:
            made = calls.create(to=to, from_=self.line, status_callback_event=STATES, **told)
        if not made.sid:
            raise faults.fault(OutcomeUnknown, "the gateway's answer names no call")
        return str(made.sid)

    def move(self, session: str, *, to: str, callbacks: Mapping[str, str]) -> None:
        """Let the citizen's call ask anew: ``anew=1`` in the address tells it from keys that were not pressed."""
        with self._calls() as calls:
            calls(session).update(url=link(callbacks["call"], anew=1), method="POST")

    def fetch(self, url: str) -> AbstractContextManager[BinaryIO]:
        """Fetch a recording: a resource of the account."""
        settings = self._settings
        parts, base = urlsplit(url), urlsplit(settings.base_url or API)
        if parts.netloc not in (urlsplit(API).netloc, base.netloc):
            raise MediaFault("It was not fetched: the address is not the gateway's.", refused=True)
        try:
            login = (settings.account_sid, settings.read_secret(settings.auth_token))
        except LookupError as error:
            raise MediaFault("An administrator has to mend the account; it is tried again.", again=True) from error
        client = Client(loopback=base.hostname in LOOPBACK)  # a double on this machine
        path = parts.path.removesuffix(".json").removesuffix(SOUND) + SOUND
        own = urlunsplit((base.scheme, base.netloc, base.path + path, "", ""))
        return self._patient(download(client, own, login=login, known=f"{base.scheme}://{base.netloc}"))

    @contextmanager
    def _patient(self, found: AbstractContextManager[BinaryIO]) -> Iterator[BinaryIO]:
        """Try again what is not there: the gateway tells of a recording before it can give it out."""
        try:
            file = found.__enter__()
        except MediaFault as error:
            raise MediaFault(str(error), again=not error.refused, refused=error.refused) from error
        try:
            yield file
        finally:
            found.__exit__(None, None, None)

    @contextmanager
    def _calls(self) -> Iterator[Any]:
        """Give the SDK's list of calls; whatever goes wrong with it is raised as an error of ours."""
        service = self._service
        service.transport.forget()
        try:
            yield service.client.calls
        except SendError:
            raise
        except Exception as error:  # noqa: BLE001  the SDK's own classes are not imported before they are needed
            answer = service.transport.last()
            if answer is None:
                raise faults.lost(error) from None
            raise twilio_codes.refusal(answer.status, answer.code, answer.retry_after) from None

    @cached_property
    def _service(self) -> twilio_client.Service:
        settings = self._settings
        try:
            token = settings.read_secret(settings.auth_token)
        except LookupError as error:
            raise faults.fault(AccountFault, str(error)) from None
        return twilio_client.service(settings.account_sid, token, base_url=settings.base_url)
