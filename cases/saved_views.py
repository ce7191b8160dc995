"""Saved views: a narrowed queue under a name, an agent's own or shared by a department."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from cases import clock
from cases.errors import Invalid, NotAllowed, NotFound
from cases.models import SavedView
from cases.permissions import ANY_DEPARTMENT, Action, Viewer, ViewerKind, may, reach

LONGEST_NAME = 40
#: of one owner
MOST = 20


def part(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    """Return the read of the views that the viewer has: their own first, then those of their departments, in order."""
    columns = (SavedView.id, SavedView.name, SavedView.department, SavedView.narrowed)
    listed = select(*columns).where(_known(viewer))
    return listed.order_by(SavedView.department.nulls_first(), SavedView.position, SavedView.id)


def find(session: Session, viewer: Viewer, view_id: int) -> SavedView:
    """Return one view that the viewer has; raises ``NotFound``."""
    found = session.scalars(select(SavedView).where(SavedView.id == view_id, _known(viewer))).one_or_none()
    if found is None:
        raise NotFound("There is no such view, or it is not yours.", field="view")
    return found


def keep(
    session: Session, viewer: Viewer, *, name: str, narrowed: Mapping[str, str], department: str | None = None
) -> SavedView:
    """Keep a view at the end of its owner's: the viewer's own, or that of a department in which they may assign."""
    words = _named(name)
    if viewer.kind is not ViewerKind.AGENT or viewer.id is None:
        raise NotAllowed("Only an agent keeps views.")
    if department is not None and not _leads(viewer, department):
        raise NotAllowed("You may not share a view with this department.", field="department")
    mine = SavedView.agent_id == viewer.id if department is None else SavedView.department == department
    number, last = session.execute(select(func.count(), func.max(SavedView.position)).where(mine)).one()
    if number >= MOST:
        raise Invalid(f"There are {MOST} views already. Remove one first.", field="name")
    owner = viewer.id if department is None else None
    row = SavedView(
        agent_id=owner,
        department=department,
        name=words,
        narrowed=dict(narrowed),
        position=(last or 0) + 1,
        made_by=viewer.id,
        made_at=clock.now(session),
    )
    session.add(row)
    session.flush()
    return row


def rename(session: Session, viewer: Viewer, view_id: int, *, name: str) -> None:
    """Name a view anew."""
    _owned(session, viewer, view_id).name = _named(name)


def forget(session: Session, viewer: Viewer, view_id: int) -> None:
    """Remove a view; whoever began with it begins with all open cases."""
    session.delete(_owned(session, viewer, view_id))


def move_up(session: Session, viewer: Viewer, view_id: int) -> None:
    """Put a view before the one that stands above it."""
    row = _owned(session, viewer, view_id)
    same = SavedView.agent_id == row.agent_id if row.department is None else SavedView.department == row.department
    above = select(SavedView).where(same, SavedView.position < row.position).order_by(SavedView.position.desc())
    other = session.scalars(above.limit(1)).one_or_none()
    if other is not None:
        row.position, other.position = other.position, row.position


def _owned(session: Session, viewer: Viewer, view_id: int) -> SavedView:
    row = find(session, viewer, view_id)
    if row.department is not None and not _leads(viewer, row.department):
        raise NotAllowed("Only who may give out cases of this department changes its views.")
    return row


def _named(name: str) -> str:
    words = " ".join(name.replace("\x00", "").split())
    if not 1 <= len(words) <= LONGEST_NAME:
        raise Invalid(f"A view's name has between 1 and {LONGEST_NAME} characters.", field="name")
    return words


def _leads(viewer: Viewer, department: str) -> bool:
    within = {where for where, _ in reach(viewer, Action.ASSIGN)}
    return may(viewer, Action.ASSIGN) and (ANY_DEPARTMENT in within or department in within)


def _known(viewer: Viewer) -> Any:
    within = {department for department, _ in reach(viewer)}
    shared = SavedView.department.is_not(None) if ANY_DEPARTMENT in within else SavedView.department.in_(within)
    return or_(SavedView.agent_id == (viewer.id or 0), shared)
