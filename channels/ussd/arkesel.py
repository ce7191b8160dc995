"""Arkesel USSD: JSON with the latest input alone; the answer says whether the session goes on."""

from __future__ import annotations

from typing import ClassVar

from channels.base import Heard
from channels.needs import UNSIGNED, Needs, Step
from channels.ussd import requests
from channels.ussd.dialled import Dialled, reply
from channels.webhook import WebhookReply, WebhookRequest

NEEDS = Needs(
    name="Arkesel",
    steps=(
        Step("Ask the gateway for a code. What people dial is the account's address.", keys=("address",)),
        Step(
            "In the dashboard, under USSD, your code, enter this address as the callback URL, or give it to the "
            "gateway's support where the dashboard has no such field.",
            event="session",
        ),
        Step("Say who writes to people who dialled: an SMS account.", keys=("answers_by",)),
        Step("Dial the code on every operator's network."),
    ),
    trust=UNSIGNED,
    limits=(
        "Requests and answers are JSON; each request holds the latest input alone.",
        "Turns have no number: an input that comes twice in the middle of a session counts twice.",
        "A session ends after some two and a half minutes without an input; whoever is cut off may go on within a day.",
    ),
)


class ArkeselUssd(Dialled):
    """One code. Its turns have no number: only a session's first and last are known again."""

    gateway: ClassVar[str] = "arkesel"
    needs: ClassVar[Needs] = NEEDS
    keyed: ClassVar[str] = "userData"

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
