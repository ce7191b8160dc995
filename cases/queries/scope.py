"""Which cases a viewer may know of, as SQL: every builder begins here, so that no count, search or export leaks."""

from __future__ import annotations

from sqlalchemy import ColumnElement, false, or_, true

from cases.models import Case
from cases.permissions import ANY_DEPARTMENT, Viewer, reach


def visible(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on ``Case`` that holds for exactly the cases this viewer may read."""
    grants = reach(viewer)
    if not grants:
        return false()
    return or_(*(_one(department, confidential=confidential) for department, confidential in sorted(grants)))


def _one(department: str, *, confidential: bool) -> ColumnElement[bool]:
    # None is the tray: every agent may empty it.
    place = true() if department == ANY_DEPARTMENT else or_(Case.department == department, Case.department.is_(None))
    return place if confidential else place & ~Case.confidential
