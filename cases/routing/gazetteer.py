"""The gazetteer: which place is meant. It answers, asks, or says that it does not know; it never guesses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from cases.routing import words
from cases.routing.finder import Finder
from cases.routing.phrases import Hit, Hits, Phrase, phrase
from cases.routing.places import ELSEWHERE, Ask, Found, Place, Resolved, Unknown
from cases.routing.pointing import Evidence, Pointed

MOST_CANDIDATES = 5
#: in a message that is about something else, a shorter name must be spelt right: "shame" is no place called Shamu
SPELT_RIGHT = 7


class Gazetteer:
    """Places made ready to be looked up. Names are compared as routing compares words."""

    def __init__(self, places: Iterable[Place] = ()) -> None:
        self.places: Mapping[str, Place] = {one.name: one for one in places}
        self._named: dict[Phrase, list[Place]] = defaultdict(list)
        for one in self.places.values():
            for name in one.names:
                self._named[phrase(name)].append(one)
        #: all names, for a finder that looks for other things in the same text too
        self.phrases = tuple(self._named)
        self._evidence: Evidence | None = None
        self._finder: Finder | None = None

    def get(self, name: str) -> Place | None:
        """Return a place by its own name."""
        return self.places.get(name)

    def around(self, place: Place) -> Iterator[Place]:
        """Yield the place and those that it lies in, from the inside out."""
        seen: set[str] = set()
        one: Place | None = place
        while one is not None and one.name not in seen:
            seen.add(one.name)
            yield one
            one = self.places.get(one.parent or "")

    def constituency(self, place: Place) -> str | None:
        """Return the constituency that a place lies in."""
        found = (one.name if one.kind == "constituency" else one.constituency for one in self.around(place))
        return next((one for one in found if one), None)

    def lies_in(self, place: Place, name: str) -> bool:
        """Tell whether a place is, or lies in, the area, district or constituency of this name."""
        return self.constituency(place) == name or any(one.name == name for one in self.around(place))

    def elsewhere(self, place: Place) -> Place | None:
        """Return the place of another body that this one belongs to; None where we answer ourselves."""
        return next((one for one in self.around(place) if one.kind == ELSEWHERE), None)

    def named(self, hits: Hits, *, spelt_right: int = SPELT_RIGHT) -> Resolved:
        """Return the place that a text names outright. ``hits`` come from a finder that knows :attr:`phrases`.

        Names of fewer letters than ``spelt_right`` count only without a slip.
        """
        found = {one: hit for one, hit in hits.items() if one in self._named and _plain(hit, spelt_right)}
        said = {place.name: hit for one, hit in _longest(found).items() for place in self._named[one]}
        meant = [self.places[name] for name in said]
        inmost = [one for one in meant if not any(self._holds(one, other) for other in meant)]
        if not inmost:
            return Unknown()
        if len(inmost) > 1:
            return Ask(tuple(inmost[:MOST_CANDIDATES]), 1 / len(inmost))
        return Found(inmost[0], 1.0, said[inmost[0].name].said)

    def resolve(self, text: str) -> Resolved:
        """Return the place that an answer to "where?" means: named outright, or pointed at by its words."""
        if self._finder is None or self._evidence is None:
            self._finder, self._evidence = Finder(self.phrases), Evidence(self._words())
        found = self.named(self._finder.find(text), spelt_right=0)
        if isinstance(found, Found) and len(words.split(found.said)) == len(words.split(text)):
            return found
        return self._pointed(self._evidence.weigh(text), found)

    def _pointed(self, pointed: Pointed, named: Resolved) -> Resolved:
        if pointed.sure:
            return self._both(self.places[pointed.sure], pointed.score, named)
        if not isinstance(named, Unknown):
            return named
        candidates = tuple(self.places[one] for one in pointed.candidates[:MOST_CANDIDATES])
        return Ask(candidates, pointed.score) if candidates else Unknown(pointed.score)

    def _both(self, place: Place, score: float, named: Resolved) -> Resolved:
        """Return the inner one of the place that was pointed at and the one that was named, if they go together."""
        if not isinstance(named, Found) or named.place == place or self._holds(named.place, place):
            return Found(place, score)
        return named if self._holds(place, named.place) else Ask((named.place, place), 0.5)

    def _holds(self, place: Place, other: Place) -> bool:
        return other is not place and self.lies_in(other, place.name)

    def _words(self) -> Mapping[str, tuple[frozenset[str], tuple[str, ...]]]:
        """Return for each place the words of its names, and the places that it lies in."""
        return {
            one.name: (
                frozenset(word.folded for name in one.names for word in words.split(name)),
                tuple(outer.name for outer in self.around(one))[1:],
            )
            for one in self.places.values()
        }


def _plain(hit: Hit, letters: int) -> bool:
    return not hit.slips or sum(map(len, hit.phrase.folded)) >= letters


def _longest(found: Mapping[Phrase, Hit]) -> Mapping[Phrase, Hit]:
    """Leave out names that are only a part of a longer one that was said."""
    return {
        one: hit
        for one, hit in found.items()
        if not any(len(other.stems) > len(one.stems) and hit.said in longer.said for other, longer in found.items())
    }
