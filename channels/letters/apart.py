"""Reads scans in a process of its own: what is on the pages of one, and the words of one page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

PAGES, WORDS = "channels.letters.apart:pages", "channels.letters.apart:words"


def pages(source: Path, into: Path) -> dict[str, Any]:
    """Tell what is on the pages of a stored scan; ``into`` gets a picture of each, ``00001-page.jpg`` and so on,
    bilevel ones as ``.png``.

    ``pages`` has for each its sides in pixels, dots per inch, the texts of its QR codes, whether it is blank, and its
    own text; or ``broken``, and no picture. ``notes`` are words for agents. Raises :class:`channels.errors.Refused`.
    """
    from channels.letters.scans.pages import read

    return read(source, into)


def words(source: Path, into: Path) -> dict[str, Any]:
    """Read one page's picture. ``into`` gets it as agents see it, and as a PDF that can be searched.

    ``turned`` counts degrees clockwise, ``skew`` counter-clockwise, both done to the page; each of ``words`` is text,
    left, top, width, height (pixels of the picture that is shown), confidence (0 to 100) and line (from 0).
    """
    from channels.letters.scans.words import read

    return read(source, into)


def _for_pages() -> None:
    from channels.letters.scans import pages

    assert pages


def _for_words() -> None:
    from channels.letters.scans import reading, words

    assert words
    reading.engine()


#: what the reading process loads once, before it forks for each scan
PREPARE: Mapping[str, Callable[[], None]] = {"pages": _for_pages, "words": _for_words}
