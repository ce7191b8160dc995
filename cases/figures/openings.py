"""A case begins, and whose it is: department, service, channel, and the time that each department has it."""

from __future__ import annotations

from cases.figures import coming
from cases.figures.lines import Line
from cases.figures.states import Leg, Place
from cases.figures.tally import Tally


def opened(tally: Tally, line: Line) -> None:
    """Note the channel; it is counted once the next line says where the case went."""
    state = tally.state
    state.opened = state.started = line.at
    state.open, state.sought = True, line.actor == "citizen"
    state.place = Place(channel=line.text("channel"))


def routed(tally: Tally, line: Line) -> None:
    """Note whose the case is."""
    place, area = tally.state.place, line.text("area") or tally.setting.area(line.text("place"))
    tally.state.place = place._replace(
        department=line.text("department"), service=line.text("service"), area=area or place.area
    )


def counted(tally: Tally) -> None:
    """Count a case as opened, for whom it was routed to, whose time begins with it."""
    state = tally.state
    if state.opened is not None:
        tally.file("opened", state.opened)
        begin_leg(tally, state.opened)
        coming.opened(tally, state.opened)
        state.opened = None


def transferred(tally: Tally, line: Line) -> None:
    """End the time of the department that had the case, and begin that of the one that has it now."""
    state, running = tally.state, tally.state.leg is not None
    end_leg(tally, line.at)
    state.place = state.place._replace(department=line.text("to"), service="")
    if running:
        begin_leg(tally, line.at)


def service_changed(tally: Tally, line: Line) -> None:
    """Note what the case is about from now on."""
    tally.state.place = tally.state.place._replace(service=line.text("to"))


def begin_leg(tally: Tally, at: int) -> None:
    """Let the time of the department begin that has the case."""
    state = tally.state
    state.legs += 1
    state.leg = Leg(state.legs, at, state.place)


def end_leg(tally: Tally, at: int) -> None:
    """Count how long a department had the case, without the time that it waited for somebody outside."""
    state = tally.state
    if state.leg is None:
        return
    lasted = tally.setting.lasted(state.calendar, state.leg.since, at, state.stood(at))
    tally.file("leg", at, place=state.leg.place, instance=state.leg.number, lasted=lasted)
    state.leg = None
