"""The newest that belongs to a case or a person, along an index: of a hundred thousand no more than of a hundred."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    Subquery,
    func,
    select,
    true,
)

from cases.models import Attachment, Case, Citizen, Event, Filing, Message
from cases.together import Number, first

#: of a person's cases, the newest that are looked at; and to how many anything is counted
MOST_CASES, MOST_COUNTED = 200, 1000


def filed(tree: CTE, most: int) -> Subquery:
    """Return where the newest messages of the cases of a tree stand: ``message_id``, ``reason``, ``detail``."""
    some = select(Filing.message_id, Filing.reason, Filing.detail)
    some = some.where(Filing.case_id == tree.c.id, Filing.removed_at.is_(None))
    return _of_each(tree, some.order_by(Filing.message_id.desc()), "message_id", most)


def happened(tree: CTE, most: int, *conditions: ColumnElement[bool]) -> Subquery:
    """Return the ``id`` of the newest events of the cases of a tree for which the conditions hold."""
    some = select(Event.id).where(Event.case_id == tree.c.id, *conditions)
    return _of_each(tree, some.order_by(Event.seq.desc()), "id", most)


def said(threads: FromClause, most: int) -> Subquery:
    """Return the ``id`` of the newest messages that came by these threads."""
    some = select(Message.id).where(Message.thread_id == threads.c.id, Message.direction == "in")
    return _of_each(threads, some.order_by(Message.id.desc()), "id", most)


def attached(tree: CTE, most: int) -> Subquery:
    """Return the ``id`` of the newest files of the cases of a tree."""
    some = select(Attachment.id).where(Attachment.case_id == tree.c.id)
    return _of_each(tree, some.order_by(Attachment.id.desc()), "id", most)


def cases_of(people: Select[int], most: int = MOST_CASES) -> Select[int]:
    """Return the ids of the newest cases of these people, whoever may read them."""
    person = people.subquery("person")
    some = select(Case.id).where(Case.citizen_id == person.c.id).order_by(Case.id.desc())
    return select(_of_each(person, some, "id", most).c.id)


def cases_in(thread: Number, most: int = MOST_CASES) -> Select[int]:
    """Return the ids of the newest cases of a thread."""
    return select(Case.id).where(Case.thread_id == thread).order_by(Case.id.desc()).limit(first(most))


def listed(people: Collection[int]) -> Select[int]:
    """Return people by their ids as a select of them."""
    return select(Citizen.id).where(Citizen.id.in_(people))


def counted(query: Select[*tuple[Any, ...]]) -> ScalarSelect[int]:
    """Return how many rows a query has, :data:`MOST_COUNTED` at most: a count of everything grows with everything."""
    return select(func.count()).select_from(query.limit(first(MOST_COUNTED)).subquery()).scalar_subquery()


def by(number: SQLColumnExpression[int]) -> ColumnElement[int]:
    """Return what rows of a few are sorted by; were it the number itself, they might be looked for along all rows."""
    return number + 0


def _of_each(parents: FromClause, query: Select[*tuple[Any, ...]], key: str, most: int) -> Subquery:
    some = query.limit(first(most)).lateral("some")
    newest = select(*some.c).select_from(parents.join(some, true()))
    return newest.order_by(some.c[key].desc()).limit(first(most)).subquery("newest")
