"""One refile, split or merge as it is written down, and whether it can still be undone as if nothing had been."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from cases import references, survivors
from cases.errors import Invalid, NotAllowed, NotFound
from cases.filing import keeping
from cases.filing.keeping import Standing
from cases.models import Case, Event, Rearrangement
from cases.permissions import Action, Viewer, may

LONGEST_REASON = 500
#: what was said to a citizen for a case cannot be divided between two
_SAID = ("replied", "contact_logged")
_NOTHING = "There is nothing to undo here, or nothing that you may see."
_AGAIN = "Refile the messages that belong elsewhere one by one instead."


class Kind(StrEnum):
    """What was done."""

    REFILE = "refile"
    SPLIT = "split"
    MERGE = "merge"


def begin(session: Session, viewer: Viewer, kind: Kind, source: Case, target: Case, *, at: datetime) -> Rearrangement:
    """Write a rearrangement down, so that the lines of history can name it."""
    row = Rearrangement(
        kind=kind, from_case_id=source.id, to_case_id=target.id, kept={}, actor=viewer.actor, at=at, undone_at=None
    )
    session.add(row)
    session.flush()
    return row


def keep(session: Session, row: Rearrangement, *before: tuple[Case, Standing], **more: Any) -> None:
    """Note what its undo needs: the promises of each case, compared with how they stood, and what else is given.

    Comes after the cases' histories were written.
    """
    row.kept = {**more, "cases": {str(case.id): keeping.compare(session, case, then) for case, then in before}}


def of_case(row: Rearrangement, case: Case) -> Mapping[str, Any]:
    """Return what was kept of a case."""
    found: Mapping[str, Any] = row.kept["cases"][str(case.id)]
    return found


def require_of(session: Session, case: Case, rearrangement_id: int) -> None:
    """Raise ``NotFound`` where this is not a rearrangement of the case, or of one that was merged into it."""
    row = session.get(Rearrangement, rearrangement_id)
    ends = (row.from_case_id, row.to_case_id) if row is not None else ()
    if case.id not in {survivors.of(session, one).id for one in ends}:
        raise NotFound(_NOTHING, field="rearrangement")


def for_undo(session: Session, viewer: Viewer, rearrangement_id: int) -> tuple[Rearrangement, Case, Case]:
    """Return a rearrangement with its two cases, both locked; raises ``Invalid`` where it can't be undone any more."""
    row = session.get(Rearrangement, rearrangement_id)
    if row is None:
        raise NotFound(_NOTHING, field="rearrangement")
    locked = survivors.lock_ids(session, [row.from_case_id, row.to_case_id])
    cases = locked[row.from_case_id], locked[row.to_case_id]
    if not all(may(viewer, Action.READ, case) for case in cases):
        raise NotFound(_NOTHING, field="rearrangement")
    if not all(may(viewer, Action.TRANSITION, case) for case in cases):
        raise NotAllowed("Your role does not allow this on both of these cases.")
    session.refresh(row)
    if row.undone_at is not None:
        raise Invalid("This has been undone already.", field="rearrangement")
    _refuse_later(session, row)
    for case in cases:
        _refuse_said(session, row, case)
    return row, *cases


def reason_of(text: str, *, needed: bool) -> Mapping[str, str]:
    """Return a reason as the part of an event that can be erased."""
    words = " ".join(text.replace("\x00", " ").split())
    if needed and not words:
        raise Invalid("Say why; colleagues read it in the history.", field="reason")
    if len(words) > LONGEST_REASON:
        raise Invalid(f"A reason has at most {LONGEST_REASON} characters.", field="reason")
    return {"reason": words} if words else {}


def _refuse_later(session: Session, row: Rearrangement) -> None:
    both = (row.from_case_id, row.to_case_id)
    query = (
        select(Case.reference)
        .join(Rearrangement, or_(Rearrangement.from_case_id == Case.id, Rearrangement.to_case_id == Case.id))
        .where(Rearrangement.id > row.id, Rearrangement.undone_at.is_(None), Case.id.in_(both))
        .limit(1)
    )
    later = session.scalar(query)
    if later is not None:
        where = references.written(later)
        raise Invalid(f"Something was rearranged in {where} since; undo that first.", field="rearrangement")


def _refuse_said(session: Session, row: Rearrangement, case: Case) -> None:
    since = of_case(row, case)["seq"]
    query = select(Event.id).where(Event.case_id == case.id, Event.seq > since, Event.kind.in_(_SAID)).limit(1)
    if session.scalar(query) is not None:
        where = references.written(case.reference)
        raise Invalid(f"The citizen was answered in {where} since, so this cannot be undone. {_AGAIN}",
                      field="rearrangement")  # fmt: skip
    if case.resolved_at is not None:
        where = references.written(case.reference)
        raise Invalid(f"{where} was resolved since. Open it again, then undo this.", field="rearrangement")
