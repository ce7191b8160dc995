"""The viewer's own line above the queue: take the next case, and whether they get work now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cases import availability
from cases.availability import Availability, Presence
from cases.departments import City
from cases.permissions import Viewer
from cases.together import Found
from contactcentre.web.posting import Keys

#: presence → tone, icon, words
PRESENCES: Mapping[Presence, tuple[str, str, str]] = {
    Presence.AVAILABLE: ("met", "tick", "Available"),
    Presence.AWAY: ("paused", "pause", "Away"),
    Presence.ON_LEAVE: ("paused", "pause", "On leave"),
    Presence.OUTSIDE_HOURS: ("calm", "clock", "Outside hours"),
}


@dataclass(frozen=True, slots=True)
class Mine:
    """``availability`` is None for who answers nobody: there is nothing to take. ``keys`` are those of the forms."""

    availability: Availability | None
    keys: Mapping[str, str]

    @property
    def chip(self) -> tuple[str, str, str]:
        """Tone, icon and words of the availability."""
        assert self.availability is not None
        return PRESENCES[self.availability.presence]


def of_parts(found: Found, viewer: Viewer, *, city: City, at: datetime) -> Mine:
    """Return what the line shows, of the parts of ``availability.own_parts``."""
    own = availability.of_parts(found, viewer, city=city, at=at)
    return Mine(own, Keys())
