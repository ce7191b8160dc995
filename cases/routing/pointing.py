"""Which place the words of a description point to, weighed by how few places share each word."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cases.routing import slips, words

#: this share of what the words weigh must speak for a place, and this much more than for the next (natural logarithm)
SHARE, AHEAD = 0.65, 1.2
#: a word that misses a letter speaks half as loud; what stands in every quarter, a quarter as loud
SLIPPED, COMMON = 0.5, 0.25
#: what weighs less than this is no reason even to ask
WORTH = 0.7
_KINDS_OF_LANDMARKS = """
near opposite behind beside around by at in on off and no house hse hses block flat compound area east west north
south old new upper lower big small main first second school schools sch primary prim junior senior secondary jhs
shs nursery prep preparatory college university poly tech technical vocational academy international day care centre
center community hall office quarters church chapel mosque temple mission methodist meth catholic cath anglican ang
presbyterian presby pentecost zion apostolic christ saint islamic arabic english clinic hospital health post market
station lorry taxi rank bus junction road street avenue lane bridge pump pipe well tree park square field beach
river gate wall store shop bar spot restaurant hotel supermarket filling palace town village ridge estate
"""
#: "near the Methodist school" could be anywhere
EVERYWHERE = frozenset(_KINDS_OF_LANDMARKS.split())


@dataclass(frozen=True, slots=True)
class Pointed:
    """The place that is meant for sure, or those that might be, likeliest first; ``score`` between 0 and 1."""

    sure: str | None
    candidates: tuple[str, ...]
    score: float


class Evidence:
    """The words of all places, made ready once."""

    def __init__(self, places: Mapping[str, tuple[frozenset[str], tuple[str, ...]]]) -> None:
        """``places``: for each its words, and the names of those that it lies in from the inside out."""
        self._outer = {name: outer for name, (_, outer) in places.items()}
        parents = {one for outer in self._outer.values() for one in outer}
        self._levels = [self._level(places, parents, depth) for depth in (0, 1)]
        self._near: dict[str, set[str]] = defaultdict(set)
        for word in set().union(*(level.keys() for level in self._levels)):
            if len(word) >= slips.ONE_SLIP:
                for part in slips.shortened(word):
                    self._near[part].add(word)

    def weigh(self, text: str) -> Pointed:
        """Return what the words point to: a spot, else what holds it, else candidates."""
        said = {one.folded for one in words.split(text)}
        spots = self._weigh(said, 0)
        sure, score = _sure(spots)
        if sure:
            return Pointed(sure, (), score)
        whole, whole_score = _sure(self._weigh(said, 1))
        if whole:
            return Pointed(whole, (), whole_score)
        best = [name for name, weight in sorted(spots.items(), key=lambda one: -one[1]) if weight >= WORTH and name]
        return Pointed(None, tuple(best), score)

    def _level(
        self, places: Mapping[str, tuple[frozenset[str], tuple[str, ...]]], parents: Iterable[str], depth: int
    ) -> dict[str, frozenset[str]]:
        """Return the places by word: those that hold no other, or the next around them with all of their words."""
        found: dict[str, set[str]] = defaultdict(set)
        for name, (own, outer) in places.items():
            if depth == 0 and name not in parents:
                owner = name
            elif depth == 1:
                owner = name if name in parents else outer[0] if outer else name
            else:
                continue
            for word in own:
                found[word].add(owner)
        return {word: frozenset(owners) for word, owners in found.items()}

    def _weigh(self, said: Iterable[str], depth: int) -> dict[str, float]:
        """Return what speaks for each place; under the empty name, what speaks for none of them."""
        level = self._levels[depth]
        every = len(set().union(*level.values())) or 1
        weights: dict[str, float] = defaultdict(float)
        for word in said:
            if len(word) < 3 or word.isdigit():
                continue
            known, loud = (word, 1.0) if word in level else self._slipped(word, level)
            loud *= COMMON if word in EVERYWHERE else 1.0
            owners = level[known] if known else frozenset()
            for place in owners:
                weights[place] += loud * math.log(every / len(owners))
            # a word that nobody knows may name a place that is not known, and then none of these is meant
            weights[""] += (COMMON if word in EVERYWHERE else 1.0) * math.log(every / max(len(owners), 1))
        return weights

    def _slipped(self, word: str, level: Mapping[str, frozenset[str]]) -> tuple[str | None, float]:
        near = set().union(*(self._near.get(part, ()) for part in slips.shortened(word))) & level.keys()
        counted = sorted((count, one) for one in near if (count := slips.slips(word, one)))
        return (counted[0][1], SLIPPED) if counted else (None, 0.0)


def _sure(weights: Mapping[str, float]) -> tuple[str | None, float]:
    """Return the place that stands out, or None, and its share of all that was said."""
    total = weights.get("", 0.0)
    ranked = sorted(((weight, name) for name, weight in weights.items() if name), reverse=True)
    if not ranked or total <= 0:
        return None, 0.0
    best, name = ranked[0]
    second = ranked[1][0] if len(ranked) > 1 else 0.0
    share = best / total
    return (name if share >= SHARE and best - second >= AHEAD else None), share
