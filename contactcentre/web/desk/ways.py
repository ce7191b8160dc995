"""The way back from acts on several cases: to the page of the board where they were begun, else to the queue."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, url_for

from cases.permissions import Action, may
from contactcentre.web.context import viewer

#: pages that such acts are begun on: endpoint, who has them, and words
_WAYS = {
    "board": ("board.page", Action.BOARD, "Back to the board"),
    "forecast": ("board.forecast", Action.STEER, "Back to the forecast"),
    "parked": ("board.parked", Action.STEER, "Back to the parked cases"),
}


@dataclass(frozen=True, slots=True)
class Way:
    """``value`` is what forms and addresses carry, empty for the queue: a page's name, a point and a department."""

    value: str
    address: str
    words: str


def asked(queue: str) -> Way:
    """Return the way back that the address or the form names; to the queue where it names none of ours."""
    value = request.values.get("way", "")
    name, _, department = value.partition(".")
    if name not in _WAYS or not may(viewer(), _WAYS[name][1]):
        return Way("", queue, "Back to the queue")
    endpoint, _, words = _WAYS[name]
    return Way(value, url_for(endpoint, department=department or None), words)
