"""Cases that are one and the same matter: one goes into the other, whose timeline is then that of both.

Nothing is copied. The merged case keeps its messages and its history, and points at the one that survives, to which
its reference leads from then on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import access, clock, open_tasks, references
from cases.base import table
from cases.departments import City
from cases.errors import Invalid, Stale
from cases.filing import keeping, moving, owed, rearranging, summary
from cases.filing.rearranging import Kind
from cases.lifecycle import ENDED, Status, bring_back, merge_away, move
from cases.matching import Reason
from cases.models import Case, Filing, Message, Party, Rearrangement
from cases.models.event import Happened, record
from cases.permissions import Action, Viewer
from cases.sla import changes, endings, promises
from cases.sla.timers import TimerKind, live

#: that go into another case at once
MOST = 50
_STATUTORY = (TimerKind.DECISION, TimerKind.INTERNAL_REVIEW)
_PARTIES = table(Party)


@dataclass(frozen=True, slots=True)
class Seen:
    """A case as somebody saw it who merges it; without a version whatever it is by now."""

    reference: str
    version: int | None = None


def merge(
    session: Session, viewer: Viewer, *, city: City, cases: Sequence[Seen], into: str, reason: str = ""
) -> list[Rearrangement]:
    """Let cases go into another one, all or none of them; the viewer must be allowed to change each."""
    personal = rearranging.reason_of(reason, needed=False)
    if not 1 <= len(cases) <= MOST:
        raise Invalid(f"Between 1 and {MOST} cases can be merged at once.", field="cases")
    named = [into, *(one.reference for one in cases)]
    survivor, *others = access.several_for_change(session, viewer, Action.TRANSITION, named)
    if len({survivor.id, *(one.id for one in others)}) <= len(others):
        raise Invalid("These are one case already.", field="into")
    for case, seen in zip(others, cases, strict=True):
        if not access.is_as_seen(case, reference=seen.reference, version=seen.version):
            where = references.written(case.reference)
            raise Stale(f"Somebody changed {where} while you had it open. Look at it again, then merge.")
    at = clock.now(session)
    for case in others:
        _check(session, case, survivor)
    return [_into(session, viewer, case, survivor, personal, city=city, at=at) for case in others]


def undo(
    session: Session, viewer: Viewer, row: Rearrangement, case: Case, survivor: Case, *, city: City, at: datetime
) -> None:
    """Take a merged case out again, as it was; what its number wrote since comes with it, if it was another number.

    The caller has locked both. What its promises did not count in the meantime they count now: the citizen waited.
    """
    why = "merge undone"
    kept, own = rearranging.of_case(row, survivor), rearranging.of_case(row, case)
    oldest = owed.oldest(session, survivor)
    bring_back(case, Status(own["status"]))
    session.execute(delete(Party).where(Party.id.in_(row.kept["parties"])))
    followed = _follow(session, viewer, row, case, survivor, at=at)
    values = {"rearrangement": row.id, "other": survivor.reference}
    happened = [Happened("unmerged", viewer.actor, values)]
    happened += keeping.put_back(session, case, own, calendars=city.calendars, at=at, why=why)
    happened += _heard(session, case, followed, row, survivor, city=city, at=at)
    summary.refresh(session, case)
    record(session, case, happened, at=at)
    back = {"rearrangement": row.id, "other": case.reference, **owed.told(session, survivor)}
    lines = [Happened("gave_back", viewer.actor, back)]
    lines += keeping.put_back(session, survivor, kept, calendars=city.calendars, at=at, why=why)
    if followed:
        lines += owed.follow(session, survivor, oldest, city=city, at=at, why=why)
    summary.refresh(session, survivor)
    record(session, survivor, lines, at=at)


def _check(session: Session, case: Case, survivor: Case) -> None:
    where, there = references.written(case.reference), references.written(survivor.reference)
    if case.status in ENDED:
        raise Invalid(f"{where} has ended. Link the two instead, so that its end stays what it was.", field="cases")
    if survivor.status in ENDED:
        raise Invalid(f"{there} has ended, and {where} would be forgotten with it. Open it again first.", field="into")
    if case.confidential and not survivor.confidential:
        raise Invalid(
            f"{where} is confidential and {there} is not: more people would read it there. Merge the other way round.",
            field="into",
        )
    if set(case.about) - set(survivor.about):
        raise Invalid(
            f"{where} names people or units whom it complains of, and {there} does not: they could read it there. Name "
            f"them in {there} first.",
            field="into",
        )
    if open_tasks.of(session, case):
        raise Invalid(
            f"{where} has an open task. Finish or cancel it first, or merge the other way round.", field="cases"
        )
    if any(timer.kind in _STATUTORY for timer in live(session, case)):
        raise Invalid(f"A law sets times for {where}, so it stays a case of its own. Link the two.", field="cases")


def _into(
    session: Session,
    viewer: Viewer,
    case: Case,
    survivor: Case,
    personal: Mapping[str, str],
    *,
    city: City,
    at: datetime,
) -> Rearrangement:
    row = rearranging.begin(session, viewer, Kind.MERGE, case, survivor, at=at)
    stood = keeping.look(session, case), keeping.look(session, survivor)
    taken = changes.take_over(session, survivor, list(live(session, case)), calendars=city.calendars, at=at)
    ended = endings.end_all(session, case, at=at, why="merged")
    merge_away(case, survivor, at=at)
    parties = _with_parties(session, case, survivor, at=at)
    values = {"rearrangement": row.id, "other": survivor.reference}
    record(session, case, [*ended, Happened("merged", viewer.actor, values, personal)], at=at)
    summary.refresh(session, survivor)
    got = {"rearrangement": row.id, "other": case.reference, **owed.told(session, survivor)}
    record(session, survivor, [Happened("took_in", viewer.actor, got, personal), *taken], at=at)
    rearranging.keep(session, row, (case, stood[0]), (survivor, stood[1]), parties=parties, moves=[])
    return row


def _with_parties(session: Session, case: Case, survivor: Case, *, at: datetime) -> list[int]:
    columns = ("citizen_id", "address_id", "role")
    own = session.execute(select(*(getattr(Party, name) for name in columns)).where(Party.case_id == case.id)).all()
    rows = [{**one._asdict(), "case_id": survivor.id, "since": at} for one in own]
    if not rows:
        return []
    made = insert(_PARTIES).values(rows).on_conflict_do_nothing().returning(_PARTIES.c.id)
    return sorted(session.scalars(made))


def _follow(
    session: Session, viewer: Viewer, row: Rearrangement, case: Case, survivor: Case, *, at: datetime
) -> list[int]:
    """Let what the merged case's own number has written since follow it; returns those messages."""
    if case.thread_id == survivor.thread_id:
        return []
    query = (
        select(Filing)
        .join(Message, Message.id == Filing.message_id)
        .where(Filing.case_id == survivor.id, Filing.removed_at.is_(None), Filing.filed_at >= row.at)
        .where(Message.thread_id == case.thread_id, Message.direction == "in")
        .order_by(Message.id)
    )
    detail = f"written while it was merged into {references.written(survivor.reference)}"
    found = session.scalars(query).all()
    for filing in found:
        moving.move(session, viewer, filing, case, reason=Reason.AGENT, detail=detail, at=at)
    return [one.message_id for one in found]


def _heard(
    session: Session, case: Case, messages: Sequence[int], row: Rearrangement, other: Case, *, city: City, at: datetime
) -> list[Happened]:
    """Tell of the words that followed a case, which end its wait and want an answer."""
    if not messages:
        return []
    values = {"rearrangement": row.id, "other": other.reference, **owed.told(session, case)}
    happened = [Happened("refiled_in", "system", values, message_id=messages[0])]
    if case.status in (Status.WAITING_ON_CITIZEN, Status.WAITING_ON_THIRD_PARTY):
        why = "the citizen wrote"
        happened += move(session, case, Status.OPEN, calendars=city.calendars, at=at, actor="citizen", reason=why)
    oldest = owed.oldest(session, case)
    if oldest is not None:
        happened += promises.citizen_wrote(session, case, city=city, received=oldest.at)
    return happened
