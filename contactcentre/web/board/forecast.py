"""Today's forecast: what will break, why, and the moves that prevent it, each looked at before it is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from flask import render_template, url_for

from cases import references
from cases.forecast import words
from cases.forecast.handling import ANSWER, ENDING
from cases.forecast.values import Landing, Move
from cases.permissions import Action
from cases.queries import forecast as query
from cases.queries.forecast import Forecast, Line
from contactcentre.web.board import blueprint, steering
from contactcentre.web.context import container, viewer
from contactcentre.web.desk.clocks import NAMES
from contactcentre.web.desk.room import zone_of
from contactcentre.web.permissions import requires


@dataclass(frozen=True, slots=True)
class Late:
    """One case that will break. ``help``: what a move would do, empty where none helps."""

    line: Line
    what: str
    due: datetime
    why: str
    help: str


@dataclass(frozen=True, slots=True)
class Moves:
    """Moves to one person: their address looks at all of them at once."""

    to: str
    number: int
    address: str


@blueprint.get("/forecast")
@requires(Action.STEER)
def forecast() -> str:
    """Show the forecast of the departments that the viewer steers."""
    city = container().city
    with container().db.reader() as session:
        found = query.today(session, viewer(), city=city, department=steering.asked())
    zone = zone_of(city)
    names = {one.id: one.name for one in found.hands.values()}
    every = [one for one in found.laid.values() if one.work.case_id in found.cases]
    late = sorted((one for one in every if one.late), key=lambda one: (one.work.due, one.work.case_id))
    helped = {one.work.case_id: one for one in found.moves}
    return render_template(
        "board/forecast.html",
        found=found,
        due=len(every),
        late=[_late(one, found, helped, names, zone) for one in late],
        moves=list(_moves(found, names)),
        hands=list(_hands(found, zone)),
        handled=list(_handled(found)),
        departments=steering.departments(),
        asked=steering.asked(),
        most=query.MOST_COUNTED,
    )


def _late(one: Landing, found: Forecast, helped: Mapping[int, Move], names: Mapping[int, str], zone: ZoneInfo) -> Late:
    move = helped.get(one.work.case_id)
    what = NAMES.get(one.work.kind, "Deadline")
    said = words.move(move, names, zone=zone) if move else ""
    return Late(found.cases[one.work.case_id], what, one.work.due, words.landing(one, names, zone=zone), said)


def _moves(found: Forecast, names: Mapping[int, str]) -> Iterator[Moves]:
    ordered = sorted(found.moves, key=lambda one: (names.get(one.target, ""), one.target))
    for target, several in groupby(ordered, key=lambda one: one.target):
        picked = [_picked(found.cases[one.work.case_id]) for one in several]
        way = ".".join(filter(None, ("forecast", steering.asked())))
        values = {"action": "assign", "set_agent": target, "try": "yes", "case": picked, "way": way}
        yield Moves(names.get(target, ""), len(picked), url_for("desk.bulk_form", **values))


def _hands(found: Forecast, zone: ZoneInfo) -> Iterator[tuple[str, str, bool]]:
    """Yield what each person's day looks like: name, sentence, whether it is too much."""
    for one in sorted(found.hands.values(), key=lambda hand: (hand.name, hand.id)):
        own = [landing for landing in found.laid.values() if landing.work.agent_id == one.id]
        yield one.name, words.hand(one, own, zone=zone), any(landing.late for landing in own)


def _handled(found: Forecast) -> Iterator[tuple[str, Sequence[str]]]:
    terms = container().city.forecasts
    for key in found.departments:
        yield key, [words.handled(sort, found.handlings[key, sort], terms) for sort in (ANSWER, ENDING)]


def _picked(line: Line) -> str:
    return f"{references.written(line.reference)}.{line.version}"
