"""What a place is, and what may come of looking for one."""

from __future__ import annotations

from dataclasses import dataclass

#: from the whole down to the spot; what lies ``elsewhere`` is another body's
KINDS = ("city", "district", "constituency", "area", "community", "landmark", "elsewhere")
ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Place:
    """One place. ``parent`` names the place that it lies in; without a ``constituency`` it has its parent's.

    ``lat``, ``lon``: degrees of WGS 84.
    """

    name: str
    kind: str
    parent: str | None = None
    aliases: tuple[str, ...] = ()
    constituency: str | None = None
    lat: float | None = None
    lon: float | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Return its name and how else people call it."""
        return (self.name, *self.aliases)


@dataclass(frozen=True, slots=True)
class Found:
    """The place that is meant. ``score``: 1 where it was named, less where words only point to it."""

    place: Place
    score: float
    said: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """It could be any of these, likeliest first; somebody has to ask."""

    candidates: tuple[Place, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Unknown:
    """No place that is known here."""

    score: float = 0.0


Resolved = Found | Ask | Unknown
