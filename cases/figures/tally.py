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


@dataclass(slots=True)
class Tally:
    """One case being counted: where it stands, and the entries made so far."""

    setting: Setting
    state: State
    entries: list[Entry] = field(default_factory=list)

    def file(
        self,
        measure: str,
        at: int,
        *,
        part: str = "",
        place: Place | None = None,
        instance: int = 0,
        lasted: Lasted | None = None,
    ) -> Filed:
        """Count one under the local day of an instant, for the place that has the case now unless another is named."""
        filed = Filed(measure, part, self.setting.day(at), *(place or self.state.place))
        self.add(filed, instance=instance, lasted=lasted)
        return filed

    def add(self, filed: Filed, *, instance: int = 0, lasted: Lasted | None = None) -> None:
        """Count one where it is known already under what it stands."""
        self.entries.append(Entry(filed, 1, instance, lasted))

    def take_back(self, filed: Filed, *, instance: int = 0) -> None:
        """Make the counter-entry, on the very day and place that the entry stands under."""
        self.entries.append(Entry(filed, -1, instance))
