"""The undo of a refile, a split or a merge: lossless, or refused with the reason and what to do instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from cases import access, clock
from cases.departments import City
from cases.filing import merging, rearranging, refiling, splitting
from cases.filing.rearranging import Kind
from cases.models import Case
from cases.permissions import Viewer

_UNDO: Mapping[str, Callable[..., None]] = {
    Kind.REFILE: refiling.undo,
    Kind.SPLIT: splitting.undo,
    Kind.MERGE: merging.undo,
}


def undo(session: Session, viewer: Viewer, *, city: City, reference: str, rearrangement_id: int) -> tuple[Case, Case]:
    """Undo a rearrangement of a case once; returns the case that it began with, and the other one."""
    case = access.for_reading(session, viewer, reference=reference)
    rearranging.require_of(session, case, rearrangement_id)
    row, source, target = rearranging.for_undo(session, viewer, rearrangement_id)
    at = clock.now(session)
    _UNDO[row.kind](session, viewer, row, source, target, city=city, at=at)
    row.undone_at = at
    return source, target
