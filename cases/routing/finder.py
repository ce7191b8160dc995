"""Looks up phrases in a text all at once, however many there are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from cases.routing import slips, words
from cases.routing.phrases import Hit, Hits, Phrase
from cases.routing.words import Word

#: two words run together, or one that was parted, are known again from so many letters on
_JOINED = 6
_REMEMBERED = 20_000
#: for each word of a text the stems that it may mean, with the slips
Meant = list[tuple[tuple[str, int], ...]]


class Finder:
    """Many phrases made ready once. It holds no state but a memory of words that it has looked up."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self.known = frozenset(one for one in phrases if one.stems)
        self._rows: dict[str, list[Phrase]] = defaultdict(list)
        self._apart: dict[str, list[Phrase]] = defaultdict(list)
        self._common = Counter(stem for one in self.known if one.apart for stem in one.stems)
        self._by_joined: dict[str, list[Phrase]] = defaultdict(list)
        self._stems: dict[str, str] = {}
        for one in sorted(self.known, key=lambda one: one.written):
            self._add(one)
        self._near: dict[str, set[str]] = defaultdict(set)
        for word in self._stems:
            if len(word) >= slips.ONE_SLIP:
                for part in slips.shortened(word):
                    self._near[part].add(word)
        self._memory: dict[str, tuple[tuple[str, int], ...]] = {}

    def find(self, text: str) -> Hits:
        """Return every phrase that the text has."""
        said = words.split(text)
        meant = [self._meanings(one) for one in said]
        places: dict[str, tuple[int, int]] = {}
        found: dict[Phrase, Hit] = {}
        for at, meanings in enumerate(meant):
            for stem, count in meanings:
                if stem not in places or count < places[stem][1]:
                    places[stem] = (at, count)
                for one, end, off in self._in_a_row(said, meant, at, stem):
                    _keep(found, Hit(one, text[said[at].start : said[end - 1].end], off))
            self._run_together(text, said, at, found)
        for one in (one for stem in places if stem in self._apart for one in self._apart[stem]):
            if all(stem in places for stem in one.stems):
                met = sorted(places[stem] for stem in one.stems)
                quote = " … ".join(text[said[place].start : said[place].end] for place, _ in met)
                _keep(found, Hit(one, quote, sum(count for _, count in met)))
        return found

    def forget(self) -> None:
        """Forget the words that were looked up; what is found does not change."""
        self._memory.clear()

    def _add(self, one: Phrase) -> None:
        for stem, folded in zip(one.stems, one.folded, strict=True):
            self._stems[stem] = stem
            self._stems[folded] = stem
        if one.apart:
            self._apart[min(one.stems, key=lambda stem: (self._common[stem], stem))].append(one)
            return
        self._rows[one.stems[0]].append(one)
        joined = "".join(one.folded)
        if len(joined) >= _JOINED:
            self._by_joined[joined].append(one)
            self._by_joined["".join((*one.folded[:-1], one.stems[-1]))].append(one)

    def _meanings(self, word: Word) -> tuple[tuple[str, int], ...]:
        """Return the stems that a word may mean, with the slips; a word that is known means nothing else."""
        remembered = self._memory.get(word.folded)
        if remembered is not None:
            return remembered
        exact = {self._stems[one] for one in (word.folded, word.stem) if one in self._stems}
        found = dict.fromkeys(exact, 0) or self._slipped(word)
        if len(self._memory) >= _REMEMBERED:
            self._memory.clear()
        self._memory[word.folded] = tuple(sorted(found.items()))
        return self._memory[word.folded]

    def _slipped(self, word: Word) -> dict[str, int]:
        found: dict[str, int] = {}
        for said in {word.folded, word.stem}:
            if len(said) < slips.ONE_SLIP:
                continue
            for known in set().union(*(self._near.get(part, ()) for part in slips.shortened(said))):
                count = slips.slips(said, known)
                stem = self._stems[known]
                if count is not None and count < found.get(stem, 9):
                    found[stem] = count
        least = min(found.values(), default=0)
        return {stem: count for stem, count in found.items() if count == least}

    def _in_a_row(self, said: tuple[Word, ...], meant: Meant, at: int, first: str) -> Iterator[tuple[Phrase, int, int]]:
        """Yield the phrases that begin here with this stem, where they end, and their slips."""
        for one in self._rows.get(first, ()):
            end = at + len(one.stems)
            if any(word.begins for word in said[at + 1 : end]):
                continue
            counts = [dict(meanings).get(stem) for stem, meanings in zip(one.stems, meant[at:end], strict=False)]
            if len(counts) == len(one.stems) and None not in counts:
                yield one, end, sum(count for count in counts if count is not None)

    def _run_together(self, text: str, said: tuple[Word, ...], at: int, found: dict[Phrase, Hit]) -> None:
        """Know "streetlight" for "street light", and "pot hole" for "pothole"."""
        alone = said[at]
        ends = {alone.folded: alone, alone.stem: alone}
        if at + 1 < len(said) and not said[at + 1].begins:
            after = said[at + 1]
            ends |= {alone.folded + after.folded: after, alone.folded + after.stem: after}
        for joined in ends.keys() & self._by_joined.keys():
            for one in self._by_joined[joined]:
                _keep(found, Hit(one, text[alone.start : ends[joined].end]))


def _keep(found: dict[Phrase, Hit], hit: Hit) -> None:
    before = found.get(hit.phrase)
    if before is None or hit.slips < before.slips:
        found[hit.phrase] = hit
