"""Africa's Talking USSD: a form with everything keyed in so far, joined by stars; the answer begins CON or END."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from cases.messages import DialogueEnded, Inbound
from channels.base import Heard
from channels.errors import Refused
from channels.ussd import requests
from channels.ussd.dialled import Dialled
from channels.webhook import Route, WebhookReply, WebhookRequest

STATES = ("Success", "Incomplete", "Failed")
#: the gateway tells the steps by these in its reports, up to so many characters each
LONGEST_LABEL = 99


class AfricasTalkingUssd(Dialled):
    """One service code. A repeat is a request with the very same text; there is no other number of a turn."""

    gateway: ClassVar[str] = "africastalking"

    def routes(self) -> Sequence[Route]:
        """Return the notice at a session's end; the session itself is a dialogue and no message."""
        return (Route("ended", lambda request: request.form.get("sessionId") or None, self._ended),)

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
