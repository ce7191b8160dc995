"""An agent's own line: whether their telephone rings for callers, and the call that they are in with all that helps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from cases import availability, clock
from cases.calls import flags
from cases.calls.states import CallState
from cases.lifecycle import ENDED
from cases.messages import AddressKind
from cases.models import (
    Address,
    Agent,
    AgentProfile,
    CallLeg,
    CallOrder,
    Case,
    Citizen,
    CitizenAddress,
    PhoneCall,
    QueueStay,
)
from cases.permissions import Viewer, ViewerKind
from cases.queries import calls, scope
from cases.queries.rows import CaseRow, case_row, rows

MOST_CASES, MOST_PEOPLE = 6, 4
#: what somebody did not wrap up within this time is asked for no more
ASKED_FOR = timedelta(hours=8)


class Line(StrEnum):
    """How an agent's line stands."""

    NONE = "none"  # takes no part in calls: no telephone in the profile
    OFF = "off"
    AWAY = "away"
    FREE = "free"
    CALLING = "calling"  # a call of theirs is being placed; their telephone rings first
    RINGS = "rings"
    TALKS = "talks"
    HOLDS = "holds"
    WRAPS = "wraps"


@dataclass(frozen=True, slots=True)
class Before:
    """A colleague who had the call before: what came of it for them, and what they wrote down."""

    agent: str
    disposition: str | None
    note: str


@dataclass(frozen=True, slots=True)
class Live:
    """The call of an agent's line. ``since`` is when what goes on began; ``waited`` are seconds in queues.

    ``pressed`` are the fields that the menu has learnt. ``people`` are (id, name) of those who use the number;
    ``order`` is the latest thing that a gateway was asked, with its state and what there is to be said of it.
    ``before`` had the call before; ``handed_on``: the viewer did, and wraps up their own part in it.
    """

    id: int
    account: str
    direction: str
    number: str | None
    language: str
    state: str
    since: datetime
    waited: int
    queue: str | None
    pressed: Mapping[str, str]
    people: tuple[tuple[int, str | None], ...]
    cases: tuple[CaseRow, ...]
    reference: str | None
    flag: str | None
    flag_until: datetime | None
    note: str
    wrap_until: datetime | None
    order: tuple[str, str, str] | None
    before: tuple[Before, ...] = ()
    handed_on: bool = False


@dataclass(frozen=True, slots=True)
class OwnLine:
    """The line. ``phone`` is the number in the agent's profile."""

    state: Line
    takes: bool
    phone: str | None
    live: Live | None = None


def own(session: Session, viewer: Viewer) -> OwnLine:
    """Return the viewer's line: two statements while nothing goes on."""
    if viewer.kind is not ViewerKind.AGENT or not calls.takes_calls(viewer):
        return OwnLine(Line.NONE, takes=False, phone=None)
    at = clock.now(session)
    profile = select(Agent.phone, AgentProfile).outerjoin(AgentProfile, AgentProfile.agent_id == Agent.id)
    phone, mine = session.execute(profile.where(Agent.id == viewer.id)).one()
    takes = mine is not None and mine.takes_calls
    found = session.execute(_current(viewer, at)).first()
    if found is not None:
        call, leg, part = found
        part = part if leg is None else None
        state, since = _stands(call, leg, part)
        return OwnLine(state, takes, phone, _live(session, viewer, call, part, since, at=at))
    if not phone:
        return OwnLine(Line.NONE, takes, None)
    away = mine is not None and availability.is_away(mine, at)
    return OwnLine(Line.OFF if not takes else Line.AWAY if away else Line.FREE, takes, phone)


def _current(viewer: Viewer, at: datetime) -> Any:
    """Return the read of the call that the viewer's telephone is in, or else of the latest to be wrapped up."""
    leg = and_(CallLeg.call_id == PhoneCall.id, CallLeg.agent_id == viewer.id, CallLeg.ended_at.is_(None))
    ended = and_(PhoneCall.state == CallState.ENDED, PhoneCall.disposition.is_(None), PhoneCall.wrap_until.is_not(None))
    wraps = and_(PhoneCall.agent_id == viewer.id, ended, PhoneCall.ended_at > at - ASKED_FOR)
    part, later = aliased(CallLeg), aliased(CallLeg)
    again = exists().where(later.call_id == part.call_id, later.agent_id == part.agent_id, later.id > part.id)
    open_part = and_(part.wrap_until > at - ASKED_FOR, part.disposition.is_(None), ~again)
    return (
        select(PhoneCall, CallLeg, part)
        .outerjoin(CallLeg, leg)
        .outerjoin(part, and_(part.call_id == PhoneCall.id, part.agent_id == viewer.id, open_part))
        .where(PhoneCall.started_at > at - 2 * ASKED_FOR, or_(CallLeg.id.is_not(None), part.id.is_not(None), wraps))
        .order_by(CallLeg.id.is_(None), PhoneCall.state == CallState.ENDED, PhoneCall.id.desc())
        .limit(1)
    )


