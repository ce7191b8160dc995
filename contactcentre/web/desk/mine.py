"""The viewer's own line above the queue: take the next case, and whether they get work now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from cases import availability
from cases.availability import Availability, Presence
from cases.departments import City
from cases.permissions import Viewer
from contactcentre.web.posting import new_key

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


def load(session: Session, viewer: Viewer, *, city: City) -> Mine:
    """Read what the line shows."""
    return Mine(availability.own(session, viewer, city=city), {"next": new_key(), "switch": new_key()})
