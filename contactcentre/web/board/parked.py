"""Parked cases: who waits for whom, the longest first; they are acted on by the acts on several cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from flask import render_template

from cases import clock, references
from cases.lifecycle import Status
from cases.permissions import Action
from cases.queries import parked as query
from cases.queries.parked import ParkedRow
from contactcentre.web.board import blueprint, steering
from contactcentre.web.context import container, viewer
from contactcentre.web.formatting import length
from contactcentre.web.permissions import requires

#: what is offered for the selected cases, in this order; the page after it looks at it first
ACTS = ("take_up", "pull_back", "assign", "priority", "deadline", "note", "resolve")


@dataclass(frozen=True, slots=True)
class Parked:
    """A row as the page shows it. ``picked`` is what its box sends."""

    row: ParkedRow
    whom: str
    lasts: str
    picked: str
    over: bool


@blueprint.get("/parked")
@requires(Action.STEER)
def parked() -> str:
    """List them."""
    city = container().city
    with container().db.reader() as session:
        now = clock.now(session)
        rows = query.page(session, viewer(), city=city, department=steering.asked())
    shown = list(_shown(rows, now))
    return render_template(
        "board/parked.html",
        rows=shown,
        answered=sum(one.row.answered for one in shown),
        acts=steering.acts(ACTS),
        departments=steering.departments(),
        asked=steering.asked(),
        most=query.MOST,
    )


def _shown(rows: Iterable[ParkedRow], now: datetime) -> Iterator[Parked]:
    for row in rows:
        whom = "citizen" if row.status == Status.WAITING_ON_CITIZEN else "third party"
        waits = row.status in (Status.WAITING_ON_CITIZEN, Status.WAITING_ON_THIRD_PARTY)
        picked = f"{references.written(row.reference)}.{row.version}"
        over = row.until is not None and row.until <= now
        yield Parked(row, f"Waits for the {whom}" if waits else "Put aside", length(now - row.since), picked, over)