def _stands(call: PhoneCall, leg: CallLeg | None, part: CallLeg | None) -> tuple[Line, datetime]:
    if part is not None:
        return Line.WRAPS, part.ended_at or call.updated_at
    if call.state == CallState.ENDED:
        return Line.WRAPS, call.ended_at or call.updated_at
    if call.state == CallState.HELD:
        return Line.HOLDS, (leg.held_since if leg else None) or call.updated_at
    if call.state in (CallState.ORDERED, CallState.PLACING):
        return Line.CALLING, call.started_at
    if leg is not None and leg.answered_at is None:
        return Line.RINGS, leg.rang_at
    if call.state == CallState.TALKING or leg is not None:
        return Line.TALKS, (leg.answered_at if leg else None) or call.answered_at or call.updated_at
    return Line.CALLING, call.started_at


def _live(
    session: Session, viewer: Viewer, call: PhoneCall, part: CallLeg | None, since: datetime, *, at: datetime
) -> Live:
    flag = flags.holding(session, call.number, at=at)
    waited, queue = _waits(session, call, at=at)
    bound = select(Case.reference).where(Case.id == call.case_id, scope.visible(viewer))
    return Live(
        id=call.id,
        account=call.account,
        direction=call.direction,
        number=call.number,
        language=call.language,
        state=call.state,
        since=since,
        waited=waited,
        queue=queue,
        pressed=_pressed(call),
        people=_people(session, viewer, call.number),
        cases=_cases(session, viewer, call, at=at),
        reference=session.scalar(bound) if call.case_id else None,
        flag=flag.reason if flag else None,
        flag_until=flag.expires_at if flag else None,
        note=(part.note if part else call.note) or "",
        wrap_until=part.wrap_until if part else call.wrap_until,
        order=_order(session, call) if part is None else None,
        before=_before(session, viewer, call) if part is None else (),
        handed_on=part is not None,
    )


def _before(session: Session, viewer: Viewer, call: PhoneCall) -> tuple[Before, ...]:
    """Return the colleagues who have handed the call on, in their order."""
    query = (
        select(Agent.name, CallLeg.disposition, CallLeg.note)
        .join(Agent, Agent.id == CallLeg.agent_id)
        .where(CallLeg.call_id == call.id, CallLeg.wrap_until.is_not(None), CallLeg.agent_id != viewer.id)
        .order_by(CallLeg.id)
    )
    return tuple(Before(row.name, row.disposition, row.note or "") for row in session.execute(query))


def _waits(session: Session, call: PhoneCall, *, at: datetime) -> tuple[int, str | None]:
    stays = session.scalars(select(QueueStay).where(QueueStay.call_id == call.id).order_by(QueueStay.id)).all()
    spans = ((one.left_at or at) - one.entered_at for one in stays)
    return int(sum(span.total_seconds() for span in spans)), stays[-1].queue if stays else None


def _people(session: Session, viewer: Viewer, number: str | None) -> tuple[tuple[int, str | None], ...]:
    """Return who uses a number; who is known from confidential cases of others alone is not among them."""
    users = (
        select(Citizen.id, Citizen.name)
        .join(CitizenAddress, CitizenAddress.citizen_id == Citizen.id)
        .join(Address, Address.id == CitizenAddress.address_id)
        .where(Address.kind == AddressKind.PHONE, Address.value == number, scope.knows(viewer, ordinary=True))
    )
    if not number:
        return ()
    return tuple((row.id, row.name) for row in session.execute(users.order_by(Citizen.id).limit(MOST_PEOPLE)))


def _cases(session: Session, viewer: Viewer, call: PhoneCall, *, at: datetime) -> tuple[CaseRow, ...]:
    """Return the number's open cases, and the one that the call belongs to already, as far as the viewer reads them."""
    callers = (
        select(CitizenAddress.citizen_id)
        .join(Address, Address.id == CitizenAddress.address_id)
        .where(Address.kind == AddressKind.PHONE, Address.value == call.number)
    )
    theirs = and_(Case.citizen_id.in_(callers), Case.status.not_in(ENDED), Case.merged_into_id.is_(None))
    wanted = or_(Case.id == call.case_id, theirs) if call.case_id else theirs
    query = rows().where(scope.visible(viewer), wanted)
    own_first = [Case.id != call.case_id] if call.case_id else []
    query = query.order_by(*own_first, Case.last_message_at.desc()).limit(MOST_CASES)
    return tuple(case_row(row, now=at) for row in session.execute(query))


def _order(session: Session, call: PhoneCall) -> tuple[str, str, str] | None:
    query = select(CallOrder).where(CallOrder.call_id == call.id).order_by(CallOrder.id.desc()).limit(1)
    found: Sequence[CallOrder] = session.scalars(query).all()
    return (found[0].kind, found[0].state, found[0].reason or "") if found else None


def _pressed(call: PhoneCall) -> Mapping[str, str]:
    """Return the fields of the menu, but for what proves a case or repeats what is shown beside it."""
    fields = ((call.dialogue or {}).get("state") or {}).get("fields") or {}
    shown = {name: str(value) for name, value in fields.items() if name not in _SILENT and value}
    return dict(list(shown.items())[:8])


_SILENT = frozenset({"code", "channel", "language", "to"})
