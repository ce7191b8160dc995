"""Two clocks: when an act was done by the phone, and what of that is believed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

#: a phone's clock may be so much before ours without a word
TOLERATED = timedelta(minutes=2)
#: nobody walks about for longer without a line; what says so has a wrong clock
OLDEST = timedelta(days=14)


class Clock(StrEnum):
    """Why a phone's time was not believed as it came."""

    AHEAD = "ahead"
    BEHIND = "behind"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Acted:
    """When something was done, as believed; ``clock`` tells why that is not what the phone said."""

    at: datetime
    clock: Clock | None = None


def believed(said: datetime | None, *, since: datetime, now: datetime) -> Acted:
    """Clamp a phone's time between ``since``, when the job was opened, and ``now``, the server's time."""
    earliest = max(since, now - OLDEST)
    if said is None:
        return Acted(now, Clock.NONE)
    if said > now:
        return Acted(now, Clock.AHEAD if said > now + TOLERATED else None)
    if said < earliest:
        return Acted(earliest, Clock.BEHIND if said < earliest - TOLERATED else None)
    return Acted(said)
