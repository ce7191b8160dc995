"""Compares the anchor file with the seals in the database, both read once and forward."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from cases.models import Seal
from contactcentre.anchor import Line, ReadAfter


def differences(lines: Iterable[Line], read_after: ReadAfter, *, due: datetime) -> Iterator[tuple[str, int]]:
    """Compare the file's lines with the seals; yields what is wrong of a seal, and its number.

    Seals after the last line are looked at where they were made before ``due``: a later one may be just on its way.
    """
    last, ahead = Line(0, ""), _Ahead(read_after)
    for line in lines:
        if line == last:
            continue  # written once more after a crash
        if line.number <= last.number:
            yield "not in its place in the anchor file", line.number
            continue
        yield from (("not in the anchor file", number) for number in range(last.number + 1, line.number))
        seal = ahead.find(line.number)
        if seal is None:
            yield "in the anchor file and not in the database", line.number
        elif seal.hash.hex() != line.hash:
            yield "not what the anchor file says", line.number
        last = line
    number = last.number
    while seals := read_after(number):
        yield from (("not in the anchor file", seal.number) for seal in seals if seal.at < due)
        number = seals[-1].number


class _Ahead:
    """Seals by number, read forward in batches."""

    def __init__(self, read_after: ReadAfter) -> None:
        self._read_after = read_after
        self._known: dict[int, Seal] = {}
        self._up_to = 0

    def find(self, number: int) -> Seal | None:
        if number > self._up_to:
            read = self._read_after(number - 1)
            self._known = {seal.number: seal for seal in read}
            self._up_to = read[-1].number if read else number
        return self._known.get(number)
