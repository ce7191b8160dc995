"""Messages that are another matter become a case of their own, routed by their own words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from cases import access, alerts, clock, references
from cases.departments import City
from cases.errors import Invalid
from cases.filing import anew, keeping, links, moving, owed, rearranging, summary
from cases.filing.rearranging import Kind
from cases.lifecycle import Status, merge_away
from cases.models import Case, Rearrangement
from cases.models.event import Happened, record
from cases.permissions import Action, Viewer
from cases.sla import endings

SPLIT = "split"


@dataclass(frozen=True, slots=True)
class Split:
    """What came of it: the new case, and the account that tells the citizen of it, if they are told."""

    rearrangement: Rearrangement
    case: Case
    account: str | None


def split(
    session: Session,
    viewer: Viewer,
    *,
    city: City,
    reference: str,
    message_ids: Sequence[int],
    reason: str = "",
    tell: bool = False,
    version: int | None = None,
) -> Split:
    """Make a new case of some messages of a citizen. Its promises count from when the first of them came.

    ``tell`` sends the citizen its reference and code; without it nothing is said to them, and the first reference goes
    on answering for what stays.
    """
    personal = rearranging.reason_of(reason, needed=False)
    source = access.for_change(session, viewer, Action.TRANSITION, reference=reference, version=version)
    taken = moving.chosen(session, source, message_ids)
    moving.refuse_the_last(session, source, message_ids)
    messages = [message for _, message in taken]
    if len({message.thread_id for message in messages}) > 1:
        raise Invalid("These messages came from several numbers. Split them one number at a time.", field="messages")
    at = clock.now(session)
    standing, oldest = keeping.look(session, source), owed.oldest(session, source)
    made = anew.open_case(session, source, messages, city=city, at=at)
    row = rearranging.begin(session, viewer, Kind.SPLIT, source, made.case, at=at)
    detail = f"split from {references.written(source.reference)}"
    moves = [moving.move(session, viewer, one, made.case, reason=SPLIT, detail=detail, at=at) for one, _ in taken]
    summary.refresh(session, made.case)
    lines, account = anew.first_lines(
        session, viewer, source, made, messages=messages, row=row, city=city, at=at, tell=tell
    )
    record(session, made.case, lines, at=at)
    gone = {"rearrangement": row.id, "other": made.case.reference, "messages": [one.id for one in messages]}
    happened = [Happened("split_out", viewer.actor, {**gone, **owed.told(session, source)}, personal)]
    happened += owed.follow(session, source, oldest, city=city, at=at, why="split")
    summary.refresh(session, source)
    record(session, source, happened, at=at)
    links.join(session, made.case, source, links.LinkKind.FOLLOWS_FROM, actor=viewer.actor, at=at)
    empty = keeping.Standing({}, Status.NEW)
    rearranging.keep(session, row, (source, standing), (made.case, empty), moves=moves)
    if made.decision.alert:
        alerts.call(session, made.case.id, made.decision.alert, at=at)
    return Split(row, made.case, account)


def undo(
    session: Session, viewer: Viewer, row: Rearrangement, source: Case, made: Case, *, city: City, at: datetime
) -> None:
    """Put the messages back; the new case, whose reference may be known, from now on leads to the first one."""
    moving.move_back(session, row.kept["moves"], at=at)
    ended = endings.end_all(session, made, at=at, why="merged")
    merge_away(made, source, at=at)
    values = {"rearrangement": row.id, "other": source.reference}
    record(session, made, [*ended, Happened("merged", viewer.actor, values)], at=at)
    back = {"rearrangement": row.id, "other": made.reference, **owed.told(session, source)}
    kept = rearranging.of_case(row, source)
    happened = [Happened("split_undone", viewer.actor, back)]
    happened += keeping.put_back(session, source, kept, calendars=city.calendars, at=at, why="split undone")
    summary.refresh(session, source)
    record(session, source, happened, at=at)
