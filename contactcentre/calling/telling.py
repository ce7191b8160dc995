"""A gateway tells how a call stands: a telephone was answered, the call is over, a recording lies ready."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from cases.calls import ending, finding, legs, recordings, standing
from cases.calls.ending import Told
from cases.calls.states import CallState
from cases.models import PhoneCall
from channels.voice.values import What
from contactcentre.calling import asking, keeping, talking
from contactcentre.calling.turn import On, Work

_NEEDS_NO_CALL = (What.TAKEN, What.OTHER)


def take_in(session: Session, work: Work, *, at: datetime) -> None:
    """Take in what a request tells; of a call that nobody has heard of only its end is noted."""
    call = _call(session, work, at=at)
    if call is None:
        return
    on, before = On(session, work, call, at), call.state
    match work.heard.what:
        case What.JOINED:
            _joined(on)
        case What.ENDED:
            _ended(on)
        case What.KEPT | What.RECORDED:
            keeping.kept(on)
        case What.PARTED:
            talking.told_parted(on)
    if call.state != CallState.ENDED:
        call.updated_at = at
    work.moved(call, before)


def _call(session: Session, work: Work, *, at: datetime) -> PhoneCall | None:
    heard = work.heard
    if heard.what in _NEEDS_NO_CALL:
        return finding.of(session, work.account, heard.session)
    if heard.outgoing:
        return finding.ours(session, work.account, heard.session, tag=heard.tag, number=asking.number_of(heard))
    if heard.what is What.ENDED:
        return asking.found(session, work, at=at)
    return finding.of(session, work.account, heard.session)


def _joined(on: On) -> None:
    stands = standing.of(on.session, on.call, at=on.at)
    leg = stands.leg
    expected = on.call.state in (CallState.RINGING, CallState.WAITING, CallState.PLACING)
    if leg is None or not expected or (on.call.direction == finding.OUT and on.call.turns == 0):
        return
    if on.call.state == CallState.WAITING and leg.answered_at is not None:
        return  # a transfer is under way: it was the first agent who answered
    legs.answered(on.call, leg, stands.stay, at=on.at)


def _ended(on: On) -> None:
    heard = on.heard
    if heard.recording:
        keeping.kept(on)
    told = Told(
        as_=heard.ended_as,
        cause=heard.cause,
        seconds=heard.seconds,
        talked=heard.talked,
        cost=heard.cost,
        currency=heard.currency,
    )
    fetches = bool(recordings.unsaid(on.session, on.call))
    on.work.sends(ending.end(on.session, on.call, told, city=on.city, at=on.at))
    if fetches:
        on.work.to_fetch[on.call.account] = None
