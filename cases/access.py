"""The one way to a case that shall be changed: found, permitted, locked, and not changed by somebody else meanwhile."""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from cases import glass, references
from cases.errors import NotAllowed, NotFound, Stale
from cases.models import Case
from cases.permissions import Action, Viewer, may

_BY_REFERENCE = select(Case).where(Case.reference == bindparam("reference"))
_LOCKED = _BY_REFERENCE.with_for_update().execution_options(populate_existing=True)


def for_change(session: Session, viewer: Viewer, action: Action, *, reference: str, version: int | None = None) -> Case:
    """Return the case, locked until the transaction ends.

    Raises ``NotFound`` also where the viewer may not even read it; ``NotAllowed`` where reading is all they may;
    ``Stale`` where ``version`` is not the one they saw.
    """
    case = session.scalars(_LOCKED, {"reference": _digits(reference)}).one_or_none()
    _check(session, viewer, case)
    assert case is not None
    if not allowed(session, viewer, action, case):
        raise NotAllowed("Your role does not allow this on a case of this department.")
    if version is not None and version != case.version:
        raise Stale(
            "Somebody changed this case while you had it open. Look at it again and repeat what is still right."
        )
    return case


def for_reading(session: Session, viewer: Viewer, *, reference: str) -> Case:
    """Return the case without a lock; raises ``NotFound`` where there is none for this viewer."""
    case = session.scalars(_BY_REFERENCE, {"reference": _digits(reference)}).one_or_none()
    _check(session, viewer, case)
    assert case is not None
    return case


def allowed(session: Session, viewer: Viewer, action: Action, case: Case) -> bool:
    """Tell whether the viewer may do this to the case, by their roles or because they gave a reason to look at it."""
    return may(viewer, action, case) or glass.lets(session, viewer, action, case)


def _check(session: Session, viewer: Viewer, case: Case | None) -> None:
    if case is None or not allowed(session, viewer, Action.READ, case):
        raise NotFound("There is no such case, or none that you may see.", field="reference")


def _digits(reference: str) -> str:
    return references.parse(reference) or ""
