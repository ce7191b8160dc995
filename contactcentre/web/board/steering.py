"""What the pages of steering share: which department is asked for, and the way back to the same page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask import request

from cases.bulk_acts import ACTS
from cases.permissions import may
from cases.queries import forecast
from contactcentre.web.context import container, viewer

#: pages of steering: endpoint and words
PAGES = (
    ("board.forecast", "Forecast"),
    ("board.parked", "Parked"),
    ("board.rota", "Rota"),
    ("board.reviews", "Reviews"),
    ("board.bulletins", "Notes"),
)


def departments() -> Sequence[tuple[str, str]]:
    """Return the departments that the viewer steers: key and name."""
    return forecast.departments(viewer(), container().city)


def asked() -> str | None:
    """Return the department that the address asks for, None for all of them."""
    return request.args.get("department") or None


def one_of(offered: Iterable[tuple[str, str]]) -> str | None:
    """Return the department that a page of one department shows: the one asked for, else the first."""
    return asked() or next((key for key, _ in offered), None)


def acts(names: Iterable[str]) -> Sequence[tuple[str, str]]:
    """Return those of the acts on several cases that the viewer may do to any: name and words."""
    return [(name, ACTS[name].words) for name in names if may(viewer(), ACTS[name].action)]
