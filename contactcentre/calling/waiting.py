"""Callers who wait: into the queue, a page every few seconds, an agent when it is their turn, or a call back."""

from __future__ import annotations

from cases.calls import call_backs, ending, flags, legs, queueing, ringing, standing, taking
from cases.calls.ending import Told
from cases.calls.queueing import Ahead
from cases.calls.states import CallState, move
from cases.calls.taking import Crew
from cases.models import QueueStay
from channels.dialogue.values import Turn
from channels.voice.values import VoicePage, What
from contactcentre.calling import saying, stepping
from contactcentre.calling.turn import On

#: the key that asks for a call back
CALL_ME = "1"
#: skills that a menu may ask for at once
_MOST_NEEDS = 10


def wanted(on: On, turn: Turn) -> VoicePage:
    """Let a caller into the queue that the menu names, or lead them on where nobody answers there now."""
    fields = turn.state["fields"]
    queue = queueing.known(on.city, fields.get("department", ""))
    found = queueing.ahead(on.session, queue, city=on.city, at=on.at)
    refused, flag = _refused(on, queue, found), flags.holding(on.session, on.call.number, at=on.at)
    on.note(state=dict(turn.state), expects="", node=turn.step, waits=0)
    if flag is not None:
        led = stepping.led_to(on, turn, "nobody", opens="")
        return saying.after_refusal(on, stepping.spoken_page(on, led))
    if refused:
        queueing.refuse(on.session, on.call, queue, at=on.at)
        led = stepping.led_to(on, turn, refused, opens=saying.opens(on, queue))
        return stepping.spoken_page(on, led)
    needs = tuple(fields.get("needs", "").split())[:_MOST_NEEDS]
    stay = queueing.enter(on.session, on.call, queue, at=on.at, needs=needs)
    move(on.call, CallState.WAITING, at=on.at)
    page = next_page(on, stay, is_anybody_free=found.crew.is_anybody_free(), crew=found.crew)
    return saying.after_words(on, turn, page)


def asked(on: On) -> VoicePage:
    """Return the next page of a call that waits."""
    stands = standing.of(on.session, on.call, at=on.at)
    leg, stay, is_free = stands.leg, stands.stay, stands.is_anybody_free
    if leg is not None:  # a transfer: the first agent's part ends here
        legs.ended(on.session, on.call, leg, reached="cancelled", city=on.city, at=on.at, talked=on.heard.talked)
    if stay is None:
        return saying.goodbye(on)
    if on.heard.what is What.KEYED and CALL_ME in on.heard.keys and on.call.number is not None:
        return _call_back(on, stay)
    if not queueing.is_open(on.city, stay.queue, at=on.at) and not _crew(on, stay.queue):
        return _closed(on, stay)
    return next_page(on, stay, is_anybody_free=is_free)


def next_page(on: On, stay: QueueStay, *, is_anybody_free: bool, crew: Crew | None = None) -> VoicePage:
    """Ring an agent for the caller if one is free for them, else let them wait on."""
    leg = ringing.for_caller(on.session, on.call, stay, city=on.city, at=on.at) if is_anybody_free else None
    if leg is None:
        return saying.waiting(on, stay, crew=crew)
    if leg.agent_id is not None:
        on.work.agents.add(leg.agent_id)
    return saying.connect(on, leg.number, seconds=on.city.calls.ring_seconds)


def _refused(on: On, queue: str, found: Ahead) -> str:
    """Return why nobody can wait in a queue now, empty where they can."""
    if not queueing.is_open(on.city, queue, at=on.at):
        return "closed"
    if found.waiting >= on.city.calls.most_waiting:
        return "nobody"
    return "" if found.crew.number(queue) else "nobody"


def _crew(on: On, queue: str) -> int:
    return taking.read(on.session, city=on.city, at=on.at).number(queue)


def _call_back(on: On, stay: QueueStay) -> VoicePage:
    call_backs.ask(on.session, on.call, stay, at=on.at)
    page = saying.called_back(on)
    on.work.sends(ending.end(on.session, on.call, Told(), city=on.city, at=on.at))
    return page


def _closed(on: On, stay: QueueStay) -> VoicePage:
    """Lead on somebody whose queue has closed while they waited, with the last agent gone home."""
    queueing.leave(stay, queueing.CLOSED, at=on.at)
    move(on.call, CallState.MENU, at=on.at)
    node, state = on.dialogue.get("node"), on.dialogue.get("state")
    if node is None or state is None or "node" not in state:
        return saying.goodbye(on)
    turn = Turn(state, "", "", expects=stepping.AGENT, step=node)
    led = stepping.led_to(on, turn, "closed", opens=saying.opens(on, stay.queue))
    return stepping.spoken_page(on, led)
