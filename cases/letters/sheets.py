"""Cover sheets: each number is given once, so that a copied sheet is known."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import clock
from cases.errors import Invalid
from cases.letters.dispatch import allowed
from cases.models import CoverSheet
from cases.permissions import Viewer, ViewerKind

#: sheets that are printed at once
MOST = 50


def give(session: Session, viewer: Viewer, *, count: int) -> Sequence[int]:
    """Return the numbers of so many new sheets; raises ``Invalid`` for none or too many."""
    allowed(viewer)
    if not 1 <= count <= MOST:
        raise Invalid(f"Print between 1 and {MOST} cover sheets at once.", field="count")
    at, by = clock.now(session), viewer.id if viewer.kind is ViewerKind.AGENT else None
    made = [CoverSheet(made_by=by, made_at=at) for _ in range(count)]
    session.add_all(made)
    session.flush()
    return sorted(one.id for one in made)


def given(session: Session, viewer: Viewer, *, first: int, last: int) -> Sequence[int]:
    """Return those numbers between two that the viewer has printed, fifty at most: to be printed again."""
    allowed(viewer)
    query = select(CoverSheet.id).where(CoverSheet.id.between(first, last), CoverSheet.made_by == viewer.id)
    return session.scalars(query.order_by(CoverSheet.id).limit(MOST)).all()
