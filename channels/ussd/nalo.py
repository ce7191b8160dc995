"""Nalo USSD: JSON in capitals with the latest input alone; true means the first request, and later: go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from channels.base import Heard
from channels.settings import AccountSettings
from channels.ussd import requests
from channels.ussd.dialled import Dialled, reply
from channels.ussd.settings import UssdSettings
from channels.webhook import WebhookReply, WebhookRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class NaloSettings(UssdSettings):
    """``user`` is the USERID that this gateway has given to the account."""

    user: str


class NaloUssd(Dialled):
    """One code. Its turns have no number: only a session's first and last are known again."""

    gateway: ClassVar[str] = "nalo"
    settings_class: ClassVar[type[AccountSettings]] = NaloSettings
    max_characters: ClassVar[int | None] = 120

    def __init__(self, settings: NaloSettings) -> None:
        super().__init__(settings)
        self._user = settings.user

    def hear(self, request: WebhookRequest) -> Heard:
        """Read one request."""
        found = requests.fields(request)
        session = requests.session(found, "SESSIONID")
        who = requests.caller(found, "MSISDN", region=self._settings.region)
        begins = requests.flag(found, "MSGTYPE")
        return Heard(session, who, None if begins else requests.text(found, "USERDATA", default=""))

    def say(self, heard: Heard | None, screen: str, *, ends: bool, step: str = "") -> WebhookReply:
        """Answer with the account's user and the number."""
        number = heard.address.value.removeprefix("+") if heard else ""
        answer = {"USERID": self._user, "MSISDN": number, "MSG": screen, "MSGTYPE": not ends}
        return reply(answer)
