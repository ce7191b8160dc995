"""What counting the events of one case yields: entries, each adding one somewhere or taking one back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from cases.figures.setting import Lasted, Setting
from cases.figures.states import Filed, Place, State


class Entry(NamedTuple):
    """``sign`` is 1, or -1 for a counter-entry. ``instance`` is 0 where nothing took time: then there is no fact."""

    filed: Filed
    sign: int
    instance: int = 0
    lasted: Lasted | None = None


class Stretch(NamedTuple):
    """A stretch in which a case was open for one place, as it is now; ``until`` None: it still is. None: never was."""

    number: int
    since: int
    until: int | None
    place: Place


@dataclass(slots=True)
class Tally:
    """One case being counted: where it stands, and the entries and stretches made so far, by number."""

    setting: Setting
    state: State
    entries: list[Entry] = field(default_factory=list)
    stretches: dict[int, Stretch | None] = field(default_factory=dict)

    def file(
        self,
        measure: str,
        at: int,
        *,
        part: str = "",
        place: Place | None = None,
        instance: int = 0,
        number: int | None = None,
        lasted: Lasted | None = None,
    ) -> Filed:
        """Count one under the local day of an instant, for the place that has the case now unless another is named.

        Without a number of its own it has that of the line that is being counted.
        """
        number = (instance or self.state.seq) if number is None else number
        filed = Filed(measure, part, self.setting.day(at), *(place or self.state.place), number, at)
        self.add(filed, instance=instance, lasted=lasted)
        return filed

    def add(self, filed: Filed, *, instance: int = 0, lasted: Lasted | None = None) -> None:
        """Count one where it is known already under what it stands."""
        self.entries.append(Entry(filed, 1, instance, lasted))

    def take_back(self, filed: Filed, *, instance: int = 0) -> None:
        """Make the counter-entry, on the very day and place that the entry stands under."""
        self.entries.append(Entry(filed, -1, instance))
