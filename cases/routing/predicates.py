"""What a rule may ask for: a closed set of frozen values. No expressions, no eval."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cases.routing.facts import ORGANISATION, PERSON
from cases.routing.meanings import AllWords, AnyWords, PlaceIn, ServiceIs
from cases.routing.seen import Seen
from cases.sla.calendar import Calendar

_A = {PERSON: "a person", ORGANISATION: "an organisation"}


@dataclass(frozen=True, slots=True)
class AccountIs:
    """The message came to this account."""

    account: str

    def why(self, seen: Seen) -> str | None:
        """Say in words what holds; None where it does not."""
        return f"it came to account {self.account}" if seen.facts.account == self.account else None


@dataclass(frozen=True, slots=True)
class ChannelIs:
    """The message came by this channel."""

    channel: str

    def why(self, seen: Seen) -> str | None:
        """Say in words what holds; None where it does not."""
        return f"it came by {self.channel}" if seen.facts.channel == self.channel else None


@dataclass(frozen=True, slots=True)
class LanguageIs:
    """The citizen has chosen this language."""

    language: str

    def why(self, seen: Seen) -> str | None:
        """Say in words what holds; None where it does not."""
        return f"the citizen's language is {self.language}" if seen.facts.language == self.language else None


@dataclass(frozen=True, slots=True)
class CitizenIs:
    """The citizen who writes is of this kind: a person or an organisation."""

    kind: str

    def why(self, seen: Seen) -> str | None:
        """Say in words what holds; None where it does not."""
        return f"{_A[self.kind]} writes" if seen.facts.citizen == self.kind else None


@dataclass(frozen=True, slots=True)
class Within:
    """It came in the hours of this calendar, or ``outside`` of them."""

    calendar: Calendar
    outside: bool = False

    def why(self, seen: Seen) -> str | None:
        """Say in words what holds; None where it does not."""
        at = seen.facts.at
        if at is None or self.calendar.is_open(at) == self.outside:
            return None
        return f"it came {'outside' if self.outside else 'within'} the hours of calendar {self.calendar.key}"


@dataclass(frozen=True, slots=True)
class Repeats:
    """The same address wrote about the same service not longer than so many days ago."""

    days: int

    def why(self, seen: Seen) -> str | None:
        """Say in words what holds; None where it does not."""
        at, last = seen.facts.at, seen.facts.earlier.get(seen.service or "")
        if at is None or last is None or at - last > timedelta(days=self.days):
            return None
        return f"this address wrote about service {seen.service} within {self.days} days"


Predicate = (
    AccountIs | ChannelIs | AnyWords | AllWords | ServiceIs | PlaceIn | LanguageIs | CitizenIs | Within | Repeats
)
