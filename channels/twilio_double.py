"""What every double of Twilio's does: signs what it sends as the "Security" page says, without the gateway's SDK."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from channels.webhook import WebhookReply

VERSION = "2010-04-01"
API = "https://api.twilio.com"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs one form with the account's token, for whichever address it is sent to. ``event``: the same on each try."""

    token: str
    form: Mapping[str, str]
    event: str

    def __call__(self, url: str) -> dict[str, str]:
        """Return the headers; the fragment of the address is not sent, and so not signed."""
        return {
            "X-Twilio-Signature": signature(self.token, url.partition("#")[0], self.form),
            "I-Twilio-Idempotency-Token": self.event,
            "User-Agent": "TwilioProxy/1.1",
        }


def signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """Return the signature: over the address and then, by name, each name and value of the form."""
    words = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.digest(token.encode(), words.encode(), hashlib.sha1)).decode()


def answered(status: int, data: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> WebhookReply:
    """Return an answer in JSON."""
    return WebhookReply(status, json.dumps(data), "application/json", headers or {})


def basic(user: str, password: str) -> str:
    """Return a log-in as a request's header has it."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def error(status: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> WebhookReply:
    """Return an error as the gateway words it."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    return answered(status, {"code": code, "message": message, "more_info": more, "status": status}, headers)
