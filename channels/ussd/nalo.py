"""Nalo USSD: JSON in capitals with the latest input alone; true means the first request, and later: go on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import ClassVar

from channels.base import Heard
from channels.dialogue.pages import Budget
from channels.settings import AccountSettings
from channels.ussd import requests
from channels.ussd.settings import UssdSettings
from channels.webhook import WebhookReply, WebhookRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class NaloSettings(UssdSettings):
    """``user`` is the USERID that this gateway has given to the account."""

    user: str


class NaloUssd:
    """One code. Its turns have no number: only a session's first and last are known again."""

    kind: ClassVar[str] = "ussd"
    gateway: ClassVar[str] = "nalo"
    settings_class: ClassVar[type[AccountSettings]] = NaloSettings
    max_characters: ClassVar[int | None] = 120

    def __init__(self, settings: NaloSettings) -> None:
        self._settings = settings
        self.menu, self.answers_by = settings.menu, settings.answers_by
        self.budget = Budget(settings.page, settings.page_wide)

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
        answer = {"USERID": self._settings.user, "MSISDN": number, "MSG": screen, "MSGTYPE": not ends}
        return WebhookReply(200, json.dumps(answer), "application/json")
