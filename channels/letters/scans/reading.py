"""Reads the words of a page, with Tesseract and its fast English data."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import zip_longest
from pathlib import Path

import tesserocr
from PIL import Image

DATA = Path(sys.prefix) / "share" / "tessdata"
#: words of one page that are kept: a full page of a newspaper has some thousands
MOST_WORDS = 5_000
#: a word counts as read from this confidence on; below it, Tesseract makes words out of anything
SURE = 60.0


@dataclass(frozen=True, slots=True)
class Word:
    """One word: pixels of the picture that was read, confidence 0 to 100, the line (from 0) that it stands in."""

    text: str
    left: int
    top: int
    width: int
    height: int
    confidence: float
    line: int


@dataclass(frozen=True, slots=True)
class Words:
    """All words of a page in the order of reading; ``paragraphs`` are the lines before which a paragraph begins."""

    words: tuple[Word, ...]
    paragraphs: frozenset[int]

    @property
    def text(self) -> str:
        """Return the text, line by line, an empty line between paragraphs."""
        lines: dict[int, list[str]] = {}
        for word in self.words:
            lines.setdefault(word.line, []).append(word.text)
        parts = (f"\n{' '.join(words)}" if at in self.paragraphs else " ".join(words) for at, words in lines.items())
        return "\n".join(parts).strip()

    @property
    def confidence(self) -> float:
        """Return the mean confidence of the page's words, by their letters; 0 where there are none."""
        letters = sum(len(word.text) for word in self.words)
        return sum(word.confidence * len(word.text) for word in self.words) / letters if letters else 0.0

    @property
    def sure(self) -> int:
        """Return how many letters stand in words that were surely read: no ruler's dots, no single letters."""
        return sum(len(word.text) for word in self.words if word.confidence >= SURE and _is_word(word.text))

    @property
    def letters(self) -> int:
        """Return how many letters were read at all."""
        return sum(len(word.text) for word in self.words)


def _is_word(text: str) -> bool:
    return sum(letter.isalnum() for letter in text) >= 2


@cache
def engine() -> tesserocr.PyTessBaseAPI:
    """Return the engine with its data loaded."""
    # It would write about every line too small to be read.
    tesserocr.set_leptonica_log_level(tesserocr.LeptLogLevel.NONE)
    return tesserocr.PyTessBaseAPI(path=str(DATA), lang="eng", psm=tesserocr.PSM.AUTO)


def read(picture: Image.Image, dpi: int) -> Words:
    """Read a page that lies upright."""
    _show(engine(), picture, dpi)
    return _words(engine().GetTSVText(0).splitlines())


def _show(engine: tesserocr.PyTessBaseAPI, picture: Image.Image, dpi: int) -> None:
    grey = picture.convert("L")
    engine.SetImageBytes(grey.tobytes(), grey.width, grey.height, 1, grey.width)
    engine.SetSourceResolution(dpi)


def _words(rows: Sequence[str]) -> Words:
    """Take the rows of Tesseract's table: level, page, block, paragraph, line, word, box, confidence, text."""
    words: list[Word] = []
    paragraphs, places = set[int](), list[tuple[str, str, str]]()
    for row in rows:
        cells = row.split("\t")
        if len(cells) < 12 or cells[0] != "5" or not (text := cells[11].strip()) or len(words) == MOST_WORDS:
            continue
        place = cells[2], cells[3], cells[4]
        if not places or place != places[-1]:
            if places and place[:2] != places[-1][:2]:
                paragraphs.add(len(places))
            places.append(place)
        left, top, width, height = (int(one) for one in cells[6:10])
        confidence = max(0.0, min(100.0, float(cells[10])))
        words.append(Word(text, left, top, width, height, confidence, len(places) - 1))
    return Words(tuple(_with_me(words)), frozenset(paragraphs))


def _with_me(words: Sequence[Word]) -> Iterator[Word]:
    """Read a bar before a small word as the English I: Tesseract's commonest mistake in letters, which begin so. Bars
    of tables stand before figures and capitals.
    """
    for word, after in zip_longest(words, words[1:]):
        me = word.text == "|" and after is not None and after.line == word.line and after.text.islower()
        yield replace(word, text="I") if me else word
