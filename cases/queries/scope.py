"""Which cases a viewer may know of, as SQL: every builder begins here, so that no count, search or export leaks."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, false, or_, true
from sqlalchemy.orm import aliased

from cases.models import Case, Citizen
from cases.permissions import ANY_DEPARTMENT, Action, Depth, Viewer, names, reach


def visible(viewer: Viewer, action: Action = Action.READ, *, of: type[Case] = Case) -> ColumnElement[bool]:
    """Return the condition on ``Case`` that holds for exactly the cases to which this viewer may do ``action``.

    What somebody has broken the glass for is not among them: that is read at its own address alone.
    """
    grants = reach(viewer, action)
    if not grants:
        return false()
    within = or_(*(_one(department, depth, of) for department, depth in sorted(grants)))
    # Only who reads a department's confidential cases can meet one that complains of them.
    deep = any(department != ANY_DEPARTMENT and depth is not Depth.ORDINARY for department, depth in grants)
    return and_(within, not_about(viewer, of)) if deep else within


def places(viewer: Viewer) -> tuple[ColumnElement[bool], ...]:
    """Return what :func:`visible` says in parts that share no case, each along the index of one department.

    Who sees the cases of every department has one part.
    """
    within = {department for department, _ in reach(viewer)}
    if not within or ANY_DEPARTMENT in within:
        return (visible(viewer),)
    here = (Case.department.is_(None), *(Case.department == one for one in sorted(within)))
    return tuple(and_(one, visible(viewer)) for one in here)


def sees_all(viewer: Viewer) -> bool:
    """Tell whether somebody sees cases of every department, though perhaps not all of them."""
    return any(department == ANY_DEPARTMENT for department, _ in reach(viewer))


def knows(viewer: Viewer, *, ordinary: bool = False) -> ColumnElement[bool]:
    """Return the condition on ``Citizen`` that they have a case this viewer may read.

    With ``ordinary`` also those who have a case that is not confidential, wherever it is: whose record may be looked
    at with a reason.
    """
    theirs = aliased(Case)
    seen = visible(viewer, of=theirs)
    return exists().where(theirs.citizen_id == Citizen.id, or_(seen, ~theirs.confidential) if ordinary else seen)


def not_about(viewer: Viewer, of: type[Case] = Case) -> ColumnElement[bool]:
    """Return the condition on ``Case`` that it complains neither of the viewer nor of a unit of theirs."""
    return ~of.about.overlap(sorted(names(viewer))) if names(viewer) else true()


def _one(department: str, depth: Depth, of: type[Case]) -> ColumnElement[bool]:
    if department == ANY_DEPARTMENT:
        return true() if depth is Depth.EVERY else ~of.confidential
    here = of.department == department
    # None is the tray: every agent may empty it.
    tray = of.department.is_(None)
    match depth:
        case Depth.EVERY:
            return or_(here, and_(tray, ~of.confidential))
        case Depth.CONFIDENTIAL:
            return and_(here, of.confidential)
        case _:
            return and_(or_(here, tray), ~of.confidential)
