"""Who has a letter open to key it now: told by heartbeats, forgotten by silence, part of no history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, Select, String, cast, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import clock
from cases.base import table
from cases.models import Agent, Lease
from cases.permissions import Viewer, ViewerKind
from cases.together import Instant

#: a browser tells every ten seconds; after two missed it is taken to be gone
LASTS: Final = timedelta(seconds=27)
_NAME, _LEASE = "keying:{letter}:{agent}", table(Lease)
_OURS = Lease.name.like("keying:%")
_LETTER = cast(func.split_part(Lease.name, ":", 2), BigInteger)


def beat(session: Session, viewer: Viewer, *, letter_id: int) -> None:
    """Note that the viewer has a letter open; whoever has gone without a word is forgotten with it."""
    if viewer.kind is not ViewerKind.AGENT or viewer.id is None:
        return
    at = clock.now(session)
    session.execute(delete(Lease).where(_OURS, Lease.until <= at))
    row = {"name": _NAME.format(letter=letter_id, agent=viewer.id), "holder": str(viewer.id)}
    values = {"until": at + LASTS, "seen_at": at}
    write = insert(_LEASE).values(**row, **values)
    session.execute(write.on_conflict_do_update(index_elements=["name"], set_=values))


def leave(session: Session, viewer: Viewer, *, letter_id: int) -> None:
    """Note that the viewer has closed a letter."""
    name = _NAME.format(letter=letter_id, agent=viewer.id)
    session.execute(delete(Lease).where(Lease.name == name))


def others(session: Session, viewer: Viewer, *, letter_id: int) -> Sequence[str]:
    """Return the names of the viewer's colleagues who have a letter open to key it."""
    query = select(Agent.name).join(Lease, Lease.holder == cast(Agent.id, String))
    mine = Lease.name.like(_NAME.format(letter=letter_id, agent="%"))
    fresh = Lease.until > clock.now(session)
    return session.scalars(query.where(mine, fresh, Agent.id != (viewer.id or 0)).order_by(Agent.name)).all()


def by_letter(viewer: Viewer, *, now: Instant) -> Select[*tuple[Any, ...]]:
    """Return the read of the viewer's colleagues by letter: ``letter_id`` and their ``names``."""
    return (
        select(_LETTER.label("letter_id"), func.string_agg(Agent.name, ", ").label("names"))
        .join(Agent, cast(Agent.id, String) == Lease.holder)
        .where(_OURS, Lease.until > now, Agent.id != (viewer.id or 0))
        .group_by(_LETTER)
    )


def of_letter(rows: Iterable[Any], letter_id: int) -> tuple[str, ...]:
    """Return who else keys a letter, of the rows of :func:`by_letter`."""
    return tuple(name for one in rows if one.letter_id == letter_id for name in one.names.split(", "))
