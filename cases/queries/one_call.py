"""One call as a whole: its telephones, its waits, its recordings, and what was written down of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, null, select
from sqlalchemy.orm import Session

from cases import access, clock, survivors
from cases.calls import wrap_ups, wrapping
from cases.errors import NotAllowed, NotFound
from cases.models import Agent, CallLeg, IncomingMedia, PhoneCall, QueueStay, StoredFile, VoiceRecording
from cases.permissions import Action, Viewer, ViewerKind, may
from cases.queries import calls
from cases.queries.calls import CallRow

#: kinds of sound that a browser plays, and nothing else
SOUNDS = frozenset({"audio/mpeg", "audio/wav", "audio/x-wav", "audio/ogg", "audio/webm", "audio/mp4", "audio/aac"})
MESSAGE, TALK = "message", "talk"


@dataclass(frozen=True, slots=True)
class LegView:
    """One telephone that was rung; ``reached`` is None while it rings or talks.

    Of who handed the call on: what came of their part, and what they wrote down, for who reads the number as a whole.
    """

    agent: str | None
    rang_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    reached: str | None
    hold_seconds: int
    disposition: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class StayView:
    """One wait; ``left_as`` is None while it lasts, ``agent`` who answered it."""

    queue: str
    since: datetime
    entered_at: datetime
    left_at: datetime | None
    left_as: str | None
    agent: str | None
    offered: int
    returned_at: datetime | None
    tries: int


@dataclass(frozen=True, slots=True)
class RecordingView:
    """One recording. ``plays``: its sound is here, and this viewer may hear it. ``trouble``: why it is not here."""

    id: int
    kind: str
    seconds: int | None
    made_at: datetime
    forget_at: datetime
    forgotten_at: datetime | None
    plays: bool
    trouble: str | None


@dataclass(frozen=True, slots=True)
class CallView:
    """A call. What was noted is read by who reads its number as a whole. ``own_note``: what the viewer has noted so
    far in what they may wrap up, the call or the part that they handed on.
    """

    row: CallRow
    note: str | None
    wrap_seconds: int
    hold_seconds: int
    wrapped_at: datetime | None
    cause: str | None
    cost: Decimal | None
    currency: str | None
    asked_by: str | None
    returns: int | None
    legs: tuple[LegView, ...]
    stays: tuple[StayView, ...]
    recordings: tuple[RecordingView, ...]
    listens: bool
    may_wrap: bool
    own_note: str


def load(session: Session, viewer: Viewer, call_id: int) -> CallView:
    """Return a call; ``NotFound`` alike where there is none and where the viewer may not read it."""
    query = calls.rows(viewer, at=clock.now(session)).add_columns(PhoneCall)
    found = session.execute(query.where(PhoneCall.id == call_id, calls.readable(viewer))).one_or_none()
    if found is None:
        raise _nothing()
    call: PhoneCall = found.PhoneCall
    row = calls.row_of(found, viewer)
    listens = hears(session, viewer, call)
    asked = session.get(Agent, call.asked_by) if call.asked_by else None
    part = wrap_ups.handed_on(session, call, viewer.id) if viewer.kind is ViewerKind.AGENT else None
    to_wrap = call.agent_id == viewer.id and call.ended_at is not None and not wrapping.is_done(call)
    return CallView(
        row=row,
        note=call.note if row.whole else None,
        wrap_seconds=call.wrap_seconds,
        hold_seconds=call.hold_seconds,
        wrapped_at=call.wrapped_at,
        cause=call.cause,
        cost=call.cost,
        currency=call.currency,
        asked_by=asked.name if asked else None,
        returns=_returns(session, call),
        legs=_legs(session, call_id, whole=row.whole),
        stays=_stays(session, call_id),
        recordings=tuple(_recording(one, listens) for one in session.execute(_recordings(call_id))),
        listens=listens,
        may_wrap=to_wrap or part is not None,
        own_note=(part.note if part else call.note) or "",
    )


def recording(session: Session, viewer: Viewer, recording_id: int) -> tuple[VoiceRecording, PhoneCall, StoredFile]:
    """Return a recording, its call and its content to somebody who may hear it; ``NotFound`` where it is forgotten or
    still at the gateway, ``NotAllowed`` for who may read the call and not listen.
    """
    found = session.execute(_recordings(None).where(VoiceRecording.id == recording_id)).one_or_none()
    if found is None:
        raise _nothing()
    call = session.get_one(PhoneCall, found.VoiceRecording.call_id)
    load(session, viewer, call.id)
    if not hears(session, viewer, call):
        raise NotAllowed("Your role does not listen to recordings.")
    if found.VoiceRecording.forgotten_at is not None or found.StoredFile is None:
        raise NotFound("This recording is not here: its time is over, or it is still being fetched.")
    return found.VoiceRecording, call, found.StoredFile


def hears(session: Session, viewer: Viewer, call: PhoneCall) -> bool:
    """Tell whether the viewer may listen to the recordings of a call that they may read."""
    if call.case_id is None:
        return may(viewer, Action.LISTEN) and calls.takes_calls(viewer)
    case = survivors.of(session, call.case_id)
    return case is not None and access.allowed(session, viewer, Action.LISTEN, case)


def _returns(session: Session, call: PhoneCall) -> int | None:
    """Return the call that this call back answers."""
    query = select(QueueStay.call_id).where(QueueStay.id == call.returns_id)
    return session.scalar(query) if call.returns_id else None


def _legs(session: Session, call_id: int, *, whole: bool) -> tuple[LegView, ...]:
    query = (
        select(
            *(Agent.name, CallLeg.rang_at, CallLeg.answered_at, CallLeg.ended_at, CallLeg.reached),
            *(CallLeg.hold_seconds, CallLeg.disposition, CallLeg.note if whole else null()),
        )
        .outerjoin(Agent, Agent.id == CallLeg.agent_id)
        .where(CallLeg.call_id == call_id)
        .order_by(CallLeg.id)
    )
    return tuple(LegView(*row) for row in session.execute(query))


def _stays(session: Session, call_id: int) -> tuple[StayView, ...]:
    query = (
        select(
            *(QueueStay.queue, QueueStay.since, QueueStay.entered_at, QueueStay.left_at, QueueStay.left_as, Agent.name),
            *(QueueStay.offered, QueueStay.returned_at, QueueStay.tries),
        )
        .outerjoin(Agent, Agent.id == QueueStay.agent_id)
        .where(QueueStay.call_id == call_id)
        .order_by(QueueStay.id)
    )
    return tuple(StayView(*row) for row in session.execute(query))


def _recordings(call_id: int | None) -> Select[*tuple[Any, ...]]:
    fetched = and_(IncomingMedia.message_id == VoiceRecording.message_id, IncomingMedia.url == VoiceRecording.url)
    query = (
        select(VoiceRecording, IncomingMedia, StoredFile)
        .outerjoin(IncomingMedia, fetched)
        .outerjoin(StoredFile, StoredFile.sha256 == IncomingMedia.sha256)
        .order_by(VoiceRecording.id)
    )
    return query if call_id is None else query.where(VoiceRecording.call_id == call_id)


def _recording(one: Any, listens: bool) -> RecordingView:
    made, media, stored = one
    return RecordingView(
        id=made.id,
        kind=made.kind,
        seconds=made.seconds,
        made_at=made.made_at,
        forget_at=made.forget_at,
        forgotten_at=made.forgotten_at,
        plays=listens and made.forgotten_at is None and stored is not None and stored.media_type in SOUNDS,
        trouble=media.reason if media is not None and media.state != "stored" else None,
    )


def _nothing() -> NotFound:
    return NotFound("There is no such call, or none that you may see.", field="call")
