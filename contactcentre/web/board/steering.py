"""What the pages of steering share: which department is asked for, and the way back to the same page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask import request
from sqlalchemy.orm import Session

from cases.bulk_acts import ACTS
from cases.permissions import Action, may
from cases.queries import forecast, rota
from contactcentre.web.context import container, viewer

#: pages beside the board: endpoint, words, and who has them
ROOMS = (
    ("board.page", "Board", Action.BOARD),
    ("board.forecast", "Forecast", Action.STEER),
    ("board.parked", "Parked", Action.STEER),
    ("board.rota", "Rota", Action.STEER),
    ("board.reviews", "Reviews", Action.STEER),
    ("board.bulletins", "Notes", Action.STEER),
    ("board.reports", "Reports", Action.FIGURES),
    ("board.executive", "What is stuck", Action.BOARD),
    ("board.area", "Your area", Action.AREA),
)


def rooms() -> Sequence[tuple[str, str]]:
    """Return the pages beside the board that the viewer may open: endpoint and words."""
    return [(endpoint, words) for endpoint, words, action in ROOMS if may(viewer(), action)]


def departments() -> Sequence[tuple[str, str]]:
    """Return the departments that the viewer steers: key and name."""
    return forecast.departments(viewer(), container().city)


def asked() -> str | None:
    """Return the department that the address asks for, None for all of them."""
    return request.args.get("department") or None


def one_of(session: Session, offered: Sequence[tuple[str, str]]) -> str | None:
    """Return the department that a page of one department shows: the one asked for, else the first with people."""
    if asked() or not offered:
        return asked()
    staffed = rota.staffed(session)
    return next((key for key, _ in offered if key in staffed), offered[0][0])


def acts(names: Iterable[str]) -> Sequence[tuple[str, str]]:
    """Return those of the acts on several cases that the viewer may do to any: name and words."""
    return [(name, ACTS[name].words) for name in names if may(viewer(), ACTS[name].action)]
