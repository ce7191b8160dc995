"""Africa's Talking USSD: a form with everything keyed in so far, joined by stars; the answer begins CON or END."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from cases.messages import DialogueEnded, Inbound
from channels.base import Heard
from channels.errors import Refused
from channels.needs import UNSIGNED, Needs, Step
from channels.ussd import requests
from channels.ussd.dialled import Dialled
from channels.webhook import Route, WebhookReply, WebhookRequest

STATES = ("Success", "Incomplete", "Failed")
#: the gateway tells the steps by these in its reports, up to so many characters each
LONGEST_LABEL = 99

NEEDS = Needs(
    name="Africa's Talking",
    steps=(
        Step(
            "Under USSD, Service Codes, ask for a code of your own, or for a channel of a shared one. What people dial "
            "is the account's address.",
            keys=("address",),
        ),
        Step("Under USSD, Service Codes, your code, Callback, enter this address.", event="session"),
        Step(
            "Under USSD, Service Codes, your code, Events, enter this address: by it the gateway says how a session "
            "ended. Dialogues work without it.",
            event="ended",
        ),
        Step("Say who writes to people who dialled: an SMS account.", keys=("answers_by",)),
        Step("Dial the code on every operator's network."),
    ),
    trust=UNSIGNED,
    limits=(
        "We must answer within 10 seconds; a turn of ours ends after 2.",
        "How many characters a screen holds differs between operators, from 120 to 182: ask, then set page.",
        "Letters outside plain ASCII may not be shown at all.",
        "The operator ends a session after some minutes; whoever is cut off may go on within a day.",
    ),
)


class AfricasTalkingUssd(Dialled):
    """One service code. A repeat is a request with the very same text; there is no other number of a turn."""

    gateway: ClassVar[str] = "africastalking"
    needs: ClassVar[Needs] = NEEDS
    keyed: ClassVar[str] = "text"

    def routes(self) -> Sequence[Route]:
        """Return the notice at a session's end; the session itself is a dialogue and no message."""
        return (Route("ended", lambda request: request.form.get("sessionId") or None, self._ended, kept=_kept),)

    def hear(self, request: WebhookRequest) -> Heard:
        """Read one request. ``text`` is never shortened, not even by going back."""
        form = requests.fields(request)
        code = requests.text(form, "serviceCode", longest=40)
        who = requests.caller(form, "phoneNumber", region=self._settings.region)
        whole = requests.text(form, "text", default="")
        return Heard(f"{code} {requests.session(form, 'sessionId')}", who, whole=whole)

    def say(self, heard: Heard | None, screen: str, *, ends: bool, step: str = "") -> WebhookReply:
        """Answer so that the body's first byte is that of CON or END."""
        label = {"at-ussd-hop-metadata": step.replace("|", " ")[:LONGEST_LABEL]} if step else {}
        return WebhookReply(200, f"{'END' if ends else 'CON'} {screen}", headers=label)

    def _ended(self, request: WebhookRequest) -> tuple[WebhookReply, Sequence[Inbound]]:
        form = requests.fields(request)
        code = requests.text(form, "serviceCode", longest=40)
        session = f"{code} {requests.session(form, 'sessionId')}"
        state = requests.text(form, "status")
        if state not in STATES:
            raise Refused("status", f"{state[:40]!r} is none that this gateway documents: {', '.join(STATES)}")
        return WebhookReply(), [DialogueEnded(self._settings.id, session, state)]


def _kept(request: WebhookRequest) -> WebhookRequest:
    """Return the notice without what was keyed in and shown, codes too: the turns themselves hold the words."""
    return requests.changed(request, dict.fromkeys(("input", "lastAppResponse"), "")) if request.form else request
