"""After a call: what came of it, in a word of the city's list and in one's own; where it belongs; one is free again.
Who handed a call on wraps up their own part, while the call may still go on. When the time for it is over the telephone
rings for others again; what is not written down by then can still be.

What is written down becomes an event in the case's history. A call in which people spoke keeps what a call keeps at its
end already; one that comes into a case only now keeps it now (:func:`cases.calls.history.attach`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from cases import access, clock, contacts
from cases.calls import callers, history, wrap_ups
from cases.calls.states import CallState
from cases.departments import City
from cases.errors import Invalid, NotFound
from cases.messages import NEW_CASE
from cases.models import CallLeg, PhoneCall
from cases.models.event import Happened, record
from cases.permissions import SYSTEM, Action, Role, Viewer

WRAPPED = "call_wrapped"


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody wrote down of a call. ``into`` is the reference of its case, ``NEW_CASE``, or empty for none.

    ``name`` is what a caller without one is called; ``department`` where a new case goes, None: the rules decide.
    """

    disposition: str
    text: str = ""
    into: str = ""
    department: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """The call's case if it has one now, and accounts with something to send."""

    reference: str | None = None
    to_send: tuple[str, ...] = ()


def own(session: Session, viewer: Viewer, call_id: int) -> PhoneCall:
    """Return a call that this agent takes, took, asked for or has just handed on, locked; supervisors have everybody's.

    Raises ``NotFound`` for all others.
    """
    handed = CallLeg.wrap_until.is_not(None) & CallLeg.disposition.is_(None)
    leg = exists().where(
        CallLeg.call_id == PhoneCall.id, CallLeg.agent_id == viewer.id, CallLeg.ended_at.is_(None) | handed
    )
    mine = or_(PhoneCall.agent_id == viewer.id, PhoneCall.asked_by == viewer.id, leg)
    query = select(PhoneCall).where(PhoneCall.id == call_id)
    query = query if viewer.has(Role.SUPERVISOR) else query.where(mine)
    locked = query.with_for_update(of=PhoneCall).execution_options(populate_existing=True)
    found = session.scalars(locked).one_or_none()
    if found is None:
        raise NotFound("There is no such call, or it is not yours.", field="call")
    return found


def is_done(call: PhoneCall) -> bool:
    """Tell whether nothing is to be written down of a call any more: it was, or nobody of us spoke in it."""
    return call.wrapped_at is not None and (call.disposition is not None or call.wrap_until is None)


def note(session: Session, viewer: Viewer, *, call_id: int, text: str) -> PhoneCall:
    """Keep what an agent writes down while they talk; it stands in the form at the end."""
    words = contacts.words_of(text, needed=False)
    call = own(session, viewer, call_id)
    part = wrap_ups.handed_on(session, call, viewer.id)
    if part is not None:
        part.note = words or None
        return call
    if is_done(call):
        raise Invalid("This call is wrapped up already; write a note into its case.", field="text")
    call.note = words or None
    return call


def wrap(session: Session, viewer: Viewer, *, city: City, call_id: int, said: Said) -> Wrapped:
    """Write down what came of a call that is over, or of one's part in a call that one has handed on, and end the
    agent's wrap-up time.

    Raises ``Invalid`` for a word that is not on the list, for a call that still goes on or is wrapped up already.
    """
    if said.disposition not in city.calls.dispositions:
        raise Invalid("Choose what came of the call.", field="disposition")
    words = contacts.words_of(said.text, needed=False)
    call, at = own(session, viewer, call_id), clock.now(session)
    part = wrap_ups.handed_on(session, call, viewer.id)
    if part is None and call.state != CallState.ENDED:
        raise Invalid("The call is not over yet; what you write now is kept as a note.", field="disposition")
    if part is None and is_done(call):
        raise Invalid("This call is wrapped up already.", field="disposition")
    if call.number is not None:
        call.address_id, _ = callers.known(session, call.number, name=said.name)
    if part is None:
        _end(call, said.disposition, words, at=at)
    else:
        part.disposition, part.note = said.disposition, words or part.note
        wrap_ups.wrapped(call, part, at=at)
    return _bind(session, viewer, call, said, words, city=city, handed_on=part is not None)


def _bind(
    session: Session, viewer: Viewer, call: PhoneCall, said: Said, words: str, *, city: City, handed_on: bool
) -> Wrapped:
    """Let a call belong to a case, to a new one, or to none; whoever had it last has the last word on that."""
    if not said.into:
        return Wrapped()
    if said.into == NEW_CASE:
        opened = callers.open_case(session, viewer, call, words, city=city, department=said.department)
        # Whoever answers a call opens cases for every department, also for one whose cases they do not read.
        case = access.for_change(session, SYSTEM, Action.NOTE, reference=opened.reference)
        found, words = Wrapped(case.reference, opened.to_send), ""
    else:
        case = access.for_change(session, viewer, Action.NOTE, reference=said.into)
        found = Wrapped(case.reference)
    at = clock.now(session)
    is_settled = handed_on and call.disposition is not None and call.case_id is not None
    if call.case_id != case.id and not is_settled:
        call.case_id = None  # the menu's guess gives way to who has spoken with them
        history.attach(session, call, case, viewer, city=city, at=at)
    about = {"call": call.id, "disposition": said.disposition, "direction": call.direction}
    about |= {"handed_on": True} if handed_on else {}
    record(session, case, [Happened(WRAPPED, viewer.actor, about, {"text": words} if words else {})], at=at)
    return found


def _end(call: PhoneCall, disposition: str, words: str, *, at: datetime) -> None:
    call.disposition, call.note = disposition, words or call.note
    if call.wrapped_at is None and call.ended_at is not None:
        call.wrap_seconds += min(max(int((at - call.ended_at).total_seconds()), 0), wrap_ups.LONGEST_WRAP)
    call.wrapped_at = call.wrapped_at or at
