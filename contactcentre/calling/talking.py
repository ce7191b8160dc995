"""Telephones that ring, talk, are on hold and part: what the next page of their call is."""

from __future__ import annotations

from cases.calls import ending, holding, legs, orders, queueing
from cases.calls.ending import Told
from cases.calls.states import CallState, move
from cases.models import CallLeg
from channels.voice.values import VoicePage, What
from contactcentre.calling import saying, waiting
from contactcentre.calling.turn import On

_MOVED = (orders.DOING, orders.DONE, orders.UNKNOWN)


def asked(on: On) -> VoicePage:
    """Return the next page of a call whose telephone rang, talked or is on hold."""
    leg = legs.current(on.session, on.call)
    if _is_to_end(on):
        return over(on)
    if leg is None:
        return over(on) if on.call.answered_at else _again(on)
    if on.call.state == CallState.HELD and _is_moved(on):
        return saying.music(on)
    if holding.rang_again(on.call, leg):
        return _resumed(on, leg)
    if on.heard.what is What.PARTED and on.heard.reached == "answered":
        return _parted(on, leg)
    if on.call.state == CallState.TALKING and on.heard.what is not What.PARTED:
        return _parted(on, leg)
    return _not_reached(on, leg)


def told_parted(on: On) -> None:
    """Take in, where no page is asked for, that a telephone was not reached: the caller waits on."""
    leg = legs.current(on.session, on.call)
    if leg is None or leg.held_since is not None or on.heard.reached in ("", "answered"):
        return
    if on.call.state == CallState.RINGING and on.call.direction == "in":
        legs.ended(on.session, on.call, leg, reached=on.heard.reached, city=on.city, at=on.at)
        move(on.call, CallState.WAITING, at=on.at)


def over(on: On, *, as_: str = "") -> VoicePage:
    """Say goodbye: the call has ended for us, whether the gateway tells so or not."""
    page = saying.goodbye(on)
    on.work.sends(ending.end(on.session, on.call, Told(as_=as_, talked=on.heard.talked), city=on.city, at=on.at))
    return page


def _parted(on: On, leg: CallLeg) -> VoicePage:
    if leg.answered_at is None:
        legs.told_talked(on.session, on.call, leg, talked=on.heard.talked or 0, at=on.at)
    return over(on)


def _not_reached(on: On, leg: CallLeg) -> VoicePage:
    """Let the caller wait on in their place; also where it was supposed that they spoke, the ring time being over."""
    stays = queueing.all_of(on.session, on.call)
    if leg.answered_at is not None and stays:
        last = stays[-1]
        last.left_at = last.left_as = last.agent_id = None
        leg.answered_at = on.call.answered_at = None
    legs.ended(on.session, on.call, leg, reached=on.heard.reached or "no_answer", city=on.city, at=on.at)
    return _again(on)


def _again(on: On) -> VoicePage:
    move(on.call, CallState.WAITING, at=on.at)
    on.session.flush()
    return waiting.asked(on)


def _resumed(on: On, leg: CallLeg) -> VoicePage:
    """Ring the agent again after a hold; who does not pick up then has left the citizen alone, who waits anew."""
    if on.heard.what is not What.PARTED:
        return saying.connect(on, leg.number, seconds=on.city.calls.ring_seconds)
    if on.heard.reached == "answered":
        return _parted(on, leg)
    legs.ended(on.session, on.call, leg, reached="cancelled", city=on.city, at=on.at)
    stays = queueing.all_of(on.session, on.call)
    queue = stays[-1].queue if stays else queueing.GENERAL
    queueing.enter(on.session, on.call, queue, at=on.at, since=stays[0].since if stays else on.at)
    return _again(on)


def _is_to_end(on: On) -> bool:
    order = orders.latest(on.session, on.call, orders.HANG_UP)
    return order is not None and order.state in (*_MOVED, orders.WAITING)


def _is_moved(on: On) -> bool:
    order = orders.latest(on.session, on.call, orders.HOLD)
    return order is not None and order.state in _MOVED
