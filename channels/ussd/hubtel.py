"""Hubtel USSD: JSON with the latest input and a number of the turn; Response goes on, Release ends."""

from __future__ import annotations

from typing import ClassVar

from channels.base import Heard
from channels.errors import Refused
from channels.needs import UNSIGNED, Needs, Step
from channels.ussd import requests
from channels.ussd.dialled import Dialled, reply
from channels.webhook import WebhookReply, WebhookRequest

TYPES = ("Initiation", "Response", "Release", "Timeout")

NEEDS = Needs(
    name="Hubtel",
    steps=(
        Step("Ask the gateway for a code. What people dial is the account's address.", keys=("address",)),
        Step(
            "In the dashboard, under Programmable Services, your service, enter this address as the service "
            "interaction URL, or give it to the gateway's support where the dashboard has no such field.",
            event="session",
        ),
        Step("Say who writes to people who dialled: an SMS account.", keys=("answers_by",)),
        Step("Dial the code on every operator's network."),
    ),
    trust=UNSIGNED,
    limits=(
        "Requests and answers are JSON; each request holds the latest input and the number of the turn.",
        "A session ends after some two minutes without an input; whoever is cut off may go on within a day.",
    ),
)


class HubtelUssd(Dialled):
    """One code. A repeat has the same ``Sequence``."""

    gateway: ClassVar[str] = "hubtel"
    needs: ClassVar[Needs] = NEEDS
    keyed: ClassVar[str] = "Message"

    def hear(self, request: WebhookRequest) -> Heard:
        """Read one request; the first one's ``Message`` is the code that was dialled."""
        found = requests.fields(request)
        session = requests.session(found, "SessionId")
        who = requests.caller(found, "Mobile", region=self._settings.region)
        kind = requests.text(found, "Type")
        if kind.casefold() not in [one.casefold() for one in TYPES]:
            raise Refused("Type", f"{kind[:40]!r} is none that this gateway documents: {', '.join(TYPES)}")
        if kind.casefold() in ("release", "timeout"):
            return Heard(session, who, hung_up=True)
        said = None if kind.casefold() == "initiation" else requests.text(found, "Message", default="")
        number = requests.text(found, "Sequence", default="", longest=18)
        if number and not number.isdecimal():
            raise Refused("Sequence", "must be a whole number")
        return Heard(session, who, said, turn=number or None)

    def say(self, heard: Heard | None, screen: str, *, ends: bool, step: str = "") -> WebhookReply:
        """Answer; ``ClientState`` would come back once, and names the step for whoever reads the gateway's log."""
        answer = {"Type": "Release" if ends else "Response", "Message": screen, "ClientState": step}
        return reply(answer)
