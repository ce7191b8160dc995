"""Calls of ours: the agent has picked up, so the citizen is rung; then the two speak, or the citizen is not reached."""

from __future__ import annotations

from datetime import timedelta

from cases.calls import ending, legs
from cases.calls.ending import Told
from cases.calls.states import CallState, move
from channels.voice.values import VoicePage, What
from contactcentre.calling import saying, talking
from contactcentre.calling.turn import On

#: a citizen needs longer to find their telephone than an agent at work
PATIENCE = 2


def asked(on: On) -> VoicePage:
    """Return the next page of a call of ours."""
    leg = legs.current(on.session, on.call)
    if leg is None or on.call.number is None:
        return talking.over(on)
    if on.call.turns == 0:
        seconds = on.city.calls.ring_seconds * PATIENCE
        leg.rings_until = on.at + timedelta(seconds=seconds)
        move(on.call, CallState.RINGING, at=on.at)
        return saying.connect_citizen(on, on.call.number, seconds=seconds)
    spoke = on.heard.reached == "answered" if on.heard.what is What.PARTED else leg.answered_at is not None
    if spoke and leg.answered_at is None:
        legs.told_talked(on.session, on.call, leg, talked=on.heard.talked or 0, at=on.at)
    if not spoke:
        leg.answered_at = on.call.answered_at = None
    page = saying.goodbye(on)
    told = Told(as_="" if spoke else on.heard.reached or "no_answer", talked=on.heard.talked if spoke else None)
    on.work.sends(ending.end(on.session, on.call, told, city=on.city, at=on.at))
    return page
