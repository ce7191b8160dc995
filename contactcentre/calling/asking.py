"""A gateway asks what to say: the call's row, whether this came before, and the page by where the call stands."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cases.calls import ending, finding
from cases.calls.ending import Told
from cases.calls.states import CallState
from cases.errors import Changed
from cases.messages import AddressKind
from cases.models import PhoneCall
from channels.dialogue.values import Turn
from channels.errors import Refused
from channels.voice.values import CallHeard, VoicePage, What
from contactcentre.calling import keeping, kept, outgoing, saying, stepping, talking, waiting
from contactcentre.calling.turn import On, Work


def page(session: Session, work: Work, *, at: datetime) -> VoicePage:
    """Return the page for a request that wants one; one that came before gets the page that was given."""
    call = found(session, work, at=at)
    if _is_repeat(call, work):
        return kept.load(call.page) if call.page else saying.hang_up(1)
    on = On(session, work, call, at)
    if call.state == CallState.ENDED:
        keeping.kept(on)
        return saying.hang_up(call.turns + 1)
    if work.heard.what is What.PARTED:
        keeping.kept(on)
    made = _made(on)
    call.turns, call.page, call.updated_at = made.turn, kept.dump(made), at
    if kept.ends(made):
        work.sends(ending.end(session, call, Told(), city=work.city, at=at))
    return made


def found(session: Session, work: Work, *, at: datetime) -> PhoneCall:
    """Return the locked row of the call that a request tells of, opened where it is a new one that came to us."""
    heard = work.heard
    if heard.outgoing:
        call = finding.ours(session, work.account, heard.session, tag=heard.tag, number=number_of(heard))
        if call is None:
            raise Refused("(session)", "is of a call that we have not placed")
        return call
    return finding.of(session, work.account, heard.session) or _opened(session, work, at)


def _opened(session: Session, work: Work, at: datetime) -> PhoneCall:
    heard = work.heard
    call = finding.opened(
        session,
        account=work.account,
        line=heard.line or work.channel.line,
        name=heard.session,
        number=number_of(heard) or None,
        language=work.city.organisation.default_language,
        at=at,
    )
    session.add(call)
    try:
        session.flush()
    except IntegrityError:  # the same first request came twice at once, and the other one was sooner
        raise Changed("the call has begun meanwhile") from None
    return call


def number_of(heard: CallHeard) -> str:
    """Return the telephone number at the other end, empty where it is withheld."""
    return heard.caller.value if heard.caller is not None and heard.caller.kind is AddressKind.PHONE else ""


def _is_repeat(call: PhoneCall, work: Work) -> bool:
    """Tell whether a request was answered before: it bears an older turn, or begins what has begun."""
    turn = work.heard.turn
    if turn is None:
        return call.turns > 0 and work.heard.what is What.BEGUN
    return turn < call.turns


def _made(on: On) -> VoicePage:
    if on.call.direction == finding.OUT:
        return outgoing.asked(on)
    if on.call.state == CallState.WAITING:
        return waiting.asked(on)
    if on.call.state != CallState.MENU:
        return talking.asked(on)
    turn = stepping.heard(on) if on.dialogue else stepping.begun(on)
    if not isinstance(turn, Turn):
        return turn
    return waiting.wanted(on, turn) if turn.expects == stepping.AGENT else stepping.spoken_page(on, turn)
