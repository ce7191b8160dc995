"""Where a call stands. The one table of what may follow what is :data:`NEXT`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from cases.models import PhoneCall


class CallState(StrEnum):
    """Where a call stands."""

    ORDERED = "ordered"  # somebody wants it placed
    PLACING = "placing"  # the gateway is asked, or rings the telephone
    MENU = "menu"  # the caller hears the menu
    WAITING = "waiting"  # in the queue
    RINGING = "ringing"  # an agent's telephone rings for this caller
    TALKING = "talking"
    HELD = "held"  # on hold
    ENDED = "ended"


#: an end comes from anywhere; what is not here did not happen in this order, and the later word counts
NEXT: Mapping[CallState, frozenset[CallState]] = {
    CallState.ORDERED: frozenset({CallState.PLACING}),
    CallState.PLACING: frozenset({CallState.MENU, CallState.RINGING, CallState.TALKING}),
    CallState.MENU: frozenset({CallState.WAITING}),
    CallState.WAITING: frozenset({CallState.MENU, CallState.RINGING}),
    CallState.RINGING: frozenset({CallState.WAITING, CallState.TALKING}),
    CallState.TALKING: frozenset({CallState.HELD, CallState.WAITING, CallState.RINGING}),
    CallState.HELD: frozenset({CallState.TALKING, CallState.RINGING, CallState.WAITING}),
    CallState.ENDED: frozenset(),
}
#: how a call ended, for us
ENDS = (
    "answered",
    "served",
    "abandoned",
    "short",
    "flash",
    "missed",
    "call_back",
    "not_reached",
    "failed",
    "refused",
    "lost",
)


def move(call: PhoneCall, to: CallState, *, at: datetime) -> bool:
    """Let a call stand elsewhere: the only writer of its state. An ended one stays so; tells whether it moved.

    What a gateway told late or never is no reason to refuse what it tells now: :data:`NEXT` is what is usual.
    """
    if call.state == CallState.ENDED:
        return False
    call.state, call.updated_at = to, at
    return True
