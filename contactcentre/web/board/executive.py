"""The executives' page: what is broken, escalated and old, by department, and whether that gets better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template

from cases.permissions import Action
from cases.queries import executive as query
from cases.queries.executive import Weekly
from cases.queries.on_board import AGES, NAMES
from contactcentre.web.board import blueprint
from contactcentre.web.context import container, viewer
from contactcentre.web.desk.clocks import NAMES as PROMISES
from contactcentre.web.formatting import length
from contactcentre.web.permissions import requires

#: of the drawing of the trend, in its own units
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 720, 180, 36, 156


@dataclass(frozen=True, slots=True)
class Bars:
    """One week of the drawing: two bars and what stands below them."""

    week: Weekly
    x: float
    width: float
    broken: float
    escalated: float


@blueprint.get("/executive")
@requires(Action.BOARD)
def executive() -> str:
    """Show what is stuck."""
    with container().db.reader() as session:
        found = query.load(session, viewer(), city=container().city)
    highest = max((max(one.broken, one.escalated) for one in found.weeks), default=0)
    return render_template(
        "board/executive.html",
        found=found,
        ages=[(key, NAMES[key]) for key in AGES],
        bars=_bars(found.weeks, highest),
        highest=highest,
        bottom=_BOTTOM,
        width=_WIDTH,
        height=_HEIGHT,
        left=_LEFT,
        promises=PROMISES,
        lasts=lambda at: length(found.at - at),
    )


def _bars(weeks: Sequence[Weekly], highest: int) -> list[Bars]:
    step = (_WIDTH - _LEFT) / max(len(weeks), 1)
    scale = (_BOTTOM - 16) / highest if highest else 0
    return [
        Bars(one, round(_LEFT + number * step, 1), round(step * 0.38, 1), round(one.broken * scale, 1),
             round(one.escalated * scale, 1))
        for number, one in enumerate(weeks)
    ]  # fmt: skip
