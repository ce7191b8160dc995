"""A schematic map of jobs: places of the gazetteer that have coordinates, drawn true to one another. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cases.departments import City
from cases.queries.field import Job
from cases.routing.places import Place

#: of the drawing, in its own units; and what stays free around the points
WIDTH, HEIGHT, MARGIN = 360.0, 300.0, 36.0
#: names that stand between the jobs so that one finds one's way; and how near two of them may come
MOST_NAMES, APART = 24, 16.0
#: degrees that a map shows at least, some two kilometres: two jobs in one street are not drawn as far apart
SMALLEST = 0.02


@dataclass(frozen=True, slots=True)
class Spot:
    """Jobs at one place, with its point in the drawing."""

    name: str
    x: float
    y: float
    jobs: Sequence[Job] = ()

    @property
    def left(self) -> bool:
        """Tell whether its name stands to the left of it, so that it does not leave the drawing."""
        return self.x > WIDTH * 0.6


@dataclass(frozen=True, slots=True)
class Drawn:
    """A map. ``names`` are places without jobs; ``elsewhere`` are jobs whose place has no coordinates."""

    spots: Sequence[Spot]
    names: Sequence[Spot]
    elsewhere: Sequence[Job]
    kilometre: float


def draw(jobs: Sequence[Job], city: City) -> Drawn | None:
    """Return the map of these jobs; None where no place of any has coordinates."""
    at: dict[str, list[Job]] = defaultdict(list)
    elsewhere, places = list[Job](), dict[str, Place]()
    for job in jobs:
        place = _point(job, city)
        if place is None:
            elsewhere.append(job)
        else:
            at[place.name].append(job)
            places[place.name] = place
    if not places:
        return None
    frame = _Frame.around(places.values())
    spots = [Spot(name, *frame.of(places[name]), some) for name, some in at.items()]
    return Drawn(spots, _names(frame, spots, city), elsewhere, frame.scale / 111.32)


def _point(job: Job, city: City) -> Place | None:
    """Return the job's place, or the next one around it that has coordinates."""
    around = city.gazetteer.around(job.place) if job.place else ()
    return next((one for one in around if one.lat is not None and one.lon is not None), None)


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where degrees come to stand: north is up, and a kilometre is as long in both directions."""

    lat: float
    lon: float
    scale: float

    @classmethod
    def around(cls, places: Iterable[Place]) -> _Frame:
        points = [(one.lat or 0.0, one.lon or 0.0) for one in places]
        lats, lons = [lat for lat, _ in points], [lon for _, lon in points]
        lat, lon = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
        tall = max(max(lats) - min(lats), SMALLEST)
        wide = max((max(lons) - min(lons)) * math.cos(math.radians(lat)), SMALLEST)
        return cls(lat, lon, min((HEIGHT - 2 * MARGIN) / tall, (WIDTH - 2 * MARGIN) / wide))

    def of(self, place: Place) -> tuple[float, float]:
        """Return a place's point."""
        east = ((place.lon or 0.0) - self.lon) * math.cos(math.radians(self.lat)) * self.scale
        return round(WIDTH / 2 + east, 1), round(HEIGHT / 2 - ((place.lat or 0.0) - self.lat) * self.scale, 1)


def _names(frame: _Frame, spots: Sequence[Spot], city: City) -> list[Spot]:
    """Return other places within the drawing whose names come near no other name."""
    taken = [(one.x, one.y) for one in spots]
    found = list[Spot]()
    for place in city.gazetteer.places.values():
        if place.lat is None or place.lon is None or len(found) == MOST_NAMES:
            continue
        x, y = frame.of(place)
        within = MARGIN / 2 < x < WIDTH - MARGIN / 2 and MARGIN / 2 < y < HEIGHT - MARGIN / 2
        if within and all(abs(y - above) > APART or abs(x - beside) > WIDTH / 3 for beside, above in taken):
            found.append(Spot(place.name, x, y))
            taken.append((x, y))
    return found
