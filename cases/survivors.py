"""Cases that were merged: which one a reference leads to now, and which ones a case holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import CTE, Select, bindparam, select
from sqlalchemy.orm import Session, aliased

from cases.errors import Changed
from cases.models import Case
from cases.together import Number

#: how often the way to a case may change while its lock is waited for
_MOST_TURNS = 5


def _leads(first: Select[int, int | None]) -> Select[int]:
    way = first.cte("way", recursive=True)
    later = aliased(Case)
    way = way.union_all(select(later.id, later.merged_into_id).join(way, later.id == way.c.merged_into_id))
    return select(way.c.id).where(way.c.merged_into_id.is_(None))


_ID_OF = _leads(select(Case.id, Case.merged_into_id).where(Case.reference == bindparam("reference")))
_ID_FROM = _leads(select(Case.id, Case.merged_into_id).where(Case.id == bindparam("case_id")))
_BY_REFERENCE = select(Case).where(Case.id == _ID_OF.scalar_subquery())
_BY_ID = select(Case).where(Case.id == _ID_FROM.scalar_subquery())
_LOCKED = _BY_REFERENCE.with_for_update(of=Case).execution_options(populate_existing=True)
_ALL_LOCKED = (
    select(Case)
    .where(Case.id.in_(bindparam("ids", expanding=True)))
    .order_by(Case.id)
    .with_for_update(of=Case)
    .execution_options(populate_existing=True)
)


def find(session: Session, reference: str) -> Case | None:
    """Return the case that bare digits lead to, by way of all merges; without a lock."""
    return session.scalars(_BY_REFERENCE, {"reference": reference}).one_or_none()


def of(session: Session, case_id: int) -> Case:
    """Return the case that a case is now part of: itself, unless it was merged."""
    return session.scalars(_BY_ID, {"case_id": case_id}).one()


def lock(session: Session, reference: str) -> Case | None:
    """Return the case that bare digits lead to, locked until the transaction ends."""
    for _ in range(_MOST_TURNS):
        case = session.scalars(_LOCKED, {"reference": reference}).one_or_none()
        if case is None or case.merged_into_id is None:
            return case
    raise Changed("the case was merged again and again while its lock was waited for")


def lock_all(session: Session, references: Sequence[str]) -> list[Case | None]:
    """Return the cases that references lead to, in their order, all locked by id; two may lead to the same one."""
    for _ in range(_MOST_TURNS):
        ids = [session.scalar(_ID_OF, {"reference": one}) for one in references]
        locked = lock_ids(session, [one for one in ids if one is not None])
        if all(one.merged_into_id is None for one in locked.values()):
            return [locked.get(one or 0) for one in ids]
    raise Changed("the cases were merged again and again while their locks were waited for")


def lock_ids(session: Session, ids: Iterable[int]) -> dict[int, Case]:
    """Lock cases in the order of their ids, as everybody does who holds several; returns them by id."""
    found = session.scalars(_ALL_LOCKED, {"ids": sorted(set(ids))}).all()
    return {one.id: one for one in found}


def tree(case_id: Number, name: str = "tree") -> CTE:
    """Return the ids of a case and of all that were merged into it, as a part of a statement (column ``id``).

    Two in one statement need different names.
    """
    earlier = aliased(Case)
    root = select(Case.id).where(Case.id == case_id).cte(name, recursive=True)
    return root.union_all(select(earlier.id).join(root, earlier.merged_into_id == root.c.id))
