"""How an agent likes the desk: the view it begins with, whether single letters are keys, whether the tour was seen."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import clock
from cases.base import table
from cases.errors import Invalid, NotAllowed
from cases.models import DeskPreference
from cases.permissions import Viewer, ViewerKind
from cases.queries.narrowing import VIEWS

SAVED = "saved:"
_PREFERENCES = table(DeskPreference)


def part(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    """Return the read of the viewer's preferences; no row means that nothing was chosen."""
    columns = (DeskPreference.keys_off, DeskPreference.begins_with, DeskPreference.toured_at)
    return select(*columns).where(DeskPreference.agent_id == (viewer.id or 0))


def switch_keys(session: Session, viewer: Viewer, *, off: bool) -> None:
    """Switch the single letters off, for tools that use letters themselves, or on again."""
    _set(session, viewer, keys_off=off)


def begin_with(session: Session, viewer: Viewer, *, view: str | None) -> None:
    """Say with which view the desk begins; None: with all open cases."""
    known = view is None or view in VIEWS or (view.startswith(SAVED) and view.removeprefix(SAVED).isdigit())
    if not known:
        raise Invalid(f"Choose one of {', '.join(VIEWS)} or a saved view.", field="view")
    _set(session, viewer, begins_with=view)


def toured(session: Session, viewer: Viewer) -> None:
    """Remember that the tour was seen, or put away."""
    _set(session, viewer, toured_at=clock.now(session))


def _set(session: Session, viewer: Viewer, **values: object) -> None:
    if viewer.kind is not ViewerKind.AGENT or viewer.id is None:
        raise NotAllowed("Only an agent has a desk.")
    write = insert(_PREFERENCES).values(agent_id=viewer.id, **values)
    session.execute(write.on_conflict_do_update(index_elements=["agent_id"], set_=values))
