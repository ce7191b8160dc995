"""The queue: which cases, in which order, one page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, func, literal_column, select, tuple_, union_all
from sqlalchemy.orm import Session

from cases import clock, together
from cases.models import Case
from cases.permissions import Viewer
from cases.queries import on_board, search
from cases.queries.narrowing import DUE_ORDER, VIEWS, QueueFilter, conditions
from cases.queries.paging import Page, decode, encode, limited
from cases.queries.rows import CaseRow, case_row, rows
from cases.queries.scope import places, sees_all, visible
from cases.together import NOW, Instant, Kept, first, put_together

__all__ = ["VIEWS", "CaseRow", "QueueFilter", "case_row", "page", "rows"]
#: from here on a view only says "more"
MOST_COUNTED = 100
_FAR = datetime(9999, 1, 1, tzinfo=UTC)
_INFINITY: ColumnElement[Any] = literal_column("'infinity'::timestamptz")


@dataclass(frozen=True, slots=True)
class _Order:
    """How a list is sorted. A cursor holds ``columns`` of the row beside which it begins."""

    columns: tuple[SQLColumnExpression[Any], ...]
    types: tuple[type, ...]
    down: bool

    def after(self, cursor: str, *, back: bool) -> ColumnElement[bool]:
        """Return what holds for the rows behind a cursor, or before it."""
        # No deadline sorts as infinity, which Python's datetime cannot hold.
        values = [_INFINITY if one == _FAR else one for one in decode(cursor, *self.types)]
        key, place = tuple_(*self.columns), tuple_(*values)
        return key < place if self.down != back else key > place

    def by(self, *, back: bool) -> list[SQLColumnExpression[Any]]:
        """Return the columns to sort by."""
        return [one.desc() if self.down != back else one.asc() for one in self.columns]


_BY_DEADLINE = _Order((DUE_ORDER, Case.id), (datetime, int), down=False)
_BY_CHANGE = _Order((Case.updated_at, Case.id), (datetime, int), down=True)


@dataclass(frozen=True, slots=True)
class Listed:
    """One page that is asked for: ``rows`` reads it, :meth:`of` makes it of what was read."""

    rows: Kept
    keys: int
    size: int
    beside: str | None
    back: bool

    def of(self, found: Sequence[Any], *, now: datetime) -> Page[CaseRow]:
        """Return the page."""
        shown, more = found[: self.size], len(found) > self.size
        if self.back:
            shown = shown[::-1]
        first, last = (self._cursor(shown[0]), self._cursor(shown[-1])) if shown else (None, None)
        return Page(
            tuple(case_row(row, now=now) for row in shown),
            next=last if more or self.back else None,
            previous=first if (more if self.back else self.beside) else None,
            cut=any((getattr(row, "found", None) or 0) > search.MOST_HITS for row in shown[:1]),
        )

    def _cursor(self, row: Any) -> str:
        """Return the cursor of a row, which carries the columns of its order as ``key_0`` and so on."""
        keys = (getattr(row, f"key_{at}") for at in range(self.keys))
        return encode(*(_FAR if key is None else key for key in keys), row.id)


def page(
    session: Session,
    viewer: Viewer,
    filter: QueueFilter,
    *,
    cursor: str | None = None,
    before: str | None = None,
    limit: int = 50,
) -> Page[CaseRow]:
    """Return one page behind ``cursor`` or before ``before``.

    Live cases come by nearest deadline, ended ones by latest change; of a search the reference first, then what changed
    last.
    """
    now, asked = clock.now(session), listed(viewer, filter, cursor=cursor, before=before, limit=limit)
    return asked.of(together.read(session, {"rows": asked.rows}, {"now": now})["rows"], now=now)


@lru_cache(maxsize=together.MOST_KEPT)
def listed(
    viewer: Viewer,
    filter: QueueFilter,
    *,
    cursor: str | None = None,
    before: str | None = None,
    limit: int = 50,
) -> Listed:
    """Return what :func:`page` reads, for who reads other things in the same statement. It asks for ``now``."""
    size, back, beside = limited(limit), before is not None, before or cursor
    narrowed = conditions(filter, viewer, NOW)
    if filter.q and filter.q.strip():
        query, order = _searched(filter.q, [visible(viewer), *narrowed], everywhere=sees_all(viewer))
    else:
        order = _order(filter)
        query = _narrow(_branches(filter, viewer, narrowed), order, beside=beside, back=back, most=size + 1)
    query = query.add_columns(*_keys(order)).order_by(*order.by(back=back)).limit(first(size + 1))
    if beside:
        query = query.where(order.after(beside, back=back))
    return Listed(put_together("rows", query), len(order.columns) - 1, size, beside, back)


def count_part(viewer: Viewer, filter: QueueFilter, *, now: Instant) -> Select[*tuple[Any, ...]]:
    """Return the read of how many cases a view holds, ``number``, to a hundred at most: it costs the same anywhere."""
    branches, order = _branches(filter, viewer, conditions(filter, viewer, now)), _order(filter).by(back=False)
    # In the order of the list: of cases that are open the oldest rows of all have none, and would be read first.
    some = [
        select(select(Case.id).where(*one).order_by(*order).limit(first(MOST_COUNTED)).subquery()) for one in branches
    ]
    bounded = select(union_all(*some).subquery()).limit(first(MOST_COUNTED))
    return select(func.count().label("number")).select_from(bounded.subquery())


def _order(filter: QueueFilter) -> _Order:
    live = filter.board in on_board.LIVE - on_board.NEWEST or filter.view not in ("resolved", "all")
    return _BY_DEADLINE if live else _BY_CHANGE


def _narrow(
    branches: Sequence[Sequence[ColumnElement[bool]]], order: _Order, *, beside: str | None, back: bool, most: int
) -> Select[*tuple[Any, ...]]:
    """Return the rows, their ids found first: a page of each place along its index, of which the first are shown."""
    behind = [order.after(beside, back=back)] if beside else []
    parts = [
        select(select(Case.id).where(*one, *behind).order_by(*order.by(back=back)).limit(first(most)).subquery())
        for one in branches
    ]
    ids = union_all(*parts).subquery("listed")
    return rows().join(ids, ids.c.id == Case.id)


def _branches(
    filter: QueueFilter, viewer: Viewer, narrowed: Sequence[ColumnElement[bool]]
) -> list[list[ColumnElement[bool]]]:
    one_index = filter.department is not None or filter.assignee or filter.view == "mine"
    return [[place, *narrowed] for place in ((visible(viewer),) if one_index else places(viewer))]


def _searched(
    text: str, narrowed: Sequence[ColumnElement[bool]], *, everywhere: bool
) -> tuple[Select[*tuple[Any, ...]], _Order]:
    asked = search.wanted(text)
    if asked.nothing:
        return rows().where(literal_column("false")), _BY_CHANGE
    hits = search.hits(asked, narrowed, everywhere=everywhere)
    most = select(func.max(hits.c.place)).scalar_subquery()
    query = rows().join(hits, hits.c.case_id == Case.id).add_columns(most.label("found"))
    return query, _Order((hits.c.rank, Case.updated_at, Case.id), (int, datetime, int), down=True)


def _keys(order: _Order) -> list[SQLColumnExpression[Any]]:
    # A case without a deadline has none here either: infinity would not come through.
    columns: list[SQLColumnExpression[Any]] = [Case.due_at if one is DUE_ORDER else one for one in order.columns[:-1]]
    return [column.label(f"key_{at}") for at, column in enumerate(columns)]
