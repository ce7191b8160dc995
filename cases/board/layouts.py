"""Boards that people have laid out: which parts in which order, of which departments, one after the other or together.

They are kept on the server, so that a wall shows the same after its browser was changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from cases import clock
from cases.departments import City
from cases.errors import Invalid, NotAllowed, NotFound
from cases.models import BoardLayout
from cases.permissions import ANY_DEPARTMENT, Action, Viewer, ViewerKind, reach

#: what a board can show, in the order of one that nobody has laid out
PARTS = ("totals", "departments", "calls", "likely", "ages", "hours", "agents")
#: who is at what, by name
MORE_PARTS = ("people",)
LONGEST_NAME = 40
#: of one owner
MOST = 20
#: seconds that one department is shown; nobody reads a wall faster than this
SECONDS = (10, 600)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a board shall be laid out; ``seconds`` 0 shows all departments together."""

    name: str
    parts: Sequence[str]
    departments: Sequence[str]
    seconds: int
    shared_with: str | None = None


def known(session: Session, viewer: Viewer) -> Sequence[BoardLayout]:
    """Return the layouts that a viewer may use, their own first, then those that are shared with them, by name."""
    own = BoardLayout.agent_id == (viewer.id or 0)
    query = select(BoardLayout).where(_known(viewer)).order_by(own.desc(), BoardLayout.name, BoardLayout.id)
    return session.scalars(query).all()


def find(session: Session, viewer: Viewer, layout_id: int) -> BoardLayout:
    """Return one layout that the viewer may use; raises ``NotFound``."""
    query = select(BoardLayout).where(BoardLayout.id == layout_id, _known(viewer))
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound("There is no such board, or it is not yours.", field="layout")
    return found


def keep(session: Session, viewer: Viewer, wanted: Wanted, *, city: City) -> BoardLayout:
    """Keep a new layout of the viewer's own; raises ``Invalid`` naming the field."""
    if viewer.kind is not ViewerKind.AGENT or viewer.id is None:
        raise NotAllowed("Only an agent keeps boards.")
    own = select(func.count()).select_from(BoardLayout).where(BoardLayout.agent_id == viewer.id)
    if session.execute(own).scalar_one() >= MOST:
        raise Invalid(f"There are {MOST} boards already. Remove one first.", field="name")
    at = clock.now(session)
    row = BoardLayout(agent_id=viewer.id, made_at=at, changed_at=at)
    _set(row, viewer, wanted, city)
    session.add(row)
    session.flush()
    return row


def change(session: Session, viewer: Viewer, layout_id: int, wanted: Wanted, *, city: City) -> BoardLayout:
    """Lay out a board of the viewer's own anew."""
    row = _own(session, viewer, layout_id)
    _set(row, viewer, wanted, city)
    row.changed_at = clock.now(session)
    return row


def forget(session: Session, viewer: Viewer, layout_id: int) -> None:
    """Remove a layout of the viewer's own."""
    session.delete(_own(session, viewer, layout_id))


def sharing(viewer: Viewer, city: City) -> Sequence[str]:
    """Return with which departments a viewer may share a board: those whose board they see, ``*`` being all."""
    within = {department for department, _ in reach(viewer, Action.BOARD)}
    if ANY_DEPARTMENT in within:
        return [ANY_DEPARTMENT, *city.departments]
    return [key for key in city.departments if key in within]


def _own(session: Session, viewer: Viewer, layout_id: int) -> BoardLayout:
    row = find(session, viewer, layout_id)
    if row.agent_id != viewer.id:
        raise NotAllowed("Only who has made a board changes it. Make one of your own like it.")
    return row


def _set(row: BoardLayout, viewer: Viewer, wanted: Wanted, city: City) -> None:
    row.name = _named(wanted.name)
    row.parts = _parts(wanted.parts)
    row.departments = _departments(viewer, wanted.departments, city)
    row.seconds = _seconds(wanted.seconds)
    if wanted.shared_with is not None and wanted.shared_with not in sharing(viewer, city):
        raise Invalid("You may not share a board with this department.", field="shared_with")
    row.shared_with = wanted.shared_with


def _named(name: str) -> str:
    words = " ".join(name.replace("\x00", "").split())
    if not 1 <= len(words) <= LONGEST_NAME:
        raise Invalid(f"A board's name has between 1 and {LONGEST_NAME} characters.", field="name")
    return words


def _parts(parts: Sequence[str]) -> list[str]:
    wrong = [one for one in parts if one not in (*PARTS, *MORE_PARTS)]
    if wrong or not parts:
        raise Invalid("Choose at least one part of the board.", field="parts")
    return list(dict.fromkeys(parts))


def _departments(viewer: Viewer, departments: Sequence[str], city: City) -> list[str]:
    within = {department for department, _ in reach(viewer, Action.BOARD)}
    for key in departments:
        if key not in city.departments or not {ANY_DEPARTMENT, key} & within:
            raise Invalid("There is no such department, or none whose board you may see.", field="departments")
    return list(dict.fromkeys(departments))


def _seconds(seconds: int) -> int:
    least, most = SECONDS
    if seconds and not least <= seconds <= most:
        raise Invalid(f"Each department is shown for {least} to {most} seconds.", field="seconds")
    return seconds


def _known(viewer: Viewer) -> ColumnElement[bool]:
    within = {department for department, _ in reach(viewer, Action.BOARD)}
    shared = BoardLayout.shared_with.is_not(None) if ANY_DEPARTMENT in within else BoardLayout.shared_with.in_(within)
    everybody = BoardLayout.shared_with == ANY_DEPARTMENT
    return or_(BoardLayout.agent_id == (viewer.id or 0), shared, everybody)
