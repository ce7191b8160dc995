"""How long something took, as one value: the middle, what nine of ten stayed within, and all of it; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cases.figures.classes import together, within

SHARES = (0.5, 0.9)


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took, in seconds: the middle and what nine of ten stayed within, of work and on the clock."""

    count: int
    median_business: float
    p90_business: float
    median_wall: float
    p90_wall: float
    total_business: int
    total_wall: int


@dataclass(slots=True)
class Timed:
    """How long one thing took: by department, service, channel or area, and all together; None where there was none."""

    parts: dict[str, Spread]
    whole: Spread | None = None


@dataclass(frozen=True, slots=True)
class Classes:
    """How many things lasted how long, by classes of length; all their seconds, exactly."""

    count: int
    business: int
    wall: int
    businesses: Sequence[int]
    walls: Sequence[int]

    @property
    def spread(self) -> Spread:
        """What follows from the classes."""
        business, wall = ([within(one, share) for share in SHARES] for one in (self.businesses, self.walls))
        return spread_of(self.count, business, wall, self.business, self.wall)


def added(parts: Iterable[Classes]) -> Classes:
    """Return all of several together."""
    every = list(parts)
    count, business, wall = (sum(getattr(one, name) for one in every) for name in ("count", "business", "wall"))
    return Classes(
        count, business, wall, together([one.businesses for one in every]), together([one.walls for one in every])
    )


def spread_of(count: int, business: Sequence[float], wall: Sequence[float], worked: int, passed: int) -> Spread:
    """Return a spread of the middles and what nine of ten stayed within, of work and on the clock."""
    return Spread(count, business[0], business[1], wall[0], wall[1], int(worked), int(passed))
