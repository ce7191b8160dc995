"""What stands behind numbers of the board that are no cases: people, and waits of callers."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import render_template, request

from cases.errors import Invalid, NotFound
from cases.permissions import Action
from cases.queries import board, board_agents, board_calls
from cases.queries.board_agents import State
from cases.queries.board_calls import Which
from contactcentre.web.board import blueprint, showing
from contactcentre.web.board.showing import Addresses
from contactcentre.web.context import container, viewer
from contactcentre.web.permissions import requires


@blueprint.get("/agents")
@requires(Action.BOARD)
def agents() -> str:
    """Show who works now and at what: all, those who do one thing, or those who get work of one department."""
    city, state, department = container().city, _state(request.args.get("state", "")), request.args.get("department")
    with container().db.reader() as session:
        if department and department not in board.keys(viewer(), city):
            raise NotFound("There is no such department, or none whose board you may see.", field="department")
        only = (department,) if department else ()
        found = board.load(session, viewer(), city=city, only=only)
        people = board_agents.load(session, viewer(), city=city, held=found.held, only=only)
    shown = [one for one in (people.of(state) if state else people.people) if not department or department in one.there]
    return render_template(
        "board/agents.html",
        people=[(one, *showing.person(one, Addresses(only), found.at)) for one in shown],
        state=state,
        department=department,
        states=showing.STATES,
    )


@blueprint.get("/calls")
@requires(Action.BOARD)
def calls() -> str:
    """Show the waits of callers that a number of the board counts, without whose they are."""
    city = container().city
    try:
        which = Which(request.args.get("which", Which.WAITING))
    except ValueError:
        raise Invalid(f"There is no such list; it is one of {', '.join(Which)}.", field="which") from None
    zone = ZoneInfo(city.organisation.timezone)
    with container().db.reader() as session:
        found = board_calls.waits(session, which, zone=zone, terms=city.calls)
    return render_template("board/calls.html", found=found, which=which, names=board_calls.NAMES, most=board_calls.MOST)


def _state(text: str) -> State | None:
    if not text:
        return None
    try:
        return State(text)
    except ValueError:
        raise Invalid(f"There is no such state; it is one of {', '.join(State)}.", field="state") from None
