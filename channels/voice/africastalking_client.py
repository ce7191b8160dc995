"""Asks Africa's Talking to place and to move calls: its SDK can send neither our tag nor a transfer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from channels.errors import AccountFault, GatewayDown, OutcomeUnknown, SendError, Throttled, UnknownCode
from channels.http import TIMEOUT, Client
from channels.voice import faults
from channels.voice.africastalking_codes import PLACED

LIVE, SANDBOX = "https://voice.africastalking.com", "https://voice.sandbox.africastalking.com"
_client = Client()


def post(base_url: str, path: str, form: Mapping[str, str], *, api_key: str) -> Any:
    """Post a form and return the JSON of the answer; raises :class:`SendError`."""
    headers = {"apiKey": api_key, "Accept": "application/json"}
    try:
        answer = _client.session().post(
            f"{base_url}{path}", data=dict(form), headers=headers, timeout=TIMEOUT, allow_redirects=False
        )
    except requests.TooManyRedirects as error:  # somebody else answered in the gateway's place
        raise faults.fault(GatewayDown, type(error).__name__) from None
    except requests.RequestException as error:
        raise faults.lost(error) from None
    _refuse(answer)
    try:
        return answer.json()
    except ValueError:
        raise faults.fault(OutcomeUnknown, "the gateway's answer could not be read") from None


def placed(told: Any) -> str:
    """Return the gateway's id of a call that it took; raises :class:`SendError`."""
    try:
        entries, trouble = told["entries"], str(told.get("errorMessage", "None"))
        line = entries[0] if entries else {}
        status, session = str(line.get("status", "")), str(line.get("sessionId", ""))
    except (LookupError, TypeError, AttributeError):
        raise faults.fault(OutcomeUnknown, "the gateway's answer could not be read") from None
    if status == "Queued" and session not in ("", "None"):
        return session
    word = status or trouble
    kind, words = PLACED.get(word, (UnknownCode, None))
    raise faults.fault(kind, f"refused: {word[:60]}", code=word[:60], words=words)


def moved(told: Any) -> None:
    """Do nothing where the gateway took a transfer; its pages show the answer wrapped and unwrapped."""
    inner = told.get("callTransferResponse", told) if isinstance(told, dict) else None
    if not isinstance(inner, dict):
        raise faults.fault(OutcomeUnknown, "the gateway's answer could not be read")
    if str(inner.get("status")) != "Success":
        word = str(inner.get("errorMessage") or inner.get("status"))[:60]
        raise faults.fault(SendError, f"refused: {word}", code=word, words=faults.OVER)


def _refuse(answer: requests.Response) -> None:
    status, code = answer.status_code, f"HTTP {answer.status_code}"
    if 200 <= status < 300:
        return
    if status == 429:
        wait = answer.headers.get("Retry-After", "")
        raise faults.fault(Throttled, "too many", code=code, retry_after=float(wait) if wait.isdecimal() else None)
    if status in (401, 403):
        raise faults.fault(AccountFault, "the key was refused", code=code)
    if status >= 500 or status < 400:
        raise faults.fault(GatewayDown, "the gateway failed", code=code)
    raise faults.fault(SendError, "the gateway refused the request", code=code)
