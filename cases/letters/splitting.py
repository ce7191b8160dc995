"""Where the letters of a scan begin and end, by its cover sheets; what is not sure is held. Pure.

A cover sheet begins a letter and is no part of it; it stays in the scan, and pages keep the numbers that the scanner
gave them. Blank pages, the backs of sheets that were scanned on both sides, stay too. Nothing is guessed: a page that
cannot be seen may have been a cover sheet, and a sheet without anything behind it, or one that is there twice, says
that a batch was put together wrongly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cases.messages import PageCode, ScannedPage


@dataclass(frozen=True, slots=True)
class Seen:
    """What counts of one page. ``broken``: it could not be rendered."""

    codes: tuple[PageCode, ...] = ()
    blank: bool = False
    broken: bool = False

    @property
    def cover(self) -> int | None:
        """The number of the cover sheet that it is."""
        return next((one.number for one in self.codes if one.kind == "cover"), None)


@dataclass(frozen=True, slots=True)
class Span:
    """The pages of one letter, counted from 1, both ends included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Split:
    """The letters of a scan, or ``held``: why a person has to say where they are. ``covers`` are page numbers."""

    letters: tuple[Span, ...] = ()
    covers: frozenset[int] = frozenset()
    held: str = ""


def seen(page: ScannedPage) -> Seen:
    """Return what counts of a page."""
    return Seen(page.codes, page.blank, page.picture is None)


def split(pages: Sequence[Seen], *, single: bool) -> Split:
    """Split a scan. ``single``: without cover sheets it is one letter."""
    covers = {number: one.cover for number, one in enumerate(pages, 1) if one.cover is not None}
    held = next(_doubts(pages, covers), "")
    if not held and not covers and not single:
        held = f"It has no cover sheets and {_filled(pages)} pages: say where each letter begins."
    if held:
        return Split(covers=frozenset(covers), held=held)
    return Split(tuple(_spans(pages, sorted(covers))), frozenset(covers))


def _doubts(pages: Sequence[Seen], covers: Mapping[int, int]) -> Iterator[str]:
    """Yield what is not sure, the gravest first."""
    for number, one in enumerate(pages, 1):
        if any(code.kind == "false" for code in one.codes):
            yield f"Page {number} has a code that looks like ours and that we did not sign, or with another key."
        if len({code.number for code in one.codes if code.kind == "cover"}) > 1:
            yield f"Page {number} has the codes of several cover sheets."
        if one.broken:
            yield f"Page {number} cannot be shown: it may be a cover sheet."
    if not _filled(pages):
        yield "All of its pages are blank."
    yield from _of_covers(pages, covers)
    for span in _spans(pages, sorted(covers)):
        answers = {
            code.message_id for one in pages[span.first - 1 : span.last] for code in one.codes if code.kind == "reply"
        }
        if len(answers) > 1:
            yield f"Pages {span.first} to {span.last} have the codes of several letters of ours."


def _of_covers(pages: Sequence[Seen], covers: Mapping[int, int]) -> Iterator[str]:
    if not covers:
        return
    first = min(covers)
    if any(not one.blank for one in pages[: first - 1]):
        yield f"There are pages before the first cover sheet, which is page {first}: one is missing."
    if len(set(covers.values())) < len(covers):
        yield "The same cover sheet is in it twice."
    for begin, end in _between(len(pages), sorted(covers)):
        if all(one.blank for one in pages[begin - 1 : end]):
            yield f"Nothing stands behind the cover sheet on page {begin - 1}: there are two in a row, or one too many."


def _between(count: int, covers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last page behind each cover sheet."""
    for begin, following in zip(covers, [*covers[1:], count + 1], strict=True):
        yield begin + 1, following - 1


def _spans(pages: Sequence[Seen], covers: Sequence[int]) -> Iterator[Span]:
    """Yield letters: behind a cover sheet its own blank back is no part of the letter."""
    if not covers:
        yield Span(1, len(pages))
        return
    for begin, end in _between(len(pages), covers):
        first = next((number for number in range(begin, end + 1) if not pages[number - 1].blank), None)
        if first is not None:
            yield Span(first, end)


def _filled(pages: Sequence[Seen]) -> int:
    return sum(not one.blank for one in pages)
