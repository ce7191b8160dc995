"""Nalo USSD: JSON in capitals with the latest input alone; true means the first request, and later: go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from channels.base import Heard
from channels.needs import UNSIGNED, Needs, Step
from channels.settings import AccountSettings
from channels.ussd import requests
from channels.ussd.dialled import Dialled, reply
from channels.ussd.settings import UssdSettings
from channels.webhook import WebhookReply, WebhookRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class NaloSettings(UssdSettings):
    """``user`` is the USERID that this gateway has given to the account."""

    user: str


NEEDS = Needs(
    name="Nalo",
    steps=(
        Step("Ask the gateway for a code. What people dial is the account's address.", keys=("address",)),
        Step("The gateway gives you a USERID. It goes into the account block.", keys=("user",)),
        Step("Give this address to the gateway's support as the URL that your code calls.", event="session"),
        Step("Say who writes to people who dialled: an SMS account.", keys=("answers_by",)),
        Step("Dial the code on every operator's network."),
    ),
    trust=UNSIGNED,
    limits=(
        "A screen holds at most 120 characters, and so does an input.",
        "Requests and answers are JSON; each request holds the latest input alone.",
        "Turns have no number: an input that comes twice in the middle of a session counts twice.",
        "A session ends after some three minutes without an input; whoever is cut off may go on within a day.",
    ),
)


class NaloUssd(Dialled):
    """One code. Its turns have no number: only a session's first and last are known again."""

    gateway: ClassVar[str] = "nalo"
    needs: ClassVar[Needs] = NEEDS
    keyed: ClassVar[str] = "USERDATA"
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
