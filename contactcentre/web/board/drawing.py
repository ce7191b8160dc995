"""Drawing a board once for all who look at it: a page is made anew when its numbers are newer, once a second at most.

What a board shows follows from whose cases it counts, how it is laid out, and how late its numbers are; twenty walls
with one reach cost little more than one.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from contactcentre.web.board.remembered import Remembered

#: seconds that what was drawn is shown again while nothing new was counted
LASTS = 1.0
MOST_KEPT = 200


@dataclass(slots=True)
class _Drawn:
    """What was drawn, of which state of the numbers, and when by the database's clock and by this process's."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    version: Hashable = None
    html: str = ""
    at: datetime | None = None
    made: float = 0.0


class Drawings:
    """What was drawn by this process; one thread draws a board while the others that want it wait."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, _Drawn] = OrderedDict()
        self._lock = threading.Lock()
        self.remembered = Remembered()

    def get(self, key: Hashable, version: Hashable, draw: Callable[[], tuple[str, datetime]]) -> tuple[str, datetime]:
        """Return a board and the instant that it is now, drawing it where it is older than its numbers."""
        entry = self._entry(key)
        with entry.lock:
            if entry.at is None or entry.version != version or time.monotonic() - entry.made > LASTS:
                entry.html, entry.at = draw()
                entry.version, entry.made = version, time.monotonic()
            return entry.html, entry.at + timedelta(seconds=time.monotonic() - entry.made)

    def _entry(self, key: Hashable) -> _Drawn:
        with self._lock:
            entry = self._kept.setdefault(key, _Drawn())
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return entry
