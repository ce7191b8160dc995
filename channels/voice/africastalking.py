"""Africa's Talking: telephone calls in and out, as its "Voice" pages say; our answers are XML."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, ClassVar, Literal
from urllib.parse import urlsplit

from channels.errors import AccountFault, BadAddress
from channels.http import Client
from channels.media import download
from channels.needs import Needs
from channels.numbers import e164
from channels.settings import AccountSettings, Secret
from channels.voice import africastalking_client, africastalking_forms, africastalking_xml, faults, fields
from channels.voice.africastalking_client import LIVE, SANDBOX
from channels.voice.africastalking_needs import NEEDS
from channels.voice.settings import VoiceSettings
from channels.voice.values import CallHeard, VoicePage
from channels.webhook import WebhookReply, WebhookRequest

XML = "application/xml; charset=utf-8"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
Leg = Literal["caller", "callee"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AfricasTalkingVoiceSettings(VoiceSettings):
    """``transfers`` is the side of a conversation that the gateway puts another telephone in place of."""

    username: str
    api_key: Secret
    transfers: str = "callee"

    def faults(self) -> list[str]:
        """Return what is wrong with the values together."""
        if self.transfers in ("caller", "callee"):
            return []
        return [f"transfers: {self.transfers!r} is no side of a call; caller or callee"]


class AfricasTalkingVoice:
    """One number that people call."""

    kind: ClassVar[str] = "voice"
    gateway: ClassVar[str] = "africastalking"
    settings_class: ClassVar[type[AccountSettings]] = AfricasTalkingVoiceSettings
    max_characters: ClassVar[int | None] = None
    needs: ClassVar[Needs] = NEEDS
    #: a call that is moved rings another telephone, and nobody asks us anew
    asks_anew: ClassVar[bool] = False

    def __init__(self, settings: AfricasTalkingVoiceSettings) -> None:
        self._settings = settings
        self.menu, self.answers_by, self.line = settings.menu, settings.answers_by, settings.line
        #: with this name the gateway itself only plays, and no telephone rings
        self.rehearses = settings.username == "sandbox"

    def hear(self, event: str, request: WebhookRequest) -> CallHeard:
        """Read one request; a call's last one comes to the callback ``call`` like all the others."""
        return africastalking_forms.heard(event, request, self._settings)

    def say(self, heard: CallHeard | None, page: VoicePage, *, callback: str) -> WebhookReply:
        """Render a page."""
        return WebhookReply(200, africastalking_xml.document(page, callback=callback), XML)

    def hide(self, request: WebhookRequest) -> WebhookRequest:
        """Return a request as it may be kept."""
        return fields.hidden(request, "dtmfDigits")

    def place(self, number: str, *, tag: str, callbacks: Mapping[str, str]) -> str:
        """Call a telephone. The gateway asks the callback that is entered for the number, whatever we would like."""
        to = e164(number)
        if to is None:
            raise faults.fault(BadAddress, "not a telephone number")
        form = {"username": self._settings.username, "from": self.line, "to": to, "clientRequestId": tag}
        return africastalking_client.placed(self._post("/call", form))

    def move(self, session: str, *, to: str, callbacks: Mapping[str, str]) -> None:
        """Join the citizen with another telephone, in place of the agent's."""
        number = e164(to)
        if number is None:
            raise faults.fault(BadAddress, "not a telephone number")
        form = {"username": self._settings.username, "sessionId": session, "phoneNumber": number}
        africastalking_client.moved(self._post("/callTransfer", {**form, "callLeg": self._settings.transfers}))

    def fetch(self, url: str) -> AbstractContextManager[BinaryIO]:
        """Fetch a recording. The gateway asks for no log-in there, and so none is shown to anybody."""
        base = self._settings.base_url
        parts = urlsplit(url)
        if base and parts.netloc in (urlsplit(LIVE).netloc, urlsplit(SANDBOX).netloc):
            url = f"{base}{parts.path}"
        client = Client(loopback=urlsplit(base or "").hostname in LOOPBACK)  # a double on this machine
        return download(client, url, login=("", ""), known=base or LIVE)

    def _post(self, path: str, form: Mapping[str, str]) -> object:
        settings = self._settings
        try:
            api_key = settings.read_secret(settings.api_key)
        except LookupError as error:
            raise faults.fault(AccountFault, str(error)) from None
        base = settings.base_url or (SANDBOX if self.rehearses else LIVE)
        return africastalking_client.post(base, path, form, api_key=api_key)
