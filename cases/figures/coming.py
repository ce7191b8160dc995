"""The citizen comes: each message, call and visit by local hour and by the way that they came."""

from __future__ import annotations

from cases.figures.lines import Line
from cases.figures.tally import Tally
from cases.matching import Reason

#: by which channel somebody came whose contact an agent logged
_WAYS = {"call": "voice", "visit": "counter"}


def opened(tally: Tally, at: int) -> None:
    """Count that somebody came and a case was opened; one that was split off another brings nobody anew."""
    state = tally.state
    if state.sought:
        came(tally, at, state.place.channel)
    else:
        state.contacts += 1


def wrote(tally: Tally, line: Line) -> None:
    """Count a message that came into the case; neither thanks nor what a machine wrote."""
    if line.text("reason") != Reason.THANKS and line.values.get("by_machine") is not True:
        came(tally, line.at, line.text("channel") or tally.state.place.channel)


def logged(tally: Tally, line: Line) -> None:
    """Count a call or visit that the citizen made and an agent logged."""
    if line.values.get("reached") is True and line.text("direction") == "in":
        came(tally, line.at, _WAYS.get(line.text("contact"), tally.state.place.channel))


def called(tally: Tally, line: Line) -> None:
    """Count a call of the citizen; the first about a case that was opened by voice is that in which it was opened."""
    state = tally.state
    if line.text("direction") != "in":
        return
    opened_it = not state.rung and state.contacts == 1 and state.place.channel == "voice"
    state.rung = True
    if not opened_it:
        came(tally, line.at, "voice")
    elif not state.sought:  # somebody here opened it, which was no contact: the call is
        _file(tally, line.at, "voice")


def came(tally: Tally, at: int, channel: str) -> None:
    """Count one contact under its own channel."""
    tally.state.contacts += 1
    _file(tally, at, channel)


def _file(tally: Tally, at: int, channel: str) -> None:
    tally.file("contacts", at, part=tally.setting.hour(at), place=tally.state.place._replace(channel=channel))
