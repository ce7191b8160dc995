"""Arkesel USSD: JSON with the latest input alone; the answer says whether the session goes on."""

from __future__ import annotations

from typing import ClassVar

from channels.base import Heard
from channels.ussd import requests
from channels.ussd.dialled import Dialled, reply
from channels.webhook import WebhookReply, WebhookRequest


class ArkeselUssd(Dialled):
    """One code. Its turns have no number: only a session's first and last are known again."""

    gateway: ClassVar[str] = "arkesel"

    def hear(self, request: WebhookRequest) -> Heard:
        """Read one request; the first one's ``userData`` is the code that was dialled."""
        found = requests.fields(request)
        session = requests.session(found, "sessionID")
        who = requests.caller(found, "msisdn", region=self._settings.region)
        begins = requests.flag(found, "newSession")
        return Heard(session, who, None if begins else requests.text(found, "userData", default=""))

    def say(self, heard: Heard | None, screen: str, *, ends: bool, step: str = "") -> WebhookReply:
        """Answer with the request's own ids."""
        session, number = (heard.session, heard.address.value.removeprefix("+")) if heard else ("", "")
        answer = {
            "sessionID": session,
            "userID": self._settings.id,
            "msisdn": number,
            "message": screen,
            "continueSession": not ends,
        }
        return reply(answer)
