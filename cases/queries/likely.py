"""How many promises will break today: the forecast's numbers alone, for a board that many look at.

The same day is reckoned as on the forecast's page, without the moves, which are tried one by one. A case that complains
of somebody is on nobody's board.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from cases.departments import City
from cases.forecast.planning import plan
from cases.permissions import Viewer
from cases.queries import forecast


@dataclass(frozen=True, slots=True)
class Likely:
    """``due`` cases have a deadline in the rest of today, ``late`` of them will break, by department.

    ``cut``: of a department only the cases due soonest were looked at.
    """

    at: datetime
    due: int
    late: Mapping[str, int]
    cut: bool

    @property
    def number(self) -> int:
        """How many will break."""
        return sum(self.late.values())


def today(session: Session, viewer: Viewer, *, city: City, only: Collection[str] = ()) -> Likely | None:
    """Reckon what will break today, of the departments among these that the viewer steers; None for none of them."""
    wanted = [key for key, _ in forecast.departments(viewer, city) if not only or key in only]
    if not wanted:
        return None
    day = forecast.read(session, viewer, wanted, city=city)
    laid, rows = plan(day.hands, day.works), [row for row in day.rows if row.moves]
    read, late = (Counter(row.department for row in some) for some in (day.rows, (r for r in rows if laid[r.id].late)))
    return Likely(day.at, len(rows), late, cut=any(number >= forecast.MOST for number in read.values()))
