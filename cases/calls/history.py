"""Calls in the history of their case: that one began, that it ended and how, what was recorded; and what it keeps."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from cases import open_tasks, survivors
from cases.assignment import viewer_of
from cases.calls import finding, queueing
from cases.contacts import ContactKind, Direction, reached_by
from cases.departments import City
from cases.errors import Invalid
from cases.lifecycle import ENDED
from cases.models import Case, PhoneCall
from cases.models.event import Happened, record
from cases.permissions import Viewer

STARTED, CALL_ENDED, RECORDED = "call_started", "call_ended", "call_recorded"


def started(session: Session, call: PhoneCall, *, actor: str, at: datetime) -> None:
    """Write into the history of a call's case that it goes on; nothing where it has no case."""
    case = case_of(session, call)
    if case is not None:
        record(session, case, [Happened(STARTED, actor, {"call": call.id, "direction": call.direction})], at=at)


def recorded(
    session: Session, call: PhoneCall, *, seconds: int | None, recording: int, kind: str, at: datetime
) -> None:
    """Write into the history of a call's case that something was recorded."""
    case = case_of(session, call)
    if case is not None:
        values = {"call": call.id, "recording": recording, "recorded": kind, "seconds": seconds}
        record(session, case, [Happened(RECORDED, "system", values)], at=at)


def ended(session: Session, call: PhoneCall, *, city: City, at: datetime) -> None:
    """Write into the history of a call's case how it ended; if people spoke, it keeps what an answer keeps."""
    case = case_of(session, call)
    if case is not None:
        record(session, case, [_line(session, call), *_spoken(session, case, call, city=city, at=at)], at=at)


def attach(session: Session, call: PhoneCall, case: Case, viewer: Viewer, *, city: City, at: datetime) -> None:
    """Put a locked call into a locked case that the viewer may change, while it goes on or after its end."""
    if call.case_id == case.id:
        return
    if call.case_id is not None and call.state == "ended":
        raise Invalid("This call stands in another case already.", field="reference")
    call.case_id = case.id
    happened = [Happened(STARTED, viewer.actor, {"call": call.id, "direction": call.direction})]
    if call.state == "ended":
        happened += [_line(session, call), *_spoken(session, case, call, city=city, at=at)]
    record(session, case, happened, at=at)


def case_of(session: Session, call: PhoneCall) -> Case | None:
    """Return the case of a call as it is now, locked; by way of all merges."""
    if call.case_id is None:
        return None
    return survivors.lock(session, survivors.of(session, call.case_id).reference)


def _line(session: Session, call: PhoneCall) -> Happened:
    stays = queueing.all_of(session, call)
    waited = sum(round((one.left_at - one.entered_at).total_seconds()) for one in stays if one.left_at)
    values = {
        "call": call.id,
        "direction": call.direction,
        "as": call.ended_as,
        "seconds": call.seconds,
        "waited": waited,
        "talked": call.talk_seconds,
        "held": call.hold_seconds,
        "agent": call.agent_id if call.answered_at else None,
    }
    return Happened(CALL_ENDED, "citizen" if call.direction == finding.IN else "system", values)


def _spoken(session: Session, case: Case, call: PhoneCall, *, city: City, at: datetime) -> list[Happened]:
    if call.answered_at is None or call.agent_id is None or case.status in ENDED:
        return []
    viewer, way = viewer_of(session, call.agent_id), Direction.IN if call.direction == finding.IN else Direction.OUT
    happened = reached_by(session, case, viewer, ContactKind.CALL, way, city=city, at=at)
    minutes, seconds = divmod(call.talk_seconds, 60)
    said = f"Spoke with the citizen by telephone ({minutes}:{seconds:02d})."
    return [*happened, *open_tasks.finish_calls(session, case, result=said, at=at, actor=viewer.actor)]
