"""What can go wrong when a call is placed or moved, in words for whoever wanted it."""

from __future__ import annotations

from channels.errors import (
    AccountFault,
    BadAddress,
    GatewayDown,
    OutcomeUnknown,
    SendError,
    Throttled,
    UnknownCode,
    unanswered,
)

_WORDS: dict[type[SendError], str] = {
    AccountFault: "The gateway refuses our account for calls. An administrator has been told.",
    BadAddress: "The gateway says that this number cannot be called.",
    GatewayDown: "The gateway cannot be reached; the call was not placed.",
    OutcomeUnknown: "The gateway did not answer; it is not known whether it places the call.",
    Throttled: "The gateway is busy; the call was not placed.",
    UnknownCode: "The gateway answered with a code that is not known here.",
    SendError: "The gateway refused this call.",
}
NO_CREDIT = "Our account at the gateway has no credit left. An administrator has been told."
NO_WAY = "The gateway does not call numbers of this country or network."
OVER = "This call is over, or is not one that can be moved."


def fault(
    kind: type[SendError],
    detail: str,
    *,
    code: str | None = None,
    words: str | None = None,
    retry_after: float | None = None,
) -> SendError:
    """Return an error whose words are about a call."""
    return kind(detail, code=code, agent_text=words or _WORDS[kind], retry_after=retry_after)


def lost(error: Exception) -> SendError:
    """Return what a request without an answer means: it never left, or it may have been carried out."""
    found = unanswered(error)
    found.agent_text = _WORDS[type(found)]
    return found
