"""The wallboard: the page, its numbers alone for a page that is open, and what they mean."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Response, current_app, make_response, render_template
from sqlalchemy.orm import Session

from cases.departments import City
from cases.permissions import Action, Viewer, reach
from cases.queries import board, board_agents
from contactcentre.web.board import asked, blueprint, hours, showing
from contactcentre.web.board.asked import Asked
from contactcentre.web.board.drawing import Drawings
from contactcentre.web.board.meanings import MEANINGS
from contactcentre.web.board.showing import Addresses
from contactcentre.web.context import container, viewer
from contactcentre.web.formatting import clock_time, day
from contactcentre.web.permissions import requires

#: numbers that are older than this must not be trusted, and look like it
FROZEN_AFTER = timedelta(seconds=10)
#: when the numbers that were sent are from, by our clock: a browser's may be wrong
AT = "Board-At"
#: of the table of departments: what stands above it, and whose meaning that is
COLUMNS = (
    ("Open", "open"),
    ("No agent", "unassigned"),
    ("< 1 h", "due"),
    ("Late", "overdue"),
    ("Oldest", "oldest"),
    ("Replied", "replied"),
    ("Fixed", "fixed"),
    ("Agents", "agents"),
)


@blueprint.get("")
@requires(Action.BOARD)
def page() -> str:
    """Show the board; without scripts it is asked for again by a link."""
    html, at, which = _drawn(viewer())
    return render_template("board/board.html", board=html, at=at, which=which, frozen_after=FROZEN_AFTER.seconds)


@blueprint.get("/now")
@requires(Action.BOARD)
def now() -> Response:
    """Give the numbers alone."""
    html, at, _ = _drawn(viewer())
    answer = make_response(html)
    answer.headers[AT] = at.isoformat()
    return answer


@blueprint.get("/meanings")
@requires(Action.BOARD)
def meanings() -> str:
    """Say what each number means."""
    return render_template("board/meanings.html", meanings=MEANINGS)


def _drawn(who: Viewer) -> tuple[str, datetime, Asked]:
    """Return the board that is asked for, and the instant that it is now.

    Whoever waits for a drawing that another thread makes holds no connection meanwhile.
    """
    with container().db.reader() as session:
        which = asked.read(session, who, city=container().city)
        version = board.version(session)
    key = (reach(who, Action.BOARD), reach(who, Action.STEER), which, container().city.version)
    html, at = _drawings().get(key, version, lambda: _draw(who, which))
    return html, at, which


def _draw(who: Viewer, which: Asked) -> tuple[str, datetime]:
    city = container().city
    with container().db.reader() as session:
        found = board.load(session, who, city=city, only=which.only)
        people = board_agents.load(session, who, city=city, held=found.held, only=which.only)
        more = _read(session, who, which, found.at)
    html = render_template(
        "board/now.html",
        which=which,
        board=found,
        frozen=found.known_at is None or found.at - found.known_at > FROZEN_AFTER,
        day=day(found.at, _zone(city)),
        clock=clock_time(found.at, _zone(city)),
        columns=COLUMNS,
        meanings=MEANINGS,
        **_shown(city, which, found, people),
        **more,
    )
    return html, found.at


def _shown(city: City, which: Asked, found: board.Board, people: board_agents.Agents) -> dict[str, object]:
    """Return what is shown of cases and agents."""
    to = Addresses(which.only)
    return {
        "totals": showing.totals(found, to),
        "lines": (lines := showing.lines(found, people, to, city)),
        "quiet": len([key for key in found.departments if key]) - len([line for line in lines if line.key]),
        "ages": showing.ages(found, to),
        "states": showing.states(people),
        "inside": len(people.of(*board_agents.IN)),
        "people": [(one, *showing.person(one, to, found.at)) for one in people.people]
        if "people" in which.parts
        else [],
    }


def _read(session: Session, who: Viewer, which: Asked, at: datetime) -> dict[str, object]:
    """Return what is read for some parts alone: a board without them does without."""
    city, shown, remembered = container().city, dict[str, object](), _drawings().remembered
    if "calls" in which.parts:
        shown["calls"] = showing.calls(remembered.strip(session, city), city.calls.answer_within_seconds)
    if "likely" in which.parts:
        found = remembered.likely(session, who, which.only, city=city)
        shown["likely"] = found and showing.likely(found, which.only, city)
    if "hours" in which.parts:
        shown["chart"] = hours.chart(remembered.intake(session, who, which.only, at.astimezone(_zone(city))))
    return shown


def _drawings() -> Drawings:
    found: Drawings = current_app.extensions.setdefault("board", Drawings())
    return found


def _zone(city: City) -> ZoneInfo:
    return ZoneInfo(city.organisation.timezone)
