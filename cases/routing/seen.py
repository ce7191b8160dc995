"""What a city makes of one message: the services that it asks for, the place, the danger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from cases.routing.facts import Facts
from cases.routing.finder import Finder
from cases.routing.knowledge import NOTHING, Knowledge, Neighbour
from cases.routing.phrases import Hit, Hits, Phrase
from cases.routing.places import Found, Resolved


@dataclass(frozen=True, slots=True)
class Wanted:
    """A service that a text asks for: its longest phrase, how many phrases it has, and how many slips these have."""

    service: str
    department: str
    hit: Hit
    hits: int

    @property
    def rank(self) -> tuple[int, int, int]:
        """Return how specific it is: a longer phrase, then more phrases, then fewer slips."""
        return (self.hit.length, self.hits, -self.hit.slips)


@dataclass(frozen=True)
class Seen:
    """Facts, and what they say to this city. Everything in it is worked out when it is first asked for."""

    facts: Facts
    known: Knowledge = NOTHING

    @cached_property
    def hits(self) -> Hits:
        """Return the phrases that the text has."""
        return self.known.finder.find(self.facts.text)

    def hits_of(self, phrases: frozenset[Phrase]) -> list[Hit]:
        """Return which of these the text has; those that were not made ready are looked for by themselves."""
        hits = [hit for phrase, hit in self.hits.items() if phrase in phrases]
        strange = phrases - self.known.finder.known
        return [*hits, *Finder(strange).find(self.facts.text).values()] if strange else hits

    @cached_property
    def wanted(self) -> tuple[Wanted, ...]:
        """Return the services that the words ask for, the most specific first; of one department's equals its first."""
        found: dict[str, list[Hit]] = {}
        owners: dict[str, str] = {}
        for phrase, hit in self.hits.items():
            for asked in self.known.asked_by.get(phrase, ()):
                found.setdefault(asked.service, []).append(hit)
                owners[asked.service] = asked.department
        order = {one.service: number for number, one in enumerate(self.known.services)}
        wanted = [_wanted(service, owners[service], hits) for service, hits in found.items()]
        return tuple(sorted(wanted, key=lambda one: (*(-part for part in one.rank), order[one.service])))

    @cached_property
    def place(self) -> Resolved:
        """Return the place that the text names."""
        return self.known.gazetteer.named(self.hits)

    @cached_property
    def service(self) -> str | None:
        """Return the service that was chosen, else the one that the words ask for, if no other department ties."""
        if self.facts.service is not None:
            return self.facts.service
        return self.wanted[0].service if self.wanted and len(tied(self.wanted)) == 1 else None

    @cached_property
    def danger(self) -> Hit | None:
        """Return the words of danger to life that the text has."""
        emergency = self.known.emergency
        if emergency is None:
            return None
        harmless = [hit.said for hit in self.hits_of(emergency.unless)]
        found = [hit for hit in self.hits_of(emergency.phrases) if not any(hit.said in one for one in harmless)]
        return max(found, key=lambda hit: (hit.length, -hit.slips, hit.phrase.written), default=None)

    @cached_property
    def elsewhere(self) -> tuple[str, Neighbour] | None:
        """Return the place that another body answers for, and that body."""
        if not isinstance(self.place, Found):
            return None
        outer = self.known.gazetteer.elsewhere(self.place.place)
        body = self.known.neighbour_of(outer.name) if outer else None
        return (self.place.place.name, body) if body else None


def tied(wanted: Iterable[Wanted]) -> tuple[Wanted, ...]:
    """Return the first service of each department among those that are as specific as the most specific one."""
    found: dict[str, Wanted] = {}
    best: tuple[int, int, int] | None = None
    for one in wanted:
        best = best or one.rank
        if one.rank == best:
            found.setdefault(one.department, one)
    return tuple(found.values())


def quoted(hit: Hit) -> str:
    """Return in words what matched, as the configuration writes it: the citizen's own words stand elsewhere."""
    words = "word" if hit.length == 1 else "words"
    slips = " (spelt otherwise)" if hit.slips else ""
    return f"the {words} ‘{hit.phrase.written}’{slips}"


def _wanted(service: str, department: str, hits: list[Hit]) -> Wanted:
    longest = max(hits, key=lambda one: (one.length, -one.slips, len(one.phrase.written)))
    return Wanted(service, department, longest, len({hit.said.casefold() for hit in hits}))
