"""The one way to a case that shall be changed: found, permitted, locked, and not changed by somebody else meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from cases import glass, references, survivors
from cases.errors import NotAllowed, NotFound, Stale
from cases.models import Case
from cases.permissions import Action, Viewer, may


def for_change(session: Session, viewer: Viewer, action: Action, *, reference: str, version: int | None = None) -> Case:
    """Return the case, locked until the transaction ends; the reference of a merged one leads to where it went.

    Raises ``NotFound`` also where the viewer may not even read it; ``NotAllowed`` where reading is all they may;
    ``Stale`` where ``version`` is not the one they saw, or another case has taken in the one they saw.
    """
    case = _allowed(session, viewer, survivors.lock(session, _digits(reference)), action)
    if not is_as_seen(case, reference=reference, version=version):
        raise Stale(
            "Somebody changed this case while you had it open. Look at it again and repeat what is still right."
        )
    return case


def for_reading(session: Session, viewer: Viewer, *, reference: str) -> Case:
    """Return the case without a lock; raises ``NotFound`` where there is none for this viewer."""
    return _allowed(session, viewer, survivors.find(session, _digits(reference)), Action.READ)


def several_for_change(session: Session, viewer: Viewer, action: Action, named: Sequence[str]) -> list[Case]:
    """Return cases in the order of their references, all locked by id, as :func:`for_change` does with one."""
    found = survivors.lock_all(session, [_digits(one) for one in named])
    return [_allowed(session, viewer, one, action) for one in found]


def is_as_seen(case: Case, *, reference: str, version: int | None) -> bool:
    """Tell whether a case is the one that a page showed by this reference, unchanged; always where no version is named.

    The reference of a merged case leads to another one, whose version says nothing of what the page showed.
    """
    return version is None or (version == case.version and case.reference == _digits(reference))


def allowed(session: Session, viewer: Viewer, action: Action, case: Case) -> bool:
    """Tell whether the viewer may do this to the case, by their roles or because they gave a reason to look at it."""
    return may(viewer, action, case) or glass.lets(session, viewer, action, case)


def readable(session: Session, viewer: Viewer, case: Case) -> bool:
    """Tell whether the viewer may read the case, by their roles or because they gave a reason to look at it."""
    return allowed(session, viewer, Action.READ, case)


def require(session: Session, viewer: Viewer, action: Action, case: Case) -> None:
    """Raise ``NotAllowed`` where the viewer, who may read the case, may not do this to it."""
    if not allowed(session, viewer, action, case):
        raise NotAllowed("Your role does not allow this on a case of this department.")


def _allowed(session: Session, viewer: Viewer, case: Case | None, action: Action) -> Case:
    if case is None or not allowed(session, viewer, Action.READ, case):
        raise NotFound("There is no such case, or none that you may see.", field="reference")
    require(session, viewer, action, case)
    return case


def _digits(reference: str) -> str:
    return references.parse(reference) or ""
