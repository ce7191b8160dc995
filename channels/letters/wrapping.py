"""Text in lines of a width, and how many pages it will be. Pure: whoever calls says how wide a line is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil

#: lines of the first page, which has the address and the code, and of the others; those of subject and signature
FIRST_PAGE, OTHER_PAGE, AROUND = 27, 46, 8
#: characters that an ordinary line holds
_LINE = 95


def wrap(text: str, most: float, width: Callable[[str], float]) -> Iterator[str]:
    """Yield the lines of a text, at most so wide; an empty line stands between paragraphs. A word that is wider than a
    line is broken where the line ends.
    """
    for paragraph in text.split("\n"):
        yield from _lines(paragraph.rstrip(), most, width)


def _lines(paragraph: str, most: float, width: Callable[[str], float]) -> Iterator[str]:
    indent = paragraph[: len(paragraph) - len(paragraph.lstrip())]
    line = indent
    for word in paragraph.split():
        joined = f"{line} {word}" if line.strip() else f"{line}{word}"
        if width(joined) <= most:
            line = joined
            continue
        if line.strip():
            yield line
        line = word
        while width(line) > most and len(line) > 1:
            kept = _fitting(line, most, width)
            yield line[:kept]
            line = line[kept:]
    yield line


def _fitting(word: str, most: float, width: Callable[[str], float]) -> int:
    """Return how many characters of a word fit into a line, one at least; found by halving, for words may be long."""
    low, high = 1, len(word) - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if width(word[:middle]) <= most else (low, middle - 1)
    return low


def about_pages(text: str) -> int:
    """Return on about how many pages a letter of these words will be; 0 without words. The page's script counts the
    same way while somebody writes.
    """
    words = text.strip()
    if not words:
        return 0
    lines = sum(max(1, ceil(len(one) / _LINE)) for one in words.split("\n")) + AROUND
    return 1 + max(0, ceil((lines - FIRST_PAGE) / OTHER_PAGE))
