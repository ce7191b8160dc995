"""Twilio's words about calls in ours: how a telephone was reached, and why a call was not placed or moved."""

from __future__ import annotations

from channels.errors import AccountFault, BadAddress, GatewayDown, OutcomeUnknown, SendError, Throttled, UnknownCode
from channels.voice import faults
from channels.voice.values import Reached

#: ``CallStatus`` and ``DialCallStatus`` that are final → how the telephone was reached
ENDS: dict[str, Reached] = {
    "completed": "answered",
    "answered": "answered",
    "busy": "busy",
    "no-answer": "no_answer",
    "failed": "failed",
    "canceled": "cancelled",
}
GOING_ON = frozenset({"queued", "initiated", "ringing", "in-progress"})

CODES: dict[int, tuple[type[SendError], str | None]] = {
    20003: (AccountFault, None),
    20005: (AccountFault, None),
    20404: (SendError, faults.OVER),
    20429: (Throttled, None),
    20500: (GatewayDown, None),
    20503: (GatewayDown, None),
    21201: (BadAddress, None),
    21203: (AccountFault, None),
    21205: (AccountFault, "The gateway refuses the address that it shall ask. An administrator has been told."),
    21210: (AccountFault, "The gateway does not let our number call. An administrator has been told."),
    21211: (BadAddress, None),
    21212: (AccountFault, "The gateway says that our line is no valid number. An administrator has been told."),
    21214: (BadAddress, None),
    21215: (SendError, faults.NO_WAY),
    21216: (SendError, faults.NO_WAY),
    21217: (BadAddress, None),
    21219: (AccountFault, "Our account is a trial one, which calls only numbers that were verified for it."),
    21220: (SendError, faults.OVER),
}


def refusal(status: int, code: str | None, retry_after: float | None) -> SendError:
    """Return the error that an HTTP answer stands for; one that says yes is one that could not be read."""
    told = code or f"HTTP {status}"
    if status < 300:
        return faults.fault(OutcomeUnknown, "the gateway's answer could not be read")
    if status == 429:
        return faults.fault(Throttled, "too many requests", code=told, retry_after=retry_after)
    if status in (502, 504):  # said by a proxy before the gateway, which may have taken the call
        return faults.fault(OutcomeUnknown, "the gateway did not answer its own proxy", code=told)
    if status < 400 or status >= 500:
        return faults.fault(GatewayDown, "the gateway failed", code=told, retry_after=retry_after)
    if code is not None:
        kind, words = CODES.get(int(code), (UnknownCode, None)) if code.isdecimal() else (UnknownCode, None)
        return faults.fault(kind, "the gateway refused the request", code=code, words=words)
    if status in (401, 403):
        return faults.fault(AccountFault, "the key was refused", code=told)
    if status == 404:
        return faults.fault(SendError, "the gateway knows no such call", code=told, words=faults.OVER)
    return faults.fault(SendError, "the gateway refused the request", code=told)
