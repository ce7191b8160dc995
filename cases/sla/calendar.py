"""Working calendars: when time counts. Deadlines are pure functions of a calendar, a target and a start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cases.sla.policy import Target, Unit


class NotReckoned(ValueError):
    """A calendar cannot count a target's unit; raised while the configuration is loaded, never at run time."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar that is always open, so that working minutes are minutes. ``zone`` is an IANA name."""

    key: str
    zone: str

    def due(self, target: Target, *, started: datetime) -> datetime:
        """Return the instant at which a target that started at ``started`` is due, in UTC; ``started`` is aware."""
        started = started.astimezone(UTC)  # adding to a zone's wall time would miss its clock changes
        match target.unit:
            case Unit.MINUTES:
                return started + timedelta(minutes=target.amount)
            case Unit.ELAPSED:
                return started + timedelta(hours=target.amount)
            case _:
                raise NotReckoned(f"calendar {self.key!r} has no days to count {target.unit.value} by")


ALWAYS_OPEN = Calendar("always-open", "UTC")
