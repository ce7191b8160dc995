"""The words of one page, read upright and straight; its picture as agents see it, and as a PDF that can be searched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from channels.errors import Refused
from channels.letters.scans import cleaning, limits, reading, searchable, skew, turning
from channels.letters.scans.reading import Words

#: a page is read well if so large a share of its letters, and so many, stand in words that were surely read
_WELL, _ENOUGH = 0.6, 40

#: how much clearer lines run down than across before that is believed at once: tables and edges of paper run down too
_SIDEWAYS = 4.0
#: ways in which a page may lie, as degrees clockwise by which it is turned; most lie upright
_WAYS = (0, 180, 90, 270)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A page as it was turned, and what was read then."""

    page: Image.Image
    turned: int
    angle: float
    words: Words

    @property
    def well(self) -> bool:
        """Few words are no sign of a page that was read: a page upside down has few, some of them sure."""
        return self.words.sure >= max(_ENOUGH, _WELL * self.words.letters)


def read(source: Path, into: Path) -> dict[str, Any]:
    """Read one page's picture, as :mod:`channels.letters.scans.pages` wrote it."""
    picture, dpi = _opened(source)
    leaning = skew.leaning(picture)
    quarter = turning.upright(picture, dpi, _WAYS) if leaning > _SIDEWAYS else 0
    best = _attempt(picture, quarter, dpi)
    if not best.well:
        ways = _WAYS if 1 / _SIDEWAYS < leaning < _SIDEWAYS else (quarter, (quarter + 180) % 360)
        best = _best(picture, best, turning.upright(picture, dpi, ways), dpi)
    shown, ending = searchable.shown(best.page)
    (into / f"00001-page.{ending}").write_bytes(shown)
    searchable.write(into / "00002-page.pdf", best.page, shown, dpi, best.words.words)
    return _plain(best)


def _opened(source: Path) -> tuple[Image.Image, int]:
    with Image.open(source, formats=["PNG", "JPEG"]) as picture:
        if picture.width * picture.height > limits.PIXELS or picture.mode not in ("1", "L"):
            raise Refused("page", "it is no picture of a page that was written here")
        picture.load()
        return picture, round(picture.info.get("dpi", (limits.DPI,))[0]) or limits.DPI


def _best(picture: Image.Image, first: _Attempt, quarter: int, dpi: int) -> _Attempt:
    """Return the page as it was read, or turned another way if it is read better then."""
    if quarter == first.turned:
        return first
    return max(first, _attempt(picture, quarter, dpi), key=lambda one: one.words.sure)


def _attempt(picture: Image.Image, quarter: int, dpi: int) -> _Attempt:
    lying = cleaning.turned(picture, quarter)
    angle = skew.angle(lying)
    page = cleaning.straight(lying, angle)
    return _Attempt(page, quarter, angle, _words(page, dpi))


def _words(page: Image.Image, dpi: int) -> Words:
    fit, scale = cleaning.fit(page)
    found = reading.read(fit, max(1, round(dpi * scale)))
    return found if scale == 1 else replace(found, words=tuple(_scaled(one, 1 / scale) for one in found.words))


def _scaled(word: reading.Word, by: float) -> reading.Word:
    left, top, width, height = (max(0, round(side * by)) for side in (word.left, word.top, word.width, word.height))
    return replace(word, left=left, top=top, width=width, height=height)


def _plain(one: _Attempt) -> dict[str, Any]:
    return {
        "turned": one.turned,
        "skew": one.angle,
        "confidence": round(one.words.confidence),
        "text": one.words.text,
        "words": [
            [word.text, word.left, word.top, word.width, word.height, round(word.confidence), word.line]
            for word in one.words.words
        ],
        "width": one.page.width,
        "height": one.page.height,
    }
