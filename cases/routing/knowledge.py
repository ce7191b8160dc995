"""What routing knows of a city, made ready once for each version of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cases.routing.finder import Finder
from cases.routing.gazetteer import Gazetteer
from cases.routing.phrases import Phrase

NO_FINDER = Finder(())
#: working days after which we ask another body what became of what we handed over, where nobody says otherwise
FOLLOW_UP_DAYS = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """A service as routing sees it: whose it is, and the phrases by which citizens ask for it."""

    service: str
    department: str
    phrases: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Emergency:
    """Words of danger to life, phrases that have such a word and mean none, and the departments to alert."""

    phrases: frozenset[Phrase]
    alert: tuple[str, ...]
    unless: frozenset[Phrase] = frozenset()


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another body, the place of the gazetteer that it answers for, and how citizens reach it.

    ``follow_up_days``: working days after which we ask it what became of a case that was handed over.
    """

    key: str
    name: str
    place: str
    contact: str
    follow_up_days: int = FOLLOW_UP_DAYS


@dataclass(frozen=True)
class Knowledge:
    """The services' words, the places, the emergencies and the neighbours of a city. Holds nothing that changes."""

    services: tuple[Asked, ...] = ()
    gazetteer: Gazetteer = field(default_factory=Gazetteer)
    emergency: Emergency | None = None
    neighbours: tuple[Neighbour, ...] = ()
    #: phrases of rules, looked up together with all the others
    also: tuple[Phrase, ...] = ()

    @cached_property
    def finder(self) -> Finder:
        """Return the one finder for all phrases."""
        phrases = [*self.also, *self.gazetteer.phrases, *(one for asked in self.services for one in asked.phrases)]
        if self.emergency is not None:
            phrases += [*self.emergency.phrases, *self.emergency.unless]
        return Finder(phrases) if phrases else NO_FINDER

    @cached_property
    def asked_by(self) -> Mapping[Phrase, tuple[Asked, ...]]:
        """Return the services by phrase."""
        found: dict[Phrase, tuple[Asked, ...]] = {}
        for asked in self.services:
            for one in asked.phrases:
                found[one] = (*found.get(one, ()), asked)
        return found

    def neighbour_of(self, place: str) -> Neighbour | None:
        """Return the body that answers for this place of the gazetteer."""
        return next((one for one in self.neighbours if one.place == place), None)


NOTHING = Knowledge()
