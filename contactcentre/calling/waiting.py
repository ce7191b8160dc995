"""Callers who wait: into the queue, a page every few seconds, an agent when it is their turn, or a call back."""

from __future__ import annotations

from cases.calls import call_backs, ending, finding, legs, queueing, ringing, taking
from cases.calls.ending import Told
from cases.calls.states import CallState, move
from cases.models import QueueStay
from channels.dialogue.values import Turn
from channels.voice.values import VoicePage, What
from contactcentre.calling import saying, stepping
from contactcentre.calling.turn import On

#: the key that asks for a call back
CALL_ME = "1"
#: more telephones than so many in a row are not tried within one request
_LONGEST_NEEDS = 10


def wanted(on: On, turn: Turn) -> VoicePage:
    """Let a caller into the queue that the menu names, or lead them on where nobody answers there now."""
    fields = turn.state["fields"]
    queue = queueing.known(on.city, fields.get("department", ""))
    refused = _refused(on, queue)
    on.note(state=dict(turn.state), expects="", node=turn.step, waits=0)
    if finding.is_flagged(on.session, on.call.number, at=on.at):
        led = stepping.led_to(on, turn, "nobody", opens="")
        return saying.after_refusal(on, stepping.spoken_page(on, led))
    if refused:
        queueing.refuse(on.session, on.call, queue, at=on.at)
        led = stepping.led_to(on, turn, refused, opens=saying.opens(on, queue))
        return stepping.spoken_page(on, led)
    needs = tuple(fields.get("needs", "").split())[:_LONGEST_NEEDS]
    stay = queueing.enter(on.session, on.call, queue, at=on.at, needs=needs)
    move(on.call, CallState.WAITING, at=on.at)
    return saying.after_words(on, turn, next_page(on, stay))


def asked(on: On) -> VoicePage:
    """Return the next page of a call that waits."""
    leg = legs.current(on.session, on.call)
    if leg is not None:  # a transfer: the first agent's part ends here
        legs.ended(on.session, on.call, leg, reached="cancelled", city=on.city, at=on.at, talked=on.heard.talked)
    stay = queueing.current(on.session, on.call)
    if stay is None:
        return saying.goodbye(on)
    if on.heard.what is What.KEYED and CALL_ME in on.heard.keys and on.call.number is not None:
        return _call_back(on, stay)
    if not queueing.is_open(on.city, stay.queue, at=on.at) and not _crew(on, stay.queue):
        return _closed(on, stay)
    return next_page(on, stay)


def next_page(on: On, stay: QueueStay) -> VoicePage:
    """Ring an agent for the caller if one is free for them, else let them wait on."""
    leg = ringing.for_caller(on.session, on.call, stay, city=on.city, at=on.at)
    if leg is None:
        return saying.waiting(on, stay)
    if leg.agent_id is not None:
        on.work.agents.add(leg.agent_id)
    return saying.connect(on, leg.number, seconds=on.city.calls.ring_seconds)


def _refused(on: On, queue: str) -> str:
    """Return why nobody can wait in a queue now, empty where they can."""
    if not queueing.is_open(on.city, queue, at=on.at):
        return "closed"
    if queueing.is_full(on.session, queue, city=on.city):
        return "nobody"
    return "" if _crew(on, queue) else "nobody"


def _crew(on: On, queue: str) -> int:
    return taking.crew(on.session, queue, city=on.city, at=on.at)


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
