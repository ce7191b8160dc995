"""A message that was filed in the wrong case: put into another one of its citizen, with its promise."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import access, clock, references
from cases.departments import City
from cases.errors import Invalid, Stale
from cases.filing import keeping, moving, owed, rearranging, summary
from cases.filing.rearranging import Kind
from cases.lifecycle import ENDED, Status, move
from cases.matching import Reason
from cases.models import Case, Message, Party, Rearrangement, Thread
from cases.models.event import Happened, record
from cases.permissions import Action, Viewer

_WAITS = (Status.WAITING_ON_CITIZEN, Status.WAITING_ON_THIRD_PARTY)


def refile(
    session: Session,
    viewer: Viewer,
    *,
    city: City,
    reference: str,
    message_id: int,
    to: str,
    reason: str,
    version: int | None = None,
) -> Rearrangement:
    """Move a citizen's message into another live case of theirs; ``to`` is its reference.

    Since when an answer is owed follows in both cases. A case that waited for somebody outside waits no longer.
    """
    personal = rearranging.reason_of(reason, needed=True)
    source, target = access.several_for_change(session, viewer, Action.TRANSITION, [reference, to])
    if not access.is_as_seen(source, reference=reference, version=version):
        raise Stale("Somebody changed this case while you had it open. Look at it again and choose once more.")
    if source.id == target.id:
        raise Invalid("The message stands in this case already. Choose another one.", field="to")
    ((filing, message),) = moving.chosen(session, source, [message_id])
    moving.refuse_the_last(session, source, [message_id])
    _check(session, source, target, message)
    at = clock.now(session)
    row = rearranging.begin(session, viewer, Kind.REFILE, source, target, at=at)
    before = [(case, keeping.look(session, case), owed.oldest(session, case)) for case in (source, target)]
    where = references.written(source.reference)
    ids = moving.move(session, viewer, filing, target, reason=Reason.AGENT, detail=f"refiled from {where}", at=at)
    lines = {source.id: ("refiled_out", target), target.id: ("refiled_in", source)}
    for case, _, oldest in before:
        kind, other = lines[case.id]
        values = {"rearrangement": row.id, "other": other.reference, **owed.told(session, case)}
        happened = [Happened(kind, viewer.actor, values, personal, message_id=message_id)]
        happened += owed.follow(session, case, oldest, city=city, at=at, why="refiled")
        if case is target:
            happened += _woken(session, case, message, city=city, at=at)
        summary.refresh(session, case)
        record(session, case, happened, at=at)
    rearranging.keep(session, row, *((case, then) for case, then, _ in before), moves=[ids])
    return row


def undo(
    session: Session, viewer: Viewer, row: Rearrangement, source: Case, target: Case, *, city: City, at: datetime
) -> None:
    """Put the message back where it was, with its promise; the caller has locked both cases."""
    (message_id,) = moving.move_back(session, row.kept["moves"], at=at)
    for case, other in ((source, target), (target, source)):
        kept = rearranging.of_case(row, case)
        values = {"rearrangement": row.id, "other": other.reference, **owed.told(session, case)}
        happened = [Happened("refile_undone", viewer.actor, values, message_id=message_id)]
        before = Status(kept["status"])
        happened += keeping.put_back(session, case, kept, calendars=city.calendars, at=at, why="refile undone")
        if before in _WAITS and case.status == Status.OPEN:
            why = "refile undone"
            happened += move(session, case, before, calendars=city.calendars, at=at, actor=viewer.actor, reason=why)
        summary.refresh(session, case)
        record(session, case, happened, at=at)


def _check(session: Session, source: Case, target: Case, message: Message) -> None:
    if target.status in ENDED:
        raise Invalid("That case has ended. Choose an open one, or make the message a new case.", field="to")
    if source.confidential and not target.confidential:
        raise Invalid(
            "This case is confidential and the other one is not: more people would read the message there.", field="to"
        )
    address = select(Thread.address_id).where(Thread.id == message.thread_id).scalar_subquery()
    party = select(Party.id).where(Party.case_id == target.id, Party.address_id == address).limit(1)
    own = target.thread_id == message.thread_id or target.citizen_id == source.citizen_id
    if not own and session.scalar(party) is None:
        raise Invalid(
            "That case is another citizen's, who would be answered for these words. Make the message a new case and "
            "link the two.",
            field="to",
        )


def _woken(session: Session, case: Case, message: Message, *, city: City, at: datetime) -> list[Happened]:
    """End a wait of the case that a message came into, unless it was answered there already."""
    if case.status not in _WAITS or owed.oldest(session, case) is None:
        return []
    return move(
        session, case, Status.OPEN, calendars=city.calendars, at=at, actor="citizen", reason="the citizen wrote"
    )
