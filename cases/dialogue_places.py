"""What somebody said in a dialogue, with its place, and the area that this place lies in."""

from __future__ import annotations

from collections.abc import Sequence

from cases.answers import Answer, Arguments
from cases.departments import City
from cases.routing.places import Found as FoundPlace
from cases.routing.places import Place, Unknown

MOST_PLACES = 5
#: what is small enough for two people there to mean the same lamp, the widest kind first
_AREAS = ("area", "community", "landmark")


def said(arguments: Arguments, city: City) -> str:
    """Return the words of a report, its place beneath them; empty where there are none."""
    words, typed = arguments.get("words", "").strip(), arguments.get("place", "").strip()
    return f"{words}\nPlace: {_where(city, typed, arguments.get('area', ''))}" if words and typed else words


def fitting(city: City, typed: str) -> tuple[str, ...]:
    """Return the places that what was typed may mean, likeliest first."""
    found = city.gazetteer.resolve(typed)
    if isinstance(found, Unknown):
        return ()
    places = (found.place,) if isinstance(found, FoundPlace) else found.candidates[:MOST_PLACES]
    return tuple(one.name for one in places)


def area_of(city: City, name: str | None) -> Place | None:
    """Return the widest place that is no more than an area and holds this one; None for a district or the unknown."""
    place = city.gazetteer.get(name or "")
    around = list(city.gazetteer.around(place)) if place else []
    return next((one for one in reversed(around) if one.kind in _AREAS), None)


def within(city: City, area: Place) -> Sequence[str]:
    """Return the names of all places in an area, its own among them."""
    return [one.name for one in city.gazetteer.places.values() if city.gazetteer.lies_in(one, area.name)]


def some(choices: tuple[tuple[str, str], ...]) -> Answer:
    """Return choices, or that there are none."""
    return Answer("some", choices=choices) if choices else Answer("none")


def _where(city: City, typed: str, area: str) -> str:
    """Return what was typed, with the place that was picked for these words where they do not say it themselves."""
    adds = area in fitting(city, typed) and area.casefold() not in typed.casefold()
    return f"{typed}, {area}" if adds else typed
