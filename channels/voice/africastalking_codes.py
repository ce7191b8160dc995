"""Africa's Talking's words about calls in ours: why a call ended, and why one was not placed."""

from __future__ import annotations

from channels.errors import AccountFault, BadAddress, SendError
from channels.voice import faults
from channels.voice.values import Reached

#: ``hangupCause`` and its like → how the telephone was reached
CAUSES: dict[str, Reached] = {
    "NORMAL_CLEARING": "answered",
    "CALL_REJECTED": "refused",
    "NORMAL_TEMPORARY_FAILURE": "failed",
    "RECOVERY_ON_TIMER_EXPIRE": "no_answer",
    "ORIGINATOR_CANCEL": "cancelled",
    "LOSE_RACE": "cancelled",
    "USER_BUSY": "busy",
    "NO_ANSWER": "no_answer",
    "NO_USER_RESPONSE": "no_answer",
    "SUBSCRIBER_ABSENT": "no_answer",
    "SERVICE_UNAVAILABLE": "failed",
    "USER_NOT_REGISTERED": "failed",
    "UNALLOCATED_NUMBER": "failed",
    "UNSPECIFIED": "failed",
}
#: ``callTransferHangupCause``: why a telephone that a call was to be moved to was not rung
TRANSFERS: dict[str, Reached] = {
    "DestinationNotSupported": "failed",
    "InvalidPhoneNumber": "failed",
    "NoActiveClient": "failed",
    "NotAllowed": "failed",
}
#: ``status`` of one entry in the answer to a call of ours
PLACED: dict[str, tuple[type[SendError], str | None]] = {
    "InvalidPhoneNumber": (BadAddress, None),
    "DestinationNotSupported": (SendError, faults.NO_WAY),
    "InsufficientCredit": (AccountFault, faults.NO_CREDIT),
}


def reached(word: str) -> Reached:
    """Return our word for a cause; one that no table has tells of a failure, and none tells of nothing."""
    return CAUSES.get(word.upper(), "failed") if word else ""
