"""What every USSD channel is, whatever its gateway: a code that people dial, its menu and how much its screens hold."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from channels.dialogue.pages import Budget
from channels.settings import AccountSettings
from channels.ussd import requests
from channels.ussd.settings import UssdSettings
from channels.webhook import WebhookReply, WebhookRequest


class Dialled:
    """One code. What names its ``gateway`` is a channel; this alone is none."""

    kind: ClassVar[str] = "ussd"
    settings_class: ClassVar[type[AccountSettings]] = UssdSettings
    max_characters: ClassVar[int | None] = 182
    #: the field of a request that holds what was keyed in
    keyed: ClassVar[str]

    def __init__(self, settings: UssdSettings) -> None:
        self._settings = settings
        self.menu, self.answers_by = settings.menu, settings.answers_by
        self.budget = Budget(settings.page, settings.page_wide)

    def hide(self, request: WebhookRequest, spans: Sequence[Sequence[int]]) -> WebhookRequest:
        """Return a request as it may be kept, without the codes that stand at these places of what was keyed in."""
        return requests.hidden(request, self.keyed, spans)


def reply(answer: Mapping[str, Any]) -> WebhookReply:
    """Return an answer in JSON."""
    return WebhookReply(200, json.dumps(answer), "application/json")
