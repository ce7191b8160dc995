"""What a rule may ask of a text: its words, the service that they mean, the place that they name."""

from __future__ import annotations

from dataclasses import dataclass

from cases.routing.phrases import Hit, Phrase
from cases.routing.places import Ask, Found, Place, Resolved
from cases.routing.seen import Seen, quoted


@dataclass(frozen=True, slots=True)
class AnyWords:
    """The text has one of these phrases."""

    phrases: frozenset[Phrase]

    def why(self, seen: Seen) -> str | None:
        """Say in words what holds; None where it does not."""
        hit = self.hit(seen)
        return f"it has {quoted(hit)}" if hit else None

    def hit(self, seen: Seen) -> Hit | None:
        """Return the longest phrase that the text has."""
        found = seen.hits_of(self.phrases)
        return max(found, key=lambda hit: (hit.length, -hit.slips, hit.phrase.written), default=None)


@dataclass(frozen=True, slots=True)
class AllWords:
    """The text has every one of these phrases, in any order."""

    phrases: frozenset[Phrase]

    def why(self, seen: Seen) -> str | None:
        """Say in words what holds; None where it does not."""
        found = sorted(seen.hits_of(self.phrases), key=lambda hit: hit.phrase.written)
        return f"it has {' and '.join(map(quoted, found))}" if len(found) == len(self.phrases) else None


@dataclass(frozen=True, slots=True)
class ServiceIs:
    """The service was chosen, or the words ask for it more than for any other."""

    service: str

    def why(self, seen: Seen) -> str | None:
        """Say in words what holds; None where it does not."""
        if seen.service != self.service:
            return None
        chosen = "was chosen" if seen.facts.service else f"is meant by {quoted(seen.wanted[0].hit)}"
        return f"service {self.service} {chosen}"


@dataclass(frozen=True, slots=True)
class PlaceIn:
    """The place that the text names lies in this one: an area, a district, a constituency. All places that might be
    meant must.
    """

    place: str

    def why(self, seen: Seen) -> str | None:
        """Say in words what holds; None where it does not."""
        meant = _meant(seen.place)
        if not meant or not all(seen.known.gazetteer.lies_in(one, self.place) for one in meant):
            return None
        names = " or ".join(one.name for one in meant)
        return f"{names} is named" if names == self.place else f"{names} lies in {self.place}"


def _meant(place: Resolved) -> tuple[Place, ...]:
    match place:
        case Found(place=one):
            return (one,)
        case Ask(candidates=several):
            return several
        case _:
            return ()
